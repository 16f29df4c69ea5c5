/*
 * Programs: ELF files, checked and mapped. Linux fs/binfmt_elf.c.
 *
 * A file may say anything. So each number is held against its bounds before
 * any is used, with subtractions that can't overflow.
 */
#include <elf.h>

#include <errno.h>
#include <files.h>
#include <mmap.h>
#include <sched.h>
#include <uaccess.h>

/* Room for the stack, its arguments and a gap, above all segments. */
#define LAST_END (TASK_SIZE - LARGE_PAGE_SIZE)

static bool header_is_good(const struct elf_header *header)
{
    return header->e_magic == ELF_MAGIC && header->e_class == ELF_CLASS32 &&
           header->e_data == ELF_LITTLE && header->e_version == ELF_CURRENT &&
           header->e_type == ELF_EXEC && header->e_machine == ELF_386 &&
           header->e_phentsize == sizeof(struct elf_segment) &&
           header->e_phnum >= 1 && header->e_phnum <= ELF_MAX_PHNUM;
}

static bool segment_is_good(const struct elf_segment *segment,
                            unsigned long file_bytes)
{
    if (segment->p_memsz == 0)
        return segment->p_filesz == 0;
    return segment->p_filesz <= segment->p_memsz &&
           segment->p_offset <= file_bytes &&
           segment->p_filesz <= file_bytes - segment->p_offset &&
           segment->p_offset % PAGE_SIZE == segment->p_vaddr % PAGE_SIZE &&
           segment->p_vaddr >= PAGE_SIZE && segment->p_vaddr < LAST_END &&
           segment->p_memsz <= LAST_END - segment->p_vaddr &&
           (segment->p_filesz == segment->p_memsz ||
            (segment->p_flags & ELF_W));
}

static bool holds(const struct elf_segment *segment, unsigned long address)
{
    return address - segment->p_vaddr < segment->p_memsz;
}

static bool segments_are_good(const struct elf_program *program,
                              unsigned long file_bytes)
{
    unsigned long end = 0;
    bool has_entry = false;

    for (unsigned int i = 0; i < program->header.e_phnum; i++) {
        const struct elf_segment *segment = &program->segments[i];

        if (segment->p_type == ELF_INTERP)
            return false;
        if (segment->p_type != ELF_LOAD)
            continue;
        if (!segment_is_good(segment, file_bytes))
            return false;
        if (segment->p_memsz == 0)
            continue;
        if (segment->p_vaddr < end)
            return false;
        end = PAGE_ALIGN(segment->p_vaddr + segment->p_memsz);
        has_entry = has_entry || holds(segment, program->header.e_entry);
    }
    return has_entry;
}

static int read_all(struct file *file, unsigned long offset, void *buffer,
                    size_t nbytes)
{
    long n = kernel_read(file, offset, buffer, nbytes);

    if (n < 0)
        return n;
    return (size_t)n == nbytes ? 0 : -ENOEXEC;
}

int elf_read(struct file *file, struct elf_program *program)
{
    const struct elf_header *header = &program->header;
    int error;

    if (!S_ISREG(file->f_inode->i_mode))
        return -EACCES;
    error = read_all(file, 0, &program->header, sizeof(program->header));
    if (error != 0)
        return error;
    if (!header_is_good(header))
        return -ENOEXEC;
    error = read_all(file, header->e_phoff, program->segments,
                     header->e_phnum * sizeof(struct elf_segment));
    if (error != 0)
        return error;
    return segments_are_good(program, file->f_inode->i_size) ? 0 : -ENOEXEC;
}

static unsigned long protection(uint32_t flags)
{
    return ((flags & ELF_R) ? PROT_READ : 0) |
           ((flags & ELF_W) ? PROT_WRITE : 0) |
           ((flags & ELF_X) ? PROT_EXEC : 0);
}

/* What the segment has beyond the file is zeros: the rest of the last page of
 * the file's part, then whole pages. */
static int map_bss(const struct elf_segment *segment)
{
    unsigned long start = segment->p_vaddr + segment->p_filesz;
    unsigned long end = PAGE_ALIGN(segment->p_vaddr + segment->p_memsz);
    unsigned long pages =
        segment->p_filesz == 0 ? start & PAGE_MASK : PAGE_ALIGN(start);

    if (start < pages && clear_user((void *)start, pages - start) != 0)
        return -ENOMEM;
    if (pages < end) {
        unsigned long result = do_brk(pages, end - pages);

        if (IS_ERR_VALUE(result))
            return (int)result;
    }
    return 0;
}

static int map_segment(struct file *file, const struct elf_segment *segment)
{
    unsigned long in_page = segment->p_vaddr % PAGE_SIZE;

    if (segment->p_filesz > 0) {
        unsigned long result = do_mmap_pgoff(
            file, segment->p_vaddr - in_page, segment->p_filesz + in_page,
            protection(segment->p_flags), MAP_PRIVATE | MAP_FIXED,
            segment->p_offset >> PAGE_SHIFT);

        if (IS_ERR_VALUE(result))
            return (int)result;
    }
    return segment->p_memsz > segment->p_filesz ? map_bss(segment) : 0;
}

static void note_segment(struct mm_struct *mm,
                         const struct elf_segment *segment)
{
    unsigned long start = segment->p_vaddr;
    unsigned long end = start + segment->p_filesz;

    if (segment->p_flags & ELF_X) {
        if (mm->start_code == 0)
            mm->start_code = start;
        mm->end_code = end;
    } else if (segment->p_flags & ELF_W) {
        mm->start_data = start;
        mm->end_data = end;
    }
    mm->brk = start + segment->p_memsz;
    mm->start_brk = mm->brk;
}

int elf_map(struct file *file, const struct elf_program *program)
{
    for (unsigned int i = 0; i < program->header.e_phnum; i++) {
        const struct elf_segment *segment = &program->segments[i];
        int error;

        if (segment->p_type != ELF_LOAD || segment->p_memsz == 0)
            continue;
        error = map_segment(file, segment);
        if (error != 0)
            return error;
        note_segment(current->mm, segment);
    }
    return 0;
}

unsigned long elf_phdr_address(const struct elf_program *program)
{
    const struct elf_header *header = &program->header;

    for (unsigned int i = 0; i < header->e_phnum; i++) {
        const struct elf_segment *segment = &program->segments[i];

        if (segment->p_type == ELF_LOAD &&
            header->e_phoff - segment->p_offset < segment->p_filesz)
            return segment->p_vaddr + header->e_phoff - segment->p_offset;
    }
    return 0;
}
