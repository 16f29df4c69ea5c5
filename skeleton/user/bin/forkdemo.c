/*
 * forkdemo: what copy-on-write looks like from a program. After fork() parent
 * and child have a variable at the same address; a write of one isn't seen by
 * the other, because it gives the writer a page frame of its own.
 */
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static int value = 1;

static void show(const char *who)
{
    printf("%s value at %p is %d\n", who, (void *)&value, value);
}

static void be_the_child(void)
{
    show("child,  before it writes:");
    value = 2;
    show("child,  after it wrote 2:");
    exit(EXIT_SUCCESS);
}

int main(void)
{
    int status;
    pid_t child;

    show("parent, before fork():   ");
    child = fork();
    if (child < 0)
        err(EXIT_FAILURE, "fork");
    if (child == 0)
        be_the_child();
    if (waitpid(child, &status, 0) != child)
        err(EXIT_FAILURE, "waitpid");
    show("parent, child has ended: ");
    printf("One address, two values: the first write made a copy.\n");
    return WIFEXITED(status) ? WEXITSTATUS(status) : EXIT_FAILURE;
}
