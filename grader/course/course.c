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
#include "moment.h"
#include "roster.h"
#include "text.h"

#define PLACE_BYTES     64
#define ID_BYTES        64
#define FILE_BYTES_MAX  (1024 * 1024)
#define WEIGHT_MAX      1000
#define GRACE_MAX       (7 * 24 * 60)
#define PERCENT_MAX     100
#define DEFAULT_ATTEMPT "last"
#define DEFAULT_VISIBLE "after-due"

/* What is read, and what becomes of it. */
struct reader {
    const char *root; /* of the kit */
    struct config *config;
    struct course_file *file;
    struct course *course;
};

static const struct word layouts[] = {
    {"git", LAYOUT_GIT},
    {"folder", LAYOUT_FOLDER},
    {"moodle", LAYOUT_MOODLE},
    {"canvas", LAYOUT_CANVAS},
    {"gradescope", LAYOUT_GRADESCOPE},
    {"blackboard", LAYOUT_BLACKBOARD},
    {"classroom", LAYOUT_CLASSROOM},
    {NULL, 0},
};

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

const char *course_layout_word(enum course_layout layout)
{
    return layouts[layout].text;
}

static int out_of_memory(struct error *err)
{
    return fail(err, ERROR_INFRA, "can't read the course: out of memory");
}

/* --- labs ------------------------------------------------------------------
 */

static int check_lab_exists(const struct reader *reader, const char *place,
                            const char *name, struct error *err)
{
    char list[512] = "";
    size_t used = 0;
    char **names = NULL;
    bool found = false;
    int rc = lab_list(reader->root, &names, err);

    if (rc != 0) {
        return rc;
    }
    for (size_t i = 0; names[i]; i++) {
        found = found || strcmp(names[i], name) == 0;
        if (used < sizeof(list)) {
            used += (size_t)snprintf(list + used, sizeof(list) - used, "%s%s",
                                     i > 0 ? ", " : "", names[i]);
        }
    }
    lab_list_free(names);
    return found ? 0
                 : config_fail(reader->config, place, err,
                               "there is no lab '%s'; the labs are: %s", name,
                               list[0] ? list : "none");
}

static int check_lab_name(const struct reader *reader, size_t i,
                          struct error *err)
{
    const char *name = reader->file->labs[i].lab;
    char place[PLACE_BYTES];

    snprintf(place, sizeof(place), "labs[%zu].lab", i + 1);
    for (size_t j = 0; j < i; j++) {
        if (strcmp(reader->course->labs[j].lab, name) == 0) {
            return config_fail(reader->config, place, err,
                               "the lab '%s' is already listed as lab %zu",
                               name, j + 1);
        }
    }
    return check_lab_exists(reader, place, name, err);
}

static int add_source(const struct reader *reader, size_t i,
                      struct course_source *source, struct error *err)
{
    struct source_entry *entry = &reader->file->labs[i].source;
    char place[PLACE_BYTES];
    int layout = 0;
    int rc = 0;

    snprintf(place, sizeof(place), "labs[%zu].source.layout", i + 1);
    rc = course_word(reader->config, place, entry->layout, layouts, &layout,
                     err);
    if (rc == 0) {
        source->layout = (enum course_layout)layout;
        snprintf(place, sizeof(place), "labs[%zu].source", i + 1);
        rc = course_check_source(reader->config, place, entry, source->layout,
                                 err);
    }
    if (rc == 0) {
        rc = course_where(reader->course->folder, entry->where, source->layout,
                          &source->where, err);
    }
    if (rc == 0) {
        source->ref = entry->ref;
        source->assignment = entry->assignment;
        entry->ref = entry->assignment = NULL;
        source->time_zone = strdup(reader->course->time_zone);
        rc = source->time_zone ? 0 : out_of_memory(err);
    }
    return rc;
}

static int add_lab(const struct reader *reader, size_t i, struct error *err)
{
    struct course_lab *lab = &reader->course->labs[i];
    struct lab_entry *entry = &reader->file->labs[i];
    char place[PLACE_BYTES];
    int rc = check_lab_name(reader, i, err);

    if (rc == 0) {
        reader->course->nlabs = i + 1;
        snprintf(place, sizeof(place), "labs[%zu].due", i + 1);
        rc = course_moment(reader->config, place, entry->due, &lab->due, err);
    }
    if (rc == 0) {
        struct number weight = {"a weight", 1, WEIGHT_MAX, 1};
        snprintf(place, sizeof(place), "labs[%zu].weight", i + 1);
        rc = course_number(reader->config, place, entry->weight, &weight, err);
        lab->weight = weight.value;
    }
    if (rc == 0) {
        rc = add_source(reader, i, &lab->source, err);
    }
    if (rc == 0) {
        lab->lab = entry->lab;
        entry->lab = NULL;
    }
    return rc;
}

static int add_labs(const struct reader *reader, struct error *err)
{
    struct course *course = reader->course;
    int rc = 0;

    course->labs = calloc(reader->file->nlabs, sizeof(*course->labs));
    if (!course->labs) {
        return out_of_memory(err);
    }
    for (size_t i = 0; rc == 0 && i < reader->file->nlabs; i++) {
        rc = add_lab(reader, i, err);
    }
    return rc;
}

