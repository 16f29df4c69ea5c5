/* lsmod: the modules that are loaded, from /proc/modules. */
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int main(void)
{
    FILE *file = fopen("/proc/modules", "r");
    char *line = NULL;
    size_t size = 0;
    ssize_t length;

    if (file == NULL)
        err(EXIT_FAILURE, "/proc/modules");
    printf("%-20s %7s %s\n", "Module", "Bytes", "Uses");
    while ((length = getline(&line, &size, file)) >= 0)
        printf("%s", line);
    free(line);
    fclose(file);
    return 0;
}
