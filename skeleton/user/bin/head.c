/* head [-LINES | -n LINES] [FILE...]: the first lines of files, 10 or as many
 * as said. */
#include <args.h>
#include <err.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MAX_LINES 999999

static unsigned long wanted = 10;

static int print_first(FILE *file, const char *name)
{
    char *line = NULL;
    size_t size = 0;
    ssize_t length;

    (void)name;
    for (unsigned long i = 0; i < wanted; i++) {
        length = getline(&line, &size, file);
        if (length < 0)
            break;
        write_all(STDOUT_FILENO, line, length);
    }
    free(line);
    return 0;
}

int main(int argc, char **argv)
{
    argv++;
    if (argc > 1 && strcmp(*argv, "-n") == 0) {
        if (argc == 2)
            usage("[-LINES | -n LINES] [FILE...]");
        wanted = number_argument(argv[1], 0, MAX_LINES);
        argv += 2;
    } else if (argc > 1 && argv[0][0] == '-') {
        wanted = number_argument(argv[0] + 1, 0, MAX_LINES);
        argv++;
    }
    return for_each_input(argv, print_first);
}
