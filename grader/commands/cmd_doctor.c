/*
 * mmgrade doctor: what is missing on this machine, and what mends it.
 */
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include "command.h"
#include "doctor.h"
#include "guard.h"
#include "kit.h"
#include "text.h"

/* Runs a check and prints its line. True if all is well. */
static bool examine(struct doctor *doctor, const struct doctor_check *check)
{
    struct error err = {0};
    char *detail = NULL;
    bool well = check->run(doctor, &detail, &err) == 0;
    const char *found = well ? detail : err.message;
    char *clean = text_sanitise(found ? found : "", found ? strlen(found) : 0,
                                sizeof(err.message));

    printf("%-8s %-15s %s\n", well ? "ok" : "missing", check->what,
           clean ? clean : "");
    if (!well && check->remedy) {
        printf("%-8s %-15s mend it with: %s\n", "", "", check->remedy);
    }
    fflush(stdout);
    free(clean);
    free(detail);
    return well;
}

static int work_in(const char *work, void *argument)
{
    struct kit kit = {0};
    struct error err = {0};
    struct doctor doctor = {.kit = &kit, .work = work};
    unsigned nmissing = 0;

    if (kit_find(argument, &kit, &err) != 0) {
        command_failed(&command_doctor, &err);
        kit_free(&kit);
        return EXIT_FAULT;
    }
    printf("ok       %-15s %s\n", "kit", kit.root);
    for (size_t i = 0; doctor_checks[i].what; i++) {
        nmissing += !examine(&doctor, &doctor_checks[i]);
    }
    if (nmissing == 0) {
        nmissing += !examine(&doctor, &doctor_boot_check);
    } else {
        printf("%-8s %-15s not tried, because of what is missing\n", "-",
               doctor_boot_check.what);
    }
    if (nmissing == 0) {
        printf("\nThis machine can grade.\n");
    } else {
        printf("\nThis machine can't grade yet: %u of the above to mend.\n",
               nmissing);
    }
    kit_free(&kit);
    return nmissing == 0 ? EXIT_GRADED : EXIT_FAULT;
}

static int run(int argc, char **argv)
{
    static const struct option options[] = {
        {"kit", required_argument, NULL, 'k'},
        {"help", no_argument, NULL, 'h'},
        {NULL, 0, NULL, 0},
    };
    char *kit_folder = NULL;
    struct error err = {0};
    int code = EXIT_FAULT;

    opterr = 0;
    for (int option = getopt_long(argc, argv, ":h", options, NULL); option >= 0;
         option = getopt_long(argc, argv, ":h", options, NULL)) {
        switch (option) {
        case 'k':
            kit_folder = optarg;
            break;
        case 'h':
            return command_print_help(&command_doctor, stdout);
        default:
            return command_bad_option(&command_doctor, option, argv);
        }
    }
    if (argv[optind]) {
        return command_misused(&command_doctor, "takes no argument '%s'",
                               argv[optind]);
    }
    if (guard_run(NULL, work_in, kit_folder, &code, &err) != 0) {
        return command_failed(&command_doctor, &err);
    }
    return code;
}

const struct command command_doctor = {
    .name = "doctor",
    .arguments = "[--kit DIR]",
    .summary = "Says what is missing on this machine, and what mends it",
    .help = "Tries each thing that grading needs, and last boots a guest. "
            "Exits with 3 if\nsomething is missing.\n\n"
            "  --kit DIR  the folder with skeleton/, assignments/ and build/\n",
    .run = run,
};
