/*
 * Grading submissions: the part of a session that builds and runs. Progress
 * goes to stderr as it happens.
 */
#include "session.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include "component.h"
#include "folder.h"
#include "text.h"
#include "workflow.h"

/*
 * The last part of where a submission came from, as a name that is safe on a
 * terminal and in a path.
 */
char *session_safe_name(const char *where)
{
    size_t n = strlen(where);
    size_t start = 0;

    while (n > 1 && where[n - 1] == '/') {
        n--;
    }
    for (size_t i = 0; i < n; i++) {
        start = where[i] == '/' && i + 1 < n ? i + 1 : start;
    }
    char *name = strndup(where + start, n - start);
    for (char *c = name; c && *c != '\0'; c++) {
        bool safe = (*c >= 'a' && *c <= 'z') || (*c >= 'A' && *c <= 'Z') ||
                    (*c >= '0' && *c <= '9') || strchr("-_", *c) ||
                    (*c == '.' && c != name);
        *c = safe ? *c : '_';
    }
    return name;
}

/* In a CI job it is read for commands, and names are the students'. */
static void show_progress(void *context, const char *sentence)
{
    const struct session *session = context;
    char *clean = text_sanitise_line(sentence, strlen(sentence), 500);

    if (!session->options->quiet && clean) {
        fprintf(stderr, "mmgrade: %s%s", session->name ? session->name : "",
                session->name ? ": " : "");
        workflow_print_defused(stderr, clean);
        putc('\n', stderr);
    }
    free(clean);
}

/* --- grading ---------------------------------------------------------------
 */

static int keep_grade(struct session *session, struct grade *grade,
                      struct error *err)
{
    struct grade **grown = reallocarray(session->grades, session->ngrades + 1,
                                        sizeof(*session->grades));

    if (!grown) {
        grade_free(grade);
        return fail(err, ERROR_INFRA, "out of memory");
    }
    session->grades = grown;
    session->grades[session->ngrades++] = grade;
    return 0;
}

static struct grade_request make_request(const struct session *session,
                                         const char *where, const char *lab)
{
    const struct session_options *options = session->options;

    return (struct grade_request){
        .kit = &session->kit,
        .source = {.where = where,
                   .ref = options->ref,
                   .before = options->before},
        .lab = lab,
        .mode = options->mode,
        .jobs = options->jobs,
        .only = options->only,
        .seed = options->seeded ? options->seed : NULL,
        .course_key = session->course_key,
        .progress = show_progress,
        .context = (void *)session,
    };
}

/* Builds and runs in a folder of its own, which is removed unless kept. */
static int run_in_folder(struct session *session, struct grade_request *request,
                         struct grade *grade, struct error *err)
{
    char *folder = NULL;
    int rc = 0;

    if (asprintf(&folder, "%s/%u-%s", session->work, ++session->nfolders,
                 request->lab) < 0) {
        return fail(err, ERROR_INFRA, "out of memory");
    }
    if (mkdir(folder, S_IRWXU) < 0) {
        rc = fail_errno(err, ERROR_INFRA, "can't create %s", folder);
    }
    request->work = folder;
    if (rc == 0) {
        rc = grade_run(request, grade, err);
    }
    if (rc == 0 && !session->options->keep) {
        rc = folder_remove(folder, err);
    }
    free(folder);
    return rc;
}

/*
 * True if it has no file of the lab; of one that grades several components
 * together, not all: then there is no whole to be graded.
 */
static bool is_absent(const struct grade *grade)
{
    const struct component *component = &grade->lab->component;
    size_t wanted = component->parts ? component_nfiles(component) : 1;

    return grade->read_failed ? grade->result.refused.kind == ERROR_ABSENT
                              : grade->submission->files.count < wanted;
}

/*
 * Stands for the lab in the result of what could not be read for any, if
 * nobody named one. A test, so that formats which know tests only tell of it.
 */
static struct lab_test no_test = {
    .name = "submission::can_be_graded",
    .title = {"The submission can be graded", "该提交可以评分"},
    .hint = {"Each lab's README names the files to hand in",
             "每个实验的 README 列出了要提交的文件"},
};
static const struct lab no_lab = {
    .name = "none",
    .title = {"No lab", "不属于任何实验"},
    .tests = &no_test,
    .ntests = 1,
};

/* True if it was refused in the same words for another lab. */
static bool repeats_refusal(const struct session *session,
                            const struct grade *grade)
{
    const struct grade *last =
        session->ngrades > 0 ? session->grades[session->ngrades - 1] : NULL;

    return grade->read_failed && last && last->read_failed &&
           last->result.where == grade->result.where &&
           strcmp(last->result.refused.message,
                  grade->result.refused.message) == 0;
}

