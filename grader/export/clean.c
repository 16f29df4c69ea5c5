/*
 * One walk over the JSON. It is as deep as the parser allows, no deeper.
 */
#include "clean.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include "text.h"

static int clean_text(json_t *text, struct error *err)
{
    const char *bytes = json_string_value(text);
    char *clean = text_sanitise(bytes, json_string_length(text), SIZE_MAX - 1);
    int rc = clean && (strcmp(clean, bytes) == 0 ||
                       json_string_set(text, clean) == 0)
                 ? 0
                 : fail(err, ERROR_INFRA, "out of memory");

    free(clean);
    return rc;
}

int clean_texts(json_t *json, struct error *err)
{
    json_t *value = NULL;
    const char *key = NULL;
    size_t i = 0;
    int rc = 0;

    if (json_is_string(json)) {
        return clean_text(json, err);
    }
    json_array_foreach(json, i, value)
    {
        rc = rc == 0 ? clean_texts(value, err) : rc;
    }
    json_object_foreach(json, key, value)
    {
        rc = rc == 0 ? clean_texts(value, err) : rc;
    }
    return rc;
}