/* --- policy ----------------------------------------------------------------
 */

static int add_policy(const struct reader *reader, struct error *err)
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

/* --- extensions ------------------------------------------------------------
 */

static bool same_lab(const char *a, const char *b)
{
    return a && b ? strcmp(a, b) == 0 : a == b;
}

/* Only one a student and lab, for a lab of the course, and later than it. */
static int check_extension(const struct reader *reader, size_t i, int64_t due,
                           struct error *err)
{
    const struct extension_entry *all = reader->file->extensions;
    const struct course_lab *lab = NULL;
    char place[PLACE_BYTES];

    snprintf(place, sizeof(place), "extensions[%zu].lab", i + 1);
    if (all[i].lab) {
        lab = course_find_lab(reader->course, all[i].lab);
    }
    if (all[i].lab && !lab) {
        return config_fail(reader->config, place, err,
                           "the course has no lab '%s'", all[i].lab);
    }
    snprintf(place, sizeof(place), "extensions[%zu].due", i + 1);
    if (lab && due < lab->due) {
        return config_fail(reader->config, place, err,
                           "the extension ends before %s is due", lab->lab);
    }
    snprintf(place, sizeof(place), "extensions[%zu].student", i + 1);
    for (size_t j = 0; j < i; j++) {
        /* What was added has given its texts away; compare with those. */
        const struct course_extension *other = &reader->course->extensions[j];
        if (strcmp(other->student, all[i].student) == 0 &&
            same_lab(other->lab, all[i].lab)) {
            return config_fail(reader->config, place, err,
                               "the student '%s' has an extension for %s "
                               "already, at %s",
                               all[i].student, all[i].lab ? all[i].lab : "all",
                               other->place);
        }
    }
    return 0;
}

static int add_extension(const struct reader *reader, size_t i,
                         struct error *err)
{
    struct extension_entry *entry = &reader->file->extensions[i];
    struct course_extension *extension = &reader->course->extensions[i];
    char place[PLACE_BYTES];
    int rc = 0;

    snprintf(place, sizeof(place), "extensions[%zu].due", i + 1);
    rc = course_moment(reader->config, place, entry->due, &extension->due, err);
    if (rc == 0) {
        rc = check_extension(reader, i, extension->due, err);
    }
    if (rc == 0) {
        snprintf(place, sizeof(place), "extensions[%zu].note", i + 1);
        rc = course_clean(reader->config, place, entry->note, err);
    }
    if (rc != 0) {
        return rc;
    }
    extension->student = entry->student;
    extension->lab = entry->lab;
    extension->note = entry->note;
    *entry = (struct extension_entry){.due = entry->due};
    reader->course->nextensions = i + 1;
    snprintf(place, sizeof(place), "extensions[%zu].student", i + 1);
    extension->place = config_place(reader->config, place);
    return extension->place ? 0 : out_of_memory(err);
}

static int add_extensions(const struct reader *reader, struct error *err)
{
    struct course *course = reader->course;
    unsigned count = reader->file->nextensions;
    int rc = 0;

    course->extensions = calloc(count + 1, sizeof(*course->extensions));
    if (!course->extensions) {
        return out_of_memory(err);
    }
    for (size_t i = 0; rc == 0 && i < count; i++) {
        rc = add_extension(reader, i, err);
    }
    return rc;
}

int course_check_students(const struct course *course,
                          const struct roster *roster, struct error *err)
{
    for (size_t i = 0; i < course->nextensions; i++) {
        const struct course_extension *extension = &course->extensions[i];
        if (!roster_find(roster, extension->student)) {
            return fail(err, ERROR_USAGE,
                        "%s: the roster has no student with the id '%s'",
                        extension->place, extension->student);
        }
    }
    return 0;
}

/* --- the rest --------------------------------------------------------------
 */

static int check_id(const struct reader *reader, struct error *err)
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
static int add_path(const struct reader *reader, const char *place,
                    const char *path, char **out, struct error *err)
{
    int rc = course_clean(reader->config, place, path, err);

    if (rc == 0 && path) {
        rc = course_path(reader->course->folder, path, out, err);
    }
    return rc;
}

static int add_head(const struct reader *reader, struct error *err)
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

static int add_all(const struct reader *reader, struct error *err)
{
    int rc = add_head(reader, err);

    if (rc == 0) {
        rc = add_labs(reader, err);
    }
    if (rc == 0) {
        rc = add_policy(reader, err);
    }
    if (rc == 0) {
        rc = add_extensions(reader, err);
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
    struct reader reader = {.root = root};
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

const struct course_lab *course_find_lab(const struct course *course,
                                         const char *lab)
{
    for (size_t i = 0; i < course->nlabs; i++) {
        if (strcmp(course->labs[i].lab, lab) == 0) {
            return &course->labs[i];
        }
    }
    return NULL;
}

int64_t course_due(const struct course *course, const struct course_lab *lab,
                   const char *student)
{
    int64_t due = lab->due;

    for (size_t i = 0; i < course->nextensions; i++) {
        const struct course_extension *extension = &course->extensions[i];
        if (strcmp(extension->student, student) == 0 &&
            (!extension->lab || strcmp(extension->lab, lab->lab) == 0) &&
            extension->due > due) {
            due = extension->due;
        }
    }
    return due;
}
