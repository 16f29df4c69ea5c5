/*
 * One loop: start workers while places are free, wait for a signal (the end of
 * a child is one, too), see to those that ended and those that are late.
 *
 * Signals are blocked all the time and taken with sigtimedwait(2): no handler,
 * no state that a handler would need. A worker is a subreaper, so that what
 * its programs leave behind is its own to end; if it dies, that comes to us.
 */
#include "pool.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include "children.h"
#include "folder.h"

#define RETURNED 0
#define LONG_WAIT                                                              \
    3600.0 /* seconds; there is always a reason to look sooner                 \
            */

struct slot {
    pid_t pid; /* 0: free */
    size_t job;
    char *folder;
    int answer;
    double started;
    bool late;
};

struct pool {
    const struct pool_options *options;
    struct slot *slots;
    size_t njobs, nstarted, nrunning;
    sigset_t signals; /* that are waited for */
    sigset_t before;  /* the mask to go back to */
    int signal_number;
};

static double now(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

int pool_write(int fd, const void *bytes, size_t nbytes)
{
    const char *rest = bytes;

    while (nbytes > 0) {
        ssize_t n = write(fd, rest, nbytes);
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n < 0) {
            return -1;
        }
        rest += n;
        nbytes -= (size_t)n;
    }
    return 0;
}

/* --- a worker --------------------------------------------------------------
 */

/* Nothing of the terminal's reaches a worker, and nothing of it the terminal.
 */
static void redirect(int output)
{
    int null = open("/dev/null", O_RDWR | O_CLOEXEC);

    if (null >= 0) {
        dup2(null, STDIN_FILENO);
        dup2(output >= 0 ? output : null, STDOUT_FILENO);
        dup2(output >= 0 ? output : null, STDERR_FILENO);
    }
}

_Noreturn static void worker_main(const struct pool *pool,
                                  const struct slot *slot, unsigned cores,
                                  pid_t parent)
{
    const struct pool_options *options = pool->options;
    const struct pool_job job = {
        .number = slot->job,
        .folder = slot->folder,
        .cores = cores,
        .answer = slot->answer,
    };

    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent) {
        _exit(EXIT_FAILURE); /* it ended before the line above */
    }
    setpgid(0, 0);
    children_adopt();
    redirect(options->output);
    sigprocmask(SIG_SETMASK, &pool->before, NULL);
    options->work(options->context, &job);
    children_end(NULL, 0);
    _exit(RETURNED);
}

static int open_slot(const struct pool *pool, struct slot *slot,
                     struct error *err)
{
    const char *folder = pool->options->folder;

    slot->answer = memfd_create("answer", MFD_CLOEXEC);
    if (slot->answer < 0) {
        return fail_errno(err, ERROR_INFRA, "can't make room for an answer");
    }
    if (asprintf(&slot->folder, "%s/%zu", folder, slot->job) < 0) {
        slot->folder = NULL;
        return fail(err, ERROR_INFRA, "out of memory");
    }
    if (mkdir(slot->folder, S_IRWXU) < 0) {
        return fail_errno(err, ERROR_INFRA, "can't create the folder %s",
                          slot->folder);
    }
    return 0;
}

static void close_slot(struct slot *slot)
{
    struct error ignored = {0};

    /* What can't be removed now is when the next run cleans. */
    if (slot->folder) {
        folder_remove(slot->folder, &ignored);
    }
    free(slot->folder);
    if (slot->answer >= 0) {
        close(slot->answer);
    }
    *slot = (struct slot){.answer = -1};
}

/* The cores that would be idle if each job at hand got one. */
static unsigned share_of_cores(const struct pool *pool)
{
    size_t jobs = pool->nrunning + pool->njobs - pool->nstarted;
    size_t share = jobs > 0 ? pool->options->workers / jobs : 1;

    return share > 1 ? (unsigned)share : 1;
}

