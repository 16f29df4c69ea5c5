/*
 * A site of reports. The class page is written when everybody's pages are
 * there, so that it links none that isn't, also on a disk that gets full. But
 * it also tells the next call whose site this is; so where there is none yet,
 * one that says so stands in for it meanwhile.
 */
#include "site.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "folder.h"
#include "html.h"

#define PERMISSIONS 0777
#define STAND_IN                                                               \
    "<!DOCTYPE html><html lang=\"en\"><meta charset=\"utf-8\">"                \
    "<title>mmgrade</title><p>mmgrade report has not finished here.\n"

struct writing {
    const struct site *site;
    struct site_summary *summary;
    char *index;    /* path of the class page */
    char *students; /* path of the students' folder */
    bool staff;
};

static const char *text_of(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));

    return text ? text : "";
}

/* --- folders ---------------------------------------------------------------
 */

/* Made with exactly that mode; one that is there is left as it is. */
static int make_folder(const char *path, mode_t mode, struct error *err)
{
    if (mkdir(path, mode) == 0) {
        return chmod(path, mode) == 0
                   ? 0
                   : fail_errno(err, ERROR_INFRA, "can't set the mode of %s",
                                path);
    }
    if (errno == EEXIST && path_is_folder(path)) {
        return 0;
    }
    return fail_errno(err, ERROR_INFRA, "can't create the folder %s", path);
}

/* The folders above the site's are nobody's secret. */
static int make_above(const char *path, struct error *err)
{
    char *above = strdup(path);
    size_t n = strlen(path);
    int rc = 0;

    if (!above) {
        return fail(err, ERROR_INFRA, "out of memory");
    }
    while (n > 0 && above[n - 1] == '/') {
        above[--n] = '\0';
    }
    char *slash = strrchr(above, '/');
    if (slash && slash != above) {
        *slash = '\0';
        rc = folder_make(above, err);
    }
    free(above);
    return rc;
}

static int make_folders(struct writing *writing, struct error *err)
{
    const struct site *site = writing->site;
    struct stat status;
    int rc = make_above(site->folder, err);

    if (rc == 0) {
        rc = make_folder(site->folder, site->mode, err);
    }
    if (rc == 0) {
        rc = make_folder(writing->students, site->mode, err);
    }
    if (rc == 0 && stat(site->folder, &status) < 0) {
        rc = fail_errno(err, ERROR_INFRA, "can't read %s", site->folder);
    }
    if (rc == 0) {
        writing->summary->exposed =
            status.st_mode & PERMISSIONS & ~site->mode & (S_IRWXG | S_IRWXO);
    }
    return rc;
}

/* Pages of the other audience would be mixed with these, or replaced. */
static int check_audience(const struct writing *writing, struct error *err)
{
    bool indexed = path_is_file(writing->index);

    if (writing->staff && !indexed && folder_has_entries(writing->students)) {
        return fail(err, ERROR_USAGE,
                    "%s has pages for students, who must not find those for "
                    "staff there; name another folder",
                    writing->site->folder);
    }
    if (!writing->staff && indexed) {
        return fail(err, ERROR_USAGE,
                    "%s has pages for staff; name another folder for those "
                    "that students get",
                    writing->site->folder);
    }
    return 0;
}

/* --- pages -----------------------------------------------------------------
 */

/* A page that says what is no longer true is worse than none. */
static int skip(const struct writing *writing, const char *id, const char *path,
                const struct error *why, struct error *err)
{
    const struct site *site = writing->site;

    writing->summary->nskipped++;
    if (site->skipped) {
        site->skipped(site->context, id, why);
    }
    if (unlink(path) < 0 && errno != ENOENT) {
        return fail_errno(err, ERROR_INFRA, "can't remove %s", path);
    }
    return 0;
}

static int write_student(const struct writing *writing, const json_t *student,
                         struct error *err)
{
    const struct site *site = writing->site;
    const char *id = text_of(student, "id");
    struct error why = {0};
    json_t *data = NULL;
    char *path = NULL;
    int rc = path_join(site->folder, text_of(student, "page"), &path, err);

    if (rc == 0) {
        rc = site->student(site->context, id, &data, err);
    }
    if (rc == 0) {
        rc = html_write(data, path, &why);
        if (rc == ERROR_LIMIT) {
            rc = skip(writing, id, path, &why, err);
        } else if (rc != 0) {
            *err = why;
        } else {
            writing->summary->npages++;
        }
    }
    json_decref(data);
    free(path);
    return rc;
}

