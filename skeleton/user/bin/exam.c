/*
 * exam [SECONDS]: the program to look at in /proc/PID/maps. It has something
 * in each part of its address space, says where, and sleeps.
 */
#include <args.h>
#include <err.h>
#include <stdlib.h>
#include <unistd.h>

#define DEFAULT_SECONDS 999999
#define HEAP_BYTES      (64 * 1024)
#define BSS_BYTES       (16 * 1024)

static int with_value = 2003;         /* data: its value is in the file */
static char without_value[BSS_BYTES]; /* bss: only its size is */

/* Addresses as /proc/PID/maps writes them. */
static void show(const char *part, const void *address, const char *what)
{
    printf("  %-5s  %08lx  %s\n", part, (unsigned long)address, what);
}

int main(int argc, char **argv)
{
    unsigned long seconds = DEFAULT_SECONDS;
    int on_stack = 0;
    char *on_heap;

    if (argc > 2)
        usage("[SECONDS]");
    if (argc == 2)
        seconds = number_argument(argv[1], 0, DEFAULT_SECONDS);
    on_heap = malloc(HEAP_BYTES);
    if (on_heap == NULL)
        err(EXIT_FAILURE, "malloc");
    printf("exam: pid %d\n", getpid());
    show("text", (void *)main, "main()");
    show("data", &with_value, "a variable with a value");
    show("bss", without_value, "a variable without");
    show("heap", on_heap, "from malloc()");
    show("stack", &on_stack, "a local variable");
    sleep(seconds);
    free(on_heap);
    return 0;
}
