/*
 * JUnit XML, read back with libxml2. tests/exports/junit has others read it.
 */
#include "sample_results.h"

#include <libxml/parser.h>
#include <libxml/xpath.h>

TestSuite(junit, .timeout = 60);

static const struct export_options no_options = {0};

static xmlDocPtr parse(char *text)
{
    xmlDocPtr doc = xmlReadMemory(text, (int)strlen(text), "junit.xml", NULL,
                                  XML_PARSE_NONET | XML_PARSE_NOERROR);

    cr_assert(doc, "it is well-formed:\n%s", text);
    free(text);
    return doc;
}

/* What an XPath expression says: a number or a string, as a string. */
static void expect_xpath(xmlDocPtr doc, const char *path, const char *wanted)
{
    xmlXPathContextPtr context = xmlXPathNewContext(doc);
    xmlXPathObjectPtr found = xmlXPathEvalExpression(BAD_CAST path, context);
    xmlChar *text = found ? xmlXPathCastToString(found) : NULL;

    cr_expect(text && strcmp((char *)text, wanted) == 0,
              "%s: expected '%s', got '%s'", path, wanted,
              text ? (char *)text : "an error");
    xmlFree(text);
    xmlXPathFreeObject(found);
    xmlXPathFreeContext(context);
}

Test(junit, counts_stand_on_both_levels)
{
    xmlDocPtr doc = parse(text_of(&export_junit, &no_options, sample_of_all(),
                                  sample_of_all(), NULL));

    expect_xpath(doc, "count(/testsuites/testsuite)", "2");
    expect_xpath(doc, "string(/testsuites/@tests)", "16");
    expect_xpath(doc, "string(/testsuites/@failures)", "10");
    expect_xpath(doc, "string(/testsuites/@errors)", "2");
    expect_xpath(doc, "string(/testsuites/@skipped)", "2");
    expect_xpath(doc, "string(/testsuites/testsuite[1]/@tests)", "8");
    expect_xpath(doc, "string(/testsuites/testsuite[1]/@failures)", "5");
    expect_xpath(doc, "count(//testsuite[1]//failure)", "5");
    expect_xpath(doc, "count(//testsuite[1]//error)", "1");
    expect_xpath(doc, "count(//testsuite[1]//skipped)", "1");
    expect_xpath(doc, "count(//testcase[count(*) > 1])", "0");
    xmlFreeDoc(doc);
}

Test(junit, verdicts_are_failures_errors_or_skipped)
{
    xmlDocPtr doc =
        parse(text_of(&export_junit, &no_options, sample_of_all(), NULL));

    expect_xpath(doc, "count(//testcase[@name='passes']/*)", "0");
    expect_xpath(doc, "string(//testcase[@name='fails']/failure/@type)",
                 "fail");
    expect_xpath(doc, "string(//testcase[@name='hangs']/failure/@type)",
                 "timeout");
    expect_xpath(doc, "string(//testcase[@name='crashes']/failure/@type)",
                 "crash");
    expect_xpath(doc, "string(//testcase[@name='stub']/failure/@type)",
                 "not-implemented");
    expect_xpath(doc, "string(//testcase[@name='unbuilt']/failure/@type)",
                 "build-failed");
    expect_xpath(doc, "count(//testcase[@name='skipped']/skipped)", "1");
    expect_xpath(doc, "string(//testcase[@name='broken']/error/@type)",
                 "infra-error");
    xmlFreeDoc(doc);
}

Test(junit, testcases_have_suite_time_and_reason)
{
    xmlDocPtr doc =
        parse(text_of(&export_junit, &no_options, sample_of_all(), NULL));

    expect_xpath(doc, "string(/testsuites/testsuite/@name)", "lab1-buddy");
    expect_xpath(doc, "count(//testcase[@classname='buddy'])", "8");
    expect_xpath(doc, "string(//testcase[@name='fails']/@time)", "0.250");
    expect_xpath(doc, "string(//testcase[@name='broken']/@time)", "0.000");
    expect_xpath(doc, "string(/testsuites/@time)", "1.000");
    expect_xpath(doc, "string(//testcase[@name='fails']/failure)",
                 "did       alloc_pages(0)\nexpected  a page\nseen      "
                 "NULL\nhint      look");
    expect_xpath(doc,
                 "contains(//testcase[@name='crashes']/failure, 'expand+0x1c')",
                 "true");
    expect_xpath(doc, "string(//property[@name='score']/@value)", "10");
    xmlFreeDoc(doc);
}

