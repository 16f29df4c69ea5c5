/* sort [-n] [-r] [FILE...]: lines in order; -n: of numbers, -r: backwards. */
#include <args.h>
#include <ctype.h>
#include <err.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

static char **lines;
static size_t line_count, line_room;
static bool numeric, backwards;

static void add(char *line, const char *name)
{
    if (line_count == line_room) {
        size_t room = line_room > 0 ? 2 * line_room : 64;
        char **larger = realloc(lines, room * sizeof(*lines));

        if (larger == NULL)
            err(EXIT_FAILURE, "%s", name);
        lines = larger;
        line_room = room;
    }
    lines[line_count++] = line;
}

static int collect(FILE *file, const char *name)
{
    char *line = NULL;
    size_t size = 0;
    ssize_t length;

    while ((length = getline(&line, &size, file)) >= 0) {
        if (line[length - 1] == '\n')
            line[length - 1] = '\0';
        add(line, name);
        line = NULL;
        size = 0;
    }
    free(line);
    return 0;
}

static unsigned long number_of(const char *line)
{
    while (isspace(*line))
        line++;
    return strtoul(line, NULL, 10);
}

/* Lines of the same number are in the order of their texts. */
static int compare(const void *a, const void *b)
{
    const char *left = *(char *const *)a, *right = *(char *const *)b;
    int order = 0;

    if (numeric)
        order = (number_of(left) > number_of(right)) -
                (number_of(left) < number_of(right));
    if (order == 0)
        order = strcmp(left, right);
    return backwards ? -order : order;
}

int main(int argc, char **argv)
{
    int code;

    (void)argc;
    for (argv++; *argv != NULL && (*argv)[0] == '-'; argv++) {
        if (strcmp(*argv, "-n") == 0)
            numeric = true;
        else if (strcmp(*argv, "-r") == 0)
            backwards = true;
        else
            usage("[-n] [-r] [FILE...]");
    }
    code = for_each_input(argv, collect);
    qsort(lines, line_count, sizeof(*lines), compare);
    for (size_t i = 0; i < line_count; i++)
        puts(lines[i]);
    return code;
}
