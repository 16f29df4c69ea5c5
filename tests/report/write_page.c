/*
 * Writes a report's page for the browser's tests (tests/report/browser.mjs):
 * JSON from the standard input, with whatever hostile texts they think of.
 *
 *   write_page FILE.html <DATA.json
 */
#include <jansson.h>
#include <stdio.h>
#include "html.h"

int main(int argc, char **argv)
{
    struct error err = {0};
    json_error_t why;
    json_t *data = NULL;
    int rc = 0;

    if (argc != 2) {
        fprintf(stderr, "usage: write_page FILE.html <DATA.json\n");
        return 1;
    }
    data = json_loadf(stdin, JSON_ALLOW_NUL, &why);
    if (!data) {
        fprintf(stderr, "write_page: line %d: %s\n", why.line, why.text);
        return 1;
    }
    rc = html_write(data, argv[1], &err);
    if (rc != 0) {
        fprintf(stderr, "write_page: %s\n", err.message);
    }
    json_decref(data);
    return rc != 0;
}
