/*
 * The cache of outcomes: what is put is got, what is damaged is not.
 */
#include "cache.h"

#include <criterion/criterion.h>
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include "fixture.h"
#include "folder.h"
#include "outcome.h"

#define KEY   "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define OTHER "fedcba9876543210fedcba9876543210fedcba9876543210fedcba9876543210"

static char *folder;
static char *path; /* of KEY's entry */
static struct cache *cache;

static void open_cache(void)
{
    struct error err = {0};
    char *place = fixture_path(folder, "cache");

    cache_close(cache);
    cr_assert(cache_open(place, true, &cache, &err) == 0, "%s", err.message);
    free(path);
    path = fixture_path(place, KEY);
    free(place);
}

static void setup(void)
{
    folder = fixture_folder();
    open_cache();
}

static void teardown(void)
{
    cache_close(cache);
    fixture_remove(folder);
    free(path);
    free(folder);
}

TestSuite(batch_cache, .init = setup, .fini = teardown, .timeout = 60);

static void put(const char *key, const char *schema)
{
    struct error err = {0};
    json_t *json = json_pack("{s:s, s:s}", "schema", schema, "text", "王");

    cr_assert(cache_put(cache, key, json, &err) == 0, "%s", err.message);
    json_decref(json);
}

/* True if there is an outcome; *removed if one was damaged. */
static bool get(const char *key, bool *removed)
{
    struct error err = {0};
    json_t *json = NULL;
    char *sentence = NULL;
    bool found = false;

    cr_assert(cache_get(cache, key, &json, &sentence, &err) == 0, "%s",
              err.message);
    found = json != NULL;
    if (found) {
        cr_expect_str_eq(json_string_value(json_object_get(json, "text")), "王",
                         "what was put");
    }
    *removed = sentence != NULL;
    json_decref(json);
    free(sentence);
    return found;
}

static void expect_damaged(const char *how)
{
    bool removed = false;

    cr_expect(!get(KEY, &removed), "%s: it was taken", how);
    cr_expect(removed, "%s: nothing was said", how);
    cr_expect(access(path, F_OK) != 0, "%s: it is still there", how);
    cr_expect(!get(KEY, &removed) && !removed, "%s: then it is none", how);
}

Test(batch_cache, what_is_put_is_got)
{
    bool removed = false;

    cr_expect(!get(KEY, &removed) && !removed, "nothing was put yet");
    put(KEY, OUTCOME_SCHEMA);
    cr_expect(get(KEY, &removed) && !removed, "it was put");
    cr_expect(!get(OTHER, &removed) && !removed, "under another key");
    open_cache();
    cr_expect(get(KEY, &removed) && !removed, "it is there the next time");
}

Test(batch_cache, folder_is_private)
{
    char *place = fixture_path(folder, "cache");
    struct stat status;

    cr_assert(stat(place, &status) == 0, "stat");
    cr_expect_eq(status.st_mode & 0777, 0700, "mode %o", status.st_mode & 0777);
    free(place);
}

Test(batch_cache, every_truncation_is_noticed)
{
    struct error err = {0};
    char *text = NULL;
    size_t nbytes = 0;

    put(KEY, OUTCOME_SCHEMA);
    cr_assert(file_read(path, 10000, &text, &nbytes, &err) == 0, "read");
    for (size_t size = 0; size < nbytes; size++) {
        fixture_write(folder, "cache/" KEY, text, size);
        expect_damaged("truncated");
    }
    free(text);
}

Test(batch_cache, every_changed_byte_is_noticed)
{
    struct error err = {0};
    char *text = NULL;
    size_t nbytes = 0;

    put(KEY, OUTCOME_SCHEMA);
    cr_assert(file_read(path, 10000, &text, &nbytes, &err) == 0, "read");
    for (size_t i = 0; i < nbytes; i++) {
        text[i] ^= 1;
        fixture_write(folder, "cache/" KEY, text, nbytes);
        text[i] ^= 1;
        expect_damaged("a bit");
    }
    free(text);
}

Test(batch_cache, entry_under_another_key_is_noticed)
{
    put(OTHER, OUTCOME_SCHEMA);
    char *other = fixture_path(folder, "cache/" OTHER);
    cr_assert(rename(other, path) == 0, "rename");
    free(other);
    expect_damaged("another key");
}

Test(batch_cache, entry_of_another_schema_is_none)
{
    put(KEY, "mmgrade/outcome/v0");
    expect_damaged("another schema");
}

Test(batch_cache, half_written_parts_are_swept_and_nothing_else)
{
    fixture_write(folder, "cache/" KEY ".123.part", "ha", 2);
    fixture_write(folder, "cache/thesis.part", "ha", 2);
    open_cache();
    char *foreign = fixture_path(folder, "cache/thesis.part");
    cr_expect(access(foreign, F_OK) == 0, "it is gone");
    free(foreign);
    char *part = fixture_path(folder, "cache/" KEY ".123.part");
    cr_expect(access(part, F_OK) != 0, "it is still there");
    free(part);
}

Test(batch_cache, place_that_is_no_folder_is_refused)
{
    struct error err = {0};
    struct cache *none = NULL;

    fixture_write(folder, "file", "", 0);
    char *place = fixture_path(folder, "file");
    cr_expect_eq(cache_open(place, true, &none, &err), ERROR_INFRA, "");
    cr_expect(strstr(err.message, "can't read the cache"), "%s", err.message);
    free(place);
}

Test(batch_cache, entry_that_is_a_folder_is_trouble_not_an_outcome)
{
    struct error err = {0};
    json_t *json = NULL;
    char *removed = NULL;

    cr_assert(mkdir(path, 0700) == 0, "mkdir");
    cr_expect_eq(cache_get(cache, KEY, &json, &removed, &err), ERROR_INFRA, "");
    cr_expect_null(json, "");
}

/* Another process that wants the key; its exit code says that it got it. */
static pid_t want(const char *key)
{
    pid_t pid = fork();

    cr_assert(pid >= 0, "fork");
    if (pid == 0) {
        _exit(cache_hold(cache, key) >= 0 ? 0 : 1);
    }
    return pid;
}

static bool ends(pid_t pid, int options)
{
    int status = 1;

    return waitpid(pid, &status, options) == pid && status == 0;
}

Test(batch_cache, key_is_held_by_one_process)
{
    int held = cache_hold(cache, KEY);

    cr_assert(held >= 0, "nobody holds it");
    cr_expect(ends(want(OTHER), 0), "another key is free");
    pid_t waiting = want(KEY);
    usleep(100000);
    cr_expect(!ends(waiting, WNOHANG), "it has to wait");
    cache_release(held);
    cr_expect(ends(waiting, 0), "now it is free");
}

Test(batch_cache, key_is_free_when_its_holder_dies)
{
    cr_expect(ends(want(KEY), 0), "it ends without letting go");
    cr_expect(ends(want(KEY), 0), "free again");
}