static int write_students(const struct writing *writing, struct error *err)
{
    const struct site *site = writing->site;
    const json_t *students = json_object_get(site->data, "students");
    int rc = 0;

    for (size_t i = 0; rc == 0 && i < json_array_size(students); i++) {
        const json_t *student = json_array_get(students, i);
        if (!site->only || strcmp(site->only, text_of(student, "id")) == 0) {
            rc = write_student(writing, student, err);
        }
    }
    return rc;
}

static int check_only(const struct site *site, struct error *err)
{
    const json_t *students = json_object_get(site->data, "students");

    for (size_t i = 0; site->only && i < json_array_size(students); i++) {
        const char *id = text_of(json_array_get(students, i), "id");
        if (strcmp(site->only, id) == 0) {
            return 0;
        }
    }
    return !site->only
               ? 0
               : fail(err, ERROR_USAGE,
                      "there is no student '%s' in the roster", site->only);
}

/* --- pages of nobody -------------------------------------------------------
 * Of those who left, or by names from before the course had its secret.
 */

/* Whether html_student_path() could have named it. */
static bool is_page_name(const char *name)
{
    size_t nhex = strspn(name, "0123456789abcdef");

    return nhex >= 32 && strcmp(name + nhex, ".html") == 0;
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* "students/HEX.html" of everybody in the class, sorted. */
static int list_names(const struct writing *writing, struct path_list *names,
                      struct error *err)
{
    const json_t *students = json_object_get(writing->site->data, "students");
    int rc = 0;

    for (size_t i = 0; rc == 0 && i < json_array_size(students); i++) {
        const char *page = text_of(json_array_get(students, i), "page");
        rc = path_list_add(names, path_base(page), err);
    }
    if (names->count > 0) {
        qsort(names->paths, names->count, sizeof(*names->paths), compare_names);
    }
    return rc;
}

static int remove_unlisted(const struct writing *writing,
                           const struct path_list *names, struct error *err)
{
    DIR *folder = opendir(writing->students);
    int rc = 0;

    if (!folder) {
        return fail_errno(err, ERROR_INFRA, "can't read %s", writing->students);
    }
    for (struct dirent *entry = readdir(folder); entry && rc == 0;
         entry = readdir(folder)) {
        const char *name = entry->d_name;
        if (!is_page_name(name) ||
            bsearch(&name, names->paths, names->count, sizeof(*names->paths),
                    compare_names)) {
            continue;
        }
        if (unlinkat(dirfd(folder), name, 0) < 0) {
            rc = fail_errno(err, ERROR_INFRA, "can't remove %s/%s",
                            writing->students, name);
        }
        writing->summary->nremoved += rc == 0;
    }
    closedir(folder);
    return rc;
}

static int remove_others(const struct writing *writing, struct error *err)
{
    struct path_list names = {NULL, 0};
    int rc = list_names(writing, &names, err);

    if (rc == 0 && names.count > 0) {
        rc = remove_unlisted(writing, &names, err);
    }
    path_list_free(&names);
    return rc;
}

/* --- all of it -------------------------------------------------------------
 */

static int write_all(struct writing *writing, struct error *err)
{
    int rc = check_only(writing->site, err);

    if (rc == 0) {
        rc = check_audience(writing, err);
    }
    if (rc == 0) {
        rc = make_folders(writing, err);
    }
    if (rc == 0 && writing->staff && !path_is_file(writing->index)) {
        rc = file_write(writing->index, STAND_IN, strlen(STAND_IN), err);
    }
    if (rc == 0) {
        rc = write_students(writing, err);
    }
    if (rc == 0 && writing->staff) {
        rc = html_write(writing->site->data, writing->index, err);
        writing->summary->indexed = rc == 0;
    }
    if (rc == 0 && !writing->site->only) {
        rc = remove_others(writing, err);
    }
    return rc;
}

int site_write(const struct site *site, struct site_summary *summary,
               struct error *err)
{
    struct writing writing = {.site = site, .summary = summary};
    int rc = path_join(site->folder, "index.html", &writing.index, err);

    *summary = (struct site_summary){0};
    writing.staff = strcmp(text_of(site->data, "audience"), "staff") == 0;
    if (rc == 0) {
        rc = path_join(site->folder, "students", &writing.students, err);
    }
    if (rc == 0) {
        rc = write_all(&writing, err);
    }
    free(writing.students);
    free(writing.index);
    return rc;
}
