/* maps [PID]: the areas of a process's address space; else of its own. */
#include <args.h>
#include <err.h>
#include <stdlib.h>
#include <unistd.h>

#define MAX_PID   99999
#define PATH_SIZE 32

int main(int argc, char **argv)
{
    char path[PATH_SIZE];
    char *line = NULL;
    size_t size = 0;
    ssize_t length;
    FILE *file;

    if (argc > 2)
        usage("[PID]");
    if (argc == 2)
        snprintf(path, sizeof(path), "/proc/%lu/maps",
                 number_argument(argv[1], 1, MAX_PID));
    else
        snprintf(path, sizeof(path), "/proc/self/maps");
    file = fopen(path, "r");
    if (file == NULL)
        err(EXIT_FAILURE, "%s", path);
    while ((length = getline(&line, &size, file)) >= 0)
        write_all(STDOUT_FILENO, line, length);
    free(line);
    fclose(file);
    return 0;
}
