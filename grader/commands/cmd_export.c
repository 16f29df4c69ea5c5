/*
 * mmgrade export: results and classes in the formats of others. Here are its
 * options; export_make.c does the work.
 */
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include "command.h"
#include "export_make.h"

enum long_option {
    OPTION_LIST = 256,
    OPTION_SANDBOX,
    OPTION_TEXT, /* from here on: places in text_options */
};

/* Options with a text, and where it goes. */
#define PLACE(member) offsetof(struct export_request, member)
static const struct {
    const char *name;
    size_t place;
} text_options[] = {
    {"course", PLACE(course)},
    {"lab", PLACE(options.lab)},
    {"template", PLACE(template)},
    {"out", PLACE(out)},
    {"assignment", PLACE(options.assignment)},
    {"classroom", PLACE(options.classroom)},
    {"owner", PLACE(options.owner)},
    {"submission", PLACE(options.submission)},
    {"commit", PLACE(options.commit)},
    {"release", PLACE(options.release)},
    {"review", PLACE(options.review)},
    {"type", PLACE(options.assignment_type)},
    {"visibility", PLACE(options.visibility)},
    {"language", PLACE(options.language)},
    {"kit", PLACE(kit)},
    {"from", PLACE(from)},
    {"ref", PLACE(ref)},
    {"secret", PLACE(secret)},
};

#define TEXT_OPTIONS (sizeof(text_options) / sizeof(text_options[0]))

static int list_formats(void)
{
    for (size_t i = 0; export_formats[i]; i++) {
        const struct export_format *format = export_formats[i];
        printf("%-18s  %s (of %s)\n", format->name, format->summary,
               format->of_class ? "a class" : "results");
    }
    printf("%-18s  a zip that makes Gradescope run mmgrade (of a lab)\n",
           EXPORT_BUNDLE);
    return EXIT_GRADED;
}

static int take(int option, const char *value, struct export_request *request,
                struct error *err)
{
    enum sandbox_mode mode = SANDBOX_BWRAP;
    size_t place = 0;

    if (option == 'o') {
        request->out = value;
        return 0;
    }
    if (option == OPTION_SANDBOX) {
        request->sandbox = value;
        return command_sandbox(value, &mode, err);
    }
    place = text_options[option - OPTION_TEXT].place;
    memcpy((char *)request + place, &value, sizeof(value));
    return 0;
}

static void fill_options(struct option *options)
{
    static const struct option others[] = {
        {"list", no_argument, NULL, OPTION_LIST},
        {"sandbox", required_argument, NULL, OPTION_SANDBOX},
        {"help", no_argument, NULL, 'h'},
        {NULL, 0, NULL, 0},
    };

    for (size_t i = 0; i < TEXT_OPTIONS; i++) {
        options[i] = (struct option){text_options[i].name, required_argument,
                                     NULL, OPTION_TEXT + (int)i};
    }
    memcpy(options + TEXT_OPTIONS, others, sizeof(others));
}

static int make(struct export_request *request, char **words)
{
    struct error err = {0};
    int rc = 0;

    if (!words[0]) {
        return command_misused(&command_export,
                               "name a format; `mmgrade export --list` lists "
                               "them");
    }
    request->files = words + 1;
    rc = strcmp(words[0], EXPORT_BUNDLE) == 0
             ? export_make_bundle(request, &err)
             : export_make(words[0], request, &err);
    return rc == 0 ? EXIT_GRADED : command_failed(&command_export, &err);
}

static int run(int argc, char **argv)
{
    struct option options[TEXT_OPTIONS + 4];
    struct export_request request = {0};
    struct error err = {0};

    fill_options(options);
    opterr = 0;
    for (int option = getopt_long(argc, argv, ":o:h", options, NULL);
         option >= 0; option = getopt_long(argc, argv, ":o:h", options, NULL)) {
        if (option == 'h') {
            return command_print_help(&command_export, stdout);
        }
        if (option == OPTION_LIST) {
            return list_formats();
        }
        if (option == '?' || option == ':') {
            return command_bad_option(&command_export, option, argv);
        }
        if (take(option, optarg, &request, &err) != 0) {
            return command_misused(&command_export, "%s", err.message);
        }
    }
    return make(&request, argv + optind);
}

const struct command command_export = {
    .name = "export",
    .arguments = "FORMAT [FILE…] [OPTION…]",
    .summary = "Writes results and classes for other programs: learning "
               "platforms, CI, spreadsheets",
    .help =
        "FILE is what `mmgrade grade --json` or `mmgrade score --json` "
        "printed; without one it\nis read from the standard input. "
        "docs/exports.md says what each format wants.\n\n"
        "  --list              the formats\n"
        "  -o, --out FILE      write there; else to the standard output\n"
        "  --course COURSE     of a class: read its gradebook, in place of a "
        "FILE\n"
        "  --lab LAB           of a class: this lab alone\n"
        "  --template FILE     canvas, moodle: the sheet to fill in\n"
        "  --assignment TEXT   canvas, moodle: the header of the column; "
        "classroom50: its slug\n"
        "  --language L        en or zh\n"
        "  --visibility WORD   gradescope: of hidden tests: visible (verdict "
        "and hint),\n"
        "                      after_due_date, after_published or hidden\n"
        "  --classroom, --owner, --submission, --commit, --release, --review, "
        "--type TEXT\n"
        "                      classroom50; else from the environment that its "
        "runner sets\n\n"
        "`mmgrade export gradescope-bundle --lab LAB -o autograder.zip` makes "
        "an autograder to\nupload to Gradescope:\n"
        "  --sandbox MODE      bwrap (refuses to run without), or none\n"
        "  --secret FILE       the course's secret goes into the zip\n"
        "  --from URL, --ref REF   setup.sh clones the kit from there; else "
        "it is in the zip\n"
        "  --kit DIR           the folder with the sources\n",
    .run = run,
};
