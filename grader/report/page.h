/*
 * The report page: what html.c puts together. Embedded by page.S from page/,
 * so that the grader needs no file beside it.
 */
#ifndef GRADER_PAGE_H
#define GRADER_PAGE_H

/* Each ends where its _end begins; none has a NUL at the end. */
extern const char page_html[], page_html_end[];     /* with marks: @DATA@ … */
extern const char page_style[], page_style_end[];   /* CSS */
extern const char page_script[], page_script_end[]; /* JavaScript */

#endif
