/*
 * GitLab's Code Quality report: findings that a merge request shows beside
 * the lines. (What became of the tests is in JUnit XML, which GitLab reads.)
 *
 * Its documented constraints: one JSON array; no byte order mark; of each
 * finding description, check_name, fingerprint, severity, location.path
 * (relative, not beginning with "./") and location.lines.begin; fingerprints
 * are unique, and best do not change when the code above does.
 */
#include "export.h"

#include <stdlib.h>
#include <string.h>
#include <openssl/evp.h>
#include "findings.h"
#include "results.h"

#define HASH_BYTES 32
#define HASH_HEX   (2 * HASH_BYTES + 1)

static const struct {
    const char *check, *severity;
} kinds[] = {
    [FINDING_BUILD_ERROR] = {"mmgrade/build-error", "blocker"},
    [FINDING_BUILD_WARNING] = {"mmgrade/build-warning", "minor"},
    [FINDING_CRASH] = {"mmgrade/crash", "critical"},
};

/*
 * SHA-256 over what the finding is about, without its line; `again` tells
 * those apart that are about the same.
 */
static int fingerprint(const json_t *result, const struct finding *found,
                       size_t again, char hex[HASH_HEX], struct error *err)
{
    unsigned char hash[HASH_BYTES];
    char *all = NULL;
    int n = asprintf(&all, "%s\n%s\n%s\n%s\n%zu", results_text(result, "lab"),
                     kinds[found->kind].check, found->path, found->text, again);
    int good = n >= 0 &&
               EVP_Digest(all, (size_t)n, hash, NULL, EVP_sha256(), NULL) == 1;

    if (n >= 0) {
        free(all);
    }
    for (size_t i = 0; good && i < HASH_BYTES; i++) {
        snprintf(hex + 2 * i, 3, "%02x", hash[i]);
    }
    return good ? 0 : fail(err, ERROR_INFRA, "can't compute a fingerprint");
}

static char *describe(const json_t *result, const struct finding *found,
                      const char *language)
{
    char *text = NULL;
    int n = 0;

    if (found->test) {
        n = asprintf(&text, "%s: %s (%s: %s)", results_text(result, "lab"),
                     found->text, results_text(found->test, "name"),
                     results_localised(found->test, "title", language));
    } else {
        n = asprintf(&text, "%s: %s", results_text(result, "lab"), found->text);
    }
    return n < 0 ? NULL : text;
}

/* Adds the finding; `seen` has the fingerprints that are taken. */
static int add_finding(json_t *report, json_t *seen, const json_t *result,
                       const struct finding *found, const char *language,
                       struct error *err)
{
    char hex[HASH_HEX] = "";
    char *text = describe(result, found, language);
    int rc = text ? 0 : fail(err, ERROR_INFRA, "out of memory");
    size_t again = 0;

    do {
        rc = rc == 0 ? fingerprint(result, found, again++, hex, err) : rc;
    } while (rc == 0 && json_object_get(seen, hex));
    if (rc == 0 &&
        (json_object_set_new(seen, hex, json_true()) < 0 ||
         json_array_append_new(
             report,
             json_pack("{s:s, s:s, s:s, s:s, s:{s:s, s:{s:i}}}", "description",
                       text, "check_name", kinds[found->kind].check,
                       "fingerprint", hex, "severity",
                       kinds[found->kind].severity, "location", "path",
                       found->path, "lines", "begin",
                       found->line > 0 ? (int)found->line : 1)) < 0)) {
        rc = fail(err, ERROR_INFRA, "out of memory");
    }
    free(text);
    return rc;
}

static int add_result(json_t *report, json_t *seen, const json_t *result,
                      const char *language, struct error *err)
{
    struct findings findings = {0};
    int rc = findings_collect(result, &findings, err);

    for (size_t i = 0; rc == 0 && i < findings.count; i++) {
        rc =
            add_finding(report, seen, result, &findings.list[i], language, err);
    }
    findings_free(&findings);
    return rc;
}

static int write_gitlab(const json_t *input,
                        const struct export_options *options, char **text,
                        size_t *nbytes, struct error *err)
{
    json_t *report = json_array();
    json_t *seen = json_object();
    const json_t *result = NULL;
    size_t i = 0;
    int rc = results_check(input, err);

    json_array_foreach(input, i, result)
    {
        rc = rc == 0 ? add_result(report, seen, result, options->language, err)
                     : rc;
    }
    if (rc == 0) {
        *text = json_dumps(report, JSON_INDENT(2));
        rc = *text ? 0 : fail(err, ERROR_INFRA, "out of memory");
        *nbytes = *text ? strlen(*text) : 0;
    }
    json_decref(seen);
    json_decref(report);
    return rc;
}

const struct export_format export_gitlab = {
    .name = "gitlab",
    .summary = "GitLab's Code Quality report: lines that are wrong",
    .write = write_gitlab,
};
