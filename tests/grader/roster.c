/*
 * Rosters as office programs save them, and what is wrong with others.
 */
#include "roster.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include "fixture.h"

static char *folder; /* removed at the end */
static struct roster roster;
static struct error err;

static void set_up(void)
{
    folder = fixture_folder();
}

static void tear_down(void)
{
    roster_clear(&roster);
    fixture_remove(folder);
    free(folder);
}

TestSuite(roster, .init = set_up, .fini = tear_down, .timeout = 60);

static int read_bytes(const char *bytes, size_t nbytes)
{
    char *path = fixture_path(folder, "roster.csv");

    fixture_write(folder, "roster.csv", bytes, nbytes);
    roster_clear(&roster);
    int rc = roster_read(path, &roster, &err);
    free(path);
    return rc;
}

static void expect_read(const char *text, size_t count)
{
    cr_assert_eq(read_bytes(text, strlen(text)), 0, "%s\nshould be read: %s",
                 text, err.message);
    cr_assert_eq(roster.count, count, "%zu students, not %zu", count,
                 roster.count);
}

static void expect_refused(const char *text, const char *part)
{
    int rc = read_bytes(text, strlen(text));

    cr_assert_eq(rc, ERROR_USAGE, "%s\nexpected USAGE, got %d (%s)", text, rc,
                 rc ? err.message : "accepted");
    cr_expect(strstr(err.message, part), "%s\nshould say: %s\nand says: %s",
              text, part, err.message);
    cr_expect_eq(roster.count, 0, "nothing is left of it");
}

/* --- good ones -------------------------------------------------------------
 */

Test(roster, columns_are_found_by_name_in_any_order)
{
    expect_read("Seat,Name,ID,e-mail,Email,LOGIN\n"
                "A1,Ann Lee,2026001,x,ann@example.edu,ann\n"
                "A2,王小明,2026002,y,,\n",
                2);
    cr_expect_str_eq(roster.students[0].id, "2026001", "id");
    cr_expect_str_eq(roster.students[0].name, "Ann Lee", "name");
    cr_expect_str_eq(roster.students[0].login, "ann", "login");
    cr_expect_str_eq(roster.students[0].email, "ann@example.edu", "email");
    cr_expect_str_eq(roster.students[0].section, "", "no such column");
    cr_expect_str_eq(roster.students[1].name, "王小明", "Chinese");
    cr_expect_str_eq(roster.students[1].login, "", "empty");
    cr_expect_eq(roster_find(&roster, "2026002"), &roster.students[1], "find");
    cr_expect_null(roster_find(&roster, "2026003"), "nobody");
}

Test(roster, bom_crlf_quotes_and_empty_rows_are_what_they_seem)
{
    expect_read("\xef\xbb\xbf\"id\",\"name\"\r\n"
                "1,\"Lee, Ann \"\"Annie\"\"\"\r\n"
                "\r\n"
                " 2 ,  Bob\tRoe  \r\n"
                ",\r\n"
                "3,Zoë",
                3);
    cr_expect_str_eq(roster.students[0].name, "Lee, Ann \"Annie\"", "quotes");
    cr_expect_str_eq(roster.students[1].id, "2", "blanks around");
    cr_expect_str_eq(roster.students[2].name, "Zoë", "no end of line");
}

Test(roster, texts_are_sanitised_to_one_line)
{
    expect_read("id,name\n1,\"Ann\n\x1b[31mLee\xe2\x80\xae\"\n", 1);
    cr_expect_str_eq(roster.students[0].name, "Ann\\x0a\\x1b[31mLee\\u{202e}",
                     "%s", roster.students[0].name);
}

/* --- columns and rows ------------------------------------------------------
 */

Test(roster, missing_column_is_named)
{
    expect_refused("name,login\nAnn,ann\n",
                   "roster.csv:1: the column 'id' is missing");
    expect_refused("id,login\n1,ann\n", "the column 'name' is missing");
    expect_refused("1,Ann Lee\n2,Bob\n", "the column 'id' is missing");
}

Test(roster, column_twice_is_refused)
{
    expect_refused("id,name,ID\n1,Ann,2\n",
                   "roster.csv:1: the column 'id' is there twice (columns 1 "
                   "and 3)");
}

