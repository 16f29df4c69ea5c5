/*
 * The values of course.yaml, one at a time.
 */
#include "course_parts.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "folder.h"
#include "moment.h"
#include "source.h"
#include "text.h"

#define ZONE_FOLDER    "/usr/share/zoneinfo"
#define ZONE_MAGIC     "TZif"
#define ZONE_BYTES_MAX (1024 * 1024)
#define DIGITS_MAX     9 /* always fit an unsigned */
#define SHOWN_BYTES    80

static int out_of_memory(struct error *err)
{
    return fail(err, ERROR_INFRA, "can't read the course: out of memory");
}

int course_word(const struct config *config, const char *place,
                const char *text, const struct word *words, int *out,
                struct error *err)
{
    char list[256] = "";

    for (size_t i = 0; words[i].text; i++) {
        if (strcmp(words[i].text, text) == 0) {
            *out = words[i].value;
            return 0;
        }
        text_add_name(list, sizeof(list), words[i].text);
    }
    return config_fail(config, place, err, "'%.*s' is not one of: %s",
                       SHOWN_BYTES, text, list);
}

int course_number(const struct config *config, const char *place,
                  const char *text, struct number *number, struct error *err)
{
    if (!text) {
        return 0;
    }
    size_t ndigits = strspn(text, "0123456789");
    if (ndigits > 0 && ndigits <= DIGITS_MAX && text[ndigits] == '\0') {
        unsigned long value = strtoul(text, NULL, 10);
        if (value >= number->min && value <= number->max) {
            number->value = (unsigned)value;
            return 0;
        }
    }
    return config_fail(
        config, place, err, "%s is a whole number from %u to %u, not '%.*s'",
        number->what, number->min, number->max, SHOWN_BYTES, text);
}

int course_moment(const struct config *config, const char *place,
                  const char *text, int64_t *out, struct error *err)
{
    struct error why = {0};

    return moment_parse(text, out, &why) == 0
               ? 0
               : config_fail(config, place, err, "%.900s", why.message);
}

int course_clean(const struct config *config, const char *place,
                 const char *text, struct error *err)
{
    if (!text || text_is_clean(text, strlen(text))) {
        return 0;
    }
    return config_fail(config, place, err,
                       "the text has a control character; it has to be one "
                       "line of plain text");
}

/* Names as "Asia/Shanghai", which never leave the folder of zones. */
static bool is_zone_name(const char *name)
{
    bool proper = isalpha((unsigned char)name[0]) && !strstr(name, "//");

    for (const char *c = name; proper && *c != '\0'; c++) {
        proper = isalnum((unsigned char)*c) || strchr("/_+-", *c);
    }
    return proper;
}

int course_check_zone(const struct config *config, const char *place,
                      const char *name, struct error *err)
{
    const char *folder = getenv("TZDIR");
    char *path = NULL, *data = NULL;
    size_t nbytes = 0;
    struct error ignored = {0};
    bool known = false;

    folder = folder && *folder ? folder : ZONE_FOLDER;
    if (!path_is_folder(folder)) {
        return fail(err, ERROR_INFRA,
                    "can't check the time zone: this machine has no %s; "
                    "install the package tzdata",
                    folder);
    }
    int rc = path_join(folder, name, &path, err);
    if (rc != 0) {
        return rc;
    }
    if (is_zone_name(name) && path_is_file(path) &&
        file_read(path, ZONE_BYTES_MAX, &data, &nbytes, &ignored) == 0) {
        known = nbytes > strlen(ZONE_MAGIC) &&
                memcmp(data, ZONE_MAGIC, strlen(ZONE_MAGIC)) == 0;
    }
    free(data);
    free(path);
    return known ? 0
                 : config_fail(config, place, err,
                               "there is no time zone '%.*s'; write its IANA "
                               "name, as Asia/Shanghai or Europe/Berlin",
                               SHOWN_BYTES, name);
}

/* --- sources ---------------------------------------------------------------
 */

/* Is it a URL, or "host:path"? A file's URL is a path, and "a/b:c" one, too. */
static bool is_url(const char *pattern)
{
    const char *colon = strchr(pattern, ':');

    return colon && !memchr(pattern, '/', (size_t)(colon - pattern)) &&
           strncmp(pattern, "file://", strlen("file://")) != 0;
}

