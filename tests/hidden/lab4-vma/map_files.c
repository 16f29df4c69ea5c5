/* Hidden tests of lab 4: what do_mmap_pgoff() does for a file. */
#include <criterion/criterion.h>

#include "lab4.h"

#define FIXED    (MAP_PRIVATE | MAP_FIXED)
#define PGOFF    33u
#define TOO_MUCH 0x20000000u /* bytes: more than a file of memory can have */

static struct mmap_args file_args(struct guest *guest, uint32_t prot,
                                  uint32_t flags)
{
    return (struct mmap_args){
        .file = probe_file(guest),
        .nbytes = 3 * PAGE_SIZE,
        .prot = prot,
        .flags = flags,
        .pgoff = PGOFF,
    };
}

static void map_of_a_file_asks_its_owner(void)
{
    struct proc *space = boot_space();
    struct guest *guest = space->guest;
    struct mmap_args args = file_args(guest, RW, MAP_PRIVATE);
    struct file_before before = file_before(guest);
    struct probe_vm_view calls;
    struct vma_view vma;

    expect_address(guest, do_mmap_pgoff(guest, &args), AT(0), NULL);
    calls = probe_vm_view(guest);
    vma = vma_at(space, AT(0));
    expect(calls.mmaps == 1 && calls.opens == 0 && calls.last_vma == vma.at &&
               calls.last_start == AT(0) && calls.last_end == AT(3),
           .did = guest_last(guest),
           .expected = "file->f_op->mmap() is called once, with the new area, "
                       "and no open()",
           .seen = text("%u calls of mmap(), %u of open(), the last for "
                        "[0x%08x, 0x%08x)",
                        calls.mmaps, calls.opens, calls.last_start,
                        calls.last_end));
    expect(!calls.last_listed, .did = guest_last(guest),
           .expected = "the area is not listed yet when mmap() is called",
           .seen = "it is",
           .hint = "if mmap() fails, nobody must have seen the area");
    expect(vma.file == args.file && vma.ops == probe_vm_ops(guest) &&
               vma.pgoff == PGOFF,
           .did = guest_last(guest),
           .expected =
               text("vm_file, vm_ops as mmap() set it, vm_pgoff %u", PGOFF),
           .seen = text("file 0x%08x, vm_ops 0x%08x, vm_pgoff %u", vma.file,
                        vma.ops, vma.pgoff));
    expect_file_areas(space, &before, 1);
    expect_total_vm(space, 3, NULL);
    expect_sound(space);
}

static void map_that_the_owner_refuses_leaves_nothing(void)
{
    struct proc *space = boot_space();
    struct guest *guest = space->guest;
    static const uint32_t kinds[] = {MAP_PRIVATE, MAP_SHARED};
    struct before before;
    struct mmap_args args;

    plant_vma(space, AT(5), AT(6), ANON_FLAGS);
    before = look(space);
    set_probe_mmap_result(guest, -ENXIO);
    for (int i = 0; i < 2; i++) {
        args = file_args(guest, RW, kinds[i]);
        expect_fails(guest, do_mmap_pgoff(guest, &args), ENXIO,
                     "the error of file->f_op->mmap()");
        expect_as_before(space, &before,
                         "the use of the file is dropped, the area freed");
    }
    set_probe_mmap_result(guest, 0);
    expect_address(guest, do_mmap_pgoff(guest, &args), AT(0), NULL);
    expect_sound(space);
}

static void map_fixed_that_the_owner_refuses_leaves_a_hole(void)
{
    struct proc *space = boot_space();
    struct guest *guest = space->guest;
    struct mmap_args args = file_args(guest, RW, FIXED);
    const struct span expected[] = {
        {AT(0), AT(1), ANON_FLAGS},
        {AT(4), AT(6), ANON_FLAGS},
    };
    struct file_before before = file_before(guest);

    plant_vma(space, AT(0), AT(6), ANON_FLAGS);
    map_fresh(space, AT(2), PTE_FRESH);
    set_probe_mmap_result(guest, -ENOMEM);
    args.address = AT(1);
    expect_fails(guest, do_mmap_pgoff(guest, &args), ENOMEM, NULL);
    expect_vmas(space, expected, 2, "the range of MAP_FIXED stays unmapped");
    expect_total_vm(space, 3, NULL);
    expect(file_users(guest, args.file) == before.users,
           .did = guest_last(guest), .expected = "no use of the file is left",
           .seen =
               text("%d more", file_users(guest, args.file) - before.users));
    expect_sound(space);
}

