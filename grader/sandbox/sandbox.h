/*
 * bubblewrap command lines. THREATS.md, layers 3, 6 and 7.
 *
 * What is inside: /usr read-only (with /bin, /lib… as on the host), /dev/null,
 * an empty /tmp of 64 MiB, and the caller's mounts. Nothing else of the host,
 * no network, namespaces of its own.
 */
#ifndef GRADER_SANDBOX_H
#define GRADER_SANDBOX_H

#include <stdbool.h>
#include "error.h"
#include "process.h"

enum sandbox_mode {
    SANDBOX_BWRAP,
    SANDBOX_NONE, /* only when told: --sandbox=none, recorded in the result */
};

#define SANDBOX_MAX_MOUNTS 16

struct sandbox_mount {
    const char *host;
    const char *guest;
    bool writable;
};

struct sandbox_spec {
    const struct sandbox_mount *mounts; /* ends with host == NULL */
    const char *directory;   /* guest path of a mount to start in; NULL: / */
    const char *const *hide; /* host paths to empty if below /usr; or NULL */
    bool with_proc; /* the judge needs /proc and /dev to start QEMU's own */
    bool nest;      /* may create user namespaces inside */
    const char *const *environment; /* "NAME=value", NULL-terminated; NULL:
                                       PATH=/usr/bin, LC_ALL=C */
};

/*
 * Checks that a sandbox can be set up here, by running one, and that it
 * holds. INFRA with what is missing and how to go on if not.
 */
int sandbox_probe(struct error *err);

/*
 * Runs argv inside. When started as root it drops to an unprivileged user
 * first (but binds the mounts before, so that they may lie below a folder
 * that only root can enter). With SANDBOX_NONE, mounts are not made: the
 * caller must use host paths (see sandbox_path()).
 *
 * INFRA if the sandbox could not be set up; never because of what argv did.
 */
int sandbox_run(enum sandbox_mode mode, const struct sandbox_spec *spec,
                char *const argv[], const struct process_limits *limits,
                struct process_result *out, struct error *err);

/* The path at which the mount's guest path is seen in this mode. */
const char *sandbox_path(enum sandbox_mode mode,
                         const struct sandbox_mount *mount);

/* Makes a folder that a program in the sandbox may write to. */
int sandbox_make_folder(enum sandbox_mode mode, const char *path,
                        struct error *err);

/*
 * Copies a file that the sandbox made, which may be anything by now: a link,
 * a device, something huge. REJECTED unless it is a regular file of at most
 * max_bytes; INFRA if `to` can't be written.
 */
int sandbox_take_file(const char *from, const char *to, size_t max_bytes,
                      struct error *err);

#endif
