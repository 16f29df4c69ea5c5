/*
 * Pictures of a record, and the scanner that decides whether one may be shown.
 *
 * The scanner knows what tests/harness/svg.c writes and nothing else. What is
 * not on its lists is refused, so nobody has to think of all that SVG can do.
 */
#include "record_picture.h"

#include <stdlib.h>
#include <string.h>
#include <jansson.h>
#include "text.h"

#define TITLE_BYTES_MAX 200
#define DEPTH_MAX       8

/* --- is it safe? -----------------------------------------------------------
 */

static const char *const elements[] = {"svg",  "title", "desc", "g",    "rect",
                                       "path", "line",  "text", "tspan"};

static const char *const attributes[] = {"xmlns",
                                         "viewBox",
                                         "width",
                                         "height",
                                         "x",
                                         "y",
                                         "x1",
                                         "y1",
                                         "x2",
                                         "y2",
                                         "dx",
                                         "dy",
                                         "d",
                                         "fill",
                                         "fill-opacity",
                                         "stroke",
                                         "stroke-width",
                                         "stroke-dasharray",
                                         "opacity",
                                         "font-family",
                                         "font-size",
                                         "font-weight",
                                         "font-style",
                                         "text-anchor",
                                         "role"};

#define COUNT(list) (sizeof(list) / sizeof((list)[0]))

/* What is left of the text. */
struct scan {
    const char *at, *end;
    const char *open[DEPTH_MAX]; /* names of elements; of the lists above */
    size_t depth;
};

static bool is_at(const struct scan *scan, const char *word)
{
    size_t n = strlen(word);

    return (size_t)(scan->end - scan->at) >= n &&
           memcmp(scan->at, word, n) == 0;
}

static bool take(struct scan *scan, const char *word)
{
    bool found = is_at(scan, word);

    scan->at += found ? strlen(word) : 0;
    return found;
}

static bool is_name(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           (c >= '0' && c <= '9') || c == '-';
}

/* Takes a name, which must be on the list; NULL if it is not. */
static const char *take_name(struct scan *scan, const char *const *list,
                             size_t count)
{
    const char *start = scan->at;

    while (scan->at < scan->end && is_name(*scan->at)) {
        scan->at++;
    }
    for (size_t i = 0; i < count; i++) {
        if (strlen(list[i]) == (size_t)(scan->at - start) &&
            memcmp(list[i], start, strlen(list[i])) == 0) {
            return list[i];
        }
    }
    return NULL;
}

/* A value has nothing that could be an address, or end early. */
static bool take_value(struct scan *scan, const char *attribute)
{
    char quote = scan->at < scan->end ? *scan->at : '\0';
    const char *start = scan->at + 1;

    if (quote != '\'' && quote != '"') {
        return false;
    }
    if (strcmp(attribute, "xmlns") == 0) {
        return take(scan, quote == '"' ? "\"http://www.w3.org/2000/svg\""
                                       : "'http://www.w3.org/2000/svg'");
    }
    for (scan->at = start; scan->at < scan->end && *scan->at != quote;
         scan->at++) {
        if (strchr("<>&:()\\\n", *scan->at)) {
            return false;
        }
    }
    return take(scan, quote == '"' ? "\"" : "'");
}

/* " name='value'", as often as there is one. */
static bool take_attributes(struct scan *scan)
{
    while (take(scan, " ")) {
        const char *name = take_name(scan, attributes, COUNT(attributes));

        if (!name || !take(scan, "=") || !take_value(scan, name)) {
            return false;
        }
    }
    return true;
}

/* Behind a '<'. */
static bool take_tag(struct scan *scan)
{
    bool closes = take(scan, "/");
    const char *name = take_name(scan, elements, COUNT(elements));

    if (!name) {
        return false;
    }
    if (closes) {
        return scan->depth > 0 && scan->open[--scan->depth] == name &&
               take(scan, ">");
    }
    if (!take_attributes(scan)) {
        return false;
    }
    if (take(scan, "/>")) {
        return true;
    }
    if (scan->depth == DEPTH_MAX) {
        return false;
    }
    scan->open[scan->depth++] = name;
    return take(scan, ">");
}

static bool take_entity(struct scan *scan)
{
    return take(scan, "&lt;") || take(scan, "&gt;") || take(scan, "&amp;");
}

/* Control characters end at newlines: text between them must be clean. */
static bool lines_are_clean(const char *text, size_t nbytes)
{
    const char *end = text + nbytes;

    while (text < end) {
        const char *newline = memchr(text, '\n', (size_t)(end - text));
        size_t n = (size_t)((newline ? newline : end) - text);

        if (!text_is_clean(text, n)) {
            return false;
        }
        text += n + (newline != NULL);
    }
    return true;
}

