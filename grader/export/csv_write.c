/*
 * Writing CSV: a stream in memory, a cell at a time.
 */
#include "csv_write.h"

#include <stdlib.h>
#include <string.h>
#include "text.h"

#define CELL_BYTES_MAX 8192
#define BOM            "\xef\xbb\xbf"

int csv_begin(struct csv_writer *writer, bool bom, struct error *err)
{
    *writer = (struct csv_writer){NULL, NULL, 0, false};
    writer->out = open_memstream(&writer->text, &writer->nbytes);
    if (!writer->out) {
        return fail(err, ERROR_INFRA, "out of memory");
    }
    fputs(bom ? BOM : "", writer->out);
    return 0;
}

/*
 * Some programs skip blanks before they look; some, told to expect Chinese or
 * Japanese, take the full-width forms of the signs for the signs.
 */
bool csv_is_formula(const char *text)
{
    static const char *const signs[] = {
        "=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠",
    };
    const char *first = text + strspn(text, " ");

    for (size_t i = 0; i < sizeof(signs) / sizeof(signs[0]); i++) {
        if (strncmp(first, signs[i], strlen(signs[i])) == 0) {
            return true;
        }
    }
    return false;
}

static void begin_cell(struct csv_writer *writer)
{
    fputs(writer->within_row ? "," : "", writer->out);
    writer->within_row = true;
}

/* A blank at either end is lost by some readers if there are no quotes. */
static bool needs_quotes(const char *text)
{
    size_t n = strlen(text);

    return n > 0 && (strpbrk(text, ",;\"\r\n\t") || text[0] == ' ' ||
                     text[n - 1] == ' ');
}

void csv_text(struct csv_writer *writer, const char *text)
{
    char *clean = text_sanitise_line(text, strlen(text), CELL_BYTES_MAX);

    begin_cell(writer);
    if (!clean) {
        return; /* csv_finish() finds the stream out of memory as well */
    }
    const char *guard = csv_is_formula(text) ? "'" : "";
    if (needs_quotes(clean)) {
        fprintf(writer->out, "\"%s", guard);
        for (const char *c = clean; *c != '\0'; c++) {
            fputs(*c == '"' ? "\"" : "", writer->out);
            fputc(*c, writer->out);
        }
        fputc('"', writer->out);
    } else {
        fprintf(writer->out, "%s%s", guard, clean);
    }
    free(clean);
}

long long csv_hundredths(double number)
{
    return (long long)(number * 100 + (number < 0 ? -0.5 : 0.5));
}

void csv_format_number(double number, char text[CSV_NUMBER_BYTES])
{
    long long hundredths = csv_hundredths(number);
    unsigned long long size = (unsigned long long)llabs(hundredths);
    const char *sign = hundredths < 0 ? "-" : "";

    if (size % 100 == 0) {
        snprintf(text, CSV_NUMBER_BYTES, "%s%llu", sign, size / 100);
    } else if (size % 10 == 0) {
        snprintf(text, CSV_NUMBER_BYTES, "%s%llu.%llu", sign, size / 100,
                 size % 100 / 10);
    } else {
        snprintf(text, CSV_NUMBER_BYTES, "%s%llu.%02llu", sign, size / 100,
                 size % 100);
    }
}

void csv_number(struct csv_writer *writer, double number)
{
    char text[CSV_NUMBER_BYTES];

    csv_format_number(number, text);
    begin_cell(writer);
    fputs(text, writer->out);
}

void csv_blank(struct csv_writer *writer)
{
    begin_cell(writer);
}

void csv_end_row(struct csv_writer *writer)
{
    fputs("\r\n", writer->out);
    writer->within_row = false;
}

int csv_finish(struct csv_writer *writer, char **text, size_t *nbytes,
               struct error *err)
{
    bool whole = ferror(writer->out) == 0;

    whole = fclose(writer->out) == 0 && whole;
    writer->out = NULL;
    if (!whole) {
        csv_drop(writer);
        return fail(err, ERROR_INFRA, "out of memory");
    }
    *text = writer->text;
    *nbytes = writer->nbytes;
    writer->text = NULL;
    return 0;
}

void csv_drop(struct csv_writer *writer)
{
    if (writer->out) {
        fclose(writer->out);
        writer->out = NULL;
    }
    free(writer->text);
    writer->text = NULL;
}
