/*
 * Opening the gradebook, and places and processes that stand in the way: what
 * can't be opened or written is said in a sentence, and nothing that was in it
 * is lost.
 */
#include "book.h"

#include <criterion/criterion.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include "booking.h"
#include "fixture.h"

static char *folder;
static char *path; /* FOLDER/grades.db */
static struct error err;

static void setup(void)
{
    folder = fixture_folder();
    path = fixture_path(folder, "grades.db");
}

static void teardown(void)
{
    free(path);
    fixture_remove(folder);
}

TestSuite(book_open, .init = setup, .fini = teardown, .timeout = 60);

/* --- opening ---------------------------------------------------------------
 */

static void expect_refused(enum book_mode mode, int kind, const char *part)
{
    struct book *book = NULL;
    int rc = book_open(path, "os2026", mode, &book, &err);

    cr_expect(rc == kind, "expected %d, got %d: %s", kind, rc, err.message);
    cr_expect(rc != 0 && strstr(err.message, part), "expected '%s', got: %s",
              part, err.message);
    cr_expect(rc == 0 || strstr(err.message, "grades.db"),
              "which file is it about: %s", err.message);
    if (rc == 0) {
        book_close(book);
    }
}

static void write_file(const char *text)
{
    fixture_write(folder, "grades.db", text, strlen(text));
}

static char *read_file(size_t *nbytes)
{
    FILE *in = fopen(path, "rb");
    char *bytes = malloc(1 << 20);

    cr_assert(in && bytes, "read %s", path);
    *nbytes = fread(bytes, 1, 1 << 20, in);
    fclose(in);
    return bytes;
}

static void run_sql(const char *sql)
{
    sqlite3 *db = NULL;
    char *message = NULL;

    cr_assert(sqlite3_open(path, &db) == SQLITE_OK, "open");
    cr_assert(sqlite3_exec(db, sql, NULL, NULL, &message) == SQLITE_OK,
              "%s: %s", sql, message);
    sqlite3_close(db);
}

Test(book_open, reader_needs_one_that_is_there)
{
    expect_refused(BOOK_READ, ERROR_USAGE, "there is no gradebook");
    cr_expect(access(path, F_OK) != 0, "none was made");
    write_file("");
    expect_refused(BOOK_READ, ERROR_USAGE, "is empty");
}

Test(book_open, is_readable_by_its_owner_only)
{
    struct stat status = {0};

    umask(0);
    book_close(open_book(path, BOOK_WRITE));
    cr_assert(stat(path, &status) == 0, "stat");
    cr_expect((status.st_mode & 0777) == 0600, "mode %o",
              (unsigned)status.st_mode & 0777);
}

Test(book_open, what_is_none_is_left_as_it_is)
{
    static const char text[] =
        "a text file, somewhat longer than the header of a database, which is "
        "one hundred bytes long, so that it is looked at\n";
    size_t nbytes = 0;

    write_file(text);
    expect_refused(BOOK_READ, ERROR_USAGE, "no SQLite file");
    expect_refused(BOOK_WRITE, ERROR_USAGE, "no SQLite file");
    char *bytes = read_file(&nbytes);
    cr_expect(nbytes == strlen(text) && memcmp(bytes, text, nbytes) == 0,
              "it was changed");
    free(bytes);
}

Test(book_open, database_of_another_program_is_left_as_it_is)
{
    size_t before = 0;
    size_t after = 0;

    run_sql("CREATE TABLE attempt (x); PRAGMA user_version = 2");
    char *first = read_file(&before);
    expect_refused(BOOK_READ, ERROR_USAGE, "of another program");
    expect_refused(BOOK_WRITE, ERROR_USAGE, "of another program");
    char *second = read_file(&after);
    cr_expect(before == after && memcmp(first, second, before) == 0,
              "it was changed");
    free(first);
    free(second);
}

