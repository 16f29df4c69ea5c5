/*
 * CSV: the table of a class, cells that are no formulas, and reading sheets
 * that are filled in.
 */
#include "csv_write.h"
#include "csv_sheet.h"
#include "exporting.h"

TestSuite(csv, .fini = forget);

static const struct export_options plain;

/* The cell as it is written. */
static char *cell(const char *bytes)
{
    struct csv_writer writer;
    char *written = NULL;
    size_t nbytes = 0;

    cr_assert(csv_begin(&writer, false, &trouble) == 0, "begin");
    csv_text(&writer, bytes);
    cr_assert(csv_finish(&writer, &written, &nbytes, &trouble) == 0, "finish");
    cr_assert(strlen(written) == nbytes, "length");
    return written;
}

static void expect_cell(const char *bytes, const char *expected)
{
    char *written = cell(bytes);

    cr_expect_str_eq(written, expected, "of '%s' expected %s, got %s", bytes,
                     expected, written);
    free(written);
}

Test(csv, quotes_only_where_they_are_needed)
{
    expect_cell("plain", "plain");
    expect_cell("李明", "李明");
    expect_cell("", "");
    expect_cell("a,b", "\"a,b\"");
    expect_cell("a;b", "\"a;b\"");
    expect_cell("say \"no\"", "\"say \"\"no\"\"\"");
    expect_cell(" blank", "\" blank\"");
}

Test(csv, formulas_are_kept_from_being_one)
{
    expect_cell("=HYPERLINK(\"http://x\")",
                "\"'=HYPERLINK(\"\"http://x\"\")\"");
    expect_cell("+1", "'+1");
    expect_cell("-1+1|cmd", "'-1+1|cmd");
    expect_cell("@SUM(A1)", "'@SUM(A1)");
    expect_cell("\t=1", "'\\x09=1");
    expect_cell("\r=1", "'\\x0d=1");
    expect_cell("  =1", "\"'  =1\"");
    expect_cell("＝1", "'＝1");
    expect_cell("a=1", "a=1");
}

Test(csv, control_and_bidirectional_characters_never_pass)
{
    expect_cell("a\nb", "a\\x0ab");
    expect_cell("\x1b[2J", "\\x1b[2J");
    expect_cell("a\u202eb", "a\\u{202e}b");
    expect_cell("\xff", "\xef\xbf\xbd");
}

Test(csv, numbers_of_ours_are_no_formulas)
{
    static const struct {
        double number;
        const char *text;
    } cases[] = {
        {0, "0"},           {100, "100"},         {87.5, "87.5"},
        {87.25, "87.25"},   {0.05, "0.05"},       {-5, "-5"},
        {-0.5, "-0.5"},     {1000000, "1000000"}, {33.333, "33.33"},
        {0.1 + 0.2, "0.3"}, {99.995, "100"},
    };
    char number[CSV_NUMBER_BYTES];

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        csv_format_number(cases[i].number, number);
        cr_expect_str_eq(number, cases[i].text, "expected %s, got %s",
                         cases[i].text, number);
    }
}

Test(csv, table_of_a_class)
{
    cr_assert(export_input(&export_csv, make_class(), &plain) == 0, "%s",
              trouble.message);
    cr_expect_str_eq(text,
                     "\xef\xbb\xbfid,name,login,email,section,total,lab0-toy,"
                     "lab0-toy state,lab0-toy before policy,lab0-toy days late,"
                     "lab0-toy why\r\n"
                     "s1,Alice Ames,alice,alice@x.org,A,85.5,85.5,graded,90,1,"
                     "\"fails, “twice”\"\r\n"
                     "s2,李 明,liming,li@x.org,B,0,0,missing,90,1,"
                     "\"fails, “twice”\"\r\n"
                     "s3,Carol Cole,,,,,,ungraded,90,1,\"fails, “twice”\"\r\n",
                     "got:\n%s", text);
}

