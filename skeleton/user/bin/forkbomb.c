/*
 * forkbomb [N]: makes children until fork() fails, at most N, and says how
 * many it could make. The children wait; then it ends and reaps them all.
 */
#include <args.h>
#include <err.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <errno.h>
#include <sys/wait.h>
#include <unistd.h>

#define MAX_CHILDREN 10000

static pid_t children[MAX_CHILDREN];

/* Returns how many it made; fewer than wanted: errno says why. */
static unsigned long make_children(unsigned long wanted)
{
    for (unsigned long count = 0; count < wanted; count++) {
        pid_t pid = fork();

        if (pid < 0)
            return count;
        if (pid == 0) {
            pause();
            _exit(EXIT_SUCCESS);
        }
        children[count] = pid;
    }
    return wanted;
}

static unsigned long end_children(unsigned long count)
{
    unsigned long reaped = 0;

    for (unsigned long i = 0; i < count; i++)
        kill(children[i], SIGKILL);
    for (unsigned long i = 0; i < count; i++)
        if (waitpid(children[i], NULL, 0) == children[i])
            reaped++;
    return reaped;
}

int main(int argc, char **argv)
{
    unsigned long wanted = MAX_CHILDREN, made, reaped;

    if (argc > 2)
        usage("[N]");
    if (argc == 2)
        wanted = number_argument(argv[1], 1, MAX_CHILDREN);
    made = make_children(wanted);
    printf("forkbomb: made %lu children", made);
    if (made < wanted)
        printf(", then fork() failed: %s", strerror(errno));
    putchar('\n');
    reaped = end_children(made);
    printf("forkbomb: ended and reaped %lu\n", reaped);
    return reaped == made ? EXIT_SUCCESS : EXIT_FAILURE;
}
