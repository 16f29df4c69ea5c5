/*
 * What a CI job sees of a session, in this order: the tables in a group of the
 * log, annotations, files in --out, the job's summary, the step's outputs.
 *
 * A student's text is in most of it, and the log is where GitHub and Forgejo
 * take commands from. It is quoted there between stop-commands with a token
 * that nobody can guess, and can't form a command even without that
 * (workflow.h). GitLab's marks need ESC, which no text of a student's has.
 */
#include "ci.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include "export.h"
#include "folder.h"
#include "moment.h"
#include "results.h"
#include "text.h"
#include "workflow.h"

#define MESSAGE_BYTES_MAX 4096
#define SUMMARY_BYTES_MAX ((off_t)1024 * 1024) /* of a step, on GitHub */
#define LOG_COLUMNS       100

/* What is written into --out. */
enum output {
    OUTPUT_RESULT,
    OUTPUT_JUNIT,
    OUTPUT_CTRF,
    OUTPUT_SUMMARY,
    OUTPUT_QUALITY,
    OUTPUT_REPORT,
};

#define OUTPUTS 6

static const char *const names[OUTPUTS] = {
    [OUTPUT_RESULT] = "result.json",
    [OUTPUT_JUNIT] = "junit.xml",
    [OUTPUT_CTRF] = "ctrf.json",
    [OUTPUT_SUMMARY] = "summary.md",
    [OUTPUT_QUALITY] = "gl-code-quality.json",
    [OUTPUT_REPORT] = "report.html",
};

/* Those that a format makes. */
static const struct export_format *const formats[OUTPUTS] = {
    [OUTPUT_JUNIT] = &export_junit,
    [OUTPUT_CTRF] = &export_ctrf,
    [OUTPUT_SUMMARY] = &export_markdown,
    [OUTPUT_QUALITY] = &export_gitlab,
};

struct ci {
    const struct ci_options *options;
    struct session session;
    json_t *results;
    struct export_options export;
    char now[MOMENT_BYTES];
};

static bool takes_commands(enum ci_platform platform)
{
    return platform == CI_GITHUB || platform == CI_FORGEJO;
}

static bool is_set(const char *name)
{
    const char *value = getenv(name);

    return value && *value != '\0' && strcmp(value, "false") != 0;
}

enum ci_platform ci_detect(void)
{
    if (is_set("FORGEJO_ACTIONS") || is_set("GITEA_ACTIONS")) {
        return CI_FORGEJO; /* they set GITHUB_ACTIONS as well */
    }
    if (is_set("GITHUB_ACTIONS")) {
        return CI_GITHUB;
    }
    return is_set("GITLAB_CI") ? CI_GITLAB : CI_NONE;
}

int ci_failed(enum ci_platform platform, const struct error *err)
{
    char *clean =
        text_sanitise(err->message, strlen(err->message), MESSAGE_BYTES_MAX);
    const char *message = clean ? clean : "out of memory";

    if (platform == CI_GITHUB) {
        fputs("::error title=mmgrade::", stdout);
        workflow_print_data(stdout, message);
        putchar('\n');
        fflush(stdout);
    }
    fputs("mmgrade ci: ", stderr);
    workflow_print_defused(stderr, message);
    putc('\n', stderr);
    free(clean);
    return error_exit_code(err->kind);
}

/* --- the log ---------------------------------------------------------------
 */

static void print_section(const char *which, const char *title)
{
    printf("\033[0Ksection_%s:%lld:mmgrade_results\r\033[0K%s\n", which,
           (long long)time(NULL), title);
}

/* The tables as a text, so that it can be made harmless before it is out. */
static int format_tables(const struct ci *ci, char **text, struct error *err)
{
    struct table_style style = {
        .columns = LOG_COLUMNS,
        .audience = ci->options->session.audience,
    };
    size_t nbytes = 0;
    FILE *out = open_memstream(text, &nbytes);
    int rc = out ? session_print_tables(&ci->session, out, &style, err)
                 : fail(err, ERROR_INFRA, "out of memory");

    if (out && fclose(out) != 0 && rc == 0) {
        rc = fail(err, ERROR_INFRA, "out of memory");
    }
    return rc;
}

