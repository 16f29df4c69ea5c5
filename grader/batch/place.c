/*
 * The lock is a POSIX one: it belongs to this process alone, workers don't
 * inherit it, the kernel drops it however the process ends, and it tells who
 * has it.
 *
 * A worker of a run that was killed may be dying while the next run begins, so
 * each run has a folder of its own in .mmgrade-work/, and what can't be removed
 * there at once is left to the end.
 */
#include "place.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include "folder.h"
#include "moment.h"
#include "pool.h"
#include "text.h"

#define LOG_LINE_BYTES 2048
#define RUN            "run-XXXXXX"

/* Names that an instructor's own folders don't have. */
#define CACHE ".mmgrade-cache"
#define WORKS ".mmgrade-work"

/* The folder that a file is in. */
static int folder_of(const char *path, char **out, struct error *err)
{
    const char *base = path_base(path);
    size_t nbytes = (size_t)(base - path);

    if (nbytes == 0) {
        *out = strdup(".");
    } else {
        *out = strndup(path, nbytes > 1 ? nbytes - 1 : 1);
    }
    return *out ? 0 : fail(err, ERROR_INFRA, "out of memory");
}

static int make_paths(const char *gradebook, struct place *place,
                      struct error *err)
{
    int rc = folder_of(gradebook, &place->folder, err);

    if (rc == 0) {
        rc = path_join(place->folder, CACHE, &place->cache, err);
    }
    if (rc == 0) {
        rc = path_join(place->folder, WORKS, &place->works, err);
    }
    if (rc == 0) {
        rc = path_join(place->folder, "batch.log", &place->log_path, err);
    }
    if (rc == 0) {
        rc = folder_make(place->folder, err);
    }
    return rc;
}

static int take_lock(struct place *place, struct error *err)
{
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};

    place->log =
        open(place->log_path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC,
             S_IRUSR | S_IWUSR);
    if (place->log < 0) {
        return fail_errno(err, ERROR_INFRA, "can't write %s", place->log_path);
    }
    if (fcntl(place->log, F_SETLK, &lock) == 0) {
        return 0;
    }
    if (errno != EACCES && errno != EAGAIN) {
        return fail_errno(err, ERROR_INFRA, "can't lock %s", place->log_path);
    }
    if (fcntl(place->log, F_GETLK, &lock) == 0 && lock.l_type != F_UNLCK) {
        return fail(err, ERROR_USAGE,
                    "another `mmgrade batch` (process %ld) is at work in %s; "
                    "wait for it, or end it",
                    (long)lock.l_pid, place->folder);
    }
    return fail(err, ERROR_USAGE,
                "another `mmgrade batch` is at work in %s; wait for it, or "
                "end it",
                place->folder);
}

/* The folder of a run: "run-" and what mkdtemp() made of six X. */
static bool is_run(const char *name)
{
    return strncmp(name, "run-", 4) == 0 && strlen(name) == strlen(RUN);
}

/*
 * Only runs are removed from the folder, and there must be nothing else in it:
 * somebody may have put something there all the same.
 */
static int check_ours(const struct place *place, struct error *err)
{
    DIR *entries = opendir(place->works);
    int rc = 0;

    if (!entries) {
        return fail_errno(err, ERROR_INFRA, "can't read %s", place->works);
    }
    for (struct dirent *entry = readdir(entries); entry && rc == 0;
         entry = readdir(entries)) {
        const char *name = entry->d_name;
        if (strcmp(name, ".") != 0 && strcmp(name, "..") != 0 &&
            !is_run(name)) {
            rc = fail(err, ERROR_USAGE,
                      "%s holds something else ('%.200s'), but `mmgrade "
                      "batch` needs a folder of that name beside the "
                      "gradebook for itself; move one of them",
                      place->works, name);
        }
    }
    closedir(entries);
    return rc;
}

/* Removes what runs have left. */
static void clean(const struct place *place)
{
    DIR *entries = opendir(place->works);
    struct error err = {0};

    for (struct dirent *entry = entries ? readdir(entries) : NULL; entry;
         entry = readdir(entries)) {
        const char *name = entry->d_name;
        char *path = NULL;
        if (!is_run(name) || path_join(place->works, name, &path, &err) != 0) {
            continue;
        }
        if (folder_remove(path, &err) != 0) {
            place_log(place, "%s", err.message);
        }
        free(path);
    }
    if (entries) {
        closedir(entries);
    }
}

static int make_work(struct place *place, struct error *err)
{
    char *work = NULL;

    if (mkdir(place->works, S_IRWXU) < 0 && errno != EEXIST) {
        return fail_errno(err, ERROR_INFRA, "can't create the folder %s",
                          place->works);
    }
    if (check_ours(place, err) != 0) {
        return err->kind;
    }
    clean(place);
    if (path_join(place->works, RUN, &work, err) != 0) {
        return err->kind;
    }
    if (!mkdtemp(work)) {
        free(work);
        return fail_errno(err, ERROR_INFRA, "can't create a folder in %s",
                          place->works);
    }
    place->work = work;
    return 0;
}

int place_open(const char *gradebook, struct place *out, struct error *err)
{
    int rc = 0;

    *out = (struct place){.log = -1};
    rc = make_paths(gradebook, out, err);
    if (rc == 0) {
        rc = take_lock(out, err);
    }
    if (rc == 0) {
        rc = make_work(out, err);
    }
    return rc;
}

void place_close(struct place *place)
{
    if (place->work) {
        clean(place);
        rmdir(place->works); /* stays if it isn't empty */
    }
    if (place->log >= 0) {
        close(place->log);
    }
    free(place->folder);
    free(place->cache);
    free(place->works);
    free(place->work);
    free(place->log_path);
    *place = (struct place){.log = -1};
}

void place_log(const struct place *place, const char *format, ...)
{
    char text[LOG_LINE_BYTES];
    char when[MOMENT_BYTES];
    char *clean_text = NULL;
    char *line = NULL;
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    moment_format((int64_t)time(NULL), when);
    clean_text = text_sanitise_line(text, strlen(text), LOG_LINE_BYTES);
    if (clean_text && asprintf(&line, "%s %s\n", when, clean_text) >= 0) {
        /* A full disk is noticed where it matters. */
        (void)!pool_write(place->log, line, strlen(line));
        free(line);
    }
    free(clean_text);
}
