/* ps: the processes, from /proc/PID/status; sizes in kilobytes. */
#include <ctype.h>
#include <dirent.h>
#include <err.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PATH_SIZE 64
#define NAME_SIZE 32
#define MAX_PIDS  4096

struct process {
    unsigned long pid, parent, size, resident;
    char state;
    char name[NAME_SIZE];
};

/* The value if the line is of that field, otherwise NULL. */
static const char *value_of(const char *line, const char *field)
{
    size_t length = strlen(field);

    if (strncmp(line, field, length) != 0)
        return NULL;
    for (line += length; isspace(*line);)
        line++;
    return line;
}

static void parse_number(const char *line, const char *field,
                         unsigned long *number)
{
    const char *value = value_of(line, field);

    if (value != NULL)
        *number = strtoul(value, NULL, 10);
}

static void parse(const char *line, struct process *process)
{
    const char *name = value_of(line, "Name:");
    const char *state = value_of(line, "State:");

    if (name != NULL)
        snprintf(process->name, sizeof(process->name), "%.*s",
                 (int)strlen(name) - 1, name);
    if (state != NULL)
        process->state = *state;
    parse_number(line, "Pid:", &process->pid);
    parse_number(line, "PPid:", &process->parent);
    parse_number(line, "VmSize:", &process->size);
    parse_number(line, "VmRSS:", &process->resident);
}

/* False if the process has ended in the meantime. */
static bool read_status(unsigned long pid, struct process *process)
{
    char path[PATH_SIZE];
    char *line = NULL;
    size_t size = 0;
    FILE *file;

    *process = (struct process){.pid = pid, .state = '?', .name = "?"};
    snprintf(path, sizeof(path), "/proc/%lu/status", pid);
    file = fopen(path, "r");
    if (file == NULL)
        return false;
    while (getline(&line, &size, file) >= 0)
        parse(line, process);
    free(line);
    fclose(file);
    return true;
}

static int by_number(const void *a, const void *b)
{
    unsigned long left = *(const unsigned long *)a;
    unsigned long right = *(const unsigned long *)b;

    return (left > right) - (left < right);
}

/* All numbers in /proc, in order. Returns how many. */
static size_t list_pids(unsigned long *pids, size_t max)
{
    DIR *dir = opendir("/proc");
    struct dirent *entry;
    size_t count = 0;

    if (dir == NULL)
        err(EXIT_FAILURE, "/proc");
    while (count < max && (entry = readdir(dir)) != NULL)
        if (isdigit(entry->d_name[0]))
            pids[count++] = strtoul(entry->d_name, NULL, 10);
    closedir(dir);
    qsort(pids, count, sizeof(*pids), by_number);
    return count;
}

int main(void)
{
    static unsigned long pids[MAX_PIDS];
    size_t count = list_pids(pids, MAX_PIDS);
    struct process process;

    printf("  PID  PPID S   VmSize    VmRSS NAME\n");
    for (size_t i = 0; i < count; i++)
        if (read_status(pids[i], &process))
            printf("%5lu %5lu %c %8lu %8lu %s\n", process.pid, process.parent,
                   process.state, process.size, process.resident, process.name);
    return 0;
}
