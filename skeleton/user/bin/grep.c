/*
 * grep [-v] TEXT [FILE...]: prints the lines that contain TEXT (-v: that
 * don't). TEXT stands for itself; there are no patterns. Exits with 1 if there
 * was no such line.
 */
#include <args.h>
#include <err.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *wanted;
static bool inverted, several_files, found;

static int search(FILE *file, const char *name)
{
    char *line = NULL;
    size_t size = 0;
    ssize_t length;

    while ((length = getline(&line, &size, file)) >= 0) {
        if ((strstr(line, wanted) != NULL) == inverted)
            continue;
        found = true;
        if (several_files)
            printf("%s:", name);
        write_all(STDOUT_FILENO, line, length);
    }
    free(line);
    return 0;
}

int main(int argc, char **argv)
{
    int code;

    if (argc > 1 && strcmp(argv[1], "-v") == 0) {
        inverted = true;
        argv++;
        argc--;
    }
    if (argc < 2)
        usage("[-v] TEXT [FILE...]");
    wanted = argv[1];
    several_files = argc > 3;
    code = for_each_input(argv + 2, search);
    return found ? code : EXIT_FAILURE;
}
