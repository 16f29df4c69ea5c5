/*
 * Record lines: good ones, and each way in which one can be bad. A line
 * quotes the guest, so hostile text is part of the list.
 */
#include "record.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "fixture.h"

static char *folder; /* removed at the end, where a test made one */
static struct record_test test;
static struct error err;

static void teardown(void)
{
    record_test_free(&test);
    if (folder) {
        fixture_remove(folder);
    }
}

TestSuite(record, .fini = teardown);

static int parse(const char *line)
{
    return record_parse_test(line, strlen(line), &test, &err);
}

static void expect_bad(const char *line, const char *part)
{
    int rc = parse(line);

    cr_assert(rc == ERROR_INFRA, "parsed: %s\nexpected INFRA, got %d", line,
              rc);
    cr_expect(strstr(err.message, part),
              "parsed: %s\nexpected a message with '%s', got: %s", line, part,
              err.message);
}

Test(record, reads_a_whole_line)
{
    cr_assert(parse("{\"test\":\"a::b\",\"status\":\"fail\","
                    "\"instructions\":12345,\"machines\":3,\"seconds\":0.5,"
                    "\"messages\":[{\"did\":\"D\",\"expected\":\"E\","
                    "\"seen\":\"S\",\"hint\":\"H\",\"where\":\"W\"}],"
                    "\"oops\":\"O\",\"hung_in\":\"I\"}") == 0,
              "%s", err.message);
    cr_expect_str_eq(test.name, "a::b", "name");
    cr_expect(test.status == TEST_FAIL, "status");
    cr_expect(test.instructions == 12345, "instructions");
    cr_expect(test.machines == 3, "machines");
    cr_expect(test.seconds == 0.5, "seconds");
    cr_assert(test.nmessages == 1, "one message");
    cr_expect_str_eq(test.messages[0].did, "D", "did");
    cr_expect_str_eq(test.messages[0].expected, "E", "expected");
    cr_expect_str_eq(test.messages[0].seen, "S", "seen");
    cr_expect_str_eq(test.messages[0].hint, "H", "hint");
    cr_expect_str_eq(test.messages[0].where, "W", "where");
    cr_expect_str_eq(test.oops, "O", "oops");
    cr_expect_str_eq(test.hung_in, "I", "hung_in");
}

Test(record, name_and_status_are_enough)
{
    cr_assert(parse("{\"test\":\"a::b\",\"status\":\"pass\"}") == 0, "%s",
              err.message);
    cr_expect(!test.messages && !test.oops && !test.hung_in,
              "absent keys stay NULL");
}

Test(record, every_status_word_is_read_back)
{
    for (int status = TEST_PASS; status <= TEST_INFRA_ERROR; status++) {
        enum test_status back = TEST_PASS;
        const char *word = test_status_word((enum test_status)status);
        cr_expect(test_status_parse(word, &back) == 0 && (int)back == status,
                  "'%s' is read back as it was written", word);
    }
}

Test(record, missing_or_wrong_keys_are_named)
{
    expect_bad("{\"status\":\"pass\"}", "'test'");
    expect_bad("{\"test\":\"\",\"status\":\"pass\"}", "'test'");
    expect_bad("{\"test\":7,\"status\":\"pass\"}", "'test'");
    expect_bad("{\"test\":\"a\"}", "'status'");
    expect_bad("{\"test\":\"a\",\"status\":\"PASS\"}", "'status'");
    expect_bad("{\"test\":\"a\",\"status\":\"fail\",\"oops\":[]}", "'oops'");
    expect_bad("{\"test\":\"a\",\"status\":\"fail\",\"messages\":{}}",
               "'messages'");
    expect_bad("{\"test\":\"a\",\"status\":\"fail\",\"messages\":[3]}",
               "'messages'");
    expect_bad("{\"test\":\"a\",\"status\":\"fail\","
               "\"messages\":[{\"seen\":3}]}",
               "'seen'");
}

Test(record, bad_numbers_are_refused)
{
    static const char *const bad[] = {
        "\"instructions\":-1",    "\"instructions\":1.5",
        "\"instructions\":\"1\"", "\"seconds\":-0.1",
        "\"seconds\":\"1\"",      "\"seconds\":1e300",
        "\"seconds\":1e999",      "\"instructions\":99999999999999999999",
        "\"seconds\":NaN",        "\"machines\":-1",
        "\"machines\":\"1\"",
    };

    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        char line[200];
        snprintf(line, sizeof(line), "{\"test\":\"a\",\"status\":\"pass\",%s}",
                 bad[i]);
        expect_bad(line, "can't be used");
    }
}

Test(record, text_that_is_not_one_object_is_refused)
{
    expect_bad("", "not JSON");
    expect_bad("PASS", "not JSON");
    expect_bad("[]", "not an object");
    expect_bad("{\"test\":\"a\",\"status\":\"pass\"} {}", "not JSON");
    expect_bad("{\"test\":\"a\",\"status\":\"pass\",\"status\":\"fail\"}",
               "not JSON");
    expect_bad("{\"test\":\"a\",\"status\":\"fail\",\"oops\":\"\xff\"}",
               "not JSON");
}

Test(record, hostile_text_is_made_harmless)
{
    cr_assert(parse("{\"test\":\"a\",\"status\":\"fail\",\"messages\":[{"
                    "\"seen\":\"\\u001b[2Jx\\u202ey\\u0085\"}],"
                    "\"oops\":\"\\u0007\"}") == 0,
              "%s", err.message);
    cr_expect(!strchr(test.messages[0].seen, 0x1b), "no escape: %s",
              test.messages[0].seen);
    cr_expect(!strstr(test.messages[0].seen, "\xe2\x80\xae"),
              "no bidirectional override: %s", test.messages[0].seen);
    cr_expect(!strchr(test.oops, 7), "no bell: %s", test.oops);
}

