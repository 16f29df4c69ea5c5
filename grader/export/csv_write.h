/*
 * Writing CSV as RFC 4180 has it: CRLF, quotes where they are needed. A text
 * is made one line without control characters, and one that a spreadsheet
 * would take for a formula is kept from it by an apostrophe.
 */
#ifndef GRADER_CSV_WRITE_H
#define GRADER_CSV_WRITE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include "error.h"

#define CSV_NUMBER_BYTES 32

struct csv_writer {
    FILE *out;
    char *text;
    size_t nbytes;
    bool within_row;
};

/* `bom`: for readers that else take UTF-8 for something else (Excel). */
int csv_begin(struct csv_writer *writer, bool bom, struct error *err);
void csv_text(struct csv_writer *writer, const char *text);
void csv_number(struct csv_writer *writer, double number);
void csv_blank(struct csv_writer *writer);
void csv_end_row(struct csv_writer *writer);

/* The whole text, malloc'ed; INFRA and NULL when memory ran out. */
int csv_finish(struct csv_writer *writer, char **text, size_t *nbytes,
               struct error *err);
void csv_drop(struct csv_writer *writer);

/* The nearest whole number of hundredths, halves away from 0. */
long long csv_hundredths(double number);

/* "87.5": at most two decimals, rounded half up, never an exponent. */
void csv_format_number(double number, char text[CSV_NUMBER_BYTES]);

/* Would a spreadsheet take a cell with this text for a formula? */
bool csv_is_formula(const char *text);

#endif