Test(book_open, of_another_course_is_refused)
{
    struct book *book = NULL;

    book_close(open_book(path, BOOK_WRITE));
    for (int mode = BOOK_READ; mode <= BOOK_WRITE; mode++) {
        cr_expect(book_open(path, "db2026", (enum book_mode)mode, &book,
                            &err) == ERROR_USAGE,
                  "mode %d", mode);
        cr_expect(strstr(err.message, "'os2026'") &&
                      strstr(err.message, "'db2026'"),
                  "%s", err.message);
    }
}

Test(book_open, of_a_newer_mmgrade_is_refused)
{
    book_close(open_book(path, BOOK_WRITE));
    run_sql("PRAGMA user_version = 99");
    expect_refused(BOOK_READ, ERROR_USAGE, "newer mmgrade");
    expect_refused(BOOK_WRITE, ERROR_USAGE, "version 99");
}

Test(book_open, of_an_older_mmgrade_is_brought_up_to_date)
{
    struct book *book = open_book(path, BOOK_WRITE);
    int64_t version = 0;

    pass_both(book, "ann", "a1", 100);
    book_close(book);
    run_sql("DROP TABLE look; DROP TABLE told; DROP TABLE telling;"
            "PRAGMA user_version = 1");
    book = open_book(path, BOOK_READ);
    expect_list(book, "ann #1 g1 2 at 100\n");
    cr_assert(book_number(book, "PRAGMA user_version", 0, &version, &err) == 0,
              "%s", err.message);
    cr_expect(version == BOOK_VERSION, "version %lld", (long long)version);
    cr_assert(
        book_number(book, "SELECT count(*) FROM told", 7, &version, &err) == 0,
        "the new table: %s", err.message);
    cr_assert(
        book_number(book, "SELECT count(*) FROM look", 7, &version, &err) == 0,
        "the newest table: %s", err.message);
    book_close(book);
}

/* Of version 2 what was told is kept, and nothing was looked at. */
Test(book_open, looks_are_new_in_version_3)
{
    struct book *book = open_book(path, BOOK_WRITE);
    struct look *look = NULL;
    int64_t tellings = 0;

    pass_both(book, "ann", "a1", 100);
    book_close(book);
    run_sql("INSERT INTO telling (at) VALUES (5);"
            "DROP TABLE look; PRAGMA user_version = 2");
    book = open_book(path, BOOK_READ);
    expect_list(book, "ann #1 g1 2 at 100\n");
    cr_assert(book_number(book, "SELECT count(*) FROM telling", 0, &tellings,
                          &err) == 0 &&
                  tellings == 1,
              "%lld told, %s", (long long)tellings, err.message);
    cr_assert(book_find_look(book, "ann", "lab0-toy", &look, &err) == 0, "%s",
              err.message);
    cr_expect_null(look, "nobody has looked");
    book_close(book);
}

Test(book_open, migration_that_fails_changes_nothing)
{
    struct book *book = open_book(path, BOOK_WRITE);
    int64_t version = 0;

    pass_both(book, "ann", "a1", 100);
    book_close(book);
    /* A table in the way of the step to version 2. */
    run_sql("DROP TABLE look; DROP TABLE told; PRAGMA user_version = 1");
    expect_refused(BOOK_WRITE, ERROR_INFRA, "telling");
    expect_refused(BOOK_READ, ERROR_INFRA, "telling");
    run_sql("DROP TABLE telling");
    book = open_book(path, BOOK_WRITE);
    expect_list(book, "ann #1 g1 2 at 100\n");
    cr_assert(book_number(book, "PRAGMA user_version", 0, &version, &err) == 0,
              "%s", err.message);
    cr_expect(version == BOOK_VERSION, "version %lld", (long long)version);
    book_close(book);
}

Test(book_open, folder_in_its_place_is_refused)
{
    cr_assert(mkdir(path, 0700) == 0, "mkdir");
    expect_refused(BOOK_READ, ERROR_USAGE, "is a folder");
    expect_refused(BOOK_WRITE, ERROR_USAGE, "is a folder");
    cr_assert(rmdir(path) == 0, "rmdir");
}

