/*
 * The layout "folder": an archive or folder a student, named by id or login.
 */
#include <string.h>
#include <strings.h>
#include "intake_parts.h"
#include "moment.h"

size_t intake_stem(const char *name)
{
    static const char *const endings[] = {".tar.gz", ".tgz", ".tar.xz",
                                          ".txz",    ".tar", ".zip"};
    size_t n = strlen(name);

    for (size_t i = 0; i < sizeof(endings) / sizeof(*endings); i++) {
        size_t length = strlen(endings[i]);
        if (n > length && strcasecmp(name + n - length, endings[i]) == 0) {
            return n - length;
        }
    }
    return n;
}

size_t intake_digits(const char *text)
{
    return strspn(text, "0123456789");
}

int intake_folder(struct intake_job *job, struct error *err)
{
    const struct download_list *list = download_entries(job->download);
    int rc = 0;

    for (size_t i = 0; rc == 0 && i < list->count; i++) {
        const struct download_entry *entry = &list->entries[i];
        struct piece piece = {.entry = entry, .submitted = MOMENT_NONE};
        struct fit fit;
        size_t n = entry->kind == DOWNLOAD_FOLDER ? strlen(entry->name)
                                                  : intake_stem(entry->name);
        rc = matcher_find(job->matcher, entry->name, n, MATCH_ID | MATCH_LOGIN,
                          &fit, err);
        if (rc == 0) {
            rc = intake_join(job, &fit, &piece, err);
        }
    }
    return rc;
}