Test(vma, map_that_the_owner_refuses_leaves_nothing)
{
    map_that_the_owner_refuses_leaves_nothing();
    guest_end_all();
    map_fixed_that_the_owner_refuses_leaves_a_hole();
}

/* What each way of opening a file allows. */
static void map_of_a_file_needs_it_opened_for_that(void)
{
    struct proc *space = boot_space();
    struct guest *guest = space->guest;
    static const struct {
        uint32_t mode, flags, prot;
        bool allowed;
    } cases[] = {
        {FMODE_READ, MAP_PRIVATE, RW, true},
        {FMODE_READ, MAP_PRIVATE, PROT_READ, true},
        {FMODE_READ, MAP_SHARED, PROT_READ, true},
        {FMODE_READ, MAP_SHARED, PROT_READ | PROT_EXEC, true},
        {FMODE_READ, MAP_SHARED, RW, false},
        {FMODE_READ, MAP_SHARED, PROT_WRITE, false},
        {FMODE_WRITE, MAP_PRIVATE, PROT_READ, false},
        {FMODE_WRITE, MAP_SHARED, PROT_WRITE, false},
        {FMODE_WRITE, MAP_SHARED, PROT_NONE, false},
        {0, MAP_PRIVATE, PROT_NONE, false},
        {FMODE_READ | FMODE_WRITE, MAP_SHARED, RW, true},
        {FMODE_READ | FMODE_WRITE, MAP_SHARED, PROT_WRITE, true},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct mmap_args args = file_args(guest, cases[i].prot, cases[i].flags);
        struct before before = look(space);

        set_file_mode(guest, args.file, cases[i].mode);
        args.address = AT(10 * i);
        if (cases[i].allowed) {
            expect_address(guest, do_mmap_pgoff(guest, &args), AT(10 * i),
                           "a private copy may be written in any case");
            continue;
        }
        expect_fails(guest, do_mmap_pgoff(guest, &args), EACCES,
                     "FMODE_READ always; FMODE_WRITE for MAP_SHARED and "
                     "PROT_WRITE");
        expect_as_before(space, &before, NULL);
    }
    expect_sound(space);
}

static void map_of_a_file_without_the_operation(void)
{
    struct proc *space = boot_space();
    struct guest *guest = space->guest;
    struct mmap_args args = file_args(guest, PROT_READ, FIXED);
    struct before before;
    uint32_t none = 0;

    plant_vma(space, AT(0), AT(3), ANON_FLAGS);
    before = look(space);
    args.address = AT(0);
    args.file = probe_file_without_mmap(guest);
    expect_fails(guest, do_mmap_pgoff(guest, &args), ENODEV,
                 "f_op->mmap is NULL");
    expect_as_before(space, &before, "a check: nothing is unmapped yet");
    expect(file_users(guest, args.file) == 1, .did = guest_last(guest),
           .expected = "its use is not counted", .seen = "it is");
    guest_write(guest, args.file + FILE_OPS, &none, sizeof(none));
    expect_fails(guest, do_mmap_pgoff(guest, &args), ENODEV, "f_op is NULL");
    expect_as_before(space, &before, NULL);
}

Test(vma, map_of_a_file_needs_it_opened_for_that)
{
    map_of_a_file_needs_it_opened_for_that();
    guest_end_all();
    map_of_a_file_without_the_operation();
}

