/* swapoff PATH...: brings back what is on these swap areas; they are free
 * then. */
#include <err.h>
#include <stdlib.h>
#include <sys/swap.h>

int main(int argc, char **argv)
{
    int code = EXIT_SUCCESS;

    if (argc == 1)
        usage("PATH...");
    for (int at = 1; at < argc; at++) {
        if (swapoff(argv[at]) == 0)
            continue;
        warn("%s", argv[at]);
        code = EXIT_FAILURE;
    }
    return code;
}
