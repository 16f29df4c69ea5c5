/*
 * Checking JSON against tables of fields. Keys that are not in a table are
 * passed over: a later mmgrade may write more.
 */
#include "input.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>
#include "clean.h"
#include "result.h"

#define TESTS_MAX    1000
#define STUDENTS_MAX 20000
#define POINTS_MAX   1000000
#define WHERE_BYTES  200

enum field_type {
    FIELD_TEXT,
    FIELD_WHOLE, /* from 0 to POINTS_MAX */
    FIELD_NUMBER,
    FIELD_BOOLEAN,
    FIELD_OBJECT,
    FIELD_LIST,
    FIELD_LANGUAGES, /* {en, zh} */
};

enum field_presence {
    PRESENT,
    NULLABLE, /* there, but it may be null */
    OPTIONAL, /* not there, null, or of its type */
};

struct field {
    const char *key;
    enum field_type type;
    enum field_presence presence;
};

/* Where in which file; messages begin with it. */
struct place {
    const char *file;
    char where[WHERE_BYTES];
};

__attribute__((format(printf, 3, 4))) static int
refuse(struct error *err, const struct place *place, const char *format, ...)
{
    char what[512];
    va_list args;

    va_start(args, format);
    vsnprintf(what, sizeof(what), format, args);
    va_end(args);
    return fail(err, ERROR_USAGE, "%s: %s%s%s", place->file, place->where,
                place->where[0] ? ": " : "", what);
}

static bool is_finite(const json_t *value)
{
    return json_is_number(value) && isfinite(json_number_value(value)) &&
           json_number_value(value) <= POINTS_MAX &&
           json_number_value(value) >= -POINTS_MAX;
}

static bool has_type(const json_t *value, enum field_type type)
{
    switch (type) {
    case FIELD_TEXT:
        return json_is_string(value);
    case FIELD_WHOLE:
        return json_is_integer(value) && json_integer_value(value) >= 0 &&
               json_integer_value(value) <= POINTS_MAX;
    case FIELD_NUMBER:
        return is_finite(value);
    case FIELD_BOOLEAN:
        return json_is_boolean(value);
    case FIELD_OBJECT:
        return json_is_object(value);
    case FIELD_LIST:
        return json_is_array(value);
    case FIELD_LANGUAGES:
        return json_is_string(json_object_get(value, "en")) &&
               json_is_string(json_object_get(value, "zh"));
    }
    return false;
}

static const char *type_words(enum field_type type)
{
    static const char *const words[] = {
        [FIELD_TEXT] = "a text",
        [FIELD_WHOLE] = "a whole number from 0",
        [FIELD_NUMBER] = "a number",
        [FIELD_BOOLEAN] = "true or false",
        [FIELD_OBJECT] = "an object",
        [FIELD_LIST] = "a list",
        [FIELD_LANGUAGES] = "a text in en and zh",
    };

    return words[type];
}

/* `fields` ends with a key of NULL. */
static int check_fields(const json_t *object, const struct field *fields,
                        const struct place *place, struct error *err)
{
    if (!json_is_object(object)) {
        return refuse(err, place, "an object is expected here");
    }
    for (size_t i = 0; fields[i].key; i++) {
        const json_t *value = json_object_get(object, fields[i].key);
        bool absent = !value && fields[i].presence == OPTIONAL;
        bool null = json_is_null(value) && fields[i].presence != PRESENT;

        if (!absent && !null && !has_type(value, fields[i].type)) {
            return refuse(err, place, value ? "%s must be %s" : "%s is missing",
                          fields[i].key, type_words(fields[i].type));
        }
    }
    return 0;
}

/* `words` ends with NULL. */
static int check_word(const json_t *object, const char *key,
                      const char *const *words, const struct place *place,
                      struct error *err)
{
    const char *word = json_string_value(json_object_get(object, key));

    for (size_t i = 0; word && words[i]; i++) {
        if (strcmp(word, words[i]) == 0) {
            return 0;
        }
    }
    return refuse(err, place, "%s can't be '%.40s'", key, word ? word : "");
}

static const char *const audiences[] = {"student", "staff", NULL};

/* Says what was expected: what prints it, if it is one of ours. */
static int check_schema(const json_t *json, const char *wanted,
                        const struct place *place, struct error *err)
{
    const char *schema = json_string_value(json_object_get(json, "schema"));
    bool result = strcmp(wanted, RESULT_SCHEMA) == 0;

    if (schema && strcmp(schema, wanted) == 0) {
        return 0;
    }
    if (schema && strcmp(schema, result ? CLASS_SCHEMA : RESULT_SCHEMA) == 0) {
        return refuse(err, place,
                      result ? "this is a class; this format is made of "
                               "results, which `mmgrade grade --json` prints"
                             : "this is a result; this format is made of a "
                               "class, which `mmgrade score --json` prints");
    }
    if (schema) {
        return refuse(err, place,
                      "its schema is '%.60s', not '%s': it was made by "
                      "another mmgrade, or by something else",
                      schema, wanted);
    }
    return refuse(err, place,
                  "this is no %s of mmgrade's: there is no schema in it",
                  result ? "result" : "class");
}