static int print_log(const struct ci *ci, struct error *err)
{
    static const char title[] = "mmgrade: results";
    char token[WORKFLOW_TOKEN_BYTES] = "";
    char *text = NULL;
    int rc = format_tables(ci, &text, err);

    if (rc != 0) {
        free(text);
        return rc;
    }
    switch (ci->options->platform) {
    case CI_GITHUB:
    case CI_FORGEJO:
        printf("::group::%s\n", title);
        rc = workflow_begin_quote(stdout, token, err);
        workflow_print_defused(stdout, text);
        if (rc == 0) {
            workflow_end_quote(stdout, token);
        }
        puts("::endgroup::");
        break;
    case CI_GITLAB:
        print_section("start", title);
        fputs(text, stdout);
        print_section("end", "");
        break;
    case CI_NONE:
        fputs(text, stdout);
        break;
    }
    free(text);
    return rc;
}

static int print_annotations(const struct ci *ci, struct error *err)
{
    char *text = NULL;
    size_t nbytes = 0;
    int rc = 0;

    if (ci->options->platform != CI_GITHUB) {
        return 0;
    }
    rc = export_github.write(ci->results, &ci->export, &text, &nbytes, err);
    if (rc == 0) {
        fwrite(text, 1, nbytes, stdout);
        free(text);
    }
    return rc;
}

/* --- files -----------------------------------------------------------------
 */

/* "r/" and "r/./" as "r": a slash behind a link leads through it. */
static char *without_slashes(const char *path)
{
    size_t n = strlen(path);

    while (n > 1 &&
           (path[n - 1] == '/' || (path[n - 1] == '.' && path[n - 2] == '/'))) {
        n--;
    }
    return strndup(path, n);
}

/* That --out is a folder, or nothing yet; a link may lead anywhere. */
static int check_out(const char *out, struct error *err)
{
    struct stat status = {0};
    char *name = without_slashes(out);
    int rc = 0;

    if (!name) {
        return fail(err, ERROR_INFRA, "out of memory");
    }
    if (lstat(name, &status) == 0 ? !S_ISDIR(status.st_mode)
                                  : errno == ENOTDIR) {
        rc = fail(err, ERROR_USAGE,
                  "--out %s is no folder of its own; remove it first", out);
    }
    free(name);
    return rc;
}

/* What is there is a file, a link, or even a folder with files in it. */
static int remove_old(const char *out, const char *name, struct error *err)
{
    struct stat status = {0};
    char *path = NULL;
    int rc = path_join(out, name, &path, err);

    if (rc == 0 && lstat(path, &status) == 0 && S_ISDIR(status.st_mode)) {
        rc = folder_remove(path, err);
    } else if (rc == 0 && unlink(path) < 0 && errno != ENOENT) {
        rc = fail_errno(err, ERROR_INFRA, "can't remove the old %s", path);
    }
    free(path);
    return rc;
}

/*
 * The job's checkout may bring things of these names: if grading failed, they
 * would be taken for what came out. So they go first.
 */
static int prepare_out(const struct ci_options *options, struct error *err)
{
    const char *out = options->session.out;
    int rc = check_out(out, err);

    if (rc == 0) {
        rc = folder_make(out, err);
    }
    for (size_t i = 0; rc == 0 && i < OUTPUTS; i++) {
        rc = remove_old(out, names[i], err);
    }
    return rc;
}

static int write_text(const struct ci *ci, const char *name, const char *text,
                      size_t nbytes, struct error *err)
{
    char *path = NULL;
    int rc = path_join(ci->options->session.out, name, &path, err);

    if (rc == 0) {
        rc = file_write(path, text, nbytes, err);
    }
    free(path);
    return rc;
}

static int write_results(const struct ci *ci, struct error *err)
{
    char *text = json_dumps(session_outermost(ci->results), SESSION_JSON_STYLE);
    int rc = text
                 ? write_text(ci, names[OUTPUT_RESULT], text, strlen(text), err)
                 : fail(err, ERROR_INFRA, "out of memory");

    free(text);
    return rc;
}

static int write_format(const struct ci *ci, enum output which,
                        struct error *err)
{
    char *text = NULL;
    size_t nbytes = 0;
    int rc =
        formats[which]->write(ci->results, &ci->export, &text, &nbytes, err);

    if (rc == 0) {
        rc = write_text(ci, names[which], text, nbytes, err);
        free(text);
    }
    return rc;
}

static int write_files(const struct ci *ci, struct error *err)
{
    int rc = write_results(ci, err);

    for (enum output which = 0; rc == 0 && which < OUTPUTS; which++) {
        rc = formats[which] ? write_format(ci, which, err) : 0;
    }
    return rc == 0 ? session_write_report(&ci->session, ci->results, err) : rc;
}

/* --- the files that the runner reads ---------------------------------------
 */

static int write_all(int fd, const char *text, size_t nbytes)
{
    while (nbytes > 0) {
        ssize_t n = write(fd, text, nbytes);

        if (n < 0 && errno != EINTR) {
            return -1;
        }
        text += n > 0 ? n : 0;
        nbytes -= n > 0 ? (size_t)n : 0;
    }
    return 0;
}

