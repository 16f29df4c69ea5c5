/*
 * The gradebook: nothing that was in it is lost or changed, whatever happens;
 * what can't be opened or written is said in a sentence.
 */
#include "book.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
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

TestSuite(book, .init = setup, .fini = teardown, .timeout = 60);

/* --- what is in it ---------------------------------------------------------
 */

/* One line an attempt: student, number, gradings, how many tests passed. */
static int list_attempt(void *context, const struct attempt *attempt,
                        struct error *ignored)
{
    FILE *out = context;
    const json_t *refused = json_object_get(attempt->outcome, "refused");
    const json_t *lines = json_object_get(attempt->outcome, "record");
    int passed = 0;

    (void)ignored;
    for (size_t i = 1; i < json_array_size(lines); i++) {
        const json_t *status =
            json_object_get(json_array_get(lines, i), "status");
        passed += strcmp(json_string_value(status), "pass") == 0;
    }
    fprintf(out, "%s #%lld g%lld ", attempt->student,
            (long long)attempt->number, (long long)attempt->gradings);
    if (json_is_object(refused)) {
        fprintf(out, "%s\n",
                json_string_value(json_object_get(refused, "reason")));
    } else {
        fprintf(out, "%d at %lld\n", passed, (long long)attempt->submitted);
    }
    return 0;
}

static char *list(struct book *book)
{
    char *text = NULL;
    size_t nbytes = 0;
    FILE *out = open_memstream(&text, &nbytes);

    cr_assert_not_null(out, "no memory");
    cr_assert(book_each(book, list_attempt, out, &err) == 0, "%s", err.message);
    fclose(out);
    return text;
}

static void expect_list(struct book *book, const char *wanted)
{
    char *text = list(book);

    cr_expect_str_eq(text, wanted, "expected:\n%s\ngot:\n%s", wanted, text);
    free(text);
}

static int64_t pass_both(struct book *book, const char *student,
                         const char *hash, int64_t submitted)
{
    return add_to(book, an_archive(student, hash, submitted,
                                   toy_outcome(hash, "pass", "pass")));
}

Test(book, keeps_what_was_added)
{
    struct book *book = open_book(path, BOOK_WRITE);

    cr_expect(pass_both(book, "bob", "b1", 100) == 1, "the first is 1");
    cr_expect(pass_both(book, "ann", "a1", 200) == 1, "of each student");
    cr_expect(pass_both(book, "ann", "a2", 300) == 2, "the next is 2");
    book_close(book);
    book = open_book(path, BOOK_READ);
    expect_list(book, "ann #1 g1 2 at 200\nann #2 g1 2 at 300\n"
                      "bob #1 g1 2 at 100\n");
    book_close(book);
}

static int expect_whole(void *context, const struct attempt *attempt,
                        struct error *ignored)
{
    const struct attempt *wanted = context;

    (void)ignored;
    cr_expect_str_eq(attempt->student, wanted->student, "student");
    cr_expect_str_eq(attempt->lab, wanted->lab, "lab");
    cr_expect_str_eq(attempt->kind, wanted->kind, "kind");
    cr_expect_str_eq(attempt->origin, wanted->origin, "origin");
    cr_expect_str_eq(attempt->commit, wanted->commit, "commit");
    cr_expect_str_eq(attempt->commit_time, wanted->commit_time, "its time");
    cr_expect_str_eq(attempt->content_hash, wanted->content_hash, "hash");
    cr_expect(attempt->submitted == wanted->submitted, "submitted");
    cr_expect(attempt->graded_at == wanted->graded_at, "graded at");
    cr_expect(json_equal(attempt->notes, wanted->notes), "notes");
    cr_expect(json_equal(attempt->outcome, wanted->outcome), "outcome");
    return 0;
}

