/*
 * Opens an object and asks the parts of the gate in turn: sections, then
 * symbols, then relocations. Each relies on what those before have let
 * through.
 */
#include "gate.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>
#include "gate_object.h"

/* Before libelf sees it: a text file, an archive or LLVM bitcode is none. */
static int check_magic(int fd, struct error *err)
{
    char magic[SELFMAG] = {0};
    ssize_t n = pread(fd, magic, sizeof magic, 0);

    if (n < 0)
        return fail_errno(err, ERROR_INFRA, "could not read an object");
    if (n != SELFMAG || memcmp(magic, ELFMAG, SELFMAG) != 0)
        return fail(err, ERROR_REJECTED,
                    "The compiler's output is not an ELF object.");
    return 0;
}

static int check_header(Elf *elf, struct error *err)
{
    GElf_Ehdr header;

    if (elf_kind(elf) != ELF_K_ELF || gelf_getehdr(elf, &header) == NULL)
        return fail(err, ERROR_REJECTED, "The object's ELF header is broken.");
    if (header.e_ident[EI_CLASS] != ELFCLASS32 ||
        header.e_ident[EI_DATA] != ELFDATA2LSB || header.e_machine != EM_386 ||
        header.e_type != ET_REL || header.e_phnum != 0)
        return fail(err, ERROR_REJECTED,
                    "The object is not a relocatable one for 32-bit x86.");
    return 0;
}

static int check_all(Elf *elf, const struct gate_policy *policy,
                     struct error *err)
{
    struct gate_object object = {.elf = elf};
    int rc = check_header(elf, err);

    if (rc == 0)
        rc = gate_sections(&object, err);
    if (rc == 0)
        rc = gate_symbols(&object, policy, err);
    if (rc == 0)
        rc = gate_relocations(&object, err);
    return rc;
}

int gate_check(const char *path, const struct gate_policy *policy,
               struct error *err)
{
    Elf *elf = NULL;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    int rc;

    if (fd < 0)
        return fail_errno(err, ERROR_INFRA, "could not open %s", path);
    rc = check_magic(fd, err);
    if (rc != 0)
        goto out;
    if (elf_version(EV_CURRENT) == EV_NONE) {
        rc = fail(err, ERROR_INFRA, "libelf is too old to read %s", path);
        goto out;
    }
    elf = elf_begin(fd, ELF_C_READ, NULL);
    if (elf == NULL) {
        rc = fail(err, ERROR_REJECTED, "The object can't be read: %s.",
                  elf_errmsg(-1));
        goto out;
    }
    rc = check_all(elf, policy, err);
out:
    elf_end(elf);
    close(fd);
    return rc;
}
