/*
 * insmod FILE: hands an object to the kernel, which makes it a part of itself.
 * What is not in this folder is looked for in /lib.
 */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define PATH_SIZE 256

static int open_module(const char *name)
{
    char path[PATH_SIZE];
    int fd = open(name, O_RDONLY);

    if (fd >= 0 || errno != ENOENT || strchr(name, '/') != NULL)
        return fd;
    snprintf(path, sizeof(path), "/lib/%s", name);
    return open(path, O_RDONLY);
}

/* The whole file, in memory of the heap. */
static char *read_file(int fd, const char *name, size_t *nbytes)
{
    struct stat status;
    char *bytes;
    size_t done = 0;
    ssize_t n = 1;

    if (fstat(fd, &status) < 0)
        err(EXIT_FAILURE, "%s", name);
    bytes = malloc(status.st_size + 1);
    if (bytes == NULL)
        err(EXIT_FAILURE, "%s", name);
    while (n > 0 && done < (size_t)status.st_size) {
        n = read(fd, bytes + done, status.st_size - done);
        if (n < 0)
            err(EXIT_FAILURE, "%s", name);
        done += n;
    }
    *nbytes = done;
    return bytes;
}

int main(int argc, char **argv)
{
    size_t nbytes;
    char *bytes;
    int fd;

    if (argc != 2)
        usage("FILE");
    fd = open_module(argv[1]);
    if (fd < 0)
        err(EXIT_FAILURE, "%s", argv[1]);
    bytes = read_file(fd, argv[1], &nbytes);
    if (syscall(SYS_init_module, bytes, nbytes, "") < 0)
        err(EXIT_FAILURE, "%s", argv[1]);
    return 0;
}
