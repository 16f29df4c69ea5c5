/*
 * Results and classes that come from anywhere: what is not as documented is
 * refused with the place.
 */
#include "exporting.h"

TestSuite(input, .fini = forget);

static int add(const char *bytes)
{
    json_t *list = json_array();
    int rc = input_add_results("r.json", bytes, strlen(bytes), list, &trouble);

    json_decref(list);
    return rc;
}

/* The result with one key of the path ("tests/1/points") set to `value`. */
static int add_changed(json_t *result, const char *path, json_t *value)
{
    char *copy = strdup(path);
    char *rest = copy;
    json_t *at = result;

    for (char *slash = strchr(rest, '/'); slash; slash = strchr(rest, '/')) {
        *slash = '\0';
        at = json_is_array(at) ? json_array_get(at, strtoul(rest, NULL, 10))
                               : json_object_get(at, rest);
        rest = slash + 1;
    }
    cr_assert(json_is_object(at), "no object at %s", path);
    cr_assert((value ? json_object_set_new(at, rest, value)
                     : json_object_del(at, rest)) == 0,
              "can't change %s", path);
    char *bytes = json_dumps(result, 0);
    int rc = add(bytes);
    free(bytes);
    free(copy);
    json_decref(result);
    return rc;
}

static int read_changed_class(json_t *class)
{
    char *bytes = json_dumps(class, 0);
    json_t *out = NULL;
    int rc = input_read_class("c.json", bytes, strlen(bytes), &out, &trouble);

    cr_expect((rc == 0) == (out != NULL), "*out");
    json_decref(out);
    json_decref(class);
    free(bytes);
    return rc;
}

Test(input, takes_one_result_and_lists)
{
    json_t *list = json_array();
    json_t *result = make_result();
    char *one = json_dumps(result, 0);
    json_t *two = make_two_results();
    char *several = json_dumps(two, 0);

    cr_expect(input_add_results("a", one, strlen(one), list, &trouble) == 0,
              "%s", trouble.message);
    cr_expect(
        input_add_results("b", several, strlen(several), list, &trouble) == 0,
        "%s", trouble.message);
    cr_expect(json_array_size(list) == 3, "three");
    json_decref(list);
    json_decref(two);
    json_decref(result);
    free(one);
    free(several);
}

Test(input, refuses_what_is_no_json)
{
    static const struct {
        const char *bytes, *said;
    } cases[] = {
        {"", "r.json: there is nothing in it"},
        {"{", "r.json:1:1: this is not JSON"},
        {"{\"schema\": 1, \"schema\": 2}", "not JSON: duplicate"},
        {"{\"a\": \"\xff\"}", "not JSON"},
        {"{} x", "not JSON"},
        {"[1]", "no result of mmgrade's"},
        {"{}", "no result of mmgrade's"},
        {"{\"schema\": \"mmgrade/result/v2\"}", "not 'mmgrade/result/v1'"},
        {"{\"schema\": \"mmgrade/class/v1\"}", "this is a class"},
        {"{\"schema\": \"mmgrade/result/v1\"}", "audience is missing"},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        expect_trouble(add(cases[i].bytes), ERROR_USAGE, cases[i].said);
    }
}

Test(input, refuses_depth_without_end)
{
    char *deep = calloc(1, 200001);

    memset(deep, '[', 200000);
    expect_trouble(add(deep), ERROR_USAGE, "not JSON");
    free(deep);
}

Test(input, every_key_that_is_missing_is_named)
{
    static const char *const paths[] = {"audience",
                                        "submission",
                                        "lab",
                                        "title",
                                        "score",
                                        "max",
                                        "graded",
                                        "ungraded",
                                        "sandbox",
                                        "tests",
                                        "refused",
                                        "build",
                                        "submission/origin",
                                        "submission/kind",
                                        "submission/notes",
                                        "tests/0/name",
                                        "tests/0/title",
                                        "tests/0/hint",
                                        "tests/0/max",
                                        "tests/0/points",
                                        "tests/0/status",
                                        "tests/0/visibility"};

    for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
        const char *slash = strrchr(paths[i], '/');
        expect_trouble(add_changed(make_result(), paths[i], NULL), ERROR_USAGE,
                       slash ? slash + 1 : paths[i]);
    }
}