/* Else every student would be refused for what the course says. */
static int check_address(const struct config *config, const char *place,
                         const char *pattern, struct error *err)
{
    struct error why = {0};

    return !is_url(pattern) || source_url_check_text(pattern, &why) == 0
               ? 0
               : config_fail(config, place, err, "%.900s", why.message);
}

/* What is in braces must be {login} or {id}, and there must be one. */
static int check_pattern(const struct config *config, const char *place,
                         const char *pattern, struct error *err)
{
    size_t nfound = 0;

    for (const char *c = strpbrk(pattern, "{}"); c; c = strpbrk(c, "{}")) {
        if (strncmp(c, "{login}", 7) == 0) {
            c += 7;
        } else if (strncmp(c, "{id}", 4) == 0) {
            c += 4;
        } else {
            size_t n = 1 + strcspn(c + 1, "{}/");
            return config_fail(config, place, err,
                               "'%.*s' in the pattern is neither {login} nor "
                               "{id}",
                               (int)(n + (c[n] == '}')), c);
        }
        nfound++;
    }
    return nfound > 0 ? 0
                      : config_fail(config, place, err,
                                    "the pattern has no {login} or {id} in "
                                    "it, so all students would have the same "
                                    "repository");
}

int course_check_source(const struct config *config, const char *place,
                        const struct source_entry *entry,
                        enum course_layout layout, struct error *err)
{
    bool git = layout == LAYOUT_GIT || layout == LAYOUT_CLASSROOM;
    bool named = layout == LAYOUT_BLACKBOARD || layout == LAYOUT_CLASSROOM;
    const char *const texts[] = {entry->where, entry->ref, entry->assignment};
    static const char *const keys[] = {"where", "ref", "assignment"};
    char key[80];
    int rc = 0;

    for (size_t i = 0; rc == 0 && i < sizeof(texts) / sizeof(*texts); i++) {
        snprintf(key, sizeof(key), "%s.%s", place, keys[i]);
        rc = course_clean(config, key, texts[i], err);
    }
    if (rc != 0) {
        return rc;
    }
    if (entry->ref && !git) {
        snprintf(key, sizeof(key), "%s.ref", place);
        return config_fail(config, key, err,
                           "ref is for the layouts git and classroom; what "
                           "the layout %s gives has no branches",
                           entry->layout);
    }
    if (entry->assignment && !named) {
        snprintf(key, sizeof(key), "%s.assignment", place);
        return config_fail(config, key, err,
                           "assignment is for the layouts classroom and "
                           "blackboard; names of the layout %s don't have it",
                           entry->layout);
    }
    snprintf(key, sizeof(key), "%s.where", place);
    if (layout != LAYOUT_GIT) {
        return 0;
    }
    rc = check_address(config, key, entry->where, err);
    return rc == 0 ? check_pattern(config, key, entry->where, err) : rc;
}

/* --- paths -----------------------------------------------------------------
 */

int course_locate(const char *path, char **file, char **folder,
                  struct error *err)
{
    size_t nabove = (size_t)(path_base(path) - path);
    char *above = nabove > 0 ? strndup(path, nabove) : strdup(".");

    if (!above) {
        return out_of_memory(err);
    }
    *folder = realpath(above, NULL);
    free(above);
    if (!*folder) {
        return fail_errno(err, ERROR_USAGE, "can't read the course %s", path);
    }
    return course_path(*folder, path_base(path), file, err);
}

int course_path(const char *folder, const char *path, char **out,
                struct error *err)
{
    if (path[0] != '/') {
        return path_join(folder, path, out, err);
    }
    *out = strdup(path);
    return *out ? 0 : out_of_memory(err);
}

int course_where(const char *folder, const char *where,
                 enum course_layout layout, char **out, struct error *err)
{
    const char *colon = strchr(where, ':');
    /* "scheme://…" and "host:path", but not "a/b:c". */
    bool url = layout == LAYOUT_GIT && colon &&
               !memchr(where, '/', (size_t)(colon - where));

    if (!url) {
        return course_path(folder, where, out, err);
    }
    *out = strdup(where);
    return *out ? 0 : out_of_memory(err);
}
