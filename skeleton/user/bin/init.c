/*
 * Process 1: gives the terminal to the shell, starts it again when it ends,
 * and waits for processes whose parents have ended before them.
 */
#include <err.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#define SHELL       "/bin/sh"
#define TERMINAL    "/dev/tty"
#define WELCOME     "/etc/motd"
#define BUFFER_SIZE 256

/* Makes the terminal file descriptors 0, 1 and 2. */
static void open_terminal(void)
{
    int fd = open(TERMINAL, O_RDWR);

    if (fd < 0)
        return; /* there is nobody to tell */
    for (int target = STDIN_FILENO; target <= STDERR_FILENO; target++)
        if (fd != target)
            dup2(fd, target);
    if (fd > STDERR_FILENO)
        close(fd);
}

static void print_welcome(void)
{
    char buffer[BUFFER_SIZE];
    ssize_t nbytes;
    int fd = open(WELCOME, O_RDONLY);

    if (fd < 0) {
        warn(WELCOME);
        return;
    }
    while ((nbytes = read(fd, buffer, sizeof(buffer))) > 0)
        write_all(STDOUT_FILENO, buffer, nbytes);
    close(fd);
}

static pid_t start_shell(void)
{
    static char *const arguments[] = {"sh", NULL};
    static char *const environment[] = {"PATH=/bin", "HOME=/", NULL};
    pid_t pid = fork();

    if (pid == 0) {
        execve(SHELL, arguments, environment);
        err(EXIT_FAILURE, SHELL);
    }
    if (pid < 0)
        warn("fork");
    return pid;
}

/* Until the shell has ended; orphans end in between. */
static void reap_until(pid_t shell)
{
    pid_t pid;

    do {
        pid = waitpid(-1, NULL, 0);
    } while (pid > 0 && pid != shell);
}

int main(void)
{
    open_terminal();
    signal(SIGINT, SIG_IGN);
    print_welcome();
    for (;;) {
        pid_t shell = start_shell();

        if (shell > 0)
            reap_until(shell);
        sleep(1); /* a shell that fails at once shall not keep us busy */
    }
}
