/* System calls about processes, their memory and their signals. */
#include <unistd.h>

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <time.h>

#include <stdio.h>

#define PATH_SIZE    256
#define DEFAULT_PATH "/bin"

int errno;

pid_t fork(void)
{
    return syscall(SYS_fork);
}

pid_t getpid(void)
{
    return syscall(SYS_getpid);
}

pid_t getppid(void)
{
    return syscall(SYS_getppid);
}

pid_t waitpid(pid_t pid, int *status, int options)
{
    return syscall(SYS_waitpid, pid, status, options);
}

int execve(const char *path, char *const argv[], char *const envp[])
{
    return syscall(SYS_execve, path, argv, envp);
}

int execvp(const char *name, char *const argv[])
{
    const char *folder = getenv("PATH");
    char path[PATH_SIZE];
    size_t length;

    if (strchr(name, '/') != NULL)
        return execve(name, argv, environ);
    for (folder = folder ? folder : DEFAULT_PATH; *folder != '\0';
         folder += length + (folder[length] == ':')) {
        const char *colon = strchr(folder, ':');

        length = colon != NULL ? (size_t)(colon - folder) : strlen(folder);
        snprintf(path, sizeof(path), "%.*s/%s", (int)length, folder, name);
        execve(path, argv, environ);
        if (errno != ENOENT)
            return -1;
    }
    errno = ENOENT;
    return -1;
}

int sched_yield(void)
{
    return syscall(SYS_sched_yield);
}

int nanosleep(const struct timespec *span, struct timespec *rest)
{
    return syscall(SYS_nanosleep, span, rest);
}

unsigned int sleep(unsigned int seconds)
{
    struct timespec span = {.tv_sec = (long)seconds}, rest = {0, 0};

    return nanosleep(&span, &rest) == 0 ? 0 : (unsigned int)rest.tv_sec;
}

int pause(void)
{
    struct timespec day = {.tv_sec = 24 * 60 * 60};

    while (nanosleep(&day, NULL) == 0)
        continue;
    return -1;
}

int uname(struct utsname *name)
{
    return syscall(SYS_uname, name);
}

/* --- memory --- */

/* The kernel answers with the end that holds: the old one if it refuses. */
static void *heap_end(void *wanted)
{
    return (void *)syscall(SYS_brk, wanted);
}

int brk(void *end)
{
    if (heap_end(end) == end)
        return 0;
    errno = ENOMEM;
    return -1;
}

void *sbrk(intptr_t increment)
{
    char *old = heap_end(NULL);

    if (increment != 0 && brk(old + increment) < 0)
        return (void *)-1;
    return old;
}

void *mmap(void *addr, size_t length, int prot, int flags, int fd, off_t offset)
{
    if (offset % PAGE_SIZE != 0) {
        errno = EINVAL;
        return MAP_FAILED;
    }
    return (void *)syscall(SYS_mmap2, addr, length, prot, flags, fd,
                           offset / PAGE_SIZE);
}

int munmap(void *addr, size_t length)
{
    return syscall(SYS_munmap, addr, length);
}

int mprotect(void *addr, size_t length, int prot)
{
    return syscall(SYS_mprotect, addr, length, prot);
}

int msync(void *addr, size_t length, int flags)
{
    return syscall(SYS_msync, addr, length, flags);
}

/* --- signals --- */

/* In syscall.S. */
void signal_restorer(void);

int kill(pid_t pid, int signal)
{
    return syscall(SYS_kill, pid, signal);
}

int sigaction(int signal, const struct sigaction *action, struct sigaction *old)
{
    struct sigaction ours;

    if (action != NULL) {
        ours = *action;
        ours.sa_flags |= SA_RESTORER;
        ours.sa_restorer = signal_restorer;
        action = &ours;
    }
    return syscall(SYS_sigaction, signal, action, old);
}

sighandler_t signal(int signal, sighandler_t handler)
{
    struct sigaction action = {.sa_handler = handler, .sa_flags = SA_RESTART};
    struct sigaction old;

    if (sigaction(signal, &action, &old) < 0)
        return SIG_ERR;
    return old.sa_handler;
}

const char *signal_name(int signal)
{
    static const char *const names[] = {
        [SIGHUP] = "SIGHUP",   [SIGINT] = "SIGINT",   [SIGQUIT] = "SIGQUIT",
        [SIGILL] = "SIGILL",   [SIGTRAP] = "SIGTRAP", [SIGABRT] = "SIGABRT",
        [SIGBUS] = "SIGBUS",   [SIGFPE] = "SIGFPE",   [SIGKILL] = "SIGKILL",
        [SIGUSR1] = "SIGUSR1", [SIGSEGV] = "SIGSEGV", [SIGUSR2] = "SIGUSR2",
        [SIGPIPE] = "SIGPIPE", [SIGALRM] = "SIGALRM", [SIGTERM] = "SIGTERM",
        [SIGCHLD] = "SIGCHLD", [SIGCONT] = "SIGCONT", [SIGSTOP] = "SIGSTOP",
    };
    int count = sizeof(names) / sizeof(names[0]);

    if (signal < 0 || signal >= count || names[signal] == NULL)
        return "unknown";
    return names[signal];
}
