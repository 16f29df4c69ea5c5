/*
 * The kernel lists the children of a thread in /proc; all of ours are started
 * by the main one. Those of a killed child come to us while it dies, so look,
 * kill and reap until a look finds none.
 */
#include "children.h"

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

void children_adopt(void)
{
    prctl(PR_SET_CHILD_SUBREAPER, 1);
}

static bool is_kept(pid_t pid, const pid_t *keep, size_t nkeep)
{
    for (size_t i = 0; i < nkeep; i++) {
        if (keep[i] == pid) {
            return true;
        }
    }
    return false;
}

/* A child that isn't kept, or 0. */
static pid_t find_child(const pid_t *keep, size_t nkeep)
{
    char path[64];
    long pid = 0;
    pid_t found = 0;
    FILE *children = NULL;

    snprintf(path, sizeof(path), "/proc/self/task/%ld/children",
             (long)getpid());
    children = fopen(path, "re");
    while (children && found == 0 && fscanf(children, "%ld", &pid) == 1) {
        found = is_kept((pid_t)pid, keep, nkeep) ? 0 : (pid_t)pid;
    }
    if (children) {
        fclose(children);
    }
    return found;
}

void children_end(const pid_t *keep, size_t nkeep)
{
    for (pid_t pid = find_child(keep, nkeep); pid > 0;
         pid = find_child(keep, nkeep)) {
        kill(pid, SIGKILL);
        while (waitpid(pid, NULL, 0) < 0 && errno == EINTR) {
        }
    }
}