Test(junit, first_test_tells_why_it_does_not_build)
{
    json_t *result = sample_result(sample_test("a::one", "build-failed"),
                                   sample_test("a::two", "build-failed"), NULL);
    xmlDocPtr doc = NULL;

    set_build(result, "build-failed",
              "mm/x.c: In function 'f':\n"
              "mm/x.c:1:2: warning: odd\nmm/x.c:3:1: error: no\n   3 | f\n"
              "mm/x.c:4:1: error: never\n");
    doc = parse(text_of(&export_junit, &no_options, result, NULL));
    expect_xpath(doc, "string(//testcase[@name='one']/failure)",
                 "build     mm/x.c:3:1: error: no");
    expect_xpath(doc, "string(//testcase[@name='two']/failure)",
                 "build     there is no kernel to test: see the first test");
    expect_xpath(doc, "contains(//system-out, 'never')", "true");
    xmlFreeDoc(doc);
}

Test(junit, names_are_unique_in_the_whole_document)
{
    json_t *other = sample_of_all();
    json_t *twice = sample_result(sample_test("buddy::same", "pass"),
                                  sample_test("buddy::same", "pass"),
                                  sample_test("buddy::same", "pass"), NULL);
    xmlDocPtr doc = NULL;

    set_origin(other, "work/bob");
    doc = parse(text_of(&export_junit, &no_options, sample_of_all(), other,
                        sample_of_all(), twice, NULL));
    expect_xpath(doc, "count(//testcase)", "27");
    expect_xpath(doc,
                 "count(//testcase[@name = preceding::testcase/@name or "
                 "@name = preceding-sibling::testcase/@name])",
                 "0");
    expect_xpath(doc, "string(//testsuite[2]/testcase[1]/@name)",
                 "passes [lab1-buddy, bob]");
    xmlFreeDoc(doc);
}

Test(junit, hostile_text_comes_back_as_it_was)
{
    json_t *result =
        sample_result(sample_run("buddy::x", "fail", EVIL, EVIL), NULL);
    xmlDocPtr doc = NULL;

    set_build(result, "ok", EVIL);
    set_origin(result, EVIL);
    doc = parse(text_of(&export_junit, &no_options, result, NULL));
    expect_xpath(doc, "string(//system-out)", EVIL);
    expect_xpath(doc, "count(//script)", "0");
    expect_xpath(doc, "string(//property[@name='origin']/@value)", EVIL);
    expect_xpath(doc, "substring-after(//failure, 'look\n\n')", EVIL);
    xmlFreeDoc(doc);
}

Test(junit, characters_that_xml_can_not_hold_are_replaced)
{
    json_t *result =
        sample_result(sample_run("buddy::x\x01\x1b", "fail", "a", NULL), NULL);
    xmlDocPtr doc = NULL;

    set_build(result, "ok", "\x01|\x1b|\x7f|\xef\xbf\xbe|\xef\xbf\xbf|\t|");
    doc = parse(text_of(&export_junit, &no_options, result, NULL));
    expect_xpath(
        doc, "string(//system-out)",
        "\xef\xbf\xbd|\xef\xbf\xbd|\x7f|\xef\xbf\xbd|\xef\xbf\xbd|\t|");
    expect_xpath(doc, "string(//testcase/@name)", "x\xef\xbf\xbd\xef\xbf\xbd");
    xmlFreeDoc(doc);
}

Test(junit, refused_loses_points_and_a_fault_of_ours_does_not)
{
    json_t *refused = sample_result(sample_test("a::x", "not-run"), NULL);
    json_t *fault = sample_result(sample_test("b::y", "infra-error"), NULL);
    xmlDocPtr doc = NULL;

    set_refused(refused, "REJECTED", "it is empty");
    set_refused(fault, "INFRA", "no compiler");
    doc = parse(text_of(&export_junit, &no_options, refused, fault, NULL));
    expect_xpath(doc, "string(//testsuite[1]/testcase/failure)",
                 "refused   it is empty");
    expect_xpath(doc, "string(//testsuite[2]/testcase/error)",
                 "refused   no compiler");
    xmlFreeDoc(doc);
}

Test(junit, timestamp_has_no_zone)
{
    struct export_options options = {.now = "2026-03-01T15:59:00Z"};
    xmlDocPtr doc =
        parse(text_of(&export_junit, &options, sample_of_all(), NULL));

    expect_xpath(doc, "string(//testsuite/@timestamp)", "2026-03-01T15:59:00");
    xmlFreeDoc(doc);
}

Test(junit, no_results_is_a_document_too)
{
    xmlDocPtr doc = parse(text_of(&export_junit, &no_options, NULL));

    expect_xpath(doc, "string(/testsuites/@tests)", "0");
    xmlFreeDoc(doc);
}

Test(junit, what_is_no_list_of_results_is_refused)
{
    expect_refusals(&export_junit);
}