/* Class of one lab; the first two were handed in, nobody knows the second. */
Test(csv, lateness_that_is_not_known_is_no_zero)
{
    json_t *class = make_class();

    for (size_t i = 0; i < 3; i++) {
        json_t *labs = json_object_get(student_of(class, i), "labs");
        json_t *lab = json_array_get(labs, 0);
        json_object_set_new(lab, "days_late", json_integer(0));
        json_object_set_new(lab, "submitted",
                            i == 0 ? json_string("2026-03-01T00:00:00Z")
                                   : json_null());
    }
    cr_assert(export_input(&export_csv, class, &plain) == 0, "export");
    expect_text("85.5,graded,90,0,");
    expect_text("0,missing,90,,");
    expect_text(",ungraded,90,,");
}

Test(csv, hostile_name_is_a_text)
{
    json_t *class = make_class();

    json_object_set_new(student_of(class, 0), "name",
                        json_string("=cmd|' /C calc'!A0"));
    cr_assert(export_input(&export_csv, class, &plain) == 0, "export");
    expect_text("s1,'=cmd|' /C calc'!A0,");
}

Test(csv, lab_that_the_class_does_not_have)
{
    struct export_options options = {.lab = "lab9"};

    expect_trouble(export_input(&export_csv, make_class(), &options),
                   ERROR_USAGE, "no lab 'lab9'; its labs are: lab0-toy");
    options.lab = "lab0-toy";
    cr_expect(export_input(&export_csv, make_class(), &options) == 0, "it has");
}

Test(csv, class_without_students_is_a_header)
{
    json_t *class = make_class();

    json_array_clear(json_object_get(class, "students"));
    cr_assert(export_input(&export_csv, class, &plain) == 0, "export");
    cr_expect(strchr(text, '\n') == text + text_bytes - 1, "one line:\n%s",
              text);
}

/* --- reading ---------------------------------------------------------------
 */

static struct csv_sheet sheet;

static int read_sheet(const char *bytes)
{
    csv_sheet_clear(&sheet);
    trouble = (struct error){0};
    return csv_sheet_read(bytes, strlen(bytes), &sheet, &trouble);
}

static void expect_text_of(size_t row, size_t column, const char *expected)
{
    cr_assert(row < sheet.count && column < sheet.rows[row].count,
              "no cell %zu/%zu", row, column);
    cr_expect_str_eq(csv_sheet_text(&sheet, row, column), expected,
                     "cell %zu/%zu: expected %s, got %s", row, column, expected,
                     csv_sheet_text(&sheet, row, column));
}

Test(csv, reads_quotes_and_all_line_ends)
{
    cr_assert(read_sheet("a,\"b \"\"c\"\"\",\"d\r\ne\"\r\n"
                         "1,2,3\n\n4,,\"\"\r\n") == 0,
              "%s", trouble.message);
    cr_expect(sheet.count == 3, "%zu rows", sheet.count);
    expect_text_of(0, 1, "b \"c\"");
    expect_text_of(0, 2, "d\r\ne");
    expect_text_of(1, 2, "3");
    expect_text_of(2, 1, "");
    expect_text_of(2, 2, "");
    cr_expect(sheet.rows[2].line == 5, "line %zu", sheet.rows[2].line);
    csv_sheet_clear(&sheet);
}

Test(csv, finds_the_separator)
{
    cr_assert(read_sheet("a;\"b,c,d\";e\n1;2;3\n") == 0, "semicolons");
    expect_text_of(0, 1, "b,c,d");
    cr_assert(read_sheet("\xef\xbb\xbf"
                         "a\tb\n1\t2,5") == 0,
              "tabs");
    expect_text_of(0, 0, "a");
    expect_text_of(1, 1, "2,5");
    csv_sheet_clear(&sheet);
}

