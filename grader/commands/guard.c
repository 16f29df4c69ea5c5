/*
 * The guard is the parent of the process that works. It is a child subreaper
 * (prctl(2)), so whatever the worker leaves behind becomes its child, too,
 * and it ends those before it removes the folder: no orphan can write into
 * a folder that is being removed.
 *
 * While the worker runs, the guard has the signals blocked and takes them
 * with sigwaitinfo(2): no handler, no state that a handler would need.
 */
#include "guard.h"

#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include "children.h"
#include "folder.h"

struct guard {
    char *work;
    bool kept;
    sigset_t signals; /* that we wait for while the worker runs */
    sigset_t before;  /* the mask to go back to */
};

static int make_work(const char *keep, struct guard *guard, struct error *err)
{
    const char *parent = getenv("TMPDIR");

    guard->kept = keep != NULL;
    if (keep && folder_has_entries(keep)) {
        return fail(err, ERROR_USAGE,
                    "--keep %s: the folder is not empty; name a new one", keep);
    }
    if (keep) {
        guard->work = realpath(keep, NULL);
        if (!guard->work && folder_make(keep, err) != 0) {
            return err->kind;
        }
        free(guard->work);
        guard->work = realpath(keep, NULL);
        return guard->work && chmod(guard->work, S_IRWXU) == 0
                   ? 0
                   : fail_errno(err, ERROR_INFRA, "can't use %s", keep);
    }
    parent = parent && parent[0] == '/' ? parent : "/tmp";
    if (asprintf(&guard->work, "%s/mmgrade-XXXXXX", parent) < 0) {
        guard->work = NULL;
        return fail(err, ERROR_INFRA, "out of memory");
    }
    if (!mkdtemp(guard->work)) {
        free(guard->work);
        guard->work = NULL;
        return fail_errno(err, ERROR_INFRA, "can't create a work folder in %s",
                          parent);
    }
    return 0;
}

static void block_signals(struct guard *guard)
{
    sigemptyset(&guard->signals);
    sigaddset(&guard->signals, SIGCHLD);
    sigaddset(&guard->signals, SIGINT);
    sigaddset(&guard->signals, SIGTERM);
    sigaddset(&guard->signals, SIGHUP);
    sigaddset(&guard->signals, SIGQUIT);
    sigprocmask(SIG_BLOCK, &guard->signals, &guard->before);
}

/*
 * Waits until the worker ends (its status in *status, 0 returned) or a signal
 * comes (its number returned).
 */
static int await(const struct guard *guard, pid_t worker, int *status)
{
    for (;;) {
        int signal_number = sigwaitinfo(&guard->signals, NULL);

        if (signal_number != SIGCHLD && signal_number > 0) {
            return signal_number;
        }
        /* One SIGCHLD may stand for several children. */
        for (pid_t pid = waitpid(-1, status, WNOHANG); pid > 0;
             pid = waitpid(-1, status, WNOHANG)) {
            if (pid == worker) {
                return 0;
            }
        }
    }
}

static int worker_code(int status, int *code, struct error *err)
{
    if (WIFEXITED(status)) {
        *code = WEXITSTATUS(status);
        return 0;
    }
    return fail(err, ERROR_INFRA,
                "mmgrade itself ended by signal %d (%s) while it worked; "
                "please report it",
                WTERMSIG(status), strsignal(WTERMSIG(status)));
}

/* Forks the worker; its mask is what it was before the guard. */
static pid_t start(const struct guard *guard,
                   int (*body)(const char *work, void *argument),
                   void *argument)
{
    fflush(NULL);
    pid_t worker = fork();
    if (worker == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        sigprocmask(SIG_SETMASK, &guard->before, NULL);
        signal(SIGPIPE, SIG_IGN); /* a closed pipe is a failed write */
        exit(body(guard->work, argument));
    }
    return worker;
}

int guard_run(const char *keep, int (*body)(const char *work, void *argument),
              void *argument, int *code, struct error *err)
{
    struct guard guard = {0};
    struct error cleanup = {0};
    int status = 0;
    int signal_number = 0;
    int rc = make_work(keep, &guard, err);

    if (rc != 0) {
        return rc;
    }
    children_adopt();
    block_signals(&guard);
    pid_t worker = start(&guard, body, argument);
    if (worker < 0) {
        rc = fail_errno(err, ERROR_INFRA, "can't start a process");
    } else {
        signal_number = await(&guard, worker, &status);
        children_end(NULL, 0);
    }
    if (!guard.kept && folder_remove(guard.work, &cleanup) != 0 && rc == 0) {
        *err = cleanup;
        rc = cleanup.kind;
    }
    free(guard.work);
    if (signal_number != 0) {
        signal(signal_number, SIG_DFL);
        raise(signal_number); /* delivered when the mask is restored */
    }
    sigprocmask(SIG_SETMASK, &guard.before, NULL);
    if (rc == 0) {
        rc = worker_code(status, code, err);
    }
    return rc;
}
