/*
 * mmgrade help [COMMAND], and the table of commands.
 */
#include <string.h>
#include "command.h"

const struct command *const commands[] = {
    &command_grade,   &command_batch,
    &command_intake,  &command_score,
    &command_report,  &command_export,
    &command_ci,      &command_verify,
    &command_handout, &command_show,
    &command_check,   &command_doctor,
    &command_help,    NULL,
};

static int list(void)
{
    printf("usage: mmgrade COMMAND [ARGUMENT…]\n\n"
           "Grades labs about memory management: builds what students hand "
           "in, boots it\nin QEMU and runs tests against it.\n\n");
    for (size_t i = 0; commands[i]; i++) {
        printf("  %-8s  %s\n", commands[i]->name, commands[i]->summary);
    }
    printf("\n`mmgrade COMMAND --help` says more. Exit codes: 0 graded, "
           "whatever the score;\n1 usage; 2 a submission can't be graded; "
           "3 a fault of ours or of this machine;\n4 below --min-score, or "
           "`verify` found a hole.\n");
    return EXIT_GRADED;
}

static int run(int argc, char **argv)
{
    if (argc < 2) {
        return list();
    }
    if (argc > 2) {
        return command_misused(&command_help,
                               "takes one command's name, not %d", argc - 1);
    }
    if (strcmp(argv[1], "--help") == 0) {
        return command_print_help(&command_help, stdout);
    }
    for (size_t i = 0; commands[i]; i++) {
        if (strcmp(commands[i]->name, argv[1]) == 0) {
            return command_print_help(commands[i], stdout);
        }
    }
    return command_misused(&command_help, "there is no command '%s'", argv[1]);
}

const struct command command_help = {
    .name = "help",
    .arguments = "[COMMAND]",
    .summary = "Says what a command does and takes",
    .help = "Without a command: lists all of them.\n",
    .run = run,
};
