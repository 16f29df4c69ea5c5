/*
 * mmgrade verify: are the tests right? Grades solutions whose score is known
 * and prints which test caught what.
 */
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include "command.h"
#include "guard.h"
#include "kit.h"
#include "lab.h"
#include "seed.h"
#include "verify.h"

#define JOBS_MAX 256

struct options {
    char **labs;
    const char *kit;
    enum sandbox_mode mode;
    unsigned jobs;
    bool quick;
};

static void show_progress(const struct candidate *candidate, size_t ndone,
                          size_t count)
{
    fprintf(stderr, "mmgrade: %zu of %zu: %s", ndone, count,
            candidate_kind_word(candidate->kind));
    if (strcmp(candidate->name, candidate_kind_word(candidate->kind)) != 0) {
        fprintf(stderr, " %s", candidate->name);
    }
    if (candidate->failure) {
        fprintf(stderr, ": not graded\n");
    } else {
        fprintf(stderr, ": %u\n", candidate->score);
    }
}

/* --- the matrix ------------------------------------------------------------
 */

static int name_width(const struct candidate_list *list)
{
    size_t widest = 0;

    for (size_t i = 0; i < list->count; i++) {
        size_t n = strlen(list->candidates[i].name);
        widest = n > widest ? n : widest;
    }
    return (int)widest;
}

/* Each test's number above its column: its last digit, above that the tens. */
static void print_numbers(const struct lab *lab, int indent)
{
    if (lab->ntests >= 10) {
        printf("%*s", indent, "");
        for (size_t i = 1; i <= lab->ntests; i++) {
            putchar(i % 10 == 0 ? (char)('0' + i / 10 % 10) : ' ');
        }
        putchar('\n');
    }
    printf("%*s", indent, "");
    for (size_t i = 1; i <= lab->ntests; i++) {
        putchar((char)('0' + i % 10));
    }
    putchar('\n');
}

static void print_matrix(const struct lab *lab,
                         const struct candidate_list *list, bool quick)
{
    const int kinds = (int)strlen("reference");
    const int scores = (int)strlen("score");
    int names = name_width(list);

    print_numbers(lab, kinds + 2 + names + 2 + scores + 2);
    for (size_t i = 0; i < list->count; i++) {
        const struct candidate *candidate = &list->candidates[i];
        bool named = candidate->kind == CANDIDATE_MUTANT ||
                     candidate->kind == CANDIDATE_VARIANT;

        printf("%-*s  %-*s  ", kinds, candidate_kind_word(candidate->kind),
               names, named ? candidate->name : "");
        if (candidate->failure) {
            printf("%*s\n", scores, "?");
        } else {
            printf("%*u  %s\n", scores, candidate->score, candidate->verdicts);
        }
    }
    printf("\n. pass  x fail  T timeout  C crash  s stub  - not built or not "
           "run\n");
    printf("%s\n", quick ? "blank: not run, since one lost test is enough; the "
                           "score is what would be left\n"
                         : "");
}

/* How many mutants fail the test. */
static size_t count_kills(const struct candidate_list *list, size_t test)
{
    size_t kills = 0;

    for (size_t i = 0; i < list->count; i++) {
        const struct candidate *candidate = &list->candidates[i];
        kills += candidate->kind == CANDIDATE_MUTANT && candidate->verdicts &&
                 test < strlen(candidate->verdicts) &&
                 candidate->verdicts[test] != '.';
    }
    return kills;
}

static void print_tests(const struct lab *lab,
                        const struct candidate_list *list)
{
    size_t nweak = 0;

    for (size_t i = 0; i < lab->ntests; i++) {
        size_t kills = count_kills(list, i);
        nweak += kills == 0;
        printf("%3zu  %-50s  catches %zu\n", i + 1, lab->tests[i].name, kills);
    }
    if (nweak == 0) {
        return;
    }
    printf("\nWeak tests, which no mutant fails:");
    const char *separator = " ";
    for (size_t i = 0; i < lab->ntests; i++) {
        if (count_kills(list, i) == 0) {
            printf("%s%s", separator, lab->tests[i].name);
            separator = ", ";
        }
    }
    printf(".\n");
}

/* Says what is not as it must be. The exit code. */
static int print_objections(const struct lab *lab,
                            const struct candidate_list *list)
{
    size_t nmutants = 0;
    int code = EXIT_GRADED;

    for (size_t i = 0; i < list->count; i++) {
        const struct candidate *candidate = &list->candidates[i];
        char *objection = verify_objection(lab, candidate);

        nmutants += candidate->kind == CANDIDATE_MUTANT;
        if (objection) {
            printf("%s: %s %s %s\n", lab->name,
                   candidate_kind_word(candidate->kind), candidate->name,
                   objection);
            code = candidate->infra ? EXIT_FAULT
                                    : (code ? code : EXIT_NOT_REACHED);
        }
        free(objection);
    }
    if (nmutants == 0) {
        printf("%s: there is no mutant in tests/mutants/%s\n", lab->name,
               lab->component.name);
        code = code ? code : EXIT_NOT_REACHED;
    }
    if (code == EXIT_GRADED) {
        printf("%s: proven. The reference scores %u, the skeleton 0, each "
               "of %zu mutants less than %u, each variant %u.\n",
               lab->name, lab->total, nmutants, lab->total, lab->total);
    }
    return code;
}

/* --- a lab, all labs -------------------------------------------------------
 */

