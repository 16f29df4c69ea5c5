/*
 * swapon [-p PRIORITY] PATH...: lets the kernel swap to these areas, to those
 * of the highest priority first. Without arguments: which there are.
 */
#include <args.h>
#include <err.h>
#include <stdlib.h>
#include <string.h>
#include <sys/swap.h>

static int print_all(FILE *file)
{
    char *line = NULL;
    size_t size = 0;

    while (getline(&line, &size, file) >= 0)
        printf("%s", line);
    free(line);
    return EXIT_SUCCESS;
}

int main(int argc, char **argv)
{
    int at = 1, flags = 0, code = EXIT_SUCCESS;

    if (argc == 1) {
        FILE *file = fopen("/proc/swaps", "r");

        if (file == NULL)
            err(EXIT_FAILURE, "/proc/swaps");
        return print_all(file);
    }
    if (strcmp(argv[1], "-p") == 0) {
        if (argc < 4)
            usage("[-p PRIORITY] PATH...");
        flags = SWAP_FLAG_PREFER |
                (int)number_argument(argv[2], 0, SWAP_FLAG_PRIO_MASK);
        at = 3;
    }
    for (; at < argc; at++) {
        if (swapon(argv[at], flags) == 0)
            continue;
        warn("%s", argv[at]);
        code = EXIT_FAILURE;
    }
    return code;
}
