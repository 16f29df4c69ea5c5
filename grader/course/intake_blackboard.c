/*
 * The layout "blackboard": files side by side,
 *
 *      {Assignment}_{user}_attempt_{2026-03-01-23-59-00}_{file}
 *      {Assignment}_{user}_attempt_{2026-03-01-23-59-00}.txt
 *
 * of which the second tells about the attempt. The file's name is the
 * student's choice, so the first "_attempt_" with a time counts. The time is
 * the school's clock: the course's time zone.
 */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include "intake_parts.h"
#include "moment.h"

#define MARK       "_attempt_"
#define TIME       "0000-00-00-00-00-00"
#define TIME_BYTES (sizeof(TIME) - 1)

/* What a name says. */
struct attempt {
    char *text;       /* "{Assignment}_{user}", or NULL: not of this layout */
    const char *time; /* TIME_BYTES of the name */
    const char *file; /* in the name; NULL: it tells about the attempt */
};

static bool is_time(const char *text)
{
    for (size_t i = 0; i < TIME_BYTES; i++) {
        bool same = TIME[i] == '0' ? isdigit((unsigned char)text[i]) != 0
                                   : text[i] == TIME[i];
        if (!same) {
            return false;
        }
    }
    return true;
}

static int parse(const char *name, struct attempt *out, struct error *err)
{
    const char *mark = strstr(name, MARK);

    *out = (struct attempt){NULL, NULL, NULL};
    while (mark && !is_time(mark + strlen(MARK))) {
        mark = strstr(mark + 1, MARK);
    }
    if (!mark) {
        return 0;
    }
    const char *end = mark + strlen(MARK) + TIME_BYTES;
    bool told = strcmp(end, ".txt") == 0;
    if (!told && (end[0] != '_' || end[1] == '\0')) {
        return 0;
    }
    out->time = mark + strlen(MARK);
    out->file = told ? NULL : end + 1;
    out->text = strndup(name, (size_t)(mark - name));
    return out->text ? 0 : fail(err, ERROR_INFRA, "out of memory");
}

/* The digits of the time as one number: newer is more. */
static int64_t order_of(const char *time)
{
    int64_t order = 0;

    for (size_t i = 0; i < TIME_BYTES; i++) {
        order = isdigit((unsigned char)time[i]) ? order * 10 + (time[i] - '0')
                                                : order;
    }
    return order;
}

static int join(struct intake_job *job, struct piece *piece,
                const struct attempt *attempt, const char *person,
                struct error *err)
{
    char text[TIME_BYTES + 1] = "";
    struct fit fit;
    int rc = matcher_find(job->matcher, person, strlen(person),
                          MATCH_ID | MATCH_LOGIN | MATCH_EMAIL, &fit, err);

    memcpy(text, attempt->time, TIME_BYTES);
    text[10] = 'T';
    text[13] = text[16] = ':';
    piece->file = attempt->file;
    piece->attempt = order_of(attempt->time);
    if (rc == 0) {
        rc = moment_parse_local(text, job->lab->source.time_zone,
                                &piece->submitted, err);
        if (rc == ERROR_USAGE) {
            return intake_unknown(job, piece->entry->name,
                                  "there is no such time", err);
        }
    }
    return rc != 0 ? rc : intake_join(job, &fit, piece, err);
}

static int join_all(struct intake_job *job, const struct attempt *attempts,
                    char *const *texts, const char **persons, struct error *err)
{
    const struct download_list *list = download_entries(job->download);
    bool agreed = true;
    int rc = intake_split(job, '_', texts, persons, &agreed, err);

    for (size_t i = 0; rc == 0 && i < list->count; i++) {
        struct piece piece = {.entry = &list->entries[i]};
        if (texts[i] && !attempts[i].file) {
            continue; /* the text about the attempt: never a submission */
        }
        if (persons[i]) {
            rc = join(job, &piece, &attempts[i], persons[i], err);
        } else if (texts[i] && !agreed) {
            rc = intake_not_split(job, &piece, texts[i], '_', err);
        } else {
            rc = intake_unknown(job, list->entries[i].name, "", err);
        }
    }
    return rc;
}

int intake_blackboard(struct intake_job *job, struct error *err)
{
    const struct download_list *list = download_entries(job->download);
    struct attempt *attempts = calloc(list->count + 1, sizeof(*attempts));
    char **texts = calloc(list->count + 1, sizeof(*texts));
    const char **persons = calloc(list->count + 1, sizeof(*persons));
    int rc = attempts && texts && persons
                 ? 0
                 : fail(err, ERROR_INFRA,
                        "can't list the submissions: out of "
                        "memory");

    for (size_t i = 0; rc == 0 && i < list->count; i++) {
        rc = parse(list->entries[i].name, &attempts[i], err);
        texts[i] = attempts[i].text;
        job->nunderstood += texts[i] != NULL;
    }
    if (rc == 0) {
        rc = join_all(job, attempts, texts, persons, err);
    }
    for (size_t i = 0; attempts && i < list->count; i++) {
        free(attempts[i].text);
    }
    free(attempts);
    free(texts);
    free(persons);
    return rc;
}
