/*
 * Temporary folders for tests.
 */
#include "fixture.h"

#include <criterion/criterion.h>
#include <fts.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

char *fixture_path(const char *dir, const char *path)
{
    char *joined = NULL;

    cr_assert_geq(asprintf(&joined, "%s/%s", dir, path), 0,
                  "fixture: out of memory");
    return joined;
}

char *fixture_folder(void)
{
    const char *parent = getenv("TMPDIR");
    char *folder = fixture_path(parent && *parent ? parent : "/tmp",
                                "mmgrade-test-XXXXXX");

    cr_assert_not_null(mkdtemp(folder), "fixture: can't make %s", folder);
    return folder;
}

void fixture_remove(const char *folder)
{
    char *const roots[] = {(char *)folder, NULL};
    FTS *walk = fts_open(roots, FTS_PHYSICAL | FTS_NOCHDIR, NULL);

    cr_assert_not_null(walk, "fixture: can't remove %s", folder);
    for (FTSENT *entry = fts_read(walk); entry; entry = fts_read(walk)) {
        if (entry->fts_info == FTS_D) {
            continue; /* removed when it is empty: FTS_DP */
        }
        cr_expect_eq(remove(entry->fts_accpath), 0, "fixture: can't remove %s",
                     entry->fts_path);
    }
    fts_close(walk);
}

static void make_folders(char *path)
{
    for (char *slash = strchr(path + 1, '/'); slash;
         slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        mkdir(path, 0700); /* it may exist; the open below tells */
        *slash = '/';
    }
}

void fixture_write(const char *dir, const char *path, const void *bytes,
                   size_t n)
{
    char *full = fixture_path(dir, path);

    make_folders(full);
    FILE *file = fopen(full, "wb");
    cr_assert_not_null(file, "fixture: can't write %s", full);
    cr_assert_eq(fwrite(bytes, 1, n, file), n, "fixture: %s is short", full);
    cr_assert_eq(fclose(file), 0, "fixture: can't close %s", full);
    free(full);
}
