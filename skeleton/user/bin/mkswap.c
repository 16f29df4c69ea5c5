/*
 * mkswap PATH: makes a disk, or a file, a swap area. Its first page describes
 * it, as in Linux:
 *
 *     byte 1024   version 1, number of the last page, of bad pages: 0
 *     byte 4086   SWAPSPACE2
 *
 * All others are slots, from 1 on; what they hold does not matter.
 */
#include <err.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define BOOT_BYTES 1024 /* a boot loader's */
#define SIGNATURE  "SWAPSPACE2"
#define VERSION    1
#define MIN_PAGES  10

struct swap_header {
    char boot[BOOT_BYTES];
    unsigned int version, last_page, nr_badpages;
};

static union {
    struct swap_header header;
    char bytes[PAGE_SIZE];
} page;

int main(int argc, char **argv)
{
    unsigned long npages;
    off_t size;
    int fd;

    if (argc != 2)
        usage("PATH");
    fd = open(argv[1], O_RDWR);
    if (fd < 0)
        err(EXIT_FAILURE, "%s", argv[1]);
    size = lseek(fd, 0, SEEK_END);
    if (size < 0 || lseek(fd, 0, SEEK_SET) < 0)
        err(EXIT_FAILURE, "%s", argv[1]);
    npages = (unsigned long)size / PAGE_SIZE;
    if (npages < MIN_PAGES)
        errx(EXIT_FAILURE, "%s: has %lu pages; %d are the least", argv[1],
             npages, MIN_PAGES);
    page.header.version = VERSION;
    page.header.last_page = npages - 1;
    memcpy(page.bytes + PAGE_SIZE - strlen(SIGNATURE), SIGNATURE,
           strlen(SIGNATURE));
    if (write_all(fd, page.bytes, sizeof(page.bytes)) < 0)
        err(EXIT_FAILURE, "%s", argv[1]);
    printf("%s: swap area, %lu pages of 4 KB\n", argv[1], npages - 1);
    return EXIT_SUCCESS;
}
