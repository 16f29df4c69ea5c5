/* Command lines. */
#include <args.h>

#include <ctype.h>
#include <err.h>
#include <stdlib.h>
#include <string.h>

/* Nine digits fit into 32 bits whatever they are. */
#define MAX_DIGITS 9

unsigned long number_argument(const char *text, unsigned long min,
                              unsigned long max)
{
    char *end;
    unsigned long number = strtoul(text, &end, 10);

    if (!isdigit(text[0]) || *end != '\0' || end - text > MAX_DIGITS ||
        number < min || number > max)
        errx(EXIT_FAILURE, "%s: not a number from %lu to %lu", text, min, max);
    return number;
}

int for_each_input(char **names, int (*use)(FILE *file, const char *name))
{
    int code = EXIT_SUCCESS;

    if (*names == NULL)
        return use(stdin, "-") == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
    for (; *names != NULL; names++) {
        FILE *file = fopen(*names, "r");

        if (file == NULL) {
            warn("%s", *names);
            code = EXIT_FAILURE;
            continue;
        }
        if (use(file, *names) != 0)
            code = EXIT_FAILURE;
        fclose(file);
    }
    return code;
}
