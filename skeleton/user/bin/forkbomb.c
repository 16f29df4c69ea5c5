/*
 * forkbomb [N]: makes children until fork() fails, at most N, and says how
 * many it could make. The children wait; then it ends and reaps them all.
 *
 * When memory is full, it must be fork() that finds none, and not our next
 * store to a page that we share with the child: that would be our end. So a
 * file holds some pages in reserve, and gives them back before anything is
 * stored. It is filled again before the next fork(); if there is too little
 * memory for that, there is none at all for the fork().
 */
#include <args.h>
#include <err.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <errno.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define MAX_CHILDREN  10000
#define RESERVE       "/tmp/forkbomb"
#define RESERVE_BYTES 65536

static pid_t children[MAX_CHILDREN];

static int open_reserve(void)
{
    int fd = open(RESERVE, O_RDWR | O_CREAT | O_TRUNC, 0600);

    if (fd < 0)
        err(EXIT_FAILURE, RESERVE);
    unlink(RESERVE); /* it goes with the last of us */
    return fd;
}

static void fill(int reserve)
{
    static const char zeros[RESERVE_BYTES];

    lseek(reserve, 0, SEEK_SET);
    write(reserve, zeros, sizeof(zeros));
}

/* fork(), then ftruncate(reserve, 0), in registers only. The child lets its
 * parent do that first, which is where pages come from for both. */
static pid_t fork_and_empty(int reserve)
{
    long number = SYS_fork;
    pid_t pid;

    __asm__ volatile(
        "int $0x80\n\t"
        "mov %%eax, %%edx\n\t"
        "mov %[truncate], %%eax\n\t"
        "test %%edx, %%edx\n\t"
        "jnz 1f\n\t"
        "mov %[yield], %%eax\n"
        "1:\n\t"
        "int $0x80"
        : "=&d"(pid), "+a"(number)
        : "b"(reserve),
          "c"(0), [truncate] "i"(SYS_ftruncate), [yield] "i"(SYS_sched_yield)
        : "memory");
    if (pid >= 0)
        return pid;
    errno = -pid;
    return -1;
}

/* Returns how many it made; fewer than wanted: errno says why. */
static unsigned long make_children(unsigned long wanted)
{
    int reserve = open_reserve();

    for (unsigned long count = 0; count < wanted; count++) {
        pid_t pid;

        fill(reserve);
        pid = fork_and_empty(reserve);
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