bool picture_is_safe(const char *svg, size_t nbytes)
{
    struct scan scan = {.at = svg, .end = svg + nbytes};

    if (nbytes > PICTURE_BYTES_MAX || !is_at(&scan, "<svg ") ||
        !lines_are_clean(svg, nbytes)) {
        return false;
    }
    do {
        bool good = true;

        if (take(&scan, "<")) {
            good = take_tag(&scan);
        } else if (is_at(&scan, "&")) {
            good = take_entity(&scan);
        } else {
            scan.at++;
        }
        if (!good) {
            return false;
        }
    } while (scan.depth > 0 && scan.at < scan.end);
    take(&scan, "\n");
    return scan.depth == 0 && scan.at == scan.end;
}

/* --- reading ---------------------------------------------------------------
 */

static int bad_pictures(struct error *err)
{
    return fail(err, ERROR_INFRA,
                "a line of the record can't be used: 'pictures' must be a list "
                "of objects with texts");
}

/* Sets the note, in place of the picture. 0 or INFRA. */
static int leave_out(struct record_picture *picture, const char *why,
                     struct error *err)
{
    free(picture->svg);
    free(picture->note);
    picture->svg = NULL;
    picture->note = strdup(why);
    return picture->note ? 0 : fail(err, ERROR_INFRA, "out of memory");
}

/* A line of text; *out stays NULL if the key is absent. */
static int read_line(const json_t *object, const char *key, char **out,
                     struct error *err)
{
    const json_t *value = json_object_get(object, key);

    if (!value) {
        return 0;
    }
    if (!json_is_string(value)) {
        return bad_pictures(err);
    }
    *out = text_sanitise_line(json_string_value(value),
                              json_string_length(value), TITLE_BYTES_MAX);
    return *out ? 0 : fail(err, ERROR_INFRA, "out of memory");
}

static int read_svg(const json_t *object, struct record_picture *picture,
                    struct error *err)
{
    const json_t *value = json_object_get(object, "svg");

    if (!value) {
        return picture->note ? 0 : bad_pictures(err);
    }
    if (!json_is_string(value)) {
        return bad_pictures(err);
    }
    if (!picture_is_safe(json_string_value(value), json_string_length(value))) {
        return leave_out(picture, "left out: it can't be shown safely", err);
    }
    picture->svg = strdup(json_string_value(value));
    return picture->svg ? 0 : fail(err, ERROR_INFRA, "out of memory");
}

static int read_picture(const json_t *object, struct record_picture *picture,
                        struct error *err)
{
    int rc = json_is_object(object) ? 0 : bad_pictures(err);

    if (rc == 0) {
        rc = read_line(object, "title", &picture->title, err);
    }
    if (rc == 0 && !picture->title) {
        rc = bad_pictures(err);
    }
    if (rc == 0) {
        rc = read_line(object, "note", &picture->note, err);
    }
    return rc == 0 ? read_svg(object, picture, err) : rc;
}

int record_read_pictures(const json_t *object, struct record_test *test,
                         struct error *err)
{
    const json_t *pictures = json_object_get(object, "pictures");
    size_t count = json_array_size(pictures);
    int rc = 0;

    if (pictures && !json_is_array(pictures)) {
        return bad_pictures(err);
    }
    if (count == 0) {
        return 0;
    }
    count = count < PICTURES_MAX ? count : PICTURES_MAX;
    test->pictures = calloc(count, sizeof(*test->pictures));
    if (!test->pictures) {
        return fail(err, ERROR_INFRA, "out of memory");
    }
    test->npictures = count;
    for (size_t i = 0; rc == 0 && i < count; i++) {
        rc = read_picture(json_array_get(pictures, i), &test->pictures[i], err);
    }
    return rc;
}

int record_limit_pictures(struct record *record, struct error *err)
{
    size_t nbytes = 0;
    int rc = 0;

    for (size_t i = 0; rc == 0 && i < record->ntests; i++) {
        for (size_t k = 0; rc == 0 && k < record->tests[i].npictures; k++) {
            struct record_picture *picture = &record->tests[i].pictures[k];

            nbytes += picture->svg ? strlen(picture->svg) : 0;
            if (picture->svg && nbytes > PICTURES_BYTES_MAX) {
                rc = leave_out(picture,
                               "left out: earlier tests have many pictures; "
                               "run this one alone",
                               err);
            }
        }
    }
    return rc;
}

/* --- writing ---------------------------------------------------------------
 */

static int set_text(json_t *object, const char *key, const char *text)
{
    return text ? json_object_set_new(object, key, json_string(text)) : 0;
}

json_t *record_pictures_json(const struct record_test *test)
{
    json_t *array = json_array();

    for (size_t i = 0; array && i < test->npictures; i++) {
        const struct record_picture *picture = &test->pictures[i];
        json_t *object = json_object();

        if (!object || set_text(object, "title", picture->title) < 0 ||
            set_text(object, "svg", picture->svg) < 0 ||
            set_text(object, "note", picture->note) < 0 ||
            json_array_append(array, object) < 0) {
            json_decref(array);
            array = NULL;
        }
        json_decref(object);
    }
    return array;
}

void record_free_pictures(struct record_test *test)
{
    for (size_t i = 0; i < test->npictures; i++) {
        free(test->pictures[i].title);
        free(test->pictures[i].svg);
        free(test->pictures[i].note);
    }
    free(test->pictures);
    test->pictures = NULL;
    test->npictures = 0;
}
