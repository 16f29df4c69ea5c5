/* kill [-SIGNAL] PID...: sends a signal, by number or name; else SIGTERM. */
#include <args.h>
#include <ctype.h>
#include <err.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#define MAX_SIGNAL 31
#define MAX_PID    99999

/* 9, KILL or SIGKILL. */
static int parse_signal(const char *text)
{
    if (isdigit(text[0]))
        return (int)number_argument(text, 0, MAX_SIGNAL);
    if (strncmp(text, "SIG", 3) == 0)
        text += 3;
    for (int number = 1; number <= MAX_SIGNAL; number++)
        if (strcmp(signal_name(number), "unknown") != 0 &&
            strcmp(signal_name(number) + 3, text) == 0)
            return number;
    errx(EXIT_FAILURE, "%s: no such signal", text);
}

int main(int argc, char **argv)
{
    int at = 1, number = SIGTERM, code = EXIT_SUCCESS;

    if (argc > 1 && argv[1][0] == '-') {
        number = parse_signal(argv[1] + 1);
        at = 2;
    }
    if (at >= argc)
        usage("[-SIGNAL] PID...");
    for (; at < argc; at++) {
        if (kill((pid_t)number_argument(argv[at], 1, MAX_PID), number) < 0) {
            warn("%s", argv[at]);
            code = EXIT_FAILURE;
        }
    }
    return code;
}
