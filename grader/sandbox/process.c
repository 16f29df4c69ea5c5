/*
 * Runs one child to its end.
 *
 * The parent waits in poll() for three things: output on the pipe, the end of
 * the child (a pidfd becomes readable) and the deadline. It never waits for
 * the pipe's end, since a grandchild may keep that open for ever. When the
 * child is gone its process group is killed before the child is reaped, so
 * that the group's number can't have been given to somebody else.
 *
 * A second pipe, closed by a successful exec, brings back what went wrong
 * between fork and exec.
 */
#include "process.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <linux/close_range.h>
#include <limits.h>

#define EXEC_FAILED     127
#define MAX_LAST_CHUNKS 64

/* What the child writes when it can't become the program. */
struct failure {
    int error;
    char what[60];
};

struct child {
    pid_t pid;
    int pidfd;
    int output;  /* read end, not blocking */
    int failure; /* read end */
    double started;
};

static double now(void)
{
    struct timespec ts;
    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

/*
 * In the child, between fork and exec.
 */

static int limit(int resource, rlim_t soft, rlim_t hard)
{
    struct rlimit r = {soft, hard};
    return soft == 0 ? 0 : setrlimit(resource, &r);
}

static const char *set_limits(const struct process_limits *l)
{
    struct rlimit no_core = {0, 0};
    bool failed = setrlimit(RLIMIT_CORE, &no_core) != 0;

    /* SIGXCPU at the soft limit; SIGKILL a second later for who ignores it. */
    failed |= limit(RLIMIT_CPU, l->cpu_seconds, l->cpu_seconds + 1) != 0;
    failed |= limit(RLIMIT_AS, l->address_space, l->address_space) != 0;
    failed |= limit(RLIMIT_FSIZE, l->file_size, l->file_size) != 0;
    failed |= limit(RLIMIT_NOFILE, l->descriptors, l->descriptors) != 0;
    return failed ? "setting its limits" : NULL;
}

static const char *set_descriptors(int output, const int *keep)
{
    int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
    if (null < 0)
        return "opening /dev/null";
    if (dup2(null, 0) < 0 || dup2(output, 1) < 0 || dup2(output, 2) < 0)
        return "redirecting its output";
    if (syscall(SYS_close_range, 3U, ~0U, CLOSE_RANGE_CLOEXEC) != 0)
        return "closing descriptors";
    for (; keep != NULL && *keep >= 0; keep++) {
        if (fcntl(*keep, F_SETFD, 0) != 0)
            return "keeping a descriptor open";
    }
    return NULL;
}

/* An ignored signal or a blocked one would stay so over exec. */
static void reset_signals(void)
{
    sigset_t none;
    sigemptyset(&none);
    for (int number = 1; number < SIGRTMIN; number++)
        signal(number, SIG_DFL);
    sigprocmask(SIG_SETMASK, &none, NULL);
}

static const char *become(const struct process_spec *spec, int output)
{
    const char *what = NULL;

    setpgid(0, 0);
    reset_signals();
    if (spec->directory != NULL && chdir(spec->directory) != 0)
        return "entering its folder";
    if (spec->prepare != NULL)
        what = spec->prepare(spec->context);
    /* After prepare(): a change of user clears the death signal. */
    if (what == NULL && prctl(PR_SET_PDEATHSIG, SIGKILL) != 0)
        what = "asking to end with its parent";
    if (what == NULL)
        what = set_descriptors(output, spec->keep_fds);
    if (what == NULL)
        what = set_limits(spec->limits);
    if (what != NULL)
        return what;
    execve(spec->argv[0], spec->argv, spec->envp);
    return "executing it";
}

_Noreturn static void child_main(const struct process_spec *spec, int output,
                                 int failure)
{
    struct failure f = {0};
    const char *what = become(spec, output);

    f.error = errno;
    strncpy(f.what, what, sizeof f.what - 1);
    if (write(failure, &f, sizeof f) != sizeof f)
        _exit(EXEC_FAILED);
    _exit(EXEC_FAILED);
}

/*
 * In the parent.
 */

static void close_fd(int *fd)
{
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}

/* Two pipes whose writing ends are above 2, so that dup2() can't hit them. */
static int make_pipes(int output[2], int failure[2], struct error *err)
{
    if (pipe2(output, O_CLOEXEC) != 0 || pipe2(failure, O_CLOEXEC) != 0)
        return fail_errno(err, ERROR_INFRA, "could not make a pipe");
    for (int *end = &output[1]; end != NULL;
         end = end == &output[1] ? &failure[1] : NULL) {
        int high = fcntl(*end, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
        if (high < 0)
            return fail_errno(err, ERROR_INFRA, "could not make a pipe");
        close(*end);
        *end = high;
    }
    if (fcntl(output[0], F_SETFL, O_NONBLOCK) != 0)
        return fail_errno(err, ERROR_INFRA, "could not set up a pipe");
    return 0;
}

static int start(const struct process_spec *spec, struct child *child,
                 struct error *err)
{
    int output[2] = {-1, -1}, failure[2] = {-1, -1};
    int rc = make_pipes(output, failure, err);

    if (rc != 0)
        goto out;
    child->started = now();
    child->pid = fork();
    if (child->pid == 0)
        child_main(spec, output[1], failure[1]);
    if (child->pid < 0) {
        rc = fail_errno(err, ERROR_INFRA, "could not start %s", spec->argv[0]);
        goto out;
    }
    setpgid(child->pid, child->pid); /* whoever is first: both are right */
    child->output = output[0];
    child->failure = failure[0];
    output[0] = failure[0] = -1;
    child->pidfd = (int)syscall(SYS_pidfd_open, child->pid, 0);
    if (child->pidfd < 0)
        rc = fail_errno(err, ERROR_INFRA, "could not watch %s", spec->argv[0]);
out:
    close_fd(&output[0]);
    close_fd(&output[1]);
    close_fd(&failure[0]);
    close_fd(&failure[1]);
    return rc;
}

/* 0 once the program runs, ERROR_INFRA if the child could not become it. */
static int check_started(const struct process_spec *spec, struct child *child,
                         struct error *err)
{
    struct failure f;
    ssize_t n;

    do {
        n = read(child->failure, &f, sizeof f);
    } while (n < 0 && errno == EINTR);
    if (n == 0)
        return 0;
    if (n != (ssize_t)sizeof f)
        return fail(err, ERROR_INFRA, "could not start %s", spec->argv[0]);
    errno = f.error;
    return fail_errno(err, ERROR_INFRA, "could not start %s: %s failed",
                      spec->argv[0], f.what);
}

/* What one look at the pipe brought. */
enum look {
    LOOK_NOTHING, /* at the moment */
    LOOK_BYTES,
    LOOK_END,
};

/* Takes one chunk: a flood must not keep us from the deadline. */
static enum look take_output(struct child *child, size_t max,
                             struct process_result *out)
{
    char chunk[4096];
    ssize_t n = read(child->output, chunk, sizeof chunk);
    size_t take = n > 0 ? (size_t)n : 0;

    if (n < 0)
        return errno == EAGAIN || errno == EINTR ? LOOK_NOTHING : LOOK_END;
    if (take > max - out->noutput) {
        take = max - out->noutput;
        out->truncated = true;
    }
    memcpy(out->output + out->noutput, chunk, take);
    out->noutput += take;
    return n == 0 ? LOOK_END : LOOK_BYTES;
}

static int poll_timeout(const struct child *child, unsigned wall_seconds)
{
    double left = child->started + wall_seconds - now();
    if (wall_seconds == 0)
        return -1;
    if (left <= 0)
        return 0;
    return left > 3600 ? 3600 * 1000 : (int)(left * 1000) + 1;
}

/* Until the child ends or its time is up. */
static void follow(struct child *child, const struct process_limits *limits,
                   struct process_result *out)
{
    struct pollfd fds[] = {
        {.fd = child->pidfd, .events = POLLIN},
        {.fd = child->output, .events = POLLIN},
    };
    for (;;) {
        int timeout = poll_timeout(child, limits->wall_seconds);
        int ready = poll(fds, 2, timeout);
        if (timeout == 0 && (fds[0].revents == 0 || ready == 0)) {
            out->end = PROCESS_WALL_LIMIT;
            return;
        }
        if (ready < 0)
            fds[0].revents = fds[1].revents = 0; /* interrupted */
        if (fds[1].revents != 0 &&
            take_output(child, limits->output_bytes, out) == LOOK_END)
            fds[1].fd = -1;
        if (fds[0].revents != 0)
            return;
    }
}

/* Ends what is left, takes the last output, reaps. */
static void finish(struct child *child, const struct process_limits *limits,
                   struct process_result *out)
{
    int status = 0;
    pid_t reaped;

    kill(-child->pid, SIGKILL);
    kill(child->pid, SIGKILL); /* if it had no time to make its group */
    do {
        reaped = waitpid(child->pid, &status, 0);
    } while (reaped < 0 && errno == EINTR);

    /* A pipe holds 64 KiB at most, and its writers are gone or foreign. */
    for (int chunks = 0; chunks < MAX_LAST_CHUNKS; chunks++) {
        if (take_output(child, limits->output_bytes, out) != LOOK_BYTES)
            break;
    }
    out->output[out->noutput] = '\0';
    out->seconds = now() - child->started;
    if (out->end == PROCESS_WALL_LIMIT)
        return;
    out->end = WIFSIGNALED(status) ? PROCESS_SIGNALLED : PROCESS_EXITED;
    out->code = WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status);
}

int process_run_spec(const struct process_spec *spec,
                     struct process_result *out, struct error *err)
{
    struct child child = {.pid = -1, .pidfd = -1, .output = -1, .failure = -1};
    int rc;

    memset(out, 0, sizeof *out);
    out->output = malloc(spec->limits->output_bytes + 1);
    if (out->output == NULL)
        return fail(err, ERROR_INFRA, "could not start %s: out of memory",
                    spec->argv[0]);
    rc = start(spec, &child, err);
    if (rc == 0)
        rc = check_started(spec, &child, err);
    if (rc == 0)
        follow(&child, spec->limits, out);
    if (child.pid > 0)
        finish(&child, spec->limits, out);
    close_fd(&child.pidfd);
    close_fd(&child.output);
    close_fd(&child.failure);
    if (rc != 0) {
        free(out->output);
        memset(out, 0, sizeof *out);
    }
    return rc;
}

int process_run(char *const argv[], char *const envp[],
                const struct process_limits *limits, const int *keep_fds,
                struct process_result *out, struct error *err)
{
    struct process_spec spec = {
        .argv = argv,
        .envp = envp,
        .limits = limits,
        .keep_fds = keep_fds,
    };
    return process_run_spec(&spec, out, err);
}

static bool executable(const char *path)
{
    return path[0] == '/' && access(path, X_OK) == 0;
}

char *process_find(const char *name)
{
    const char *path = getenv("PATH");
    char candidate[PATH_MAX];

    if (name[0] == '/')
        return executable(name) ? strdup(name) : NULL;
    if (strchr(name, '/') != NULL)
        return realpath(name, NULL);
    while (path != NULL && *path != '\0') {
        size_t n = strcspn(path, ":");
        int length = snprintf(candidate, sizeof candidate, "%.*s/%s", (int)n,
                              path, name);
        if (length < (int)sizeof candidate && executable(candidate))
            return strdup(candidate);
        path += n + (path[n] == ':');
    }
    return NULL;
}