Test(record, control_characters_in_a_name_are_refused)
{
    expect_bad("{\"test\":\"a\\u001b[31m\",\"status\":\"pass\"}", "'test'");
    expect_bad("{\"test\":\"a\\nb\",\"status\":\"pass\"}", "'test'");
}

Test(record, long_texts_and_lists_are_cut)
{
    const size_t nlong = 100000;
    char *text = malloc(nlong + 1);
    char *line = NULL;
    size_t nbytes = 0;
    FILE *out = open_memstream(&line, &nbytes);

    cr_assert(text && out, "out of memory");
    memset(text, 'x', nlong);
    text[nlong] = '\0';
    fprintf(out,
            "{\"test\":\"a\",\"status\":\"fail\",\"oops\":\"%s\","
            "\"messages\":[{}",
            text);
    for (int i = 0; i < 1000; i++) {
        fputs(",{\"did\":\"d\"}", out);
    }
    fputs("]}", out);
    fclose(out);
    cr_assert(record_parse_test(line, nbytes, &test, &err) == 0, "%s",
              err.message);
    cr_expect(strlen(test.oops) < 20000,
              "the oops is cut to its limit, not "
              "%zu bytes",
              strlen(test.oops));
    cr_expect(test.nmessages == 32, "the first 32 messages, not %zu",
              test.nmessages);
    free(line);
    free(text);
}

Test(record, huge_line_is_refused)
{
    const size_t nhuge = 1024 * 1024;
    char *line = malloc(nhuge);

    cr_assert_not_null(line, "out of memory");
    memset(line, '[', nhuge);
    cr_expect(record_parse_test(line, nhuge, &test, &err) == ERROR_INFRA,
              "a line of 1 MiB is refused");
    free(line);
}

/* --- whole records ---------------------------------------------------------
 */

static struct record_message message = {.did = "D \"quoted\"", .seen = "二"};
static struct record_picture pictures[] = {
    {.title = "Physical memory", .svg = "<svg x='1'><text>×</text></svg>\n"},
    {.title = "Swap areas", .note = "left out"},
};
static struct record_test tests[] = {
    {.name = "a::b",
     .status = TEST_PASS,
     .instructions = 7,
     .machines = 2,
     .seconds = 0.25},
    {.name = "a::c",
     .status = TEST_TIMEOUT,
     .messages = &message,
     .nmessages = 1,
     .hung_in = "f()",
     .pictures = pictures,
     .npictures = 2},
};
static const struct record sample = {
    .lab = "lab1-buddy",
    .content_hash = "cc",
    .suite_hash = "dd",
    .toolchain = "gcc 12",
    .qemu = "QEMU 7.2",
    .seed = "abcd",
    .tests = tests,
    .ntests = 2,
};

Test(record, file_is_read_back_as_it_was_written)
{
    folder = fixture_folder();
    char *path = fixture_path(folder, "record.jsonl");
    struct record *back = NULL;

    cr_assert(record_write(&sample, path, &err) == 0, "%s", err.message);
    cr_assert(record_read(path, &back, &err) == 0, "%s", err.message);
    cr_expect_str_eq(back->lab, "lab1-buddy", "lab");
    cr_expect_str_eq(back->seed, "abcd", "seed");
    cr_expect_str_eq(back->suite_hash, "dd", "suite_hash");
    cr_assert(back->ntests == 2, "two tests, not %zu", back->ntests);
    cr_expect(back->tests[0].instructions == 7, "instructions");
    cr_expect(back->tests[0].machines == 2, "machines");
    cr_expect(back->tests[1].status == TEST_TIMEOUT, "status");
    cr_expect_str_eq(back->tests[1].hung_in, "f()", "hung_in");
    cr_expect_str_eq(back->tests[1].messages[0].did, "D \"quoted\"", "did");
    cr_expect_str_eq(back->tests[1].messages[0].seen, "二", "seen");
    cr_assert(back->tests[1].npictures == 2, "two pictures");
    cr_expect_str_eq(back->tests[1].pictures[0].title, "Physical memory",
                     "title");
    cr_expect_str_eq(back->tests[1].pictures[0].svg, pictures[0].svg, "svg");
    cr_expect_str_eq(back->tests[1].pictures[1].note, "left out", "note");
    record_free(back);
    free(path);
}

static void expect_unreadable(const char *text, const char *part)
{
    char *path = fixture_path(folder, "record.jsonl");
    struct record *back = NULL;

    fixture_write(folder, "record.jsonl", text, strlen(text));
    cr_expect(record_read(path, &back, &err) == ERROR_INFRA,
              "read: %s\nexpected INFRA", text);
    cr_expect(strstr(err.message, part), "expected '%s' in: %s", part,
              err.message);
    free(path);
}

#define HEADER                                                                 \
    "{\"schema\":\"mmgrade/record/v1\",\"lab\":\"l\",\"content_hash\":\"c\","  \
    "\"suite_hash\":\"s\",\"toolchain\":\"t\",\"qemu\":\"q\",\"seed\":\"e\"}"

Test(record, damaged_file_is_named_with_its_line)
{
    folder = fixture_folder();
    expect_unreadable("", "empty");
    expect_unreadable("{}\n", "line 1");
    expect_unreadable("{\"schema\":\"mmgrade/record/v9\",\"lab\":\"l\","
                      "\"content_hash\":\"c\",\"suite_hash\":\"s\","
                      "\"toolchain\":\"t\",\"qemu\":\"q\",\"seed\":\"e\"}\n",
                      "'schema'");
    expect_unreadable(HEADER "\n{\"test\":\"a\",\"sta", "line 2");
}