/* What has no result of its own where all labs are graded. */
struct left_out {
    struct grade *absent; /* the first without a file of the lab, or NULL */
    size_t nrepeated;     /* refused in the same words as the one before */
};

/*
 * Grades one submission for one lab. With `left_out`, one that has no file of
 * the lab (is_absent()) is left out, and a submission that can't be read at
 * all is refused once, not for every lab.
 */
static int grade_lab(struct session *session, const char *where,
                     const char *lab, struct left_out *left_out,
                     struct error *err)
{
    struct grade_request request = make_request(session, where, lab);
    struct grade *grade = NULL;
    int rc = grade_read(&request, &grade, err);

    if (rc != 0) {
        return rc;
    }
    if (left_out && !left_out->absent && is_absent(grade)) {
        left_out->absent = grade;
        return 0;
    }
    bool repeats = left_out && repeats_refusal(session, grade);
    if (repeats || (left_out && is_absent(grade))) {
        left_out->nrepeated += repeats;
        grade_free(grade);
        return 0;
    }
    rc = run_in_folder(session, &request, grade, err);
    if (rc != 0) {
        grade_free(grade);
        return rc;
    }
    return keep_grade(session, grade, err);
}

/* Refused for every lab: then for none of them. */
static void refuse_whole(struct grade *grade)
{
    grade->result.lab = &no_lab;
    result_score(&grade->result);
}

/* All labs for which there are files; none: refused, in one result. */
static int grade_all_labs(struct session *session, const char *where,
                          struct error *err)
{
    size_t before = session->ngrades;
    struct left_out left_out = {0};
    size_t nlabs = 0;
    int rc = 0;

    for (; rc == 0 && session->all_labs[nlabs]; nlabs++) {
        rc =
            grade_lab(session, where, session->all_labs[nlabs], &left_out, err);
    }
    if (rc == 0 && left_out.nrepeated > 0 && left_out.nrepeated + 1 == nlabs) {
        refuse_whole(session->grades[before]);
    }
    if (rc == 0 && session->ngrades == before && left_out.absent) {
        fail(&left_out.absent->result.refused, ERROR_ABSENT,
             "no lab's file is in it; each lab's README names the lab's files");
        refuse_whole(left_out.absent);
        rc = keep_grade(session, left_out.absent, err);
        left_out.absent = NULL;
    }
    grade_free(left_out.absent);
    return rc;
}

static int grade_one(struct session *session, const char *where,
                     struct error *err)
{
    const char **labs = session->options->labs;
    char sentence[512];
    int rc = 0;

    snprintf(sentence, sizeof(sentence), "reading %s", where);
    show_progress(session, sentence);
    if (!labs[0]) {
        return grade_all_labs(session, where, err);
    }
    for (size_t i = 0; rc == 0 && labs[i]; i++) {
        rc = grade_lab(session, where, labs[i], NULL, err);
    }
    return rc;
}

/* Every submission; one that makes no sense does not stop the others. */
static int grade_all(struct session *session, struct error *err)
{
    char **where = session->options->submissions;
    int rc = 0;

    for (size_t i = 0; rc == 0 && where[i]; i++) {
        session->name = where[1] ? session_safe_name(where[i]) : NULL;
        rc = grade_one(session, where[i], err);
        free(session->name);
        if (rc == ERROR_USAGE) {
            session->options->failed(session->options, err);
            session->misused = true;
            rc = 0;
        }
    }
    return rc;
}

/* What is needed before the first submission is touched. */
static int prepare(struct session *session, struct error *err)
{
    const struct session_options *options = session->options;
    int rc = kit_find(options->kit, &session->kit, err);

    if (rc == 0) {
        rc =
            seed_course_key(getenv("MMGRADE_SECRET"), session->course_key, err);
    }
    if (rc == 0) {
        rc = lab_list(session->kit.root, &session->all_labs, err);
    }
    for (size_t i = 0; rc == 0 && options->labs[i]; i++) {
        struct lab *lab = NULL;
        rc = lab_read(session->kit.root, options->labs[i], &lab, err);
        lab_free(lab);
    }
    if (rc == 0 && !options->labs[0] && !session->all_labs[0]) {
        rc = fail(err, ERROR_INFRA, "%s/assignments holds no lab",
                  session->kit.root);
    }
    if (rc == 0 && options->mode == SANDBOX_BWRAP) {
        rc = sandbox_probe(err);
    }
    return rc;
}

int session_grade(struct session *session, struct error *err)
{
    int rc = prepare(session, err);

    return rc == 0 ? grade_all(session, err) : rc;
}

void session_free(struct session *session)
{
    for (size_t i = 0; i < session->ngrades; i++) {
        grade_free(session->grades[i]);
    }
    free(session->grades);
    lab_list_free(session->all_labs);
    kit_free(&session->kit);
}
