/*
 * The layout "git": a repository a student, its URL or path made from a
 * pattern. A repository on this machine that isn't there is missing; of one
 * elsewhere that is known when it is fetched.
 *
 * What a roster puts into a URL can't change what the URL means: only names
 * of letters, digits, dots, underscores and hyphens are put in.
 */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "intake_parts.h"
#include "moment.h"
#include "source.h"

#define FILE_SCHEME "file://"

static bool is_plain(const char *name)
{
    bool plain = isalnum((unsigned char)name[0]) || name[0] == '_';

    for (const char *c = name; plain && *c != '\0'; c++) {
        plain = isalnum((unsigned char)*c) || strchr("._-", *c);
    }
    return plain;
}

/* The pattern with the student put in, malloc'ed; NULL: out of memory. */
static char *fill_in(const char *pattern, const char *login, const char *id)
{
    char *filled = NULL;
    size_t nbytes = 0;
    FILE *stream = open_memstream(&filled, &nbytes);

    if (!stream) {
        return NULL;
    }
    while (*pattern != '\0') {
        if (strncmp(pattern, "{login}", 7) == 0) {
            fputs(login, stream);
            pattern += 7;
        } else if (strncmp(pattern, "{id}", 4) == 0) {
            fputs(id, stream);
            pattern += 4;
        } else {
            fputc(*pattern++, stream);
        }
    }
    if (fclose(stream) != 0) {
        free(filled);
        return NULL;
    }
    return filled;
}

/* The path on this machine; NULL: it is elsewhere. */
static const char *local_path(const char *where)
{
    if (strncmp(where, FILE_SCHEME, strlen(FILE_SCHEME)) == 0) {
        return where + strlen(FILE_SCHEME);
    }
    return source_is_remote(where) ? NULL : where;
}

/* What can't be looked at may be there: reading it will tell. */
static bool is_there(const char *where)
{
    const char *path = local_path(where);

    return !path || access(path, F_OK) == 0 ||
           (errno != ENOENT && errno != ENOTDIR);
}

/*
 * The folder above all repositories must be there: with a typing error in it,
 * or a disk that isn't mounted, a whole class would have handed in nothing.
 */
static int check_folder(const char *pattern, struct error *err)
{
    const char *path = local_path(pattern);
    size_t nbytes = path ? strcspn(path, "{") : 0;

    while (nbytes > 0 && path[nbytes - 1] != '/') {
        nbytes--;
    }
    if (nbytes == 0) {
        return 0;
    }
    char *folder = strndup(path, nbytes);
    int rc = 0;
    if (!folder) {
        rc = fail(err, ERROR_INFRA,
                  "can't look for repositories: out of "
                  "memory");
    } else if (access(folder, X_OK) != 0) {
        rc = fail_errno(err, ERROR_USAGE, "can't look for repositories in %s",
                        folder);
    }
    free(folder);
    return rc;
}

static int add_student(struct intake_job *job, const struct student *student,
                       struct error *err)
{
    const char *pattern = job->lab->source.where;
    const char *login = student->login[0] ? student->login : student->id;
    const struct fit fit = {.students = {student}, .count = 1};
    const char *wrong = NULL;

    if (strstr(pattern, "{login}") && !is_plain(login)) {
        wrong = login;
    } else if (strstr(pattern, "{id}") && !is_plain(student->id)) {
        wrong = student->id;
    }
    if (wrong) {
        return intake_ambiguous(job, &fit, err,
                                "%.100s (%.40s): '%s' can't stand in a "
                                "repository's address, where only letters, "
                                "digits, . _ and - are put",
                                student->name, student->id, show(wrong).text);
    }
    char *where = fill_in(pattern, login, student->id);
    if (where && !is_there(where)) {
        free(where);
        return 0;
    }
    return intake_add_item(job, student, where, MOMENT_NONE, err);
}

int intake_git(struct intake_job *job, struct error *err)
{
    int rc = check_folder(job->lab->source.where, err);

    for (size_t i = 0; rc == 0 && i < job->roster->count; i++) {
        rc = add_student(job, &job->roster->students[i], err);
    }
    return rc;
}
