/* Hidden tests of lab 4: what do_mmap_pgoff() refuses, and in which order. */
#include <criterion/criterion.h>

#include "lab4.h"

#define FIXED    (MAP_PRIVATE | MAP_FIXED)
#define NO_TYPE  0u
#define BOTH     (MAP_SHARED | MAP_PRIVATE)
#define GIGABYTE 0x40000000u

struct refusal {
    struct mmap_args args;
    int error;
    const char *why;
};

/* Each call must fail, and leave all as it was. */
static void expect_refusals(const struct proc *space,
                            const struct refusal *refusals, size_t n)
{
    struct before before = look(space);

    for (size_t i = 0; i < n; i++) {
        expect_fails(space->guest,
                     do_mmap_pgoff(space->guest, &refusals[i].args),
                     refusals[i].error, refusals[i].why);
        expect_as_before(space, &before, "a call that fails changes nothing");
    }
}

/* A space with an area at AT(0) of four pages, three of which are mapped. */
static struct proc *four_pages(void)
{
    struct proc *space = boot_space();

    plant_vma(space, AT(0), AT(4), ANON_FLAGS);
    for (unsigned i = 0; i < 3; i++)
        map_fresh(space, AT(i), PTE_FRESH);
    return space;
}

static void map_refuses_lengths_that_can_not_be(void)
{
    struct proc *space = four_pages();
    const struct refusal refusals[] = {
        {{.nbytes = 0, .prot = RW, .flags = MAP_PRIVATE}, EINVAL, "len is 0"},
        {{.nbytes = USER_END + 1, .prot = RW, .flags = MAP_PRIVATE},
         EINVAL,
         "len is more than TASK_SIZE"},
        {{.nbytes = ~0u, .prot = RW, .flags = MAP_PRIVATE},
         EINVAL,
         "rounded up, len would be 0"},
        {{.address = AT(0), .nbytes = ~0u, .prot = RW, .flags = FIXED},
         EINVAL,
         NULL},
        {{.nbytes = USER_END, .prot = RW, .flags = MAP_PRIVATE},
         ENOMEM,
         "TASK_SIZE is no more than TASK_SIZE: but there is no room"},
    };

    expect_refusals(space, refusals, sizeof(refusals) / sizeof(refusals[0]));
}

Test(vma, map_refuses_pages_of_a_file_that_can_not_be)
{
    struct proc *space = boot_space();
    struct guest *guest = space->guest;
    gaddr_t file = probe_file(guest);
    struct mmap_args args = {file,      0,           2 * PAGE_SIZE,
                             PROT_READ, MAP_PRIVATE, ~0u};

    expect_fails(guest, do_mmap_pgoff(guest, &args), EINVAL,
                 "pgoff + pages does not fit into an unsigned long");
    args.pgoff = ~0u - 1;
    expect_fails(guest, do_mmap_pgoff(guest, &args), EINVAL, "it is just 0");
    args.file = 0;
    expect_fails(guest, do_mmap_pgoff(guest, &args), EINVAL,
                 "for anonymous memory, too");
    args.file = file;
    args.nbytes = 1;
    expect_address(guest, do_mmap_pgoff(guest, &args), AT(0),
                   "one page from there on is all right");
    expect_pgoff(space, AT(0), ~0u - 1);
    args.nbytes = PAGE_SIZE + 1;
    expect_fails(guest, do_mmap_pgoff(guest, &args), EINVAL,
                 "len is rounded up to pages before");
    expect_sound(space);
}

static void map_refuses_places_that_can_not_be(void)
{
    struct proc *space = four_pages();
    const struct refusal refusals[] = {
        {{.address = AT(1) + 1, .nbytes = 1, .prot = RW, .flags = FIXED},
         EINVAL,
         "MAP_FIXED, and not page-aligned"},
        {{.address = USER_END, .nbytes = 1, .prot = RW, .flags = FIXED},
         ENOMEM,
         "MAP_FIXED, above TASK_SIZE"},
        {{.address = AT(0), .nbytes = USER_END, .prot = RW, .flags = FIXED},
         ENOMEM,
         NULL},
        {{.nbytes = USER_END - BASE, .prot = RW, .flags = MAP_PRIVATE},
         ENOMEM,
         "no hole is enough"},
    };

    expect_refusals(space, refusals, sizeof(refusals) / sizeof(refusals[0]));
}

