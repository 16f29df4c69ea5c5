/*
 * Reading in a process of its own.
 *
 * libarchive, libgit2 and zlib parse what a student made. In a child with
 * limits, a crash, a loop or a bomb in one of them costs that submission
 * alone. The child writes its answer to a pipe; the parent reads until the
 * end or the deadline, whichever is first, and then ends the child.
 */
#include "submission_parts.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* Files, notes and what is around them. */
#define MAX_ANSWER_BYTES ((size_t)LIMIT_TOTAL_BYTES + (1u << 20))

/* The sanitizers of the test builds reserve terabytes of address space. */
#if defined(__SANITIZE_ADDRESS__)
#define SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SANITIZED 1
#endif
#endif
#ifndef SANITIZED
#define SANITIZED 0
#endif

struct answer {
    unsigned char *bytes;
    size_t nbytes;
    bool late;
};

static void set_limit(int resource, rlim_t soft)
{
    struct rlimit limit;

    if (getrlimit(resource, &limit) == 0 && soft < limit.rlim_max) {
        limit.rlim_cur = limit.rlim_max = soft;
        setrlimit(resource, &limit);
    }
}

static void write_all(int fd, const unsigned char *bytes, size_t nbytes)
{
    while (nbytes > 0) {
        ssize_t n = write(fd, bytes, nbytes);
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n <= 0) {
            return; /* the parent sees a short answer */
        }
        bytes += n;
        nbytes -= (size_t)n;
    }
}

_Noreturn static void run_child(const struct submission_request *request,
                                const struct submission_wanted *wanted,
                                const char *temporary, unsigned seconds,
                                pid_t parent, int fd)
{
    struct submission *submission = NULL;
    struct error err = {0};
    unsigned char *bytes = NULL;
    size_t nbytes = 0;

    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent) {
        _exit(1); /* it ended before the line above */
    }
    signal(SIGXFSZ, SIG_IGN);
    signal(SIGPIPE, SIG_IGN);
    set_limit(RLIMIT_CORE, 0);
    set_limit(RLIMIT_CPU, seconds);
    set_limit(RLIMIT_FSIZE, LIMIT_GIT_RECEIVED + LIMIT_TOTAL_BYTES);
    if (!SANITIZED) {
        set_limit(RLIMIT_AS, LIMIT_READ_MEMORY);
    }
    submission_read_here(request, wanted, temporary, &submission, &err);
    if (submission_pack(submission, &err, &bytes, &nbytes) == 0) {
        write_all(fd, bytes, nbytes);
    }
    _exit(0);
}

static int64_t now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Makes room for at least one more byte; false if there can't be. */
static bool grow(struct answer *answer, size_t *capacity)
{
    if (answer->nbytes < *capacity) {
        return true;
    }
    size_t wanted = *capacity ? 2 * *capacity : 65536;
    unsigned char *grown =
        wanted > 2 * MAX_ANSWER_BYTES ? NULL : realloc(answer->bytes, wanted);
    if (grown) {
        answer->bytes = grown;
        *capacity = wanted;
    }
    return grown != NULL;
}

/* Reads to the end of the pipe, or the deadline, or the limit. */
static void read_answer(int fd, unsigned seconds, struct answer *answer)
{
    int64_t deadline = now_ms() + (int64_t)seconds * 1000;
    size_t capacity = 0;

    for (;;) {
        int64_t left = deadline - now_ms();
        struct pollfd wait = {.fd = fd, .events = POLLIN};
        int ready = left <= 0 ? 0 : poll(&wait, 1, (int)left);
        if (ready < 0 && errno == EINTR) {
            continue;
        }
        answer->late = ready == 0;
        if (ready <= 0 || !grow(answer, &capacity)) {
            return;
        }
        ssize_t n =
            read(fd, answer->bytes + answer->nbytes, capacity - answer->nbytes);
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n <= 0) {
            return;
        }
        answer->nbytes += (size_t)n;
    }
}

/* Why there is no answer, from how the child ended. */
static int explain(const struct submission_request *request, int status,
                   bool remote, bool late, struct error *err)
{
    char *origin = source_origin(request->where);
    struct shown where = show(origin ? origin : "?");
    bool busy = WIFSIGNALED(status) && WTERMSIG(status) == SIGXCPU;

    free(origin);
    if (late && remote) {
        return fail(err, ERROR_INFRA,
                    "can't fetch %s: no end after %d seconds; try again, or "
                    "grade a clone",
                    where.text, LIMIT_READ_SECONDS + LIMIT_GIT_SECONDS);
    }
    if (late || busy) {
        return fail(err, ERROR_LIMIT,
                    "can't read the submission %s: no end after %d seconds",
                    where.text, LIMIT_READ_SECONDS);
    }
    if (WIFSIGNALED(status)) {
        return fail(err, ERROR_INFRA,
                    "can't read the submission %s: the reading process was "
                    "ended by signal %d; it may be made to crash programs",
                    where.text, WTERMSIG(status));
    }
    return fail(err, ERROR_INFRA,
                "can't read the submission %s: the reading process gave no "
                "answer",
                where.text);
}

int submission_read_confined(const struct submission_request *request,
                             const struct submission_wanted *wanted,
                             const char *temporary, unsigned seconds,
                             struct submission **out, struct error *err)
{
    struct answer answer = {0};
    int pipes[2], status = 0;
    pid_t parent = getpid();

    if (pipe2(pipes, O_CLOEXEC) < 0) {
        return fail_errno(err, ERROR_INFRA, "can't make a pipe");
    }
    fflush(NULL);
    pid_t child = fork();
    if (child == 0) {
        close(pipes[0]);
        run_child(request, wanted, temporary, seconds, parent, pipes[1]);
    }
    close(pipes[1]);
    if (child < 0) {
        close(pipes[0]);
        return fail_errno(err, ERROR_INFRA, "can't start a process");
    }
    read_answer(pipes[0], seconds, &answer);
    close(pipes[0]);
    if (answer.late) {
        kill(child, SIGKILL);
    }
    while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
    }
    int rc = answer.late || answer.nbytes == 0
                 ? explain(request, status, temporary != NULL, answer.late, err)
                 : submission_unpack(answer.bytes, answer.nbytes, out, err);
    free(answer.bytes);
    return rc;
}
