/* Hidden tests of lab 5: files that processes map. */
#include <criterion/criterion.h>

#include "accesses.h"

#define PATH   "/tmp/pages"
#define NPAGES 4
#define STAMP  100 /* page i of the file begins with STAMP + i */

static struct proc *proc_with_file(const struct machine *machine)
{
    struct proc *proc = user_spawn(guest_boot(machine, STAGE_USER));

    user_make_stamped_file(proc, PATH, NPAGES, STAMP);
    return proc;
}

/* Maps the file from page `pgoff` on. */
static uaddr_t map_file(struct proc *proc, uint32_t npages, uint32_t prot,
                        uint32_t flags, uint32_t pgoff)
{
    int fd = user_open(proc, PATH, O_RDWR);
    uaddr_t at =
        user_mmap_file(proc, npages * PAGE_SIZE, prot, flags, fd, pgoff);

    user_close(proc, fd);
    return at;
}

static void expect_in_file(struct proc *proc, uint32_t page, uint32_t word,
                           const char *hint)
{
    expect_file(proc, PATH, page * PAGE_SIZE, &word, sizeof(word), hint);
}

Test(fault, private_mapping_reads_the_file)
{
    struct proc *proc = proc_with_file(&machine_64mb);
    uaddr_t one = map_file(proc, NPAGES, PROT_READ, MAP_PRIVATE, 0);
    uaddr_t two =
        map_file(proc, NPAGES, PROT_READ | PROT_WRITE, MAP_PRIVATE, 0);
    uint32_t before = major_faults(proc);

    expect_stamped(proc, one, NPAGES, STAMP, NULL);
    expect_stamped(proc, two, NPAGES, STAMP, NULL);
    for (uint32_t i = 0; i < NPAGES; i++) {
        expect(frame_of(proc, one + i * PAGE_SIZE) ==
                   frame_of(proc, two + i * PAGE_SIZE),
               .did = guest_last(proc->guest),
               .expected = "both mappings have the file's page itself",
               .seen = "different frames");
        expect_read_only(proc, two + i * PAGE_SIZE,
                         "it is not this process's own");
    }
    expect(major_faults(proc) == before + 2 * NPAGES,
           .did = guest_last(proc->guest),
           .expected = text("%u faults more in maj_flt", 2 * NPAGES),
           .seen = text("%u", major_faults(proc) - before));
    expect_sound(proc);
}

Test(fault, private_writes_stay_private)
{
    struct proc *proc = proc_with_file(&machine_64mb);
    uaddr_t at = map_file(proc, NPAGES, PROT_READ | PROT_WRITE, MAP_PRIVATE, 0);

    user_store(proc, at + 8, WORD);
    expect_loads(proc, at, STAMP, "the copy has what the file has");
    expect_loads(proc, at + PAGE_SIZE, STAMP + 1, NULL);
    user_store(proc, at + PAGE_SIZE, WORD);
    expect_loads(proc, at + PAGE_SIZE, WORD, NULL);
    expect_in_file(proc, 0, STAMP, NULL);
    expect_in_file(proc, 1, STAMP + 1, "the file does not change");
    expect_file(proc, PATH, 8, "\0\0\0\0", 4, "the file does not change");
    expect_sound(proc);
}

Test(fault, shared_writes_are_everybodys)
{
    struct proc *parent = proc_with_file(&machine_64mb);
    uaddr_t at = map_file(parent, 2, PROT_READ | PROT_WRITE, MAP_SHARED, 1);
    struct proc *child = user_fork(parent);

    user_store(parent, at, WORD);
    expect_in_file(parent, 1, WORD, "a shared mapping has the file's pages");
    expect_loads(child, at, WORD, NULL);
    expect_same_frame(parent, child, at, NULL);
    expect_dirty(parent, at, NULL);
    expect_loads(child, at + PAGE_SIZE, STAMP + 2, NULL);
    user_store(child, at + PAGE_SIZE, WORD + 1);
    expect_loads(parent, at + PAGE_SIZE, WORD + 1, NULL);
    expect_in_file(parent, 2, WORD + 1, NULL);
    expect_in_file(parent, 3, STAMP + 3, NULL);
    expect_sound(parent);
    expect_sound(child);
}

/* The last page that holds a byte of the file is there as a whole. */
Test(fault, beyond_the_end_of_a_file_is_sigbus)
{
    struct proc *proc = proc_with_file(&machine_64mb);
    uint32_t rss;
    uaddr_t at, beyond;
    int fd = user_open(proc, PATH, O_RDWR);

    expect_returns(syscall_op(proc, NR_ftruncate, (uint32_t)fd, PAGE_SIZE + 4),
                   0, NULL);
    at = map_file(proc, 4, PROT_READ | PROT_WRITE, MAP_SHARED, 0);
    beyond = at + 2 * PAGE_SIZE;
    expect_loads(proc, at + PAGE_SIZE, STAMP + 1, NULL);
    expect_loads(proc, beyond - 4, 0, "zeros up to the end of the page");
    rss = mm_view(proc).rss;
    expect_sigbus(load_op(proc, beyond + 8), beyond + 8,
                  "the area allows it, but there is no such page");
    expect_sigbus(store_op(proc, beyond, 1), beyond, NULL);
    expect_error(syscall_op(proc, NR_read, (uint32_t)fd, beyond, 8), EFAULT,
                 "in the kernel SIGBUS is an error, too");
    expect_not_mapped(proc, beyond, 2, NULL);
    expect_rss(proc, rss, NULL);
    expect_returns(syscall_op(proc, NR_ftruncate, (uint32_t)fd, 3 * PAGE_SIZE),
                   0, NULL);
    user_store(proc, beyond, WORD);
    expect_in_file(proc, 2, WORD, "the file is longer now");
    user_uncatch(proc);
    expect_killed(load_op(proc, beyond + PAGE_SIZE), SIGBUS, NULL);
}

/* The page cache is in high memory. */
Test(fault, files_are_mapped_from_high_memory)
{
    struct proc *proc = proc_with_file(&machine_1200mb);
    struct guest *guest = proc->guest;
    uaddr_t shared =
        map_file(proc, NPAGES, PROT_READ | PROT_WRITE, MAP_SHARED, 0);
    uaddr_t own =
        map_file(proc, NPAGES, PROT_READ | PROT_WRITE, MAP_PRIVATE, 0);

    user_store(proc, own + 8, WORD);
    expect_stamped(proc, own, NPAGES, STAMP, "copied by kmap_atomic()");
    expect_stamped(proc, shared, NPAGES, STAMP, NULL);
    expect(zone_of(guest, frame_of(proc, own)) == ZONE_HIGHMEM &&
               zone_of(guest, frame_of(proc, shared)) == ZONE_HIGHMEM,
           .did = guest_last(guest), .expected = "frames of ZONE_HIGHMEM",
           .seen = "others");
    expect_loads(proc, own + 8, WORD, NULL);
    expect_loads(proc, shared + 8, 0, "the file does not change");
    expect_sound(proc);
}