Test(book, gives_back_every_field)
{
    struct book *book = open_book(path, BOOK_WRITE);
    int64_t number = 0;
    struct attempt attempt = {
        .student = "张三 '); DROP TABLE attempt; --",
        .lab = "lab0-toy",
        .submitted = -5,
        .graded_at = 1LL << 40,
        .kind = "git",
        .origin = "https://example.org/a.git",
        .commit = "c0ffee",
        .commit_time = "2026-03-01T00:00:00Z",
        .content_hash = "h",
        .notes = json_pack("[s, s]", "one", "“two”"),
        .outcome = toy_outcome("h", "pass", "fail"),
    };

    cr_assert(book_add(book, &attempt, &number, &err) == 0, "%s", err.message);
    cr_assert(book_each(book, expect_whole, &attempt, &err) == 0, "%s",
              err.message);
    json_decref(attempt.notes);
    json_decref(attempt.outcome);
    book_close(book);
}

static int stop(void *context, const struct attempt *attempt,
                struct error *failed)
{
    (void)attempt;
    ++*(int *)context;
    return fail(failed, ERROR_USAGE, "enough");
}

Test(book, each_stops_where_it_is_told)
{
    struct book *book = open_book(path, BOOK_WRITE);
    int seen = 0;

    pass_both(book, "ann", "a1", 1);
    pass_both(book, "ann", "a2", 2);
    cr_expect(book_each(book, stop, &seen, &err) == ERROR_USAGE, "its code");
    cr_expect(seen == 1, "called %d times", seen);
    cr_expect_str_eq(err.message, "enough", "its sentence");
    book_close(book);
}

/* --- the same again --------------------------------------------------------
 */

Test(book, same_files_are_no_new_attempt_and_keep_their_time)
{
    struct book *book = open_book(path, BOOK_WRITE);
    struct attempt pushed =
        an_archive("ann", "a1", 100, toy_outcome("a1", "pass", "pass"));

    pushed.kind = "git";
    pushed.commit = "c1";
    cr_expect(add_to(book, pushed) == 1, "new");
    /* Another commit, later, with the same files of the lab. */
    pushed.commit = "c2";
    pushed.submitted = 900;
    pushed.outcome = toy_outcome("a1", "fail", "fail");
    cr_expect(add_to(book, pushed) == 1, "the same attempt");
    expect_list(book, "ann #1 g1 2 at 100\n");
    book_close(book);
}

Test(book, other_files_or_another_kind_are_a_new_attempt)
{
    struct book *book = open_book(path, BOOK_WRITE);
    struct attempt folder_of_it =
        an_archive("ann", "a1", 100, toy_outcome("a1", "pass", "fail"));

    pass_both(book, "ann", "a1", 100);
    folder_of_it.kind = "folder";
    cr_expect(add_to(book, folder_of_it) == 2, "a folder");
    cr_expect(pass_both(book, "ann", "a2", 100) == 3, "other files");
    book_close(book);
}

Test(book, going_back_to_older_files_is_a_new_attempt)
{
    struct book *book = open_book(path, BOOK_WRITE);

    pass_both(book, "ann", "a1", 100);
    pass_both(book, "ann", "a2", 200);
    cr_expect(pass_both(book, "ann", "a1", 300) == 3, "handed in anew");
    /* An older download, graded once more: known by its time. */
    cr_expect(pass_both(book, "ann", "a2", 200) == 2, "known");
    expect_list(book, "ann #1 g1 2 at 100\nann #2 g1 2 at 200\n"
                      "ann #3 g1 2 at 300\n");
    book_close(book);
}

Test(book, what_could_not_be_read_is_the_same_at_the_same_time)
{
    struct book *book = open_book(path, BOOK_WRITE);
    struct attempt unreadable = {.student = "ann",
                                 .lab = "lab0-toy",
                                 .submitted = 100,
                                 .origin = "a.zip"};

    unreadable.outcome = refused_outcome("REJECTED", "truncated");
    cr_expect(add_to(book, unreadable) == 1, "new");
    unreadable.outcome = refused_outcome("REJECTED", "truncated");
    cr_expect(add_to(book, unreadable) == 1, "the same");
    unreadable.submitted = 200;
    unreadable.outcome = refused_outcome("REJECTED", "a bomb");
    cr_expect(add_to(book, unreadable) == 2, "another time");
    unreadable.submitted = MOMENT_NONE;
    unreadable.outcome = refused_outcome("REJECTED", "x");
    cr_expect(add_to(book, unreadable) == 3, "no time");
    unreadable.outcome = refused_outcome("REJECTED", "x");
    cr_expect(add_to(book, unreadable) == 3, "no time again");
    book_close(book);
}

