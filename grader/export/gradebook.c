/*
 * Points of a class, for sheets.
 */
#include "gradebook.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "csv_write.h"
#include "text.h"

#define NOTES_MAX  100
#define NOTE_BYTES 500

const char *gradebook_text(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));

    return text ? text : "";
}

int gradebook_find_lab(const json_t *class, const char *lab, size_t *out,
                       struct error *err)
{
    const json_t *labs = json_object_get(class, "labs");
    char list[400] = "";

    for (size_t i = 0; i < json_array_size(labs); i++) {
        const char *name = gradebook_text(json_array_get(labs, i), "lab");
        if (strcmp(name, lab) == 0) {
            *out = i;
            return 0;
        }
        text_add_name(list, sizeof(list), name);
    }
    return fail(err, ERROR_USAGE,
                "the class has no lab '%.100s'; its labs are: %s", lab, list);
}

bool gradebook_points(const json_t *student, size_t k, double *out)
{
    const json_t *lab = json_array_get(json_object_get(student, "labs"), k);
    const json_t *points = json_object_get(lab, "points");

    *out = json_number_value(points);
    return json_is_number(points);
}

double gradebook_scale(const json_t *class, size_t k, double points, double max)
{
    const json_t *lab = json_array_get(json_object_get(class, "labs"), k);
    long long own =
        csv_hundredths(json_number_value(json_object_get(lab, "max")));
    long long scaled = csv_hundredths(points) * csv_hundredths(max);

    if (own <= 0) {
        return points;
    }
    return (double)((scaled + (scaled < 0 ? -own : own) / 2) / own) / 100;
}

void gradebook_note(const struct export_options *options, const char *format,
                    ...)
{
    char raw[NOTE_BYTES * 2];
    char *clean = NULL;
    va_list args;

    if (!options->notes || json_array_size(options->notes) > NOTES_MAX) {
        return;
    }
    if (json_array_size(options->notes) == NOTES_MAX) {
        json_array_append_new(options->notes, json_string("and so on"));
        return;
    }
    va_start(args, format);
    vsnprintf(raw, sizeof(raw), format, args);
    va_end(args);
    clean = text_sanitise_line(raw, strlen(raw), NOTE_BYTES);
    if (clean) {
        json_array_append_new(options->notes, json_string(clean));
    }
    free(clean);
}