static int start(struct pool *pool, struct slot *slot, struct error *err)
{
    unsigned cores = share_of_cores(pool);
    pid_t parent = getpid();
    int rc = 0;

    *slot = (struct slot){.job = pool->nstarted++, .answer = -1};
    rc = open_slot(pool, slot, err);
    if (rc != 0) {
        return rc;
    }
    fflush(NULL);
    slot->started = now();
    slot->pid = fork();
    if (slot->pid == 0) {
        worker_main(pool, slot, cores, parent);
    }
    if (slot->pid < 0) {
        slot->pid = 0;
        return fail_errno(err, ERROR_INFRA, "can't start a process");
    }
    setpgid(slot->pid, slot->pid); /* whoever is first: both are right */
    pool->nrunning++;
    return 0;
}

/* --- answers ---------------------------------------------------------------
 */

/* What was written, as a mapping of it would show; NULL: no memory. */
static char *read_answer(int fd, size_t *nbytes)
{
    struct stat status;
    size_t nread = 0;
    size_t size = 0;

    if (fstat(fd, &status) == 0 &&
        (size_t)status.st_size <= POOL_ANSWER_BYTES_MAX) {
        size = (size_t)status.st_size;
    }
    char *bytes = malloc(size + 1);
    while (bytes && nread < size) {
        ssize_t n = pread(fd, bytes + nread, size - nread, (off_t)nread);
        if (n <= 0) {
            break;
        }
        nread += (size_t)n;
    }
    if (bytes) {
        bytes[nread] = '\0';
    }
    *nbytes = nread;
    return bytes;
}

static void describe_end(const struct pool *pool, const struct slot *slot,
                         int status, struct pool_answer *answer)
{
    size_t n = sizeof(answer->why);

    if (slot->late) {
        answer->end = POOL_TIMEOUT;
        snprintf(answer->why, n, "mmgrade was at it for over %u seconds",
                 pool->options->seconds);
    } else if (WIFSIGNALED(status)) {
        answer->end = POOL_DIED;
        snprintf(answer->why, n,
                 "the process that graded it was ended by signal %d (%s)",
                 WTERMSIG(status), strsignal(WTERMSIG(status)));
    } else if (WEXITSTATUS(status) != RETURNED) {
        answer->end = POOL_DIED;
        snprintf(answer->why, n,
                 "the process that graded it ended with exit code %d",
                 WEXITSTATUS(status));
    }
}

/* Hands the answer of a slot that is no longer running to done(). */
static int deliver(struct pool *pool, struct slot *slot,
                   struct pool_answer *answer, struct error *err)
{
    const struct pool_options *options = pool->options;
    size_t job = slot->job;
    char *bytes =
        slot->answer < 0 ? NULL : read_answer(slot->answer, &answer->nbytes);

    answer->bytes = bytes ? bytes : "";
    close_slot(slot);
    int rc = options->done(options->context, job, answer, err);
    free(bytes);
    return rc;
}

/* --- the loop --------------------------------------------------------------
 */

static int fill(struct pool *pool, struct error *err)
{
    int rc = 0;

    for (unsigned i = 0; rc == 0 && i < pool->options->workers; i++) {
        struct slot *slot = &pool->slots[i];
        struct error cause = {0};
        if (slot->pid != 0 || pool->nstarted == pool->njobs) {
            continue;
        }
        if (start(pool, slot, &cause) != 0) {
            struct pool_answer answer = {.end = POOL_NOT_STARTED};
            snprintf(answer.why, sizeof(answer.why), "%.*s",
                     (int)sizeof(answer.why) - 1, cause.message);
            rc = deliver(pool, slot, &answer, err);
        }
    }
    return rc;
}

static void running_pids(const struct pool *pool, pid_t *pids, size_t *npids)
{
    *npids = 0;
    for (unsigned i = 0; i < pool->options->workers; i++) {
        if (pool->slots[i].pid != 0) {
            pids[(*npids)++] = pool->slots[i].pid;
        }
    }
}

/* Ends what a dead worker left to us. */
static void end_orphans(const struct pool *pool)
{
    pid_t *pids = calloc(pool->options->workers, sizeof(*pids));
    size_t npids = 0;

    if (pids) {
        running_pids(pool, pids, &npids);
        children_end(pids, npids);
    }
    free(pids);
}