Test(book, verdict_takes_the_place_of_a_fault_of_ours)
{
    struct book *book = open_book(path, BOOK_WRITE);
    struct attempt attempt =
        an_archive("ann", "a1", 100, refused_outcome("INFRA", "no QEMU"));

    add_to(book, attempt);
    expect_list(book, "ann #1 g1 no QEMU\n");
    attempt.outcome = refused_outcome("INFRA", "disk full");
    add_to(book, attempt);
    expect_list(book, "ann #1 g2 disk full\n");
    attempt.outcome = refused_outcome("INFRA", "disk full");
    add_to(book, attempt);
    expect_list(book, "ann #1 g2 disk full\n");
    attempt.outcome = toy_outcome("a1", "pass", "infra-error");
    add_to(book, attempt);
    expect_list(book, "ann #1 g3 1 at 100\n");
    /* Less is known by this than before. */
    attempt.outcome = refused_outcome("INFRA", "no QEMU");
    add_to(book, attempt);
    attempt.outcome = toy_outcome("a1", "infra-error", "pass");
    add_to(book, attempt);
    expect_list(book, "ann #1 g3 1 at 100\n");
    attempt.outcome = toy_outcome("a1", "pass", "pass");
    add_to(book, attempt);
    expect_list(book, "ann #1 g4 2 at 100\n");
    /* A verdict stays. */
    attempt.outcome = toy_outcome("a1", "fail", "fail");
    add_to(book, attempt);
    expect_list(book, "ann #1 g4 2 at 100\n");
    book_close(book);
}

Test(book, verdict_on_a_test_that_the_lab_got_since_is_taken)
{
    struct book *book = open_book(path, BOOK_WRITE);
    json_t *older = toy_outcome("a1", "pass", "pass");

    json_array_remove(json_object_get(older, "record"), 2);
    add_to(book, an_archive("ann", "a1", 100, older));
    pass_both(book, "ann", "a1", 100);
    expect_list(book, "ann #1 g2 2 at 100\n");
    book_close(book);
}

Test(book, regrade_is_kept_beside_what_was_before)
{
    struct book *book = open_book(path, BOOK_WRITE);
    struct attempt attempt =
        an_archive("ann", "a1", 100, toy_outcome("a1", "fail", "pass"));
    int64_t gradings = 0;

    pass_both(book, "ann", "a1", 100);
    attempt.number = 1;
    attempt.submitted = 777;
    cr_assert(book_regrade(book, &attempt, &err) == 0, "%s", err.message);
    expect_list(book, "ann #1 g2 1 at 100\n");
    cr_assert(book_number(book, "SELECT count(*) FROM grading", 0, &gradings,
                          &err) == 0,
              "%s", err.message);
    cr_expect(gradings == 2, "both are there: %lld", (long long)gradings);
    attempt.number = 2;
    cr_expect(book_regrade(book, &attempt, &err) == ERROR_USAGE, "no such");
    cr_expect(strstr(err.message, "ann has no attempt 2"), "%s", err.message);
    json_decref(attempt.outcome);
    book_close(book);
}

Test(book, rows_are_never_changed)
{
    static const char *const edits[] = {
        "UPDATE attempt SET submitted = 0",   "DELETE FROM attempt",
        "UPDATE grading SET graded_at = 0",   "DELETE FROM grading",
        "UPDATE override SET points = 10000", "DELETE FROM override",
        "UPDATE course SET id = 'x'",
    };
    struct book *book = open_book(path, BOOK_WRITE);
    const struct override override = {.student = "ann",
                                      .lab = "lab0-toy",
                                      .points = 100,
                                      .note = "n",
                                      .by = "b"};

    pass_both(book, "ann", "a1", 100);
    cr_assert(book_override(book, &override, &err) == 0, "%s", err.message);
    for (size_t i = 0; i < sizeof(edits) / sizeof(edits[0]); i++) {
        cr_expect(book_execute(book, edits[i], &err) != 0, "%s", edits[i]);
        cr_expect(strstr(err.message, "never"), "%s: %s", edits[i],
                  err.message);
    }
    book_close(book);
}

