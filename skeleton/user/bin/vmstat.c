/*
 * vmstat [SECONDS [COUNT]]: memory in kilobytes, and what went to swap areas
 * (si, so) and disks (bi, bo), in kilobytes: since the boot, and in each
 * further line since the line before. From /proc/meminfo and /proc/vmstat; what
 * the kernel does not tell is 0.
 */
#include <args.h>
#include <ctype.h>
#include <err.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PAGE_KB     4
#define MAX_SECONDS 3600
#define MAX_COUNT   1000000

enum {
    MEM_FREE,
    BUFFERS,
    CACHED,
    SWAP_TOTAL,
    SWAP_FREE,
    SWAP_IN,
    SWAP_OUT,
    DISK_IN,
    DISK_OUT,
    FIELDS,
};

/* How lines begin. */
static const char *const names[FIELDS] = {
    [MEM_FREE] = "MemFree:",   [BUFFERS] = "Buffers:",
    [CACHED] = "Cached:",      [SWAP_TOTAL] = "SwapTotal:",
    [SWAP_FREE] = "SwapFree:", [SWAP_IN] = "pswpin ",
    [SWAP_OUT] = "pswpout ",   [DISK_IN] = "pgpgin ",
    [DISK_OUT] = "pgpgout ",
};

static void parse(const char *line, unsigned long values[FIELDS])
{
    for (int i = 0; i < FIELDS; i++) {
        size_t length = strlen(names[i]);

        if (strncmp(line, names[i], length) != 0)
            continue;
        line += length;
        while (isspace(*line))
            line++;
        values[i] = strtoul(line, NULL, 10);
        return;
    }
}

static void read_file(const char *path, unsigned long values[FIELDS])
{
    FILE *file = fopen(path, "r");
    char *line = NULL;
    size_t size = 0;

    if (file == NULL)
        err(EXIT_FAILURE, "%s", path);
    while (getline(&line, &size, file) >= 0)
        parse(line, values);
    fclose(file);
    free(line);
}

static void print_since(const unsigned long before[FIELDS],
                        const unsigned long now[FIELDS])
{
    printf("%8lu %8lu %8lu %8lu %7lu %7lu %7lu %7lu\n",
           now[SWAP_TOTAL] - now[SWAP_FREE], now[MEM_FREE], now[BUFFERS],
           now[CACHED], PAGE_KB * (now[SWAP_IN] - before[SWAP_IN]),
           PAGE_KB * (now[SWAP_OUT] - before[SWAP_OUT]),
           now[DISK_IN] - before[DISK_IN], now[DISK_OUT] - before[DISK_OUT]);
}

int main(int argc, char **argv)
{
    unsigned long before[FIELDS] = {0}, seconds = 0, count = 1;

    if (argc > 3)
        usage("[SECONDS [COUNT]]");
    if (argc > 1) {
        seconds = number_argument(argv[1], 1, MAX_SECONDS);
        count = MAX_COUNT;
    }
    if (argc > 2)
        count = number_argument(argv[2], 1, MAX_COUNT);
    printf("%8s %8s %8s %8s %7s %7s %7s %7s\n", "swapped", "free", "buffers",
           "cached", "si", "so", "bi", "bo");
    while (count-- > 0) {
        unsigned long now[FIELDS] = {0};

        read_file("/proc/meminfo", now);
        read_file("/proc/vmstat", now);
        print_since(before, now);
        memcpy(before, now, sizeof(before));
        if (count > 0)
            sleep(seconds);
    }
    return EXIT_SUCCESS;
}
