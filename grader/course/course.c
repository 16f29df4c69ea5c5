/*
 * course.yaml: from the texts of course_file.h to the structures of course.h,
 * each checked where it stands, so that a mistake has a line and a column.
 */
#include "course.h"

#include <ctype.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include "config.h"
#include "course_file.h"
#include "course_parts.h"
#include "folder.h"
#include "roster.h"
#include "text.h"

#define ID_BYTES        64
#define FILE_BYTES_MAX  (1024 * 1024)
#define GRACE_MAX       (7 * 24 * 60)
#define PERCENT_MAX     100
#define DEFAULT_ATTEMPT "last"
#define DEFAULT_VISIBLE "after-due"

static const struct word attempts[] = {
    {"last", ATTEMPT_LAST},
    {"best", ATTEMPT_BEST},
    {NULL, 0},
};

static const struct word visibilities[] = {
    {"always", VISIBLE_ALWAYS},
    {"after-due", VISIBLE_AFTER_DUE},
    {"never", VISIBLE_NEVER},
    {NULL, 0},
};

static int out_of_memory(struct error *err)
{
    return fail(err, ERROR_INFRA, "can't read the course: out of memory");
}

/* --- policy ----------------------------------------------------------------
 */

static int add_policy(const struct course_reader *reader, struct error *err)
{
    static const struct policy_entry none;
    const struct policy_entry *entry =
        reader->file->policy ? reader->file->policy : &none;
    struct course_policy *policy = &reader->course->policy;
    struct {
        const char *place, *text;
        struct number number;
        unsigned *to;
    } numbers[] = {
        {"policy.grace_minutes",
         entry->grace_minutes,
         {"grace_minutes", 0, GRACE_MAX, 0},
         &policy->grace_minutes},
        {"policy.penalty_percent",
         entry->penalty_percent,
         {"penalty_percent", 0, PERCENT_MAX, 0},
         &policy->penalty_percent},
        {"policy.cap_percent",
         entry->cap_percent,
         {"cap_percent", 0, PERCENT_MAX, PERCENT_MAX},
         &policy->cap_percent},
        {"policy.max_days",
         entry->max_days,
         {"max_days", 0, COURSE_DAYS_MAX, COURSE_DAYS_MAX},
         &policy->max_days},
    };
    int attempt = 0;
    int rc = course_word(reader->config, "policy.attempt",
                         entry->attempt ? entry->attempt : DEFAULT_ATTEMPT,
                         attempts, &attempt, err);

    policy->attempt = (enum course_attempt)attempt;
    for (size_t i = 0; rc == 0 && i < sizeof(numbers) / sizeof(*numbers); i++) {
        rc = course_number(reader->config, numbers[i].place, numbers[i].text,
                           &numbers[i].number, err);
        *numbers[i].to = numbers[i].number.value;
    }
    return rc;
}

/* --- the head --------------------------------------------------------------
 */

static int check_id(const struct course_reader *reader, struct error *err)
{
    const char *id = reader->file->id;
    size_t n = strlen(id);
    bool proper = n <= ID_BYTES && isalnum((unsigned char)id[0]);

    for (size_t i = 0; proper && i < n; i++) {
        proper = isalnum((unsigned char)id[i]) || strchr("-_", id[i]);
    }
    return proper ? 0
                  : config_fail(reader->config, "id", err,
                                "'%s' can't be a course's id, which is made "
                                "of letters, digits, - and _ (at most %d) and "
                                "begins with a letter or digit",
                                id, ID_BYTES);
}

/* The path under the key `place` of the file, made absolute. */
static int add_path(const struct course_reader *reader, const char *place,
                    const char *path, char **out, struct error *err)
{
    int rc = course_clean(reader->config, place, path, err);

    if (rc == 0 && path) {
        rc = course_path(reader->course->folder, path, out, err);
    }
    return rc;
}