/* --- overrides -------------------------------------------------------------
 */

static unsigned points_by_hand(struct book *book, const char *student)
{
    struct override *found = NULL;
    unsigned points = 99999;

    cr_assert(book_find_override(book, student, "lab0-toy", &found, &err) == 0,
              "%s", err.message);
    if (found) {
        points = found->points;
    }
    override_free(found);
    return points;
}

Test(book, latest_override_counts_until_it_is_withdrawn)
{
    struct book *book = open_book(path, BOOK_WRITE);
    struct override override = {.student = "ann",
                                .lab = "lab0-toy",
                                .points = 5000,
                                .note = "an oral exam",
                                .by = "Dr. Wu",
                                .at = 7};

    cr_expect(points_by_hand(book, "ann") == 99999, "none");
    cr_assert(book_override(book, &override, &err) == 0, "%s", err.message);
    override.points = 6025;
    cr_assert(book_override(book, &override, &err) == 0, "%s", err.message);
    cr_expect(points_by_hand(book, "ann") == 6025, "the latest");
    cr_expect(points_by_hand(book, "bob") == 99999, "of ann alone");
    struct override *found = NULL;
    cr_assert(book_find_override(book, "ann", "lab0-toy", &found, &err) == 0,
              "%s", err.message);
    cr_expect_str_eq(found->note, "an oral exam", "note");
    cr_expect_str_eq(found->by, "Dr. Wu", "by");
    cr_expect(found->at == 7, "at");
    override_free(found);
    override.withdrawn = true;
    cr_assert(book_override(book, &override, &err) == 0, "%s", err.message);
    cr_expect(points_by_hand(book, "ann") == 99999, "withdrawn");
    book_close(book);
}

Test(book, override_needs_a_note_a_name_and_possible_points)
{
    static const struct override bad[] = {
        {"ann", "lab0-toy", 1, false, NULL, "by", 1},
        {"ann", "lab0-toy", 1, false, " \t", "by", 1},
        {"ann", "lab0-toy", 1, false, "note", NULL, 1},
        {"ann", "lab0-toy", 1, false, "note", "", 1},
        {"ann", "lab0-toy", 10001, false, "note", "by", 1},
    };
    struct book *book = open_book(path, BOOK_WRITE);

    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        cr_expect(book_override(book, &bad[i], &err) == ERROR_USAGE, "case %zu",
                  i);
    }
    cr_expect(points_by_hand(book, "ann") == 99999, "nothing was written");
    book_close(book);
}

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

Test(book, reader_needs_one_that_is_there)
{
    expect_refused(BOOK_READ, ERROR_USAGE, "there is no gradebook");
    cr_expect(access(path, F_OK) != 0, "none was made");
    write_file("");
    expect_refused(BOOK_READ, ERROR_USAGE, "is empty");
}

Test(book, is_readable_by_its_owner_only)
{
    struct stat status = {0};

    umask(0);
    book_close(open_book(path, BOOK_WRITE));
    cr_assert(stat(path, &status) == 0, "stat");
    cr_expect((status.st_mode & 0777) == 0600, "mode %o",
              (unsigned)status.st_mode & 0777);
}

Test(book, what_is_none_is_left_as_it_is)
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

Test(book, database_of_another_program_is_left_as_it_is)
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

Test(book, of_another_course_is_refused)
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

Test(book, of_a_newer_mmgrade_is_refused)
{
    book_close(open_book(path, BOOK_WRITE));
    run_sql("PRAGMA user_version = 99");
    expect_refused(BOOK_READ, ERROR_USAGE, "newer mmgrade");
    expect_refused(BOOK_WRITE, ERROR_USAGE, "version 99");
}