/* What mprotect() may turn on later. */
Test(vma, map_of_a_file_says_what_it_may_become)
{
    struct proc *space = boot_space();
    struct guest *guest = space->guest;
    static const struct {
        uint32_t mode, flags, expected;
    } cases[] = {
        {FMODE_READ, MAP_PRIVATE, RO_FLAGS},
        {FMODE_READ | FMODE_WRITE, MAP_PRIVATE, RO_FLAGS},
        {FMODE_READ, MAP_SHARED,
         VM_READ | VM_MAYREAD | VM_MAYEXEC | VM_SHARED | VM_MAYSHARE},
        {FMODE_READ | FMODE_WRITE, MAP_SHARED,
         RO_FLAGS | VM_SHARED | VM_MAYSHARE},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct mmap_args args = file_args(guest, PROT_READ, cases[i].flags);
        struct span expected = {AT(10 * i), AT(10 * i + 3), cases[i].expected};

        set_file_mode(guest, args.file, cases[i].mode);
        args.address = expected.start;
        expect_address(guest, do_mmap_pgoff(guest, &args), expected.start,
                       NULL);
        expect_vmas_in(space, &expected, &expected, 1,
                       "no VM_MAYWRITE for a shared area of a file that was "
                       "not opened for writing");
    }
    expect_sound(space);
}

/* Areas of a file that go on where the one below ends, or are anonymous. */
Test(vma, map_never_merges_areas_of_files)
{
    struct proc *space = boot_space();
    struct guest *guest = space->guest;
    struct mmap_args args = file_args(guest, RW, MAP_PRIVATE);
    struct file_before before = file_before(guest);
    const struct span expected[] = {
        {AT(0), AT(1), ANON_FLAGS},
        {AT(1), AT(4), ANON_FLAGS},
        {AT(4), AT(7), ANON_FLAGS},
        {AT(7), AT(8), ANON_FLAGS},
    };

    do_mmap(guest, PAGE_SIZE, RW, MAP_PRIVATE);
    expect_address(guest, do_mmap_pgoff(guest, &args), AT(1), NULL);
    args.pgoff += 3;
    expect_address(guest, do_mmap_pgoff(guest, &args), AT(4), NULL);
    expect_address(guest, do_mmap(guest, PAGE_SIZE, RW, MAP_PRIVATE), AT(7),
                   NULL);
    expect_vmas(space, expected, 4, "the flags are alike, the origin is not");
    expect_pgoff(space, AT(1), PGOFF);
    expect_pgoff(space, AT(4), PGOFF + 3);
    expect_file_areas(space, &before, 2);
    expect_sound(space);
}

/* shmem_zero_setup() refuses more than a file of memory can have. */
Test(vma, map_of_shared_memory_may_fail)
{
    struct proc *space = boot_space();
    struct guest *guest = space->guest;
    struct before before;

    plant_vma(space, AT(0), AT(2), ANON_FLAGS);
    before = look(space);
    expect_fails(guest, do_mmap(guest, TOO_MUCH, RW, MAP_SHARED), ENOMEM,
                 "the error of shmem_zero_setup()");
    expect_as_before(space, &before, "nothing is left of the area");
    expect_address(guest, do_mmap(guest, PAGE_SIZE, RW, MAP_SHARED), AT(2),
                   NULL);
    expect_sound(space);
}

static void map_holds_a_real_file_open(void)
{
    struct proc *space = boot_space();
    struct guest *guest = space->guest;
    struct stock before = stock_of(guest);
    struct mmap_args args = file_args(guest, PROT_READ, MAP_SHARED);

    args.file = open_file(guest, "/etc/motd", O_RDONLY);
    args.pgoff = 0;
    expect_address(guest, do_mmap_pgoff(guest, &args), AT(0), NULL);
    fput(guest, args.file);
    expect(file_users(guest, args.file) == 1, .did = guest_last(guest),
           .expected = "the area's use is the last one",
           .seen = text("%d uses", file_users(guest, args.file)));
    expect_ok(guest, do_munmap(space, AT(0), args.nbytes), NULL);
    expect_sound(space);
    expect_nothing_lost(guest, &before);
}

Test(vma, map_of_a_file_asks_its_owner)
{
    map_of_a_file_asks_its_owner();
    guest_end_all();
    map_holds_a_real_file_open();
}
