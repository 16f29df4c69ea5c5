/* echo [-n] [WORD...]: prints its arguments; -n: without a newline. */
#include <stdio.h>
#include <string.h>

int main(int argc, char **argv)
{
    int at = 1, newline = 1;

    if (argc > 1 && strcmp(argv[1], "-n") == 0) {
        newline = 0;
        at = 2;
    }
    for (; at < argc; at++)
        printf("%s%s", argv[at], at + 1 < argc ? " " : "");
    if (newline)
        putchar('\n');
    return 0;
}