Test(book, of_an_older_mmgrade_is_brought_up_to_date)
{
    struct book *book = open_book(path, BOOK_WRITE);
    int64_t version = 0;

    pass_both(book, "ann", "a1", 100);
    book_close(book);
    run_sql("DROP TABLE told; DROP TABLE telling; PRAGMA user_version = 1");
    book = open_book(path, BOOK_READ);
    expect_list(book, "ann #1 g1 2 at 100\n");
    cr_assert(book_number(book, "PRAGMA user_version", 0, &version, &err) == 0,
              "%s", err.message);
    cr_expect(version == BOOK_VERSION, "version %lld", (long long)version);
    cr_assert(
        book_number(book, "SELECT count(*) FROM told", 7, &version, &err) == 0,
        "the new table: %s", err.message);
    book_close(book);
}

Test(book, migration_that_fails_changes_nothing)
{
    struct book *book = open_book(path, BOOK_WRITE);
    int64_t version = 0;

    pass_both(book, "ann", "a1", 100);
    book_close(book);
    /* A table in the way of the step to version 2. */
    run_sql("DROP TABLE told; PRAGMA user_version = 1");
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

Test(book, folder_in_its_place_is_refused)
{
    cr_assert(mkdir(path, 0700) == 0, "mkdir");
    expect_refused(BOOK_READ, ERROR_USAGE, "is a folder");
    expect_refused(BOOK_WRITE, ERROR_USAGE, "is a folder");
    cr_assert(rmdir(path) == 0, "rmdir");
}

Test(book, missing_folder_is_a_fault_of_the_place)
{
    struct book *book = NULL;
    char *nowhere = fixture_path(folder, "no/grades.db");

    cr_expect(book_open(nowhere, "os2026", BOOK_WRITE, &book, &err) ==
                  ERROR_INFRA,
              "INFRA");
    cr_expect(strstr(err.message, "No such file"), "%s", err.message);
    free(nowhere);
}

Test(book, damage_is_found_before_anything_is_written)
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
    memset(bytes + nbytes / 2, 0x5a, nbytes / 4);
    fixture_write(folder, "grades.db", bytes, nbytes);
    free(bytes);
    expect_refused(BOOK_WRITE, ERROR_INFRA, ".recover");
}

Test(book, cut_short_is_damage)
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
    return strstr(err.message, pid) && strstr(err.message, "book") ? 0 : 2;
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

Test(book, second_writer_is_told_who_the_first_is)
{
    struct book *book = open_book(path, BOOK_WRITE);
    long self = (long)getpid();

    cr_expect(in_a_process(try_to_write, &self) == 0, "refused, with the pid");
    book_close(book);
    cr_expect(in_a_process(open_to_write, NULL) == 0, "free again");
}

Test(book, readers_read_while_one_writes)
{
    struct book *book = open_book(path, BOOK_WRITE);

    pass_both(book, "ann", "a1", 1);
    cr_expect(in_a_process(try_to_read, NULL) == 0, "it reads");
    book_close(book);
}

/* A transaction of another program's holds SQLite's own lock. */
Test(book, lock_of_another_program_is_waited_for_then_told)
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

Test(book, kill_loses_nothing_that_was_added)
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

Test(book, full_disk_loses_nothing_that_was_added)
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

Test(book, full_file_system_loses_nothing_that_was_added)
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

Test(book, none_can_be_made_on_a_full_file_system)
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

Test(book, read_only_folder_can_be_read)
{
    struct book *book = open_book(path, BOOK_WRITE);

    pass_both(book, "ann", "a1", 1);
    book_close(book);
    cr_assert(chmod(path, 0444) == 0 && chmod(folder, 0555) == 0, "chmod");
    int code = in_a_process(read_only, NULL);
    chmod(folder, 0755);
    cr_expect(code == 0 || code == 77, "step %d", code);
}