static int reap(struct pool *pool, struct slot *slot, struct error *err)
{
    struct pool_answer answer = {.end = POOL_ANSWERED};
    struct rusage usage;
    int status = 0;

    if (slot->pid == 0 || wait4(slot->pid, &status, WNOHANG, &usage) <= 0) {
        return 0;
    }
    slot->pid = 0;
    pool->nrunning--;
    end_orphans(pool);
    answer.seconds = now() - slot->started;
    answer.child_kib = usage.ru_maxrss;
    describe_end(pool, slot, status, &answer);
    return deliver(pool, slot, &answer, err);
}

static int reap_all(struct pool *pool, struct error *err)
{
    int rc = 0;

    for (unsigned i = 0; rc == 0 && i < pool->options->workers; i++) {
        rc = reap(pool, &pool->slots[i], err);
    }
    return rc;
}

/* Ends the workers that are late. Seconds until the next one will be. */
static double end_late(struct pool *pool)
{
    double soonest = LONG_WAIT;

    for (unsigned i = 0; i < pool->options->workers; i++) {
        struct slot *slot = &pool->slots[i];
        double left = slot->started + pool->options->seconds - now();
        if (slot->pid == 0 || slot->late) {
            continue;
        }
        if (left <= 0) {
            slot->late = true;
            kill(-slot->pid, SIGKILL);
            kill(slot->pid, SIGKILL);
        } else if (left < soonest) {
            soonest = left;
        }
    }
    return soonest;
}

/* Until a child ends, a signal comes or it is time to look again. */
static void await(struct pool *pool, double seconds)
{
    double tick = pool->options->tick_ms / 1e3;
    struct timespec timeout;
    int number = 0;

    if (tick > 0 && tick < seconds) {
        seconds = tick;
    }
    timeout.tv_sec = (time_t)seconds;
    timeout.tv_nsec = (long)((seconds - (double)timeout.tv_sec) * 1e9);
    number = sigtimedwait(&pool->signals, NULL, &timeout);
    if (number > 0 && number != SIGCHLD) {
        pool->signal_number = number;
    }
}

static int loop(struct pool *pool, struct error *err)
{
    const struct pool_options *options = pool->options;
    int rc = fill(pool, err);

    while (rc == 0 && pool->signal_number == 0 &&
           (pool->nrunning > 0 || pool->nstarted < pool->njobs)) {
        if (pool->nrunning > 0) {
            await(pool, end_late(pool));
        }
        rc = reap_all(pool, err);
        if (rc == 0 && pool->signal_number == 0) {
            rc = fill(pool, err);
        }
        if (options->tick) {
            options->tick(options->context);
        }
    }
    return rc;
}

static void block_signals(struct pool *pool)
{
    sigemptyset(&pool->signals);
    sigaddset(&pool->signals, SIGCHLD);
    sigaddset(&pool->signals, SIGINT);
    sigaddset(&pool->signals, SIGTERM);
    sigaddset(&pool->signals, SIGHUP);
    sigaddset(&pool->signals, SIGQUIT);
    sigprocmask(SIG_BLOCK, &pool->signals, &pool->before);
}

/* Whatever still runs, is ended, and its folders are removed. */
static void stop(struct pool *pool)
{
    for (unsigned i = 0; i < pool->options->workers; i++) {
        if (pool->slots[i].pid != 0) {
            kill(-pool->slots[i].pid, SIGKILL);
            kill(pool->slots[i].pid, SIGKILL);
        }
    }
    children_end(NULL, 0);
    for (unsigned i = 0; i < pool->options->workers; i++) {
        close_slot(&pool->slots[i]);
    }
}

int pool_run(const struct pool_options *options, size_t njobs,
             int *signal_number, struct error *err)
{
    struct pool pool = {.options = options, .njobs = njobs};
    int rc = 0;

    *signal_number = 0;
    pool.slots = calloc(options->workers, sizeof(*pool.slots));
    if (!pool.slots) {
        return fail(err, ERROR_INFRA, "out of memory");
    }
    for (unsigned i = 0; i < options->workers; i++) {
        pool.slots[i].answer = -1;
    }
    children_adopt();
    block_signals(&pool);
    rc = loop(&pool, err);
    stop(&pool);
    sigprocmask(SIG_SETMASK, &pool.before, NULL);
    *signal_number = pool.signal_number;
    free(pool.slots);
    return rc;
}