static int add_head(const struct course_reader *reader, struct error *err)
{
    struct course_file *file = reader->file;
    struct course *course = reader->course;
    int visibility = 0;
    int rc = check_id(reader, err);

    if (rc == 0) {
        rc = course_clean(reader->config, "name.en", file->name.en, err);
    }
    if (rc == 0) {
        rc = course_clean(reader->config, "name.zh", file->name.zh, err);
    }
    if (rc == 0) {
        rc = course_check_zone(reader->config, "time_zone", file->time_zone,
                               err);
    }
    if (rc == 0) {
        rc = add_path(reader, "secret", file->secret, &course->secret, err);
    }
    if (rc == 0) {
        rc = add_path(reader, "roster", file->roster, &course->roster, err);
    }
    if (rc == 0) {
        rc = add_path(reader, "gradebook", file->gradebook, &course->gradebook,
                      err);
    }
    if (rc == 0) {
        rc = course_word(reader->config, "visibility",
                         file->visibility ? file->visibility : DEFAULT_VISIBLE,
                         visibilities, &visibility, err);
    }
    if (rc == 0) {
        course->visibility = (enum course_visibility)visibility;
        course->id = file->id;
        course->name = file->name;
        course->time_zone = file->time_zone;
        file->id = file->time_zone = NULL;
        file->name = (struct lab_text){NULL, NULL};
    }
    return rc;
}

static int add_all(const struct course_reader *reader, struct error *err)
{
    int rc = add_head(reader, err);

    if (rc == 0) {
        rc = course_add_labs(reader, err);
    }
    if (rc == 0) {
        rc = add_policy(reader, err);
    }
    if (rc == 0) {
        rc = course_add_extensions(reader, err);
    }
    return rc;
}

/* That which is wrong with the file as a whole is the caller's mistake. */
static int check_file(const char *path, struct error *err)
{
    struct stat status;

    if (stat(path, &status) < 0) {
        return fail_errno(err, ERROR_USAGE, "can't read the course %s", path);
    }
    if (S_ISDIR(status.st_mode)) {
        return fail(err, ERROR_USAGE,
                    "can't read the course %s: it is a folder; name the "
                    "course.yaml in it",
                    path);
    }
    if (!S_ISREG(status.st_mode) || status.st_size > FILE_BYTES_MAX) {
        return fail(err, ERROR_USAGE,
                    "can't read the course %s: it is no regular file, or has "
                    "over %d bytes",
                    path, FILE_BYTES_MAX);
    }
    return 0;
}

int course_read(const char *path, const char *root, struct course **out,
                struct error *err)
{
    struct course_reader reader = {.root = root};
    int rc = check_file(path, err);

    *out = NULL;
    if (rc == 0) {
        reader.course = calloc(1, sizeof(*reader.course));
        rc = reader.course ? 0 : out_of_memory(err);
    }
    if (rc == 0) {
        rc = course_locate(path, &reader.course->path, &reader.course->folder,
                           err);
    }
    if (rc == 0) {
        rc = config_open(path, "docs/course.md", &reader.config, err);
    }
    if (rc == 0) {
        rc = config_load(reader.config, &course_file_schema,
                         (void **)&reader.file, err);
    }
    if (rc == 0) {
        rc = add_all(&reader, err);
    }
    config_free(&course_file_schema, reader.file);
    config_close(reader.config);
    if (rc != 0) {
        course_free(reader.course);
        return rc;
    }
    *out = reader.course;
    return 0;
}

int course_open(const char *path, const char *root, struct course **course,
                struct roster *roster, struct error *err)
{
    int rc = course_read(path, root, course, err);

    if (rc == 0) {
        rc = roster_read((*course)->roster, roster, err);
    }
    return rc == 0 ? course_check_students(*course, roster, err) : rc;
}

const char *course_secret(const struct course *course)
{
    return course && course->secret ? course->secret : getenv("MMGRADE_SECRET");
}

static void free_lab(struct course_lab *lab)
{
    free(lab->lab);
    free(lab->source.where);
    free(lab->source.ref);
    free(lab->source.assignment);
    free(lab->source.time_zone);
}

static void free_extension(struct course_extension *extension)
{
    free(extension->student);
    free(extension->lab);
    free(extension->note);
    free(extension->place);
}

void course_free(struct course *course)
{
    if (!course) {
        return;
    }
    for (size_t i = 0; i < course->nlabs; i++) {
        free_lab(&course->labs[i]);
    }
    for (size_t i = 0; i < course->nextensions; i++) {
        free_extension(&course->extensions[i]);
    }
    free(course->labs);
    free(course->extensions);
    free(course->path);
    free(course->folder);
    free(course->id);
    free(course->name.en);
    free(course->name.zh);
    free(course->time_zone);
    free(course->secret);
    free(course->roster);
    free(course->gradebook);
    free(course);
}