/* --- a result --------------------------------------------------------------
 */

static int check_messages(const json_t *messages, const struct place *place,
                          struct error *err)
{
    static const struct field fields[] = {
        {"did", FIELD_TEXT, OPTIONAL},   {"expected", FIELD_TEXT, OPTIONAL},
        {"seen", FIELD_TEXT, OPTIONAL},  {"hint", FIELD_TEXT, OPTIONAL},
        {"where", FIELD_TEXT, OPTIONAL}, {NULL, FIELD_TEXT, PRESENT},
    };
    int rc = 0;

    for (size_t i = 0; rc == 0 && i < json_array_size(messages); i++) {
        rc = check_fields(json_array_get(messages, i), fields, place, err);
    }
    return rc;
}

static int check_test(const json_t *test, const struct place *place,
                      struct error *err)
{
    static const struct field fields[] = {
        {"name", FIELD_TEXT, PRESENT},      {"title", FIELD_LANGUAGES, PRESENT},
        {"hint", FIELD_LANGUAGES, PRESENT}, {"visibility", FIELD_TEXT, PRESENT},
        {"points", FIELD_WHOLE, PRESENT},   {"max", FIELD_WHOLE, PRESENT},
        {"status", FIELD_TEXT, PRESENT},    {"seconds", FIELD_NUMBER, OPTIONAL},
        {"messages", FIELD_LIST, OPTIONAL}, {"oops", FIELD_TEXT, OPTIONAL},
        {"hung_in", FIELD_TEXT, OPTIONAL},  {NULL, FIELD_TEXT, PRESENT},
    };
    static const char *const visibilities[] = {"public", "hidden", NULL};
    enum test_status status = TEST_PASS;
    const char *word = NULL;
    int rc = check_fields(test, fields, place, err);

    if (rc == 0) {
        rc = check_word(test, "visibility", visibilities, place, err);
    }
    word = json_string_value(json_object_get(test, "status"));
    if (rc == 0 && test_status_parse(word, &status) != 0) {
        rc = refuse(err, place, "status can't be '%.40s'", word);
    }
    if (rc == 0 && json_integer_value(json_object_get(test, "points")) >
                       json_integer_value(json_object_get(test, "max"))) {
        rc = refuse(err, place, "more points than the test has");
    }
    if (rc == 0) {
        rc = check_messages(json_object_get(test, "messages"), place, err);
    }
    return rc;
}

/* Points of the tests must be those of the result. */
static int check_sums(const json_t *result, const struct place *place,
                      struct error *err)
{
    static const char *const keys[][2] = {{"points", "score"}, {"max", "max"}};
    const json_t *tests = json_object_get(result, "tests");

    for (size_t k = 0; k < sizeof(keys) / sizeof(keys[0]); k++) {
        json_int_t sum = 0;
        json_int_t whole =
            json_integer_value(json_object_get(result, keys[k][1]));

        for (size_t i = 0; i < json_array_size(tests); i++) {
            sum += json_integer_value(
                json_object_get(json_array_get(tests, i), keys[k][0]));
        }
        if (sum != whole) {
            return refuse(err, place, "%s is %lld, but the tests' sum is %lld",
                          keys[k][1], (long long)whole, (long long)sum);
        }
    }
    if (json_is_true(json_object_get(result, "graded")) !=
        (json_integer_value(json_object_get(result, "ungraded")) == 0)) {
        return refuse(err, place, "graded and ungraded contradict each other");
    }
    return 0;
}

static int check_tests(const json_t *result, struct place *place,
                       struct error *err)
{
    const json_t *tests = json_object_get(result, "tests");
    size_t count = json_array_size(tests);
    int rc = 0;

    if (count > TESTS_MAX) {
        return refuse(err, place, "over %d tests", TESTS_MAX);
    }
    for (size_t i = 0; rc == 0 && i < count; i++) {
        snprintf(place->where, sizeof(place->where), "test %zu", i + 1);
        rc = check_test(json_array_get(tests, i), place, err);
    }
    if (rc == 0) {
        place->where[0] = '\0';
        rc = check_sums(result, place, err);
    }
    return rc;
}

