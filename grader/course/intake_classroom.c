/*
 * The layout "classroom": GitHub Classroom, Classroom 50 and others name
 * repositories {assignment}-{login}; here they are cloned side by side.
 */
#include <stdlib.h>
#include <string.h>
#include "intake_parts.h"
#include "moment.h"

static int join(struct intake_job *job, const struct piece *piece,
                const char *person, struct error *err)
{
    struct fit fit;
    int rc = matcher_find(job->matcher, person, strlen(person),
                          MATCH_ID | MATCH_LOGIN, &fit, err);

    return rc != 0 ? rc : intake_join(job, &fit, piece, err);
}

/* The names without what an archive or a bare repository ends with. */
static int name_texts(const struct download_list *list, char **texts,
                      struct error *err)
{
    for (size_t i = 0; i < list->count; i++) {
        const char *name = list->entries[i].name;
        size_t n = intake_stem(name);
        if (list->entries[i].kind == DOWNLOAD_FOLDER) {
            n = strlen(name);
            n -= n > 4 && strcmp(name + n - 4, ".git") == 0 ? 4 : 0;
        }
        texts[i] = strndup(name, n);
        if (!texts[i]) {
            return fail(err, ERROR_INFRA,
                        "can't list repositories: out of "
                        "memory");
        }
    }
    return 0;
}

static int join_all(struct intake_job *job, char **texts, const char **persons,
                    struct error *err)
{
    const struct download_list *list = download_entries(job->download);
    bool agreed = true;
    int rc = intake_split(job, '-', texts, persons, &agreed, err);

    for (size_t i = 0; rc == 0 && i < list->count; i++) {
        struct piece piece = {.entry = &list->entries[i],
                              .submitted = MOMENT_NONE};
        job->nunderstood += persons[i] != NULL;
        if (persons[i]) {
            rc = join(job, &piece, persons[i], err);
        } else if (!agreed) {
            rc = intake_not_split(job, &piece, texts[i], '-', err);
        } else {
            rc = intake_unknown(job, list->entries[i].name, "", err);
        }
    }
    return rc;
}

int intake_classroom(struct intake_job *job, struct error *err)
{
    const struct download_list *list = download_entries(job->download);
    char **texts = calloc(list->count + 1, sizeof(*texts));
    const char **persons = calloc(list->count + 1, sizeof(*persons));
    int rc = texts && persons ? name_texts(list, texts, err)
                              : fail(err, ERROR_INFRA,
                                     "can't list repositories: out of "
                                     "memory");

    if (rc == 0) {
        rc = join_all(job, texts, persons, err);
    }
    for (size_t i = 0; texts && i < list->count; i++) {
        free(texts[i]);
    }
    free(texts);
    free(persons);
    return rc;
}