Test(input, values_that_make_no_sense)
{
    const struct {
        const char *path;
        json_t *value;
        const char *said;
    } cases[] = {
        {"audience", json_string("world"), "audience can't be 'world'"},
        {"score", json_integer(-1), "score must be a whole number"},
        {"score", json_real(1e300), "score must be a whole number"},
        {"score", json_integer(51), "the tests' sum is 50"},
        {"max", json_integer(99), "the tests' sum is 100"},
        {"graded", json_false(), "contradict"},
        {"ungraded", json_integer(5), "contradict"},
        {"title", json_string("x"), "title must be a text in en and zh"},
        {"refused", json_string("x"), "refused must be an object"},
        {"refused", json_object(), "word is missing"},
        {"build", json_array(), "build must be an object"},
        {"submission/notes", json_pack("[i]", 1), "notes must be texts"},
        {"tests/0/status", json_string("won"), "test 1: status can't be 'won'"},
        {"tests/1/visibility", json_string("seen"), "test 2: visibility"},
        {"tests/1/points", json_integer(31), "test 2: more points than"},
        {"tests/2/messages", json_pack("[i]", 1), "test 3: an object"},
        {"tests/2/messages", json_pack("[{s:i}]", "did", 1), "did must be"},
        {"tests/2/oops", json_integer(1), "oops must be a text"},
        {"tests/2/seconds", json_string("1"), "seconds must be a number"},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        expect_trouble(
            add_changed(make_result(), cases[i].path, cases[i].value),
            ERROR_USAGE, cases[i].said);
    }
}

Test(input, later_keys_are_passed_over)
{
    cr_expect(add_changed(make_result(), "tests/0/picture",
                          json_string("<svg/>")) == 0,
              "%s", trouble.message);
}

Test(input, too_many_tests)
{
    json_t *result = make_result();
    json_t *tests = json_object_get(result, "tests");

    for (size_t i = 0; i < 1000; i++) {
        json_array_append(tests, json_array_get(tests, 0));
    }
    expect_trouble(add_changed(result, "lab", json_string("x")), ERROR_USAGE,
                   "over 1000 tests");
}

Test(input, class_is_checked)
{
    json_t *class = make_class();

    cr_expect(read_changed_class(json_deep_copy(class)) == 0, "%s",
              trouble.message);
    json_t *bad = json_deep_copy(class);
    json_object_set_new(student_of(bad, 1), "id", json_string("s1"));
    expect_trouble(read_changed_class(bad), ERROR_USAGE,
                   "student 2: the id 's1' is there twice");
    bad = json_deep_copy(class);
    json_array_clear(json_object_get(student_of(bad, 2), "labs"));
    expect_trouble(read_changed_class(bad), ERROR_USAGE,
                   "student 3: its labs are not the course's");
    bad = json_deep_copy(class);
    json_object_set_new(
        json_array_get(json_object_get(student_of(bad, 0), "labs"), 0),
        "points", json_string("90"));
    expect_trouble(read_changed_class(bad), ERROR_USAGE,
                   "student 1: points must be a number");
    bad = json_deep_copy(class);
    json_object_set_new(json_array_get(json_object_get(bad, "labs"), 0), "max",
                        json_integer(0));
    expect_trouble(read_changed_class(bad), ERROR_USAGE,
                   "lab 1: max must be above 0");
    bad = json_deep_copy(class);
    json_object_set_new(student_of(bad, 0), "email", json_null());
    expect_trouble(read_changed_class(bad), ERROR_USAGE,
                   "student 1: email must be a text");
    json_decref(class);
    expect_trouble(read_changed_class(make_result()), ERROR_USAGE,
                   "this is a result");
}
