/* Helpers of lab 4's hidden tests. */
#include "lab4.h"

#include <stdlib.h>
#include <string.h>

#define DRAINED 512 /* vm_area_structs that are taken at most */

static struct proc *space_on(const struct machine *machine)
{
    return new_space(guest_boot(machine, STAGE_PROC));
}

struct proc *boot_space(void)
{
    return space_on(&machine_64mb);
}

struct proc *boot_small_space(void)
{
    return space_on(&machine_8mb);
}

static gaddr_t area_cache(struct guest *guest)
{
    return guest_u32(guest, guest_symbol(guest, "vm_area_cachep"));
}

uint32_t areas_in_use(struct guest *guest)
{
    return cache_view(guest, area_cache(guest)).inuse;
}

void leave_areas(struct guest *guest, size_t n)
{
    const struct cache cache = {.at = area_cache(guest),
                                .wish.name = "vm_area_struct"};
    gaddr_t taken[DRAINED];
    size_t ntaken = 0;

    exhaust(guest, ZONE_DMA);
    while (ntaken < DRAINED &&
           (taken[ntaken] = kmem_cache_alloc(guest, &cache, GFP_ATOMIC)) != 0)
        ntaken++;
    if (ntaken == DRAINED || ntaken < n)
        report_infra("%zu vm_area_structs were to be had", ntaken);
    for (size_t i = 0; i < n; i++)
        kmem_cache_free(guest, &cache, taken[i]);
}

/* --- file areas ----------------------------------------------------------- */

void make_file_area(const struct proc *space, gaddr_t vma, uint32_t pgoff)
{
    struct guest *guest = space->guest;
    gaddr_t file = probe_file(guest);
    int users = file_users(guest, file) + 1;

    set_vma_file(guest, vma, file, pgoff);
    set_vma_ops(guest, vma, probe_vm_ops(guest));
    guest_write(guest, file + FILE_COUNT, &users, sizeof(users));
}

struct file_before file_before(struct guest *guest)
{
    return (struct file_before){probe_vm_view(guest),
                                file_users(guest, probe_file(guest))};
}

void expect_file_areas(const struct proc *space,
                       const struct file_before *before, int more)
{
    struct guest *guest = space->guest;
    struct file_before now = file_before(guest);
    int opened = (int)(now.calls.opens - before->calls.opens) -
                 (int)(now.calls.closes - before->calls.closes) +
                 (int)(now.calls.mmaps - before->calls.mmaps);

    expect(opened == more, .did = guest_last(guest),
           .expected = text("%d areas of the file more, as open() and close() "
                            "tell",
                            more),
           .seen = text("%d", opened),
           .hint = "vm_ops->open() for an area more, vm_ops->close() for one "
                   "that goes as a whole");
    expect(now.users - before->users == more, .did = guest_last(guest),
           .expected = text("%d uses of the file more", more),
           .seen = text("%d", now.users - before->users),
           .hint = "each area of a file holds a use of it");
}

void expect_pgoff(const struct proc *space, uaddr_t address, uint32_t pgoff)
{
    struct vma_view vma = vma_at(space, address);

    expect(vma.at != 0 && vma.pgoff == pgoff, .did = guest_last(space->guest),
           .expected =
               text("an area at 0x%08x with vm_pgoff %u", address, pgoff),
           .seen = vma.at == 0 ? "none" : text("vm_pgoff %u", vma.pgoff),
           .hint = "vm_pgoff is the page of the file at vm_start");
}

/* --- before and after ----------------------------------------------------- */

struct before look(const struct proc *space)
{
    struct guest *guest = space->guest;

    return (struct before){
        .vmas = all_vmas(space),
        .mm = mm_view(space),
        .areas_in_use = areas_in_use(guest),
        .free_pages = free_pages_in_ram(guest),
        .file_users = file_users(guest, probe_file(guest)),
    };
}

