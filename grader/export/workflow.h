/*
 * GitHub's workflow commands, which Forgejo and Gitea understand too.
 *
 * The runner takes a line of a step's output as a command if it begins with
 * "::NAME" after blanks (of Unicode, too), or has "##[NAME" anywhere in it. So
 * nothing of a student's may begin a line, and a text of several lines that
 * quotes one stands between workflow_begin_quote() and workflow_end_quote().
 */
#ifndef GRADER_WORKFLOW_H
#define GRADER_WORKFLOW_H

#include <stdio.h>
#include "error.h"

/* Annotations that GitHub shows of each kind and step. */
#define WORKFLOW_ANNOTATIONS 10

#define WORKFLOW_TOKEN_BYTES (2 * 16 + 1)

/* Text as a command's value: % CR LF are escaped. */
void workflow_print_data(FILE *out, const char *text);
/* As a property of a command: : and , as well. */
void workflow_print_property(FILE *out, const char *text);

/*
 * Commands in what is printed between these have no effect: the token is 128
 * random bits in hexadecimal, made anew each time. INFRA without randomness.
 */
int workflow_begin_quote(FILE *out, char token[WORKFLOW_TOKEN_BYTES],
                         struct error *err);
void workflow_end_quote(FILE *out, const char *token);

/*
 * Prints lines that quote students so that none is a command even without
 * that: a leading "::" becomes ": :", "##[" becomes "## [".
 */
void workflow_print_defused(FILE *out, const char *text);

#endif