/*
 * Appends to the file that the environment names, if it names one and there
 * will not be more than `most` bytes in it; *fits says which.
 */
static int append(const char *variable, const char *text, size_t nbytes,
                  off_t most, bool *fits, struct error *err)
{
    const char *path = getenv(variable);
    struct stat status = {0};
    int rc = 0;
    int fd = -1;

    *fits = true;
    if (!path || *path == '\0') {
        return 0;
    }
    fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0 || fstat(fd, &status) < 0) {
        rc = fail_errno(err, ERROR_INFRA, "can't open $%s, %s", variable, path);
    } else if (status.st_size > most - (off_t)nbytes) {
        *fits = false;
    } else if (write_all(fd, text, nbytes) < 0) {
        rc = fail_errno(err, ERROR_INFRA, "can't write to $%s, %s", variable,
                        path);
    }
    if (fd >= 0 && close(fd) < 0 && rc == 0) {
        rc = fail_errno(err, ERROR_INFRA, "can't write to $%s, %s", variable,
                        path);
    }
    return rc;
}

static int append_summary(const struct ci *ci, struct error *err)
{
    char *text = NULL;
    size_t nbytes = 0;
    bool fits = true;
    int rc =
        export_markdown.write(ci->results, &ci->export, &text, &nbytes, err);

    if (rc == 0) {
        rc = append("GITHUB_STEP_SUMMARY", text, nbytes, SUMMARY_BYTES_MAX,
                    &fits, err);
        free(text);
    }
    if (rc == 0 && !fits) {
        fprintf(stderr, "mmgrade ci: the job's summary is full; ours is in "
                        "summary.md only\n");
    }
    return rc;
}

/* Only numbers and words of ours: nothing in it can be an output of its own. */
static int append_outputs(const struct ci *ci, struct error *err)
{
    struct point_sums sums = results_sum(ci->results);
    bool fits = true;
    char text[128];
    int n = snprintf(text, sizeof(text), "score=%lld\nmax=%lld\ngraded=%s\n",
                     (long long)sums.score, (long long)sums.max,
                     sums.ungraded == 0 ? "true" : "false");

    return append("GITHUB_OUTPUT", text, (size_t)n, SUMMARY_BYTES_MAX, &fits,
                  err);
}

/* --- the command -----------------------------------------------------------
 */

static void take_time(struct ci *ci)
{
    moment_format((int64_t)time(NULL), ci->now);
    ci->export.now = ci->now;
}

static int tell(struct ci *ci, struct error *err)
{
    int rc = 0;

    ci->results = session_json(&ci->session);
    if (!ci->results) {
        return fail(err, ERROR_INFRA, "out of memory");
    }
    take_time(ci);
    rc = print_log(ci, err);
    if (rc == 0) {
        rc = print_annotations(ci, err);
    }
    if (rc == 0) {
        rc = write_files(ci, err);
    }
    if (rc == 0 && takes_commands(ci->options->platform)) {
        rc = append_summary(ci, err);
    }
    if (rc == 0 && takes_commands(ci->options->platform)) {
        rc = append_outputs(ci, err);
    }
    return rc;
}

int ci_run(const char *work, void *argument)
{
    struct ci ci = {.options = argument};
    struct error err = {0};
    int rc = 0;
    int code = 0;

    ci.session =
        (struct session){.options = &ci.options->session, .work = work};
    ci.export.language = ci.options->language;
    ci.export.min_score =
        ci.options->session.has_min_score ? ci.options->session.min_score : 0;
    /* GitLab's variables of type file are everybody's in the container. */
    if (ci.options->platform != CI_GITLAB) {
        command_warn_secret(&command_ci, getenv("MMGRADE_SECRET"));
    }
    rc = prepare_out(ci.options, &err);
    if (rc == 0) {
        rc = session_grade(&ci.session, &err);
    }
    if (rc == 0 && ci.session.ngrades > 0) {
        rc = tell(&ci, &err);
        fflush(stdout);
        session_tell_refused(&ci.session);
        session_tell_below(&ci.session);
    }
    code = rc == 0 ? session_exit_code(&ci.session)
                   : ci_failed(ci.options->platform, &err);
    if (fflush(stdout) != 0 || ferror(stdout)) {
        fprintf(stderr, "mmgrade ci: can't write to the standard output\n");
        code = EXIT_FAULT;
    }
    json_decref(ci.results);
    session_free(&ci.session);
    return code;
}
