/*
 * memhog [MB]: lets its heap grow page by page and writes into each page,
 * until it has so many megabytes, the kernel refuses, or kills it.
 */
#include <args.h>
#include <err.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#define MEGABYTE     (1024 * 1024)
#define PROGRESS_MB  4
#define MAX_MEGABYTE 3072

/* One page more; NULL if the kernel refuses. */
static char *grow(void)
{
    void *page = sbrk(PAGE_SIZE);

    return page != (void *)-1 ? page : NULL;
}

int main(int argc, char **argv)
{
    unsigned long limit = MAX_MEGABYTE, pages, per_megabyte;

    if (argc > 2)
        usage("[MB]");
    if (argc == 2)
        limit = number_argument(argv[1], 1, MAX_MEGABYTE);
    per_megabyte = MEGABYTE / PAGE_SIZE;
    for (pages = 0; pages < limit * per_megabyte; pages++) {
        char *page = grow();

        if (page == NULL) {
            warn("refused after %lu pages, %lu MB", pages,
                 pages / per_megabyte);
            return EXIT_FAILURE;
        }
        page[0] = 1;
        if ((pages + 1) % (PROGRESS_MB * per_megabyte) == 0)
            printf("memhog: %lu MB\n", (pages + 1) / per_megabyte);
    }
    printf("memhog: has its %lu MB and ends\n", limit);
    return 0;
}
