/*
 * openmany [FILE]: opens a file again and again until that fails, and says how
 * often it could and why not once more.
 */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DEFAULT_FILE "/etc/motd"
#define MAX_OPENED   100000

int main(int argc, char **argv)
{
    const char *path = argc == 2 ? argv[1] : DEFAULT_FILE;
    unsigned long opened = 0;

    if (argc > 2)
        usage("[FILE]");
    while (opened < MAX_OPENED && open(path, O_RDONLY) >= 0)
        opened++;
    if (opened == MAX_OPENED)
        printf("openmany: opened %s %lu times and stopped\n", path, opened);
    else
        printf("openmany: opened %s %lu times, then: %s\n", path, opened,
               strerror(errno));
    return opened > 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
