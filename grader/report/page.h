/*
 * The report page: what html.c puts together. Embedded by page.S from page/,
 * so that the grader needs no file beside it.
 */
#ifndef GRADER_PAGE_H
#define GRADER_PAGE_H

#include <stdint.h>

/* The template, with the marks @POLICY@, @STYLE@, @DATA@ and @SCRIPT@. */
extern const char page_html[];
extern const char page_style[];  /* CSS */
extern const char page_script[]; /* JavaScript */

/* How many bytes they have; none ends with a NUL. */
extern const uint64_t page_html_bytes, page_style_bytes, page_script_bytes;

#endif