Test(csv, refuses_what_is_no_sheet)
{
    static const struct {
        const char *bytes, *said;
    } cases[] = {
        {"", "is empty"},
        {"\n\n", "is empty"},
        {"a,b\n1\n", "line 2: 1 cells, but the header has 2"},
        {"a,b\n1,2,3\n", "line 2: 3 cells"},
        {"a,b\n1,\"2\nx", "line 2: a quote is never closed"},
        {"a,b\n\"1\"x,2\n", "line 2: there is something behind"},
        {"a,\xc4\n", "not UTF-8"},
        {"PK\x03\x04", "not CSV"},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        expect_trouble(read_sheet(cases[i].bytes), ERROR_USAGE, cases[i].said);
    }
    csv_sheet_clear(&sheet);
    cr_expect(csv_sheet_read("a\0b\n", 4, &sheet, &trouble) != 0, "a NUL");
    csv_sheet_clear(&sheet);
}

Test(csv, refuses_what_is_too_large)
{
    char *wide = calloc(1, 3000);
    char *tall = calloc(1, 50000);

    memset(wide, ',', 2000);
    expect_trouble(read_sheet(wide), ERROR_USAGE, "over 1,000 columns");
    for (size_t i = 0; i < 22000; i++) {
        memcpy(tall + 2 * i, "x\n", 2);
    }
    expect_trouble(read_sheet(tall), ERROR_USAGE, "over 20,000 rows");
    csv_sheet_clear(&sheet);
    free(wide);
    free(tall);
}

Test(csv, what_is_not_filled_in_stays_byte_for_byte)
{
    char *written = NULL;
    size_t nbytes = 0;

    cr_assert(read_sheet("\xef\xbb\xbf\"a\",\"b ;\",x\r\n"
                         "\"=1\", 2,\"3\"\n\r\n7,8,") == 0,
              "%s", trouble.message);
    cr_assert(csv_sheet_write(&sheet, &written, &nbytes, &trouble) == 0, "");
    cr_expect(nbytes == sheet.nbytes &&
                  memcmp(written, sheet.bytes, nbytes) == 0,
              "got:\n%s", written);
    free(written);
    cr_assert(csv_sheet_put(&sheet, 1, 2, 9.5, &trouble) == 0, "put");
    cr_assert(csv_sheet_put(&sheet, 2, 2, 4, &trouble) == 0, "put");
    cr_assert(csv_sheet_write(&sheet, &written, &nbytes, &trouble) == 0, "");
    cr_expect_str_eq(written,
                     "\xef\xbb\xbf\"a\",\"b ;\",x\r\n"
                     "\"=1\", 2,\"9.5\"\n\r\n7,8,4",
                     "got:\n%s", written);
    free(written);
    csv_sheet_clear(&sheet);
}

Test(csv, number_that_is_there_stays_as_it_is_written)
{
    char *written = NULL;
    size_t nbytes = 0;

    cr_assert(read_sheet("a\n\"90,50\"\n7.00\n") == 0, "%s", trouble.message);
    cr_assert(csv_sheet_put(&sheet, 1, 0, 90.5, &trouble) == 0, "put");
    cr_assert(csv_sheet_put(&sheet, 2, 0, 7, &trouble) == 0, "put");
    cr_assert(csv_sheet_write(&sheet, &written, &nbytes, &trouble) == 0, "");
    cr_expect_str_eq(written, "a\n\"90,50\"\n7.00\n", "got:\n%s", written);
    free(written);
    csv_sheet_clear(&sheet);
}

Test(csv, reads_decimal_numbers_only)
{
    static const char *const bad[] = {"",   "-1",    "1e3", "0x1", "1.",
                                      ".5", "1,2,3", " 1",  "１",  "123456789"};
    double number = 0;

    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        cr_expect(!csv_read_number(bad[i], &number), "'%s'", bad[i]);
    }
    cr_expect(csv_read_number("12,25", &number) && number == 12.25, "comma");
    cr_expect(csv_read_number("12.25", &number) && number == 12.25, "point");
    cr_expect(csv_read_number("7", &number) && number == 7, "whole");
}
