/*
 * mmgrade check: are the labs' files right, do they and their test programs
 * name the same tests, and does the linker script demand what they export?
 */
#include <getopt.h>
#include <stdlib.h>
#include "command.h"
#include "component.h"
#include "kit.h"
#include "lab.h"
#include "run.h"

static int check_lab(const struct kit *kit, const char *name, struct error *err)
{
    struct lab *lab = NULL;
    int rc = lab_read(kit->root, name, &lab, err);

    if (rc == 0) {
        rc = component_check_script(kit->root, &lab->component, err);
    }
    if (rc == 0) {
        rc = run_check_names(kit, lab, err);
    }
    lab_free(lab);
    return rc;
}

/* The labs that are named, or all. */
static int check_labs(const char *kit_folder, char **names)
{
    struct kit kit = {0};
    struct error err = {0};
    char **all = NULL;
    int code = EXIT_GRADED;
    int rc = kit_find(kit_folder, &kit, &err);

    if (rc == 0 && !names[0]) {
        rc = lab_list(kit.root, &all, &err);
        names = all;
        if (rc == 0 && !names[0]) {
            rc = fail(&err, ERROR_USAGE, "%s/assignments holds no lab",
                      kit.root);
        }
    }
    if (rc != 0) {
        code = command_failed(&command_check, &err);
    }
    for (size_t i = 0; rc == 0 && names[i]; i++) {
        if (check_lab(&kit, names[i], &err) != 0) {
            code = command_failed(&command_check, &err);
        }
    }
    lab_list_free(all);
    kit_free(&kit);
    return code;
}

static int run(int argc, char **argv)
{
    static const struct option options[] = {
        {"kit", required_argument, NULL, 'k'},
        {"help", no_argument, NULL, 'h'},
        {NULL, 0, NULL, 0},
    };
    const char *kit_folder = NULL;

    opterr = 0;
    for (int option = getopt_long(argc, argv, ":h", options, NULL); option >= 0;
         option = getopt_long(argc, argv, ":h", options, NULL)) {
        switch (option) {
        case 'k':
            kit_folder = optarg;
            break;
        case 'h':
            return command_print_help(&command_check, stdout);
        default:
            return command_bad_option(&command_check, option, argv);
        }
    }
    return check_labs(kit_folder, argv + optind);
}

const struct command command_check = {
    .name = "check",
    .arguments = "[LAB…] [--kit DIR]",
    .summary = "Checks lab.yaml, and that it and the test program name the "
               "same tests",
    .help =
        "Checks as well that boot/kernel.lds demands what the lab's component "
        "exports.\nWithout a lab: all labs. Says nothing if all is well.\n\n"
        "  --kit DIR   the folder with skeleton/, assignments/ and build/\n",
    .run = run,
};
