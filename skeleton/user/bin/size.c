/*
 * size FILE...: how many bytes of a program are text (what is only read: code
 * and constants), data (variables with a value) and bss (variables that begin
 * as zeros and are not in the file). The table of sections says so.
 */
#include <elf.h>
#include <err.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct sizes {
    unsigned long text, data, bss;
};

/* Reads exactly so many bytes at an offset; 0 or -1. */
static int read_at(int fd, off_t offset, void *buffer, size_t nbytes)
{
    if (lseek(fd, offset, SEEK_SET) < 0)
        return -1;
    return read(fd, buffer, nbytes) == (ssize_t)nbytes ? 0 : -1;
}

static void add(struct sizes *sizes, const Elf32_Shdr *section)
{
    if (!(section->sh_flags & SHF_ALLOC))
        return;
    if (section->sh_type == SHT_NOBITS)
        sizes->bss += section->sh_size;
    else if (section->sh_flags & SHF_WRITE)
        sizes->data += section->sh_size;
    else
        sizes->text += section->sh_size;
}

static int measure(int fd, struct sizes *sizes)
{
    Elf32_Ehdr header;
    Elf32_Shdr section;

    if (read_at(fd, 0, &header, sizeof(header)) < 0 ||
        memcmp(header.e_ident, ELF_MAGIC, ELF_MAGIC_SIZE) != 0 ||
        header.e_ident[EI_CLASS] != ELFCLASS32)
        return -1;
    for (unsigned int i = 0; i < header.e_shnum; i++) {
        if (read_at(fd, header.e_shoff + i * sizeof(section), &section,
                    sizeof(section)) < 0)
            return -1;
        add(sizes, &section);
    }
    return 0;
}

static int print_size(const char *name)
{
    struct sizes sizes = {0, 0, 0};
    unsigned long sum;
    int fd = open(name, O_RDONLY), rc;

    if (fd < 0) {
        warn("%s", name);
        return -1;
    }
    rc = measure(fd, &sizes);
    close(fd);
    if (rc < 0) {
        warnx("%s: not a 32-bit ELF file", name);
        return -1;
    }
    sum = sizes.text + sizes.data + sizes.bss;
    printf("%7lu\t%7lu\t%7lu\t%7lu\t%7lx\t%s\n", sizes.text, sizes.data,
           sizes.bss, sum, sum, name);
    return 0;
}

int main(int argc, char **argv)
{
    int code = EXIT_SUCCESS;

    if (argc < 2)
        usage("FILE...");
    printf("   text\t   data\t    bss\t    dec\t    hex\tfilename\n");
    for (int i = 1; i < argc; i++)
        if (print_size(argv[i]) < 0)
            code = EXIT_FAILURE;
    return code;
}
