/*
 * A private work folder that is always removed, and no process left behind.
 */
#ifndef GRADER_GUARD_H
#define GRADER_GUARD_H

#include "error.h"

/*
 * Calls body(work, argument) in a child process, where `work` is a new folder
 * (0700) below $TMPDIR or /tmp, and waits. Whatever happens to the child —
 * it returns, crashes, or this process gets SIGINT, SIGTERM or SIGHUP — all
 * processes that it started are ended and the folder is removed. After a
 * signal the process ends by that signal.
 *
 * `keep`: a folder to use instead, which stays (it is created, or is empty);
 * NULL for a private one. *code gets body's return value; INFRA if the child
 * crashed or could not be started.
 */
int guard_run(const char *keep, int (*body)(const char *work, void *argument),
              void *argument, int *code, struct error *err);

#endif