Test(vma, map_refuses_ranges_that_can_not_be)
{
    map_refuses_lengths_that_can_not_be();
    guest_end_all();
    map_refuses_places_that_can_not_be();
}

Test(vma, map_is_either_shared_or_private)
{
    struct proc *space = four_pages();
    static const uint32_t types[] = {0, BOTH, 4, 4 | MAP_SHARED,
                                     8 | MAP_PRIVATE};

    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
        const struct refusal refusals[] = {
            {{.nbytes = 1, .prot = RW, .flags = types[i]},
             EINVAL,
             "MAP_TYPE has one of MAP_SHARED and MAP_PRIVATE"},
            {{.address = AT(0),
              .nbytes = 1,
              .prot = RW,
              .flags = types[i] | MAP_FIXED},
             EINVAL,
             "nothing is unmapped before all checks are done"},
        };

        expect_refusals(space, refusals, 2);
    }
}

/* Two errors each: the one that the contract names first is the answer. */
Test(vma, map_checks_in_the_order_of_the_contract)
{
    struct proc *space = four_pages();
    struct guest *guest = space->guest;
    gaddr_t file = probe_file(guest), odd = probe_file_without_mmap(guest);
    const struct refusal refusals[] = {
        {{0, AT(0) + 1, 0, RW, FIXED, 0}, EINVAL, NULL},
        {{0, USER_END, PAGE_SIZE, RW, FIXED, ~0u},
         EINVAL,
         "pgoff comes before the place"},
        {{file, USER_END, PAGE_SIZE, RW, MAP_FIXED | NO_TYPE, 0},
         ENOMEM,
         "the place comes before the kind"},
        {{file, AT(0), PAGE_SIZE, RW, MAP_FIXED | NO_TYPE, 0},
         EINVAL,
         "the kind comes before the file's mode"},
        {{odd, AT(0), PAGE_SIZE, RW, FIXED, 0},
         EACCES,
         "the mode comes before the operation"},
    };
    const struct refusal no_mmap = {{odd, AT(0), PAGE_SIZE, RW, FIXED, 0},
                                    ENODEV,
                                    "the operation comes before RLIMIT_AS"};

    set_agent_rlimit(guest, RLIMIT_AS, 0);
    set_file_mode(guest, file, FMODE_WRITE);
    set_file_mode(guest, odd, FMODE_WRITE);
    expect_refusals(space, refusals, sizeof(refusals) / sizeof(refusals[0]));
    set_file_mode(guest, odd, FMODE_READ);
    expect_refusals(space, &no_mmap, 1);
}

static void map_keeps_to_the_limit_of_address_space(void)
{
    struct proc *space = four_pages();
    struct guest *guest = space->guest;
    const struct refusal too_much = {
        {.nbytes = PAGE_SIZE + 1, .prot = RW, .flags = MAP_PRIVATE},
        ENOMEM,
        "four pages and two are more than RLIMIT_AS"};
    const struct refusal fixed = {
        {.address = AT(0), .nbytes = 2 * PAGE_SIZE, .prot = RW, .flags = FIXED},
        ENOMEM,
        "what MAP_FIXED would replace is counted, too"};

    set_agent_rlimit(guest, RLIMIT_AS, 5 * PAGE_SIZE);
    expect_refusals(space, &too_much, 1);
    expect_refusals(space, &fixed, 1);
    set_agent_rlimit(guest, RLIMIT_AS, 6 * PAGE_SIZE - 1);
    expect_refusals(space, &too_much, 1);
    set_agent_rlimit(guest, RLIMIT_AS, 5 * PAGE_SIZE);
    expect_address(guest, do_mmap(guest, PAGE_SIZE, RW, MAP_PRIVATE), AT(4),
                   "just as much as is allowed");
    expect_fails(guest, do_mmap(guest, 1, RW, MAP_SHARED), ENOMEM, NULL);
    set_agent_rlimit(guest, RLIMIT_AS, 6 * PAGE_SIZE);
    expect_address(guest, do_mmap(guest, 1, RW, MAP_PRIVATE), AT(5), NULL);
    expect_sound(space);
}

