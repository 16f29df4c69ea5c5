/*
 * uniq [-c] [FILE...]: prints lines, but of equal ones that follow each other
 * only one; -c: and how many there were.
 */
#include <args.h>
#include <err.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

static bool counting;

static void print(const char *line, unsigned long count)
{
    if (counting)
        printf("%7lu ", count);
    printf("%s", line);
}

static int filter(FILE *file, const char *name)
{
    char *line = NULL, *previous = NULL;
    size_t size = 0;
    unsigned long count = 0;

    while (getline(&line, &size, file) >= 0) {
        if (previous != NULL && strcmp(previous, line) == 0) {
            count++;
            continue;
        }
        if (previous != NULL)
            print(previous, count);
        free(previous);
        previous = strdup(line);
        if (previous == NULL)
            err(EXIT_FAILURE, "%s", name);
        count = 1;
    }
    if (previous != NULL)
        print(previous, count);
    free(previous);
    free(line);
    return 0;
}

int main(int argc, char **argv)
{
    if (argc > 1 && strcmp(argv[1], "-c") == 0) {
        counting = true;
        argv++;
    }
    return for_each_input(argv + 1, filter);
}