Test(roster, row_with_another_number_of_cells_is_refused_with_its_line)
{
    expect_refused("id,name\n1,Ann\n\n\n2,Roe, Bob\n",
                   "roster.csv:5: this row has 3 cells, and the first line "
                   "has 2");
    expect_refused("id,name,login\n1,\"Ann\nLee\",ann\n2,Bob\n",
                   "roster.csv:4: this row has 2 cells");
}

Test(roster, student_without_id_or_name_is_refused)
{
    expect_refused("id,name\n1,Ann\n ,Bob\n", "roster.csv:3: this student has "
                                              "no id");
    expect_refused("id,name\n1,\n", "roster.csv:2: this student has no name");
}

Test(roster, nobody_is_refused)
{
    expect_refused("id,name\n", "the roster has no student");
    expect_refused("", "the roster has no student");
    expect_refused("\xef\xbb\xbf", "the roster has no student");
}

Test(roster, quotes_that_are_not_right_are_refused)
{
    expect_refused("id,name\n1,Ann \"Annie\" Lee\n",
                   "roster.csv:2: the quotes are not right");
    expect_refused("id,name\n1,\"Ann\" Lee\n", "roster.csv:2: the quotes");
    expect_refused("id,name\n1,Ann\n2,\"Bob\n3,Zoe\n",
                   "roster.csv:3: a quote is opened in this row and never "
                   "closed");
}

Test(roster, other_separators_are_named)
{
    expect_refused("id;name\n1;Ann\n", "separated by semicolons");
    expect_refused("id\tname\n1\tAnn\n", "separated by tabs");
}

/* --- twice -----------------------------------------------------------------
 */

Test(roster, duplicates_are_refused_with_both_lines)
{
    expect_refused("id,name\n1,Ann\n2,Bob\n1,Zoe\n",
                   "roster.csv:4: the id '1' is already that of line 2");
    expect_refused("id,name,login\n1,Ann,x\n2,Bob,\n3,Zoe,\n4,Mo,x\n",
                   "roster.csv:5: the login 'x' is already that of line 2");
}

Test(roster, variants_of_an_id_are_refused_with_both_lines)
{
    expect_refused("id,name\ns1,Ann\ns2,Bob\nS1,Zoe\n",
                   "roster.csv:4: the id 'S1' looks like 's1' of line 2");
    expect_refused("id,name\n１２,Ann\n12,Zoe\n",
                   "looks like '１２' of line 2");
    expect_refused("id,name,login\n1,A,zo\xc3\xab\n2,B,zoe\xcc\x88\n",
                   "roster.csv:3: the login");
    expect_refused("id,name\na b,Ann\na  b,Zoe\n", "looks like 'a b'");
}

/* --- encodings -------------------------------------------------------------
 */

Test(roster, utf16_is_refused_with_what_to_do)
{
    static const char little[] = "\xff\xfei\0d\0,\0n\0\n\0";
    static const char big[] = "\xfe\xff\0i\0d\0,\0n\0\n";

    cr_expect_eq(read_bytes(little, sizeof(little)), ERROR_USAGE, "UTF-16LE");
    cr_expect(strstr(err.message, "it is in UTF-16; save it as UTF-8: in Excel "
                                  "as \"CSV UTF-8"),
              "%s", err.message);
    cr_expect_eq(read_bytes(big, sizeof(big)), ERROR_USAGE, "UTF-16BE");
}

/* Even if each name is Chinese. */
Test(roster, utf16_without_a_mark_is_refused_as_such)
{
    static const char little[] = "i\0d\0,\0n\0a\0m\0e\0\n\0"
                                 "1\0,\0\x8b\x73\x0f\x5c\x0e\x66\n\0";
    static const char big[] = "\0i\0d\0,\0n\0a\0m\0e\0\n"
                              "\0"
                              "1\0,\x73\x8b\x5c\x0f\x66\x0e\0\n";

    cr_expect_eq(read_bytes(little, sizeof(little) - 1), ERROR_USAGE, "LE");
    cr_expect(strstr(err.message, "it is in UTF-16; save it as UTF-8"), "%s",
              err.message);
    cr_expect_eq(read_bytes(big, sizeof(big) - 1), ERROR_USAGE, "BE");
    cr_expect(strstr(err.message, "it is in UTF-16; save it as UTF-8"), "%s",
              err.message);
}

