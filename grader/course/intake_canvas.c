/*
 * The layout "canvas": files side by side,
 *
 *      {name}[_LATE]_{user id}_{attachment id}_{file}
 *
 * The name is the sortable one ("Lee, Ann") in small letters without blanks
 * and commas: "leeann". The user id is Canvas's own, which a roster has if it
 * was made from Canvas. A file that is handed in again has "-1", "-2", … at
 * the end of its name, and the highest is the newest. The file's name is the
 * student's choice, so the first two numbers count.
 */
#include <stdlib.h>
#include <string.h>
#include "intake_parts.h"
#include "moment.h"
#include "source.h"

#define LATE "_LATE"

/* What a name says; places in it. */
struct parsed {
    size_t nname;
    const char *user;
    size_t nuser;
    const char *file;
};

static bool parse(const char *name, struct parsed *out)
{
    for (const char *at = strchr(name, '_'); at; at = strchr(at + 1, '_')) {
        size_t late = strncmp(at, LATE, strlen(LATE)) == 0 ? strlen(LATE) : 0;
        const char *user = at + late + (at[late] == '_');
        size_t nuser = intake_digits(user);
        const char *attachment = user + nuser + (user[nuser] == '_');
        size_t nattachment = intake_digits(attachment);
        const char *file = attachment + nattachment;
        if (at > name && user > at && nuser > 0 && attachment > user + nuser &&
            nattachment > 0 && file[0] == '_' && file[1] != '\0') {
            *out = (struct parsed){(size_t)(at - name), user, nuser, file + 1};
            return true;
        }
    }
    return false;
}

static bool contains(const struct fit *fit, const struct student *student)
{
    for (size_t i = 0; i < fit->count && i < FIT_MAX; i++) {
        if (fit->students[i] == student) {
            return true;
        }
    }
    return false;
}

/* Who fits the number and the name, which may not contradict each other. */
static int join(struct intake_job *job, const struct piece *piece,
                const struct parsed *parsed, struct error *err)
{
    struct fit number, name, *fit = &name;
    int rc = matcher_find(job->matcher, parsed->user, parsed->nuser,
                          MATCH_ID | MATCH_LOGIN, &number, err);

    if (rc == 0) {
        rc = matcher_find(job->matcher, piece->entry->name, parsed->nname,
                          MATCH_ID | MATCH_LOGIN | MATCH_SORTABLE, &name, err);
    }
    if (rc != 0) {
        return rc;
    }
    if (number.count == 1 && contains(&name, number.students[0])) {
        fit = &number;
    } else if (number.count > 0) {
        char names[400];
        for (size_t i = 0; i < number.count && i < FIT_MAX; i++) {
            fit_add(&name, number.students[i]);
        }
        fit_names(&name, names, sizeof(names));
        return intake_ambiguous(job, &name, err,
                                "%s: the number %.*s and the name are not "
                                "those of one student: %s",
                                show(piece->entry->name).text,
                                (int)parsed->nuser, parsed->user, names);
    }
    return intake_join(job, fit, piece, err);
}

int intake_canvas(struct intake_job *job, struct error *err)
{
    const struct download_list *list = download_entries(job->download);
    int rc = 0;

    for (size_t i = 0; rc == 0 && i < list->count; i++) {
        struct piece piece = {.entry = &list->entries[i],
                              .submitted = MOMENT_NONE};
        struct parsed parsed;
        if (!parse(piece.entry->name, &parsed)) {
            rc = intake_unknown(job, piece.entry->name, "", err);
            continue;
        }
        job->nunderstood++;
        piece.file = parsed.file;
        rc = join(job, &piece, &parsed, err);
    }
    return rc;
}