static bool continues(const struct vma_view *lower,
                      const struct vma_view *upper)
{
    return lower->end == upper->start && lower->flags == upper->flags &&
           lower->file == upper->file && lower->ops == upper->ops &&
           (lower->file == 0 ||
            lower->pgoff + (lower->end - lower->start) / PAGE_SIZE ==
                upper->pgoff);
}

/* Puts pieces together. */
static void join(struct vmas *vmas)
{
    size_t n = 0;

    for (size_t i = 0; i < vmas->n; i++)
        if (n > 0 && continues(&vmas->list[n - 1], &vmas->list[i]))
            vmas->list[n - 1].end = vmas->list[i].end;
        else
            vmas->list[n++] = vmas->list[i];
    vmas->n = n;
}

static bool is_same(const struct vma_view *a, const struct vma_view *b)
{
    return a->start == b->start && a->end == b->end && a->flags == b->flags &&
           a->file == b->file && a->ops == b->ops &&
           (a->file == 0 || a->pgoff == b->pgoff);
}

static void expect_same_areas(const struct proc *space,
                              const struct vmas *before, const struct vmas *now,
                              const char *hint)
{
    bool same = before->n == now->n;

    for (size_t i = 0; i < before->n && i < now->n; i++)
        expect(is_same(&before->list[i], &now->list[i]),
               .did = guest_last(space->guest),
               .expected = text("%s, as before", vma_text(&before->list[i])),
               .seen = vma_text(&now->list[i]), .hint = hint);
    expect(same, .did = guest_last(space->guest),
           .expected = text("%zu areas, as before", before->n),
           .seen = text("%zu", now->n), .hint = hint);
}

static void expect_number(const struct proc *space, const char *what,
                          uint32_t before, uint32_t now, const char *hint)
{
    expect(before == now, .did = guest_last(space->guest),
           .expected = text("%s is %u, as before", what, before),
           .seen = text("%u", now), .hint = hint);
}

static void expect_same_counts(const struct proc *space,
                               const struct before *before,
                               const struct before *now, const char *hint)
{
    expect_number(space, "total_vm", before->mm.total_vm, now->mm.total_vm,
                  hint);
    expect_number(space, "rss", before->mm.rss, now->mm.rss, hint);
    expect_number(space, "brk", before->mm.brk, now->mm.brk, hint);
    expect_number(space, "the number of free pages", before->free_pages,
                  now->free_pages, hint);
}

void expect_as_before(const struct proc *space, const struct before *before,
                      const char *hint)
{
    struct before now = look(space);

    expect_same_areas(space, &before->vmas, &now.vmas, hint);
    expect_same_counts(space, before, &now, hint);
    expect_number(space, "the number of vm_area_structs in use",
                  before->areas_in_use, now.areas_in_use, hint);
    expect_number(space, "f_count of the file", (uint32_t)before->file_users,
                  (uint32_t)now.file_users, hint);
    expect_sound(space);
    free(now.vmas.list);
}

void expect_as_before_or_cut(const struct proc *space,
                             const struct before *before, const char *hint)
{
    struct before now = look(space);
    struct vmas joined = now.vmas, wanted = before->vmas;
    uint32_t cuts = (uint32_t)(now.vmas.n - before->vmas.n);

    wanted.list = allocate(wanted.n, sizeof(*wanted.list));
    memcpy(wanted.list, before->vmas.list, wanted.n * sizeof(*wanted.list));
    join(&wanted);
    join(&joined);
    expect_same_areas(space, &wanted, &joined, hint);
    expect_same_counts(space, before, &now, hint);
    expect_number(space, "the number of vm_area_structs in use",
                  before->areas_in_use + cuts, now.areas_in_use, hint);
    expect_sound(space);
    free(wanted.list);
    free(now.vmas.list);
}

uint32_t cost_of(struct guest *guest, struct call call)
{
    uint32_t cost;

    guest_call(guest, &call, &cost);
    return cost;
}