/* The objects within a result. */
static int check_parts(const json_t *result, const struct place *place,
                       struct error *err)
{
    static const struct field submission[] = {
        {"kind", FIELD_TEXT, NULLABLE},
        {"origin", FIELD_TEXT, PRESENT},
        {"commit", FIELD_TEXT, NULLABLE},
        {"commit_time", FIELD_TEXT, NULLABLE},
        {"content_hash", FIELD_TEXT, NULLABLE},
        {"notes", FIELD_LIST, PRESENT},
        {NULL, FIELD_TEXT, PRESENT},
    };
    static const struct field refused[] = {{"word", FIELD_TEXT, PRESENT},
                                           {"reason", FIELD_TEXT, PRESENT},
                                           {NULL, FIELD_TEXT, PRESENT}};
    static const struct field build[] = {{"status", FIELD_TEXT, PRESENT},
                                         {"messages", FIELD_TEXT, PRESENT},
                                         {NULL, FIELD_TEXT, PRESENT}};
    const json_t *parts[] = {json_object_get(result, "submission"),
                             json_object_get(result, "refused"),
                             json_object_get(result, "build")};
    const json_t *notes = json_object_get(parts[0], "notes");
    int rc = check_fields(parts[0], submission, place, err);

    if (rc == 0 && !json_is_null(parts[1])) {
        rc = check_fields(parts[1], refused, place, err);
    }
    if (rc == 0 && !json_is_null(parts[2])) {
        rc = check_fields(parts[2], build, place, err);
    }
    for (size_t i = 0; rc == 0 && i < json_array_size(notes); i++) {
        if (!json_is_string(json_array_get(notes, i))) {
            rc = refuse(err, place, "notes must be texts");
        }
    }
    return rc;
}

static int check_result(const char *name, const json_t *result,
                        struct error *err)
{
    static const struct field fields[] = {
        {"audience", FIELD_TEXT, PRESENT},
        {"submission", FIELD_OBJECT, PRESENT},
        {"lab", FIELD_TEXT, PRESENT},
        {"title", FIELD_LANGUAGES, PRESENT},
        {"score", FIELD_WHOLE, PRESENT},
        {"max", FIELD_WHOLE, PRESENT},
        {"graded", FIELD_BOOLEAN, PRESENT},
        {"ungraded", FIELD_WHOLE, PRESENT},
        {"refused", FIELD_OBJECT, NULLABLE},
        {"sandbox", FIELD_TEXT, PRESENT},
        {"build", FIELD_OBJECT, NULLABLE},
        {"tests", FIELD_LIST, PRESENT},
        {NULL, FIELD_TEXT, PRESENT},
    };
    struct place place = {name, ""};
    int rc = check_schema(result, RESULT_SCHEMA, &place, err);

    if (rc == 0) {
        rc = check_fields(result, fields, &place, err);
    }
    if (rc == 0) {
        rc = check_word(result, "audience", audiences, &place, err);
    }
    if (rc == 0) {
        rc = check_parts(result, &place, err);
    }
    return rc == 0 ? check_tests(result, &place, err) : rc;
}

/* --- a class ---------------------------------------------------------------
 */

static int check_class_lab(const json_t *lab, const struct place *place,
                           struct error *err)
{
    static const struct field fields[] = {
        {"lab", FIELD_TEXT, PRESENT},
        {"title", FIELD_LANGUAGES, PRESENT},
        {"max", FIELD_NUMBER, PRESENT},
        {NULL, FIELD_TEXT, PRESENT},
    };
    int rc = check_fields(lab, fields, place, err);

    if (rc == 0 && json_number_value(json_object_get(lab, "max")) <= 0) {
        rc = refuse(err, place, "max must be above 0");
    }
    return rc;
}

/* A student's labs are the course's, in its order. */
static int check_student_labs(const json_t *class, const json_t *student,
                              const struct place *place, struct error *err)
{
    static const struct field fields[] = {
        {"lab", FIELD_TEXT, PRESENT},
        {"state", FIELD_TEXT, PRESENT},
        {"points", FIELD_NUMBER, NULLABLE},
        {"earned", FIELD_NUMBER, OPTIONAL},
        {"days_late", FIELD_WHOLE, OPTIONAL},
        {"reason", FIELD_TEXT, OPTIONAL},
        {NULL, FIELD_TEXT, PRESENT},
    };
    const json_t *labs = json_object_get(class, "labs");
    const json_t *own = json_object_get(student, "labs");
    int rc = 0;

    if (json_array_size(own) != json_array_size(labs)) {
        return refuse(err, place, "its labs are not the course's");
    }
    for (size_t i = 0; rc == 0 && i < json_array_size(own); i++) {
        const json_t *lab = json_array_get(own, i);
        rc = check_fields(lab, fields, place, err);
        if (rc == 0 &&
            !json_equal(json_object_get(lab, "lab"),
                        json_object_get(json_array_get(labs, i), "lab"))) {
            rc = refuse(err, place, "its labs are not the course's");
        }
    }
    return rc;
}