Test(roster, other_encodings_are_refused_with_line_and_what_to_do)
{
    expect_refused("id,name\n1,Ann\n2,Zo\xeb\n", /* Latin-1 */
                   "roster.csv:3: this line has bytes that are not UTF-8");
    expect_refused("id,name\r\n1,\xcd\xf5\xd0\xa1\xc3\xf7\r\n", /* GB 18030 */
                   "roster.csv:2: this line has bytes that are not UTF-8");
    cr_expect(strstr(err.message, "LibreOffice"), "%s", err.message);
    cr_expect_eq(read_bytes("id,name\n1,A\0nn\n", 15), ERROR_USAGE, "a NUL");
    cr_expect(strstr(err.message, "roster.csv:2: "), "%s", err.message);
}

Test(roster, control_character_in_an_id_is_refused)
{
    expect_refused("id,name\n1\x1b[2J,Ann\n",
                   "roster.csv:2: the id has a control character");
    expect_refused("id,name,login\n1,Ann,\"a\nb\"\n",
                   "the login has a control character");
}

/* --- size ------------------------------------------------------------------
 */

static char *many(size_t count, size_t *nbytes)
{
    char *text = NULL;
    FILE *stream = open_memstream(&text, nbytes);

    cr_assert_not_null(stream, "memory");
    fputs("id,name\n", stream);
    for (size_t i = 0; i < count; i++) {
        fprintf(stream, "s%zu,Student %zu\n", i, i);
    }
    cr_assert_eq(fclose(stream), 0, "memory");
    return text;
}

Test(roster, twenty_thousand_are_read_and_one_more_is_too_many)
{
    size_t nbytes = 0;
    char *text = many(20000, &nbytes);

    cr_assert_eq(read_bytes(text, nbytes), 0, "%s", err.message);
    cr_expect_eq(roster.count, 20000, "all");
    free(text);
    text = many(20001, &nbytes);
    cr_expect_eq(read_bytes(text, nbytes), ERROR_LIMIT, "one more");
    cr_expect(strstr(err.message, "roster.csv:20002: "), "%s", err.message);
    free(text);
}

Test(roster, large_file_is_refused_unread)
{
    const size_t nbytes = (8u << 20) + 1;
    char *text = calloc(1, nbytes);

    cr_assert_not_null(text, "memory");
    cr_expect_eq(read_bytes(text, nbytes), ERROR_LIMIT, "over 8 MiB");
    free(text);
}

Test(roster, long_cell_and_many_columns_are_refused)
{
    char text[4000] = "id,name\n1,";

    memset(text + strlen(text), 'x', 2000);
    expect_refused(text, "roster.csv:2: the name has 2000 bytes");
    memset(text, ',', 3000);
    text[3000] = '\0';
    expect_refused(text, "more than 200 cells");
}

/* --- the file --------------------------------------------------------------
 */

Test(roster, file_that_can_not_be_read_is_usage)
{
    char *fifo = fixture_path(folder, "fifo");

    cr_expect_eq(roster_read("/nonexistent.csv", &roster, &err), ERROR_USAGE,
                 "not there");
    cr_expect(strstr(err.message, "No such file"), "%s", err.message);
    cr_expect_eq(roster_read(folder, &roster, &err), ERROR_USAGE, "a folder");
    cr_assert_eq(mkfifo(fifo, 0600), 0, "mkfifo");
    cr_expect_eq(roster_read(fifo, &roster, &err), ERROR_USAGE, "a FIFO");
    free(fifo);
}

/* --- the example -----------------------------------------------------------
 */

/* Tests are run in the repository's folder. */
Test(roster, example_is_read)
{
    cr_assert_eq(roster_read("assignments/roster.example.csv", &roster, &err),
                 0, "%s", err.message);
    cr_expect_eq(roster.count, 5, "its students");
    cr_expect_str_eq(roster.students[3].name, "王小明", "Chinese");
}
