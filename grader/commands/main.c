/*
 * mmgrade: grades memory-management labs. Finds the command and runs it.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "command.h"

#define VERSION "0.1.0"

static const struct command *find(const char *name)
{
    for (size_t i = 0; commands[i]; i++) {
        if (strcmp(commands[i]->name, name) == 0) {
            return commands[i];
        }
    }
    return NULL;
}

static int unknown(const char *name)
{
    fprintf(stderr,
            "mmgrade: there is no command '%s'; the commands are:", name);
    for (size_t i = 0; commands[i]; i++) {
        fprintf(stderr, "%s %s", i > 0 ? "," : "", commands[i]->name);
    }
    fprintf(stderr, ".\n`mmgrade --help` says what they do.\n");
    return EXIT_USAGE;
}

/* A full disk or a closed pipe must not look like success. */
static int finish(int code)
{
    if (fflush(stdout) != 0 || ferror(stdout)) {
        fprintf(stderr, "mmgrade: can't write to the standard output\n");
        return EXIT_FAULT;
    }
    return code;
}

int main(int argc, char **argv)
{
    const struct command *command = NULL;

    if (argc < 2) {
        fprintf(stderr, "mmgrade: name a command; `mmgrade --help` lists "
                        "them.\n");
        return EXIT_USAGE;
    }
    if (strcmp(argv[1], "--version") == 0) {
        printf("mmgrade %s\n", VERSION);
        return finish(EXIT_GRADED);
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0) {
        argv[1] = "help";
    }
    command = find(argv[1]);
    if (!command) {
        return finish(unknown(argv[1]));
    }
    return finish(command->run(argc - 1, argv + 1));
}
