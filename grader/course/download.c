/*
 * Downloads: listing a folder.
 */
#include "download.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include "folder.h"

#define ENTRIES_MAX 100000

static int out_of_memory(struct error *err)
{
    return fail(err, ERROR_INFRA, "can't list the submissions: out of memory");
}

static bool is_of_no_interest(const char *name)
{
    return name[0] == '.' || strcmp(name, "__MACOSX") == 0 ||
           strcmp(name, "Thumbs.db") == 0 || strcmp(name, "desktop.ini") == 0;
}

static enum download_kind kind_at(int folder, const char *name)
{
    struct stat status;

    if (fstatat(folder, name, &status, AT_SYMLINK_NOFOLLOW) < 0) {
        return DOWNLOAD_ODD;
    }
    if (S_ISDIR(status.st_mode)) {
        return DOWNLOAD_FOLDER;
    }
    return S_ISREG(status.st_mode) ? DOWNLOAD_FILE : DOWNLOAD_ODD;
}

static int add_entry(struct download *download, const char *name,
                     enum download_kind kind, struct error *err)
{
    if (download->count >= ENTRIES_MAX) {
        return fail(err, ERROR_LIMIT, "%s has more than %d entries",
                    download->folder, ENTRIES_MAX);
    }
    struct download_entry *grown = reallocarray(
        download->entries, download->count + 1, sizeof(*download->entries));
    if (!grown) {
        return out_of_memory(err);
    }
    download->entries = grown;
    grown[download->count] = (struct download_entry){strdup(name), kind};
    if (!grown[download->count].name) {
        return out_of_memory(err);
    }
    download->count++;
    return 0;
}

static int compare_entries(const void *a, const void *b)
{
    const struct download_entry *left = a, *right = b;

    return strcmp(left->name, right->name);
}

static int list_folder(struct download *download, struct error *err)
{
    DIR *folder = opendir(download->folder);
    int rc = 0;

    if (!folder) {
        return fail_errno(err, ERROR_USAGE, "can't read the submissions in %s",
                          download->folder);
    }
    for (struct dirent *entry = readdir(folder); rc == 0 && entry;
         entry = readdir(folder)) {
        if (!is_of_no_interest(entry->d_name)) {
            rc = add_entry(download, entry->d_name,
                           kind_at(dirfd(folder), entry->d_name), err);
        }
    }
    closedir(folder);
    if (download->count > 0) {
        qsort(download->entries, download->count, sizeof(*download->entries),
              compare_entries);
    }
    return rc;
}

int download_open(const char *where, struct download **out, struct error *err)
{
    struct download *download = calloc(1, sizeof(*download));
    int rc = 0;

    if (!download) {
        return out_of_memory(err);
    }
    download->folder = strdup(where);
    rc = download->folder ? list_folder(download, err) : out_of_memory(err);
    if (rc != 0) {
        download_close(download);
        return rc;
    }
    *out = download;
    return 0;
}

void download_close(struct download *download)
{
    if (!download) {
        return;
    }
    for (size_t i = 0; i < download->count; i++) {
        free(download->entries[i].name);
    }
    free(download->entries);
    free(download->folder);
    free(download);
}
