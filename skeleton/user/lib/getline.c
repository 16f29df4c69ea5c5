/* Files that are read line by line. */
#include <stdio.h>

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define BUFFER_SIZE 4096
#define FIRST_LINE  128

struct file {
    int fd;
    size_t at, end; /* what is in the buffer and not yet read */
    char buffer[BUFFER_SIZE];
};

static struct file standard_input = {.fd = STDIN_FILENO};
FILE *const stdin = &standard_input;

FILE *fopen(const char *path, const char *mode)
{
    struct file *file;
    int fd;

    if (strcmp(mode, "r") != 0) {
        errno = EINVAL;
        return NULL;
    }
    fd = open(path, O_RDONLY);
    if (fd < 0)
        return NULL;
    file = malloc(sizeof(*file));
    if (file == NULL) {
        close(fd);
        return NULL;
    }
    file->fd = fd;
    file->at = file->end = 0;
    return file;
}

int fclose(FILE *file)
{
    int rc = close(file->fd);

    if (file != stdin)
        free(file);
    return rc;
}

int fileno(FILE *file)
{
    return file->fd;
}

/* The next byte, or -1 at the end and after an error. */
static int next_byte(struct file *file)
{
    if (file->at == file->end) {
        ssize_t nbytes = read(file->fd, file->buffer, sizeof(file->buffer));

        if (nbytes <= 0)
            return -1;
        file->at = 0;
        file->end = nbytes;
    }
    return (unsigned char)file->buffer[file->at++];
}

/* Makes room for `wanted` bytes. */
static int reserve(char **line, size_t *size, size_t wanted)
{
    size_t larger = *size > 0 ? 2 * *size : FIRST_LINE;
    char *moved;

    if (wanted <= *size)
        return 0;
    moved = realloc(*line, larger);
    if (moved == NULL)
        return -1;
    *line = moved;
    *size = larger;
    return 0;
}

ssize_t getline(char **line, size_t *size, FILE *file)
{
    size_t length = 0;
    int byte;

    do {
        byte = next_byte(file);
        if (byte < 0)
            break;
        if (reserve(line, size, length + 2) < 0)
            return -1;
        (*line)[length++] = (char)byte;
    } while (byte != '\n');
    if (length == 0)
        return -1;
    (*line)[length] = '\0';
    return (ssize_t)length;
}