static int check_student(const json_t *class, const json_t *student,
                         json_t *ids, const struct place *place,
                         struct error *err)
{
    static const struct field fields[] = {
        {"id", FIELD_TEXT, PRESENT},      {"name", FIELD_TEXT, PRESENT},
        {"login", FIELD_TEXT, PRESENT},   {"email", FIELD_TEXT, PRESENT},
        {"section", FIELD_TEXT, PRESENT}, {"total", FIELD_NUMBER, NULLABLE},
        {"labs", FIELD_LIST, PRESENT},    {NULL, FIELD_TEXT, PRESENT},
    };
    const char *id = NULL;
    int rc = check_fields(student, fields, place, err);

    if (rc != 0) {
        return rc;
    }
    id = json_string_value(json_object_get(student, "id"));
    if (json_object_get(ids, id)) {
        return refuse(err, place, "the id '%.60s' is there twice", id);
    }
    if (json_object_set_new(ids, id, json_true()) < 0) {
        return fail(err, ERROR_INFRA, "out of memory");
    }
    return check_student_labs(class, student, place, err);
}

static int check_students(const json_t *class, struct place *place,
                          struct error *err)
{
    const json_t *students = json_object_get(class, "students");
    json_t *ids = json_object();
    int rc = ids ? 0 : fail(err, ERROR_INFRA, "out of memory");

    if (rc == 0 && json_array_size(students) > STUDENTS_MAX) {
        rc = refuse(err, place, "over %d students", STUDENTS_MAX);
    }
    for (size_t i = 0; rc == 0 && i < json_array_size(students); i++) {
        snprintf(place->where, sizeof(place->where), "student %zu", i + 1);
        rc = check_student(class, json_array_get(students, i), ids, place, err);
    }
    json_decref(ids);
    return rc;
}

int input_check_class(const char *name, const json_t *json, struct error *err)
{
    static const struct field fields[] = {
        {"audience", FIELD_TEXT, PRESENT}, {"course", FIELD_OBJECT, PRESENT},
        {"labs", FIELD_LIST, PRESENT},     {"students", FIELD_LIST, PRESENT},
        {NULL, FIELD_TEXT, PRESENT},
    };
    struct place place = {name, ""};
    const json_t *labs = json_object_get(json, "labs");
    int rc = check_schema(json, CLASS_SCHEMA, &place, err);

    if (rc == 0) {
        rc = check_fields(json, fields, &place, err);
    }
    if (rc == 0) {
        rc = check_word(json, "audience", audiences, &place, err);
    }
    for (size_t i = 0; rc == 0 && i < json_array_size(labs); i++) {
        snprintf(place.where, sizeof(place.where), "lab %zu", i + 1);
        rc = check_class_lab(json_array_get(labs, i), &place, err);
    }
    place.where[0] = '\0';
    return rc == 0 ? check_students(json, &place, err) : rc;
}

/* --- reading ---------------------------------------------------------------
 */

static int parse(const char *name, const char *text, size_t nbytes,
                 json_t **out, struct error *err)
{
    json_error_t trouble;

    *out = NULL;
    if (nbytes > INPUT_BYTES_MAX) {
        return fail(err, ERROR_USAGE, "%s: over %d bytes", name,
                    INPUT_BYTES_MAX);
    }
    if (nbytes == 0) {
        return fail(err, ERROR_USAGE, "%s: there is nothing in it", name);
    }
    *out = json_loadb(text, nbytes, JSON_REJECT_DUPLICATES, &trouble);
    return *out ? 0
                : fail(err, ERROR_USAGE, "%s:%d:%d: this is not JSON: %s", name,
                       trouble.line, trouble.column, trouble.text);
}

int input_add_results(const char *name, const char *text, size_t nbytes,
                      json_t *list, struct error *err)
{
    json_t *json = NULL;
    int rc = parse(name, text, nbytes, &json, err);
    bool several = json_is_array(json);
    size_t count = several ? json_array_size(json) : 1;

    for (size_t i = 0; rc == 0 && i < count; i++) {
        json_t *result = several ? json_array_get(json, i) : json;
        rc = check_result(name, result, err);
        if (rc == 0) {
            rc = clean_texts(result, err);
        }
        if (rc == 0 && json_array_append(list, result) < 0) {
            rc = fail(err, ERROR_INFRA, "out of memory");
        }
    }
    json_decref(json);
    return rc;
}

int input_read_class(const char *name, const char *text, size_t nbytes,
                     json_t **out, struct error *err)
{
    int rc = parse(name, text, nbytes, out, err);

    if (rc == 0) {
        rc = input_check_class(name, *out, err);
    }
    if (rc != 0) {
        json_decref(*out);
        *out = NULL;
    }
    return rc;
}
