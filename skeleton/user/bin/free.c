/* free: how much memory there is, from /proc/meminfo, in kilobytes. */
#include <ctype.h>
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct field {
    const char *name; /* as the line begins */
    unsigned long kilobytes;
};

enum {
    MEM_TOTAL,
    MEM_FREE,
    BUFFERS,
    CACHED,
    SWAP_TOTAL,
    SWAP_FREE,
    FIELDS,
};

static struct field fields[FIELDS] = {
    [MEM_TOTAL] = {"MemTotal:", 0},   [MEM_FREE] = {"MemFree:", 0},
    [BUFFERS] = {"Buffers:", 0},      [CACHED] = {"Cached:", 0},
    [SWAP_TOTAL] = {"SwapTotal:", 0}, [SWAP_FREE] = {"SwapFree:", 0},
};

static void parse(const char *line)
{
    for (int i = 0; i < FIELDS; i++) {
        size_t length = strlen(fields[i].name);

        if (strncmp(line, fields[i].name, length) != 0)
            continue;
        line += length;
        while (isspace(*line))
            line++;
        fields[i].kilobytes = strtoul(line, NULL, 10);
        return;
    }
}

static void print(const char *name, int total, int unused)
{
    printf("%-6s %9lu %9lu %9lu", name, fields[total].kilobytes,
           fields[total].kilobytes - fields[unused].kilobytes,
           fields[unused].kilobytes);
}

int main(void)
{
    FILE *file = fopen("/proc/meminfo", "r");
    char *line = NULL;
    size_t size = 0;

    if (file == NULL)
        err(EXIT_FAILURE, "/proc/meminfo");
    while (getline(&line, &size, file) >= 0)
        parse(line);
    fclose(file);
    free(line);
    printf("%-6s %9s %9s %9s %9s %9s\n", "", "total", "used", "free", "buffers",
           "cached");
    print("Mem:", MEM_TOTAL, MEM_FREE);
    printf(" %9lu %9lu\n", fields[BUFFERS].kilobytes, fields[CACHED].kilobytes);
    print("Swap:", SWAP_TOTAL, SWAP_FREE);
    putchar('\n');
    return 0;
}
