/*
 * maptest [FILE]: maps the pages of the device "mapfile" (or FILE), which is
 * that of the module map_driver, and prints the text that each begins with.
 */
#include <err.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#define NAME  "mapfile"
#define PAGES 10

int main(int argc, char **argv)
{
    const char *name = argc > 1 ? argv[1] : NAME;
    const char *pages;
    int fd;

    if (argc > 2)
        usage("[FILE]");
    fd = open(name, O_RDONLY);
    if (fd < 0)
        err(EXIT_FAILURE, "%s", name);
    pages = mmap(NULL, PAGES * PAGE_SIZE, PROT_READ, MAP_SHARED, fd, 0);
    if (pages == MAP_FAILED)
        err(EXIT_FAILURE, "%s", name);
    for (int i = 0; i < PAGES; i++)
        printf("%s\n", pages + i * PAGE_SIZE);
    munmap((void *)pages, PAGES * PAGE_SIZE);
    close(fd);
    return 0;
}