Test(book_open, missing_folder_is_a_fault_of_the_place)
{
    struct book *book = NULL;
    char *nowhere = fixture_path(folder, "no/grades.db");

    cr_expect(book_open(nowhere, "os2026", BOOK_WRITE, &book, &err) ==
                  ERROR_INFRA,
              "INFRA");
    cr_expect(strstr(err.message, "No such file"), "%s", err.message);
    free(nowhere);
}

Test(book_open, damage_is_found_before_anything_is_written)
{
    struct book *book = open_book(path, BOOK_WRITE);
    size_t nbytes = 0;

    for (int64_t i = 0; i < 20; i++) {
        char hash[32];
        snprintf(hash, sizeof(hash), "h%lld", (long long)i);
        pass_both(book, "ann", hash, i);
    }
    book_close(book);
    char *bytes = read_file(&nbytes);
    cr_assert(nbytes > 4 * 4096, "%zu bytes", nbytes);
    /* The last page, which opening alone would not look at. */
    memset(bytes + nbytes - 4096, 0x5a, 4096);
    fixture_write(folder, "grades.db", bytes, nbytes);
    free(bytes);
    expect_refused(BOOK_WRITE, ERROR_INFRA, ".recover");
}

Test(book_open, cut_short_is_damage)
{
    struct book *book = open_book(path, BOOK_WRITE);
    size_t nbytes = 0;

    pass_both(book, "ann", "a1", 1);
    book_close(book);
    char *bytes = read_file(&nbytes);
    fixture_write(folder, "grades.db", bytes, nbytes / 2);
    free(bytes);
    expect_refused(BOOK_WRITE, ERROR_INFRA, "damaged");
}

/* --- other processes -------------------------------------------------------
 */

/* Runs in a process of its own; its exit code. */
static int in_a_process(int (*body)(void *argument), void *argument)
{
    int status = 0;
    pid_t pid = fork();

    cr_assert(pid >= 0, "fork");
    if (pid == 0) {
        _exit(body(argument));
    }
    cr_assert(waitpid(pid, &status, 0) == pid, "waitpid");
    cr_assert(WIFEXITED(status), "it was ended by signal %d", WTERMSIG(status));
    return WEXITSTATUS(status);
}

/* 0 if a second writer is told who the first is. */
static int try_to_write(void *argument)
{
    struct book *book = NULL;
    char pid[32];

    snprintf(pid, sizeof(pid), "process %ld (", *(long *)argument);
    if (book_open(path, "os2026", BOOK_WRITE, &book, &err) != ERROR_USAGE) {
        return 1;
    }
    /* Criterion's name for the process that runs a test. */
    return strstr(err.message, pid) && strstr(err.message, "worker)") ? 0 : 2;
}

static int try_to_read(void *argument)
{
    struct book *book = NULL;

    (void)argument;
    if (book_open(path, "os2026", BOOK_READ, &book, &err) != 0) {
        return 1;
    }
    char *text = list(book);
    int rc = strcmp(text, "ann #1 g1 2 at 1\n") == 0 ? 0 : 2;
    free(text);
    book_close(book);
    return rc;
}

static int open_to_write(void *argument)
{
    struct book *book = NULL;

    (void)argument;
    if (book_open(path, "os2026", BOOK_WRITE, &book, &err) != 0) {
        return 1;
    }
    book_close(book);
    return 0;
}

Test(book_open, second_writer_is_told_who_the_first_is)
{
    struct book *book = open_book(path, BOOK_WRITE);
    long self = (long)getpid();

    cr_expect(in_a_process(try_to_write, &self) == 0, "refused, with the pid");
    book_close(book);
    cr_expect(in_a_process(open_to_write, NULL) == 0, "free again");
}

Test(book_open, readers_read_while_one_writes)
{
    struct book *book = open_book(path, BOOK_WRITE);

    pass_both(book, "ann", "a1", 1);
    cr_expect(in_a_process(try_to_read, NULL) == 0, "it reads");
    book_close(book);
}