/* Sums of bytes would not fit into 32 bits. */
static void map_without_a_limit_gives_all_addresses(void)
{
    struct guest *guest = boot_space()->guest;

    set_agent_rlimit(guest, RLIMIT_AS, ~0u);
    expect_address(guest, do_mmap(guest, GIGABYTE, RW, MAP_PRIVATE), BASE,
                   NULL);
    expect_address(guest, do_mmap(guest, GIGABYTE, PROT_READ, MAP_PRIVATE),
                   BASE + GIGABYTE, NULL);
    expect_address(
        guest,
        do_mmap_at(guest, PAGE_SIZE, GIGABYTE - PAGE_SIZE, RW, MAP_PRIVATE),
        PAGE_SIZE, "RLIM_INFINITY is no limit");
    set_agent_rlimit(guest, RLIMIT_AS, 2 * GIGABYTE);
    expect_fails(guest, do_mmap_at(guest, 0, 2 * GIGABYTE, RW, FIXED), ENOMEM,
                 "5 GB: compare pages, bytes don't fit into an unsigned long");
}

Test(vma, map_keeps_to_the_limit_of_address_space)
{
    map_keeps_to_the_limit_of_address_space();
    guest_end_all();
    map_without_a_limit_gives_all_addresses();
}

/* As many areas as there may be, but `less`: of a page each, a page apart. */
static struct proc *full_space(unsigned less)
{
    struct proc *space = boot_space();
    const struct span first = {AT(1), AT(2), ANON_FLAGS};

    plant_row(space, &first, MAX_MAP_COUNT - less, 1, NULL);
    return space;
}

Test(vma, map_stops_at_the_most_areas)
{
    struct proc *space = full_space(1);
    struct guest *guest = space->guest;
    const struct refusal refusals[] = {
        {{.nbytes = 1, .prot = RW, .flags = MAP_PRIVATE},
         ENOMEM,
         "MAX_MAP_COUNT areas are there, even if it could be merged"},
        {{.address = AT(1), .nbytes = 1, .prot = PROT_READ, .flags = FIXED},
         ENOMEM,
         "with MAP_FIXED, too"},
        {{.address = AT(1) + 1, .nbytes = 1, .prot = RW, .flags = FIXED},
         ENOMEM,
         "the number of areas comes before the place"},
        {{.nbytes = 1, .prot = RW, .flags = NO_TYPE},
         ENOMEM,
         "the number of areas comes before the kind"},
    };

    expect_address(guest, do_mmap(guest, PAGE_SIZE, PROT_READ, MAP_PRIVATE),
                   AT(0), "one more is allowed");
    expect_refusals(space, refusals, sizeof(refusals) / sizeof(refusals[0]));
    expect_ok(guest, do_munmap(space, AT(0), PAGE_SIZE), NULL);
    expect_address(guest, do_mmap(guest, 1, RW, MAP_PRIVATE), AT(0),
                   "one area less is there again");
}

/* It may need no area, if it can be merged; else it fails. */
Test(vma, map_without_memory_for_an_area)
{
    struct proc *space = boot_small_space();
    struct guest *guest = space->guest;
    gaddr_t file = probe_file(guest);
    const struct refusal refusals[] = {
        {{.nbytes = PAGE_SIZE, .prot = PROT_EXEC, .flags = MAP_PRIVATE},
         ENOMEM,
         "kmem_cache_alloc() may give NULL"},
        {{.file = file, .nbytes = PAGE_SIZE, .prot = RW, .flags = MAP_PRIVATE},
         ENOMEM,
         "the use of the file is dropped again, or not counted yet"},
        {{.nbytes = PAGE_SIZE, .prot = RW, .flags = MAP_SHARED}, ENOMEM, NULL},
    };

    plant_vma(space, AT(0), AT(4), ANON_FLAGS);
    leave_areas(guest, 0);
    expect_refusals(space, refusals, sizeof(refusals) / sizeof(refusals[0]));
    expect_address(guest, do_mmap(guest, PAGE_SIZE, RW, MAP_PRIVATE), AT(4),
                   "merged with its neighbour, it needs no area");
    expect_sound(space);
}
