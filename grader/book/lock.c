/*
 * The writer's lock: a POSIX record lock on PATH.lock.
 *
 * SQLite's own lock is held for a transaction, ours as long as the gradebook is
 * open, so that two batches don't grade the same class. A record lock belongs
 * to the process alone: it ends with it, also when it is killed and leaves
 * workers behind, and others can ask who has it.
 */
#include "book_private.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "text.h"

#define COMMAND_BYTES_MAX 120

/* The process's command line, sanitised; NULL if it can't be said. */
static char *command_of(pid_t pid)
{
    char path[64];
    char raw[4096];
    size_t nbytes = 0;
    FILE *in = NULL;

    snprintf(path, sizeof(path), "/proc/%ld/cmdline", (long)pid);
    in = fopen(path, "rbe");
    if (!in) {
        return NULL;
    }
    nbytes = fread(raw, 1, sizeof(raw), in);
    fclose(in);
    while (nbytes > 0 && raw[nbytes - 1] == '\0') {
        nbytes--;
    }
    for (size_t i = 0; i < nbytes; i++) {
        raw[i] = raw[i] == '\0' ? ' ' : raw[i];
    }
    return nbytes > 0 ? text_sanitise_line(raw, nbytes, COMMAND_BYTES_MAX)
                      : NULL;
}

static int locked_by(const struct book *book, struct error *err)
{
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    char *command = NULL;

    if (fcntl(book->lock, F_GETLK, &lock) < 0 || lock.l_type == F_UNLCK ||
        lock.l_pid <= 0) {
        return fail(err, ERROR_USAGE,
                    "the gradebook %s is being written by another process; "
                    "wait for it",
                    book->path);
    }
    command = command_of(lock.l_pid);
    fail(err, ERROR_USAGE,
         "the gradebook %s is being written by process %ld (%s); wait for it, "
         "or end it",
         book->path, (long)lock.l_pid, command ? command : "?");
    free(command);
    return ERROR_USAGE;
}

int book_lock(struct book *book, struct error *err)
{
    const mode_t mode = 0600;
    const struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    char *path = NULL;
    int rc = 0;

    if (asprintf(&path, "%s.lock", book->path) < 0) {
        return fail(err, ERROR_INFRA, "can't open the gradebook: no memory");
    }
    book->lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC, mode);
    if (book->lock < 0) {
        rc = fail_errno(err, ERROR_INFRA,
                        "can't write in the gradebook's folder: %s", path);
    } else if (fcntl(book->lock, F_SETLK, &lock) < 0) {
        rc = errno == EACCES || errno == EAGAIN
                 ? locked_by(book, err)
                 : fail_errno(err, ERROR_INFRA, "can't lock %s", path);
    }
    free(path);
    return rc;
}

void book_unlock(struct book *book)
{
    if (book->lock >= 0) {
        close(book->lock);
    }
    book->lock = -1;
}