static int verify_lab(const struct verify_options *options, int *code,
                      struct error *err)
{
    const struct lab *lab = options->lab;
    struct candidate_list list = {NULL, 0};
    int rc = verify_prepare(options->kit, lab, options->quick, options->work,
                            &list, err);

    if (rc == 0) {
        fprintf(stderr, "mmgrade: %s: grading %zu solutions\n", lab->name,
                list.count);
        rc = verify_run(options, &list, err);
    }
    if (rc == 0) {
        printf("%s: %s, %zu tests\n\n", lab->name, lab->title.en, lab->ntests);
        print_matrix(lab, &list, options->quick);
        if (!options->quick) {
            print_tests(lab, &list);
            putchar('\n');
        }
        int lab_code = print_objections(lab, &list);
        bool worse = *code == EXIT_GRADED || lab_code == EXIT_FAULT;
        *code = worse ? lab_code : *code;
    }
    verify_free(&list);
    return rc;
}

static int verify_named(const struct verify_options *common, const char *name,
                        int *code, struct error *err)
{
    struct verify_options options = *common;
    struct lab *lab = NULL;
    char *work = NULL;
    int rc = lab_read(common->kit->root, name, &lab, err);

    if (rc == 0 && asprintf(&work, "%s/%s", common->work, name) < 0) {
        work = NULL;
        rc = fail(err, ERROR_INFRA, "out of memory");
    }
    if (rc == 0 && mkdir(work, S_IRWXU) < 0) {
        rc = fail_errno(err, ERROR_INFRA, "can't create %s", work);
    }
    if (rc == 0) {
        options.lab = lab;
        options.work = work;
        rc = verify_lab(&options, code, err);
    }
    free(work);
    lab_free(lab);
    return rc;
}

static int work_in(const char *work, void *argument)
{
    const struct options *options = argument;
    struct kit kit = {0};
    struct error err = {0};
    unsigned char key[SEED_BYTES];
    char **all = NULL;
    int code = EXIT_GRADED;
    int rc = kit_find(options->kit, &kit, &err);
    const struct verify_options common = {
        .kit = &kit,
        .mode = options->mode,
        .jobs = options->jobs,
        .quick = options->quick,
        .work = work,
        .course_key = key,
        .progress = show_progress,
    };

    if (rc == 0) {
        command_warn_secret(&command_verify, getenv("MMGRADE_SECRET"));
        rc = seed_course_key(getenv("MMGRADE_SECRET"), key, &err);
    }
    if (rc == 0 && options->mode == SANDBOX_BWRAP) {
        rc = sandbox_probe(&err);
    }
    if (rc == 0) {
        rc = lab_list(kit.root, &all, &err);
    }
    char **names = options->labs[0] ? options->labs : all;
    for (size_t i = 0; rc == 0 && names[i]; i++) {
        rc = verify_named(&common, names[i], &code, &err);
    }
    lab_list_free(all);
    kit_free(&kit);
    return rc == 0 ? code : command_failed(&command_verify, &err);
}

/* --- the command -----------------------------------------------------------
 */

static int take(int option, const char *value, struct options *options,
                struct error *err)
{
    switch (option) {
    case 'j':
        return command_number("--jobs", value, 1, JOBS_MAX, &options->jobs,
                              err);
    case 's':
        return command_sandbox(value, &options->mode, err);
    case 'q':
        options->quick = true;
        return 0;
    default:
        options->kit = value;
        return 0;
    }
}

static int run(int argc, char **argv)
{
    static const struct option long_options[] = {
        {"jobs", required_argument, NULL, 'j'},
        {"quick", no_argument, NULL, 'q'},
        {"kit", required_argument, NULL, 'k'},
        {"sandbox", required_argument, NULL, 's'},
        {"help", no_argument, NULL, 'h'},
        {NULL, 0, NULL, 0},
    };
    struct options options = {.mode = SANDBOX_BWRAP};
    struct error err = {0};
    int code = EXIT_FAULT;

    opterr = 0;
    for (int option = getopt_long(argc, argv, ":j:h", long_options, NULL);
         option >= 0;
         option = getopt_long(argc, argv, ":j:h", long_options, NULL)) {
        if (option == 'h') {
            return command_print_help(&command_verify, stdout);
        }
        if (option == '?' || option == ':') {
            return command_bad_option(&command_verify, option, argv);
        }
        if (take(option, optarg, &options, &err) != 0) {
            return command_misused(&command_verify, "%s", err.message);
        }
    }
    options.labs = argv + optind;
    if (guard_run(NULL, work_in, &options, &code, &err) != 0) {
        return command_failed(&command_verify, &err);
    }
    return code;
}

const struct command command_verify = {
    .name = "verify",
    .arguments = "[LAB…] [OPTION…]",
    .summary = "Proves the tests: reference 100, skeleton 0, every mutant "
               "caught",
    .help = "Grades the reference, the skeleton, the mutants (wrong solutions) "
            "and the variants\n(other right ones) of the labs, and prints "
            "which test caught which mutant. Exits\nwith 4 if a score is not "
            "what it must be.\n\n"
            "  -j, --jobs N    solutions at a time; else as many as there are "
            "cores\n"
            "  --quick         try on each mutant the test that its patch "
            "names (Caught by:);\n                  else all, up to the first "
            "that it loses\n"
            "  --sandbox MODE  bwrap or none\n"
            "  --kit DIR       the folder with skeleton/, assignments/ and "
            "build/\n",
    .run = run,
};
