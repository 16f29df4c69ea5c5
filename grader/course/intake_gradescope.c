/*
 * The layout "gradescope": folders submission_{id}/ and beside them
 * submission_metadata.yml, which says whose they are. A group's submission is
 * each member's. The id of a student in Gradescope is the roster's id or
 * login, or the address is the same; a name alone decides only if Gradescope
 * has neither of a student.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "gradescope_metadata.h"
#include "intake_parts.h"
#include "moment.h"
#include "source.h"

#define METADATA_BYTES_MAX (64u << 20)
#define NAME_BYTES         400

static bool has_text(const char *text)
{
    return text && text[0] != '\0';
}

static int find_by(const struct intake_job *job, const char *text, unsigned by,
                   struct fit *fit, struct error *err)
{
    *fit = (struct fit){.count = 0};
    return has_text(text)
               ? matcher_find(job->matcher, text, strlen(text), by, fit, err)
               : 0;
}

static int name_only(struct intake_job *job, const struct piece *piece,
                     const struct gradescope_person *person,
                     const struct fit *fit, struct error *err)
{
    char names[NAME_BYTES];

    fit_names(fit, names, sizeof(names));
    return intake_ambiguous(
        job, fit, err,
        "%s is of %s (%s), who has the name of %s but another id and address",
        show(piece->entry->name).text, show(person->name).text,
        show(has_text(person->sid) ? person->sid : person->email).text, names);
}

static int nobody(struct intake_job *job, const struct piece *piece,
                  const struct gradescope_person *person, struct error *err)
{
    const char *text = has_text(person->name)    ? person->name
                       : has_text(person->email) ? person->email
                                                 : person->sid;
    char why[NAME_BYTES];

    snprintf(why, sizeof(why), "of %s", has_text(text) ? text : "nobody");
    return intake_unknown(job, piece->entry->name, why, err);
}

static int join(struct intake_job *job, const struct piece *piece,
                const struct gradescope_person *person, struct error *err)
{
    struct fit sid, email;
    int rc = find_by(job, person->sid, MATCH_ID | MATCH_LOGIN, &sid, err);

    if (rc == 0) {
        rc = find_by(job, person->email, MATCH_EMAIL, &email, err);
    }
    if (rc != 0) {
        return rc;
    }
    for (size_t i = 0; i < email.count && i < FIT_MAX; i++) {
        fit_add(&sid, email.students[i]);
    }
    if (sid.count > 0) {
        return intake_join(job, &sid, piece, err);
    }
    rc = find_by(job, person->name, MATCH_NAME, &email, err);
    if (rc != 0 || email.count == 0) {
        return rc != 0 ? rc : nobody(job, piece, person, err);
    }
    if (has_text(person->sid) || has_text(person->email)) {
        return name_only(job, piece, person, &email, err);
    }
    return intake_join(job, &email, piece, err);
}

static int join_submission(struct intake_job *job,
                           const struct download_entry *entry,
                           const struct gradescope_submission *submission,
                           struct error *err)
{
    struct piece piece = {.entry = entry,
                          .attempt = submission->created,
                          .submitted = submission->created};
    int rc = 0;

    if (submission->npersons == 0) {
        return intake_unknown(job, entry->name, "of nobody", err);
    }
    for (size_t i = 0; rc == 0 && i < submission->npersons; i++) {
        rc = join(job, &piece, &submission->persons[i], err);
    }
    return rc;
}

static int join_all(struct intake_job *job, const struct gradescope *gradescope,
                    struct error *err)
{
    const struct download_list *list = download_entries(job->download);
    int rc = 0;

    for (size_t i = 0; rc == 0 && i < list->count; i++) {
        const struct download_entry *entry = &list->entries[i];
        const struct gradescope_submission *submission =
            gradescope_find(gradescope, entry->name);
        if (strcmp(entry->name, GRADESCOPE_METADATA) == 0) {
            continue;
        }
        if (submission) {
            job->nunderstood++;
            rc = join_submission(job, entry, submission, err);
        } else {
            rc = intake_unknown(job, entry->name, "not in " GRADESCOPE_METADATA,
                                err);
        }
    }
    return rc;
}

int intake_gradescope(struct intake_job *job, struct error *err)
{
    struct gradescope gradescope = {NULL, 0};
    char *text = NULL;
    size_t nbytes = 0;
    int rc = download_read(job->download, GRADESCOPE_METADATA,
                           METADATA_BYTES_MAX, &text, &nbytes, err);

    if (rc == ERROR_ABSENT) {
        return 0; /* it may be a folder further down */
    }
    if (rc == 0) {
        rc = gradescope_parse(text, nbytes, &gradescope, err);
    }
    if (rc == 0) {
        rc = join_all(job, &gradescope, err);
    }
    gradescope_free(&gradescope);
    free(text);
    return rc;
}
