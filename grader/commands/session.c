/*
 * What `mmgrade grade` does: grading submissions (session_grade.c) and showing
 * what came out.
 *
 * Results go to stdout at the end: a submission's whole table if there is one
 * result, a line each if several.
 */
#include "session.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "folder.h"
#include "html.h"

/* DIR/LAB of one submission, DIR/N-NAME/LAB of several. */
static int result_folder(const struct session *session, size_t i, char **out,
                         struct error *err)
{
    const struct session_options *options = session->options;
    const struct result *result = &session->grades[i]->result;
    char *name = session_safe_name(result->where);
    size_t number = 0;
    int n = -1;

    while (options->submissions[number] &&
           options->submissions[number] != result->where) {
        number++;
    }
    if (name && options->submissions[1]) {
        n = asprintf(out, "%s/%zu-%s/%s", options->out, number + 1, name,
                     result->lab->name);
    } else if (name) {
        n = asprintf(out, "%s/%s", options->out, result->lab->name);
    }
    free(name);
    return n < 0 ? fail(err, ERROR_INFRA, "out of memory") : 0;
}

static int write_json(const struct result *result,
                      enum result_audience audience, const char *path,
                      struct error *err)
{
    json_t *json = result_json(result, audience);
    char *text = json ? json_dumps(json, SESSION_JSON_STYLE) : NULL;
    int rc =
        text ? file_write(path, text, strlen(text), err)
             : fail(err, ERROR_INFRA, "can't write %s: out of memory", path);

    free(text);
    json_decref(json);
    return rc;
}

static int write_result(const struct session *session, size_t i,
                        struct error *err)
{
    const struct result *result = &session->grades[i]->result;
    char *folder = NULL;
    char *json = NULL;
    char *record = NULL;
    int rc = result_folder(session, i, &folder, err);

    if (rc == 0) {
        rc = folder_make(folder, err);
    }
    if (rc == 0) {
        rc = path_join(folder, "result.json", &json, err);
    }
    if (rc == 0) {
        rc = write_json(result, session->options->audience, json, err);
    }
    if (rc == 0 && result->record) {
        rc = path_join(folder, "record.jsonl", &record, err);
    }
    if (rc == 0 && result->record) {
        rc = record_write(result->record, record, err);
    }
    free(record);
    free(json);
    free(folder);
    return rc;
}

json_t *session_json(const struct session *session)
{
    json_t *list = json_array();

    for (size_t i = 0; list && i < session->ngrades; i++) {
        const struct result *result = &session->grades[i]->result;
        json_t *json = result_json(result, session->options->audience);
        if (json_array_append_new(list, json) < 0) {
            json_decref(list);
            return NULL;
        }
    }
    return list;
}

const json_t *session_outermost(const json_t *results)
{
    return json_array_size(results) == 1 ? json_array_get(results, 0) : results;
}

int session_write_report(const struct session *session, const json_t *results,
                         struct error *err)
{
    char *path = NULL;
    int rc = path_join(session->options->out, "report.html", &path, err);

    if (rc == 0) {
        rc = html_write(results, path, err);
    }
    if (rc == ERROR_LIMIT) {
        session->options->failed(session->options, err);
        rc = 0;
    }
    free(path);
    return rc;
}

static int write_report(const struct session *session, struct error *err)
{
    json_t *results = session_json(session);
    int rc = results ? session_write_report(session, results, err)
                     : fail(err, ERROR_INFRA, "out of memory");

    json_decref(results);
    return rc;
}

static int print_json(const struct session *session, struct error *err)
{
    json_t *results = session_json(session);
    int rc = 0;

    if (!results ||
        json_dumpf(session_outermost(results), stdout, SESSION_JSON_STYLE) <
            0 ||
        putchar('\n') == EOF) {
        rc = fail(err, ERROR_INFRA, "can't write the results as JSON");
    }
    json_decref(results);
    return rc;
}

int session_print_tables(const struct session *session, FILE *out,
                         const struct table_style *style, struct error *err)
{
    const struct result **results =
        calloc(session->ngrades + 1, sizeof(*results));
    bool whole = !session->options->submissions[1];
    int rc = results ? 0 : -1;

    for (size_t i = 0; rc == 0 && i < session->ngrades; i++) {
        results[i] = &session->grades[i]->result;
        if (whole) {
            rc = result_print_table(results[i], out, style);
        }
        if (whole && session->ngrades > 1) {
            putc('\n', out);
        }
    }
    if (rc == 0 && (!whole || session->ngrades > 1)) {
        rc = result_print_scores(results, session->ngrades, out, style);
    }
    free(results);
    return rc == 0 ? 0 : fail(err, ERROR_INFRA, "can't print the results");
}

static int show(const struct session *session, struct error *err)
{
    const struct session_options *options = session->options;
    int rc = 0;

    for (size_t i = 0; rc == 0 && options->out && i < session->ngrades; i++) {
        rc = write_result(session, i, err);
    }
    if (rc == 0 && options->out && session->ngrades > 0) {
        rc = write_report(session, err);
    }
    if (rc != 0 || session->ngrades == 0) {
        return rc;
    }
    if (options->json) {
        return print_json(session, err);
    }
    struct table_style style = command_style(options->audience);
    return session_print_tables(session, stdout, &style, err);
}

int session_run(const char *work, void *argument)
{
    struct session session = {.options = argument, .work = work};
    struct error err = {0};
    int rc = 0;

    command_warn_secret(&command_grade, getenv("MMGRADE_SECRET"));
    rc = session_grade(&session, &err);
    if (rc == 0) {
        rc = show(&session, &err);
        session_tell_below(&session);
    }
    int code = rc == 0 ? session_exit_code(&session)
                       : command_failed(&command_grade, &err);
    if (fflush(stdout) != 0 || ferror(stdout)) {
        fprintf(stderr, "mmgrade grade: can't write to the standard "
                        "output\n");
        code = EXIT_FAULT;
    }
    session_free(&session);
    return code;
}
