/*
 * mapdemo: maps a file twice and writes into both mappings. What is written
 * into the shared one is in the file; what is written into the private one is
 * in a copy of the page that only this process has.
 */
#include <err.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define PATH "/tmp/mapdemo"
#define TEXT "as it was in the file"

static void show_file(int fd)
{
    char text[sizeof(TEXT)] = "";

    if (lseek(fd, 0, SEEK_SET) < 0 || read(fd, text, sizeof(text) - 1) < 0)
        err(EXIT_FAILURE, PATH);
    printf("  file:    %s\n", text);
}

static void show(const char *event, const char *shared, const char *private,
                 int fd)
{
    printf("%s\n", event);
    printf("  shared:  %s\n", shared);
    printf("  private: %s\n", private);
    show_file(fd);
}

static char *map(int fd, int flags)
{
    char *mapping = mmap(NULL, PAGE_SIZE, PROT_READ | PROT_WRITE, flags, fd, 0);

    if (mapping == MAP_FAILED)
        err(EXIT_FAILURE, "mmap");
    return mapping;
}

static void overwrite(char *mapping, const char *text)
{
    memcpy(mapping, text, strlen(text));
}

int main(void)
{
    int fd = open(PATH, O_RDWR | O_CREAT | O_TRUNC, 0644);
    char *shared, *private;

    if (fd < 0 || write_all(fd, TEXT, strlen(TEXT)) < 0)
        err(EXIT_FAILURE, PATH);
    shared = map(fd, MAP_SHARED);
    private = map(fd, MAP_PRIVATE);
    show("Mapped twice:", shared, private, fd);
    overwrite(private, "PRIVATE");
    show("After a write into the private mapping:", shared, private, fd);
    overwrite(shared, "SHARED ");
    show("After a write into the shared mapping:", shared, private, fd);
    if (munmap(shared, PAGE_SIZE) < 0 || munmap(private, PAGE_SIZE) < 0)
        err(EXIT_FAILURE, "munmap");
    close(fd);
    unlink(PATH);
    return 0;
}