/* A transaction of another program's holds SQLite's own lock. */
Test(book_open, lock_of_another_program_is_waited_for_then_told)
{
    struct book *book = open_book(path, BOOK_WRITE);
    struct attempt attempt =
        an_archive("ann", "a1", 1, toy_outcome("a1", "pass", "pass"));
    sqlite3 *other = NULL;
    int64_t number = 0;

    sqlite3_busy_timeout(book->db, 50);
    cr_assert(sqlite3_open(path, &other) == SQLITE_OK, "open");
    cr_assert(sqlite3_exec(other, "BEGIN IMMEDIATE", NULL, NULL, NULL) ==
                  SQLITE_OK,
              "begin");
    cr_expect(book_add(book, &attempt, &number, &err) == ERROR_USAGE, "USAGE");
    cr_expect(strstr(err.message, "locked by another program"), "%s",
              err.message);
    sqlite3_close(other);
    cr_expect(book_add(book, &attempt, &number, &err) == 0, "%s", err.message);
    json_decref(attempt.outcome);
    book_close(book);
}

/* Adds attempts until it is killed, saying each number when it has it. */
static void add_for_ever(int say)
{
    struct book *book = NULL;

    if (book_open(path, "os2026", BOOK_WRITE, &book, &err) != 0) {
        _exit(1);
    }
    for (int64_t i = 1;; i++) {
        char hash[32];
        struct attempt attempt;
        int64_t number = 0;
        snprintf(hash, sizeof(hash), "h%lld", (long long)i);
        attempt = an_archive("ann", hash, i, toy_outcome(hash, "pass", "fail"));
        if (book_add(book, &attempt, &number, &err) != 0 ||
            write(say, &number, sizeof(number)) != sizeof(number)) {
            _exit(1);
        }
        json_decref(attempt.outcome);
    }
}

static int count_attempt(void *context, const struct attempt *attempt,
                         struct error *ignored)
{
    (void)ignored;
    cr_expect(attempt->number == ++*(int64_t *)context, "a gap");
    return 0;
}

Test(book_open, kill_loses_nothing_that_was_added)
{
    int ends[2];
    int64_t told = 0;
    int64_t kept = 0;
    cr_assert(pipe(ends) == 0, "pipe");
    pid_t pid = fork();

    if (pid == 0) {
        close(ends[0]);
        add_for_ever(ends[1]);
    }
    close(ends[1]);
    while (told < 20) {
        cr_assert(read(ends[0], &told, sizeof(told)) == sizeof(told), "%s",
                  "the writer has ended");
    }
    cr_assert(kill(pid, SIGKILL) == 0, "kill");
    while (read(ends[0], &told, sizeof(told)) == sizeof(told)) {
    }
    waitpid(pid, NULL, 0);
    struct book *book = open_book(path, BOOK_READ);
    cr_assert(book_each(book, count_attempt, &kept, &err) == 0, "%s",
              err.message);
    cr_expect(kept == told || kept == told + 1, "%lld told, %lld kept",
              (long long)told, (long long)kept);
    book_close(book);
    book_close(open_book(path, BOOK_WRITE));
}

/* --- places that can't be written ------------------------------------------
 */

static int64_t fill(struct book *book, int *rc)
{
    int64_t number = 0;

    for (*rc = 0; *rc == 0 && number < 100000;) {
        char hash[32];
        struct attempt attempt;
        snprintf(hash, sizeof(hash), "h%lld", (long long)number);
        attempt =
            an_archive("ann", hash, number, toy_outcome(hash, "pass", "fail"));
        int64_t got = 0;
        *rc = book_add(book, &attempt, &got, &err);
        number += *rc == 0;
        json_decref(attempt.outcome);
    }
    return number;
}

static void expect_full_keeps(struct book *book)
{
    int64_t kept = 0;
    int rc = 0;
    int64_t added = fill(book, &rc);

    cr_expect(rc == ERROR_INFRA, "expected INFRA, got %d", rc);
    cr_expect(strstr(err.message, "the disk is full"), "%s", err.message);
    cr_expect(added > 0, "nothing fitted");
    cr_assert(book_each(book, count_attempt, &kept, &err) == 0, "%s",
              err.message);
    cr_expect(kept == added, "%lld added, %lld kept", (long long)added,
              (long long)kept);
}

