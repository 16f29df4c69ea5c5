/*
 * The table of formats. A new one is a file of its own here, a declaration in
 * export.h and a line below.
 */
#include "export.h"

#include <string.h>

const struct export_format *const export_formats[] = {
    /* of results, for CI */
    &export_junit,
    &export_ctrf,
    &export_markdown,
    &export_github,
    &export_gitlab,

    /* of results, for platforms */
    &export_gradescope,
    &export_classroom50,
    &export_prairielearn,

    /* of a class, for gradebooks */
    &export_csv,
    &export_canvas,
    &export_moodle,

    NULL,
};

const struct export_format *export_find(const char *name)
{
    for (size_t i = 0; export_formats[i]; i++) {
        if (strcmp(export_formats[i]->name, name) == 0) {
            return export_formats[i];
        }
    }
    return NULL;
}
