/*
 * Running a program: no shell, limits, captured output.
 *
 * The child is made by fork() and not posix_spawn(), which can set neither
 * limits nor a user. Between fork and exec it makes system calls only.
 */
#ifndef GRADER_PROCESS_H
#define GRADER_PROCESS_H

#include <stdbool.h>
#include <stddef.h>
#include "error.h"

struct process_limits {
    unsigned wall_seconds; /* 0: none */
    unsigned cpu_seconds;  /* 0: none */
    size_t address_space;  /* bytes; 0: none */
    size_t file_size;      /* bytes; 0: none */
    unsigned descriptors;  /* 0: none */
    size_t output_bytes;   /* stdout and stderr together, rest dropped */
};

enum process_end {
    PROCESS_EXITED,
    PROCESS_SIGNALLED,
    PROCESS_WALL_LIMIT, /* we ended it: too long on the wall clock */
};

struct process_result {
    enum process_end end;
    int code;     /* exit status or signal number */
    char *output; /* stdout and stderr as they came, NUL-terminated */
    size_t noutput;
    bool truncated;
    double seconds;
};

/* All that can be said about a child; what is NULL is not wanted. */
struct process_spec {
    char *const *argv; /* argv[0] is an absolute path */
    char *const *envp;
    const struct process_limits *limits;
    const int *keep_fds;   /* -1-terminated */
    const char *directory; /* where it starts */
    /*
     * Called in the child before exec; async-signal-safe. Returns NULL, or
     * with errno set what it was doing ("mount").
     */
    const char *(*prepare)(void *context);
    void *context;
};

/*
 * Runs argv[0] (an absolute path) with stdin from /dev/null, every other
 * descriptor closed but those in keep_fds (-1-terminated; NULL for none),
 * environment `envp`. Ends the whole process group when over a limit, and
 * whatever is left of it when argv[0] ends.
 * Returns ERROR_INFRA if it could not be started. The caller frees output.
 */
int process_run(char *const argv[], char *const envp[],
                const struct process_limits *limits, const int *keep_fds,
                struct process_result *out, struct error *err);

/* As process_run(), for a child that needs more. */
int process_run_spec(const struct process_spec *spec,
                     struct process_result *out, struct error *err);

/*
 * The absolute path of a program: `name` itself if it has a slash, or found
 * in $PATH. NULL if there is none that can be executed. The caller frees it.
 */
char *process_find(const char *name);

#endif