Test(book_open, full_disk_loses_nothing_that_was_added)
{
    struct book *book = open_book(path, BOOK_WRITE);
    int rc = 0;

    cr_assert(book_execute(book, "PRAGMA max_page_count = 40", &err) == 0, "%s",
              err.message);
    expect_full_keeps(book);
    /* Once there is room again, it goes on. */
    cr_assert(book_execute(book, "PRAGMA max_page_count = 80", &err) == 0, "%s",
              err.message);
    cr_expect(fill(book, &rc) > 0, "it goes on");
    book_close(book);
}

/* A file system of its own, without rights of root where they can be had. */
static bool mount_small(const char *size)
{
    char options[64];

    snprintf(options, sizeof(options), "size=%s", size);
    if (unshare(CLONE_NEWNS) != 0 &&
        unshare(CLONE_NEWUSER | CLONE_NEWNS) != 0) {
        return false;
    }
    return mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 &&
           mount("none", folder, "tmpfs", 0, options) == 0;
}

static int fill_small(void *argument)
{
    struct book *book = NULL;
    int64_t kept = 0;
    int64_t added = 0;
    int rc = 0;

    (void)argument;
    if (!mount_small("256k")) {
        return 77;
    }
    if (book_open(path, "os2026", BOOK_WRITE, &book, &err) != 0) {
        return 1;
    }
    added = fill(book, &rc);
    if (rc != ERROR_INFRA || !strstr(err.message, "the disk is full")) {
        return 2;
    }
    book_close(book);
    if (book_open(path, "os2026", BOOK_READ, &book, &err) != 0 ||
        book_each(book, count_attempt, &kept, &err) != 0) {
        return 3;
    }
    book_close(book);
    return added > 0 && kept == added ? 0 : 4;
}

Test(book_open, full_file_system_loses_nothing_that_was_added)
{
    int code = in_a_process(fill_small, NULL);

    if (code == 77) {
        cr_log_warn("no file system can be mounted here");
        return;
    }
    cr_expect(code == 0, "step %d: %s", code, err.message);
}

static int create_in_none(void *argument)
{
    struct book *book = NULL;

    (void)argument;
    if (!mount_small("4k")) {
        return 77;
    }
    int rc = book_open(path, "os2026", BOOK_WRITE, &book, &err);
    return rc == ERROR_INFRA && strstr(err.message, "disk is full") ? 0 : 1;
}

Test(book_open, none_can_be_made_on_a_full_file_system)
{
    int code = in_a_process(create_in_none, NULL);

    cr_expect(code == 0 || code == 77, "it was made");
}

/* As somebody who may read the folder, but not write in it. */
static int read_only(void *argument)
{
    struct book *book = NULL;

    (void)argument;
    if (geteuid() == 0 && setresuid(65534, 65534, 65534) != 0) {
        return 77;
    }
    if (book_open(path, "os2026", BOOK_WRITE, &book, &err) != ERROR_INFRA ||
        !strstr(err.message, "Permission denied")) {
        return 1;
    }
    if (book_open(path, "os2026", BOOK_READ, &book, &err) != 0) {
        fprintf(stderr, "%s\n", err.message);
        return 2;
    }
    char *text = list(book);
    int rc = strcmp(text, "ann #1 g1 2 at 1\n") == 0 ? 0 : 3;
    free(text);
    book_close(book);
    return rc;
}

Test(book_open, read_only_folder_can_be_read)
{
    struct book *book = open_book(path, BOOK_WRITE);

    pass_both(book, "ann", "a1", 1);
    book_close(book);
    cr_assert(chmod(path, 0444) == 0 && chmod(folder, 0555) == 0, "chmod");
    int code = in_a_process(read_only, NULL);
    chmod(folder, 0755);
    cr_expect(code == 0 || code == 77, "step %d", code);
}
