/*
 * The layout "moodle": a folder a student,
 *
 *      {Full name}_{N}_assignsubmission_file/…
 *      {Full name}_{N}_assignsubmission_file_/…       older ones
 *      {Full name}_{N}_assignsubmission_file_{file}   without folders
 *
 * N is a number of Moodle's that no roster knows, so the name decides. An id,
 * login or address in its place is understood, too: staff write it there when
 * two students have one name. What says onlinetext was typed, not handed in.
 */
#include <string.h>
#include "intake_parts.h"
#include "moment.h"

#define FILE_MARK "_assignsubmission_file"
#define TEXT_MARK "_assignsubmission_onlinetext"

/*
 * The length of the person's part if `mark` stands after "{person}_{N}";
 * 0: it doesn't.
 */
static size_t person_before(const char *name, const char *mark)
{
    size_t n = (size_t)(mark - name);
    size_t ndigits = 0;

    while (ndigits < n && intake_digits(name + n - ndigits - 1) > 0) {
        ndigits++;
    }
    n -= ndigits;
    return ndigits > 0 && n > 1 && name[n - 1] == '_' ? n - 1 : 0;
}

/*
 * Where in a name the mark is that counts: of a folder the one at the end, of
 * a file the first, because students choose what follows.
 */
static size_t find_person(const struct download_entry *entry, const char *mark,
                          const char **file)
{
    const char *name = entry->name;

    for (const char *at = strstr(name, mark); at; at = strstr(at + 1, mark)) {
        const char *end = at + strlen(mark);
        size_t n = person_before(name, at);
        bool whole = strcmp(end, "") == 0 || strcmp(end, "_") == 0;
        *file = whole ? NULL : end + 1;
        if (n > 0 &&
            (whole || (entry->kind != DOWNLOAD_FOLDER && end[0] == '_'))) {
            return n;
        }
    }
    return 0;
}

static int join(struct intake_job *job, struct piece *piece, size_t nperson,
                struct error *err)
{
    struct fit fit;
    int rc = matcher_find(job->matcher, piece->entry->name, nperson,
                          MATCH_ID | MATCH_LOGIN | MATCH_EMAIL | MATCH_NAME,
                          &fit, err);

    return rc != 0 ? rc : intake_join(job, &fit, piece, err);
}

int intake_moodle(struct intake_job *job, struct error *err)
{
    const struct download_list *list = download_entries(job->download);
    int rc = 0;

    for (size_t i = 0; rc == 0 && i < list->count; i++) {
        struct piece piece = {.entry = &list->entries[i],
                              .submitted = MOMENT_NONE};
        size_t nperson = find_person(piece.entry, FILE_MARK, &piece.file);
        if (nperson > 0) {
            job->nunderstood++;
            rc = join(job, &piece, nperson, err);
        } else if (find_person(piece.entry, TEXT_MARK, &piece.file) > 0) {
            job->nunderstood++;
            rc = intake_unknown(job, piece.entry->name,
                                "a text typed into Moodle, which is no file "
                                "of a lab",
                                err);
        } else {
            rc = intake_unknown(job, piece.entry->name, "", err);
        }
    }
    return rc;
}
