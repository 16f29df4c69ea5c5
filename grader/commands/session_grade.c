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

/*
 * Grades one submission for one lab. With `absent`, one that has no file of
 * the lab (is_absent()) is left out: *absent keeps the first such grade. A
 * submission that can't be read at all is refused once, not for every lab.
 */
static int grade_lab(struct session *session, const char *where,
                     const char *lab, struct grade **absent, struct error *err)
{
    struct grade_request request = make_request(session, where, lab);
    struct grade *grade = NULL;
    int rc = grade_read(&request, &grade, err);

    if (rc != 0) {
        return rc;
    }
    if (absent && !*absent && is_absent(grade)) {
        *absent = grade;
        return 0;
    }
    if (absent && (is_absent(grade) || repeats_refusal(session, grade))) {
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

/* All labs for which there are files; none: refused, in one result. */
static int grade_all_labs(struct session *session, const char *where,
                          struct error *err)
{
    size_t before = session->ngrades;
    struct grade *absent = NULL;
    int rc = 0;

    for (size_t i = 0; rc == 0 && session->all_labs[i]; i++) {
        rc = grade_lab(session, where, session->all_labs[i], &absent, err);
    }
    if (rc == 0 && session->ngrades == before && absent) {
        fail(&absent->result.refused, ERROR_ABSENT,
             "there is no file of any lab in it; the labs' files are "
             "named in each lab's README");
        result_score(&absent->result);
        rc = keep_grade(session, absent, err);
        absent = NULL;
    }
    grade_free(absent);
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

/* The worst of what happened, in the order in which it matters. */
int session_exit_code(const struct session *session)
{
    const struct session_options *options = session->options;
    bool fault = false, refused = false, below = false;

    for (size_t i = 0; i < session->ngrades; i++) {
        const struct result *result = &session->grades[i]->result;
        /* With --only, points of other tests are undecided on purpose. */
        fault |= result_count(result, TEST_INFRA_ERROR) > 0 ||
                 (!result->graded && !options->only);
        refused |= result->refused.kind != ERROR_NONE;
        below |= options->has_min_score && result->score < options->min_score;
    }
    if (fault) {
        return EXIT_FAULT;
    }
    if (session->misused) {
        return EXIT_USAGE;
    }
    if (refused) {
        return EXIT_REFUSED;
    }
    return below ? EXIT_NOT_REACHED : EXIT_GRADED;
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
