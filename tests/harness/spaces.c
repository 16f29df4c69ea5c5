/* Address spaces without a process: making them, and areas in them. */
#include "spaces.h"

#include <stdlib.h>
#include <string.h>

#include "guest_internal.h"

#define MAX_ERROR 1000u /* IS_ERR_VALUE() */

static void write_word(struct guest *guest, gaddr_t address, uint32_t value)
{
    guest_write(guest, address, &value, sizeof(value));
}

static uint32_t call_now(struct guest *guest, struct call call)
{
    return guest_call(guest, &call, NULL);
}

/* --- address spaces ------------------------------------------------------ */

struct proc *space_at(struct guest *guest, gaddr_t mm)
{
    struct proc *space = allocate(1, sizeof(*space));

    space->guest = guest;
    space->mm = mm;
    guest_looks_at(guest, space);
    return space;
}

void enter_space(struct guest *guest, const struct proc *space)
{
    call_now(guest, (struct call){
                        .function = "use_mm",
                        .args = {space == NULL ? 0 : space->mm},
                        .shown = "use_mm()",
                    });
}

struct proc *new_space(struct guest *guest)
{
    gaddr_t mm = call_now(
        guest, (struct call){.function = "mm_alloc", .shown = "mm_alloc()"});
    struct proc *space = space_at(guest, mm);

    expect(mm != 0, .did = guest_last(guest), .expected = "an address space",
           .seen = "NULL");
    enter_space(guest, space);
    return space;
}

void drop_space(struct proc *space)
{
    struct guest *guest = space->guest;

    if (guest_u32(guest, agent_task(guest) + TASK_MM) == space->mm)
        enter_space(guest, NULL);
    call_now(guest, (struct call){
                        .function = "mmput",
                        .args = {space->mm},
                        .shown = "mmput(mm)",
                    });
}

void set_heap(const struct proc *space, uaddr_t start_brk, uaddr_t brk)
{
    write_word(space->guest, space->mm + MM_START_BRK, start_brk);
    write_word(space->guest, space->mm + MM_BRK, brk);
}

/* --- areas --------------------------------------------------------------- */

static uint32_t page_prot(struct guest *guest, uint32_t flags)
{
    return call_now(guest, (struct call){
                               .function = "vm_get_page_prot",
                               .args = {flags},
                               .shown = "vm_get_page_prot()",
                           });
}

static struct call vma_alloc_call(struct guest *guest)
{
    return (struct call){
        .function = "kmem_cache_alloc",
        .args = {guest_u32(guest, guest_symbol(guest, "vm_area_cachep")),
                 GFP_KERNEL},
        .shown = "kmem_cache_alloc(vm_area_cachep, GFP_KERNEL)",
    };
}

/* What an area with these fields, and zeros otherwise, looks like. */
struct new_vma {
    gaddr_t mm;
    uaddr_t start, end;
    uint32_t flags, page_prot;
};

static void write_vma(struct guest *guest, gaddr_t vma,
                      const struct new_vma *new)
{
    unsigned char bytes[SIZEOF_VMA] = {0};

    memcpy(bytes + VMA_MM, &new->mm, sizeof(new->mm));
    memcpy(bytes + VMA_START, &new->start, sizeof(new->start));
    memcpy(bytes + VMA_END, &new->end, sizeof(new->end));
    memcpy(bytes + VMA_FLAGS, &new->flags, sizeof(new->flags));
    memcpy(bytes + VMA_PAGE_PROT, &new->page_prot, sizeof(new->page_prot));
    guest_write(guest, vma, bytes, sizeof(bytes));
}

gaddr_t make_vma(const struct proc *space, uaddr_t start, uaddr_t end,
                 uint32_t flags)
{
    struct guest *guest = space->guest;
    gaddr_t vma = call_now(guest, vma_alloc_call(guest));

    expect(vma != 0, .did = guest_last(guest), .expected = "a vm_area_struct",
           .seen = "NULL");
    write_vma(guest, vma,
              &(struct new_vma){mm_of(space), start, end, flags,
                                page_prot(guest, flags)});
    return vma;
}

static void add_to_total(const struct proc *space, size_t npages)
{
    gaddr_t at = mm_of(space) + MM_TOTAL_VM;

    write_word(space->guest, at,
               guest_u32(space->guest, at) + (uint32_t)npages);
}

gaddr_t add_vma(const struct proc *space, uaddr_t start, uaddr_t end,
                uint32_t flags)
{
    gaddr_t vma = make_vma(space, start, end, flags);

    insert_vm_struct(space, vma);
    add_to_total(space, (end - start) / PAGE_SIZE);
    return vma;
}

/* vm_area_structs, n of them, in one go. */
static void alloc_vmas(struct guest *guest, size_t n, gaddr_t *out)
{
    struct call *calls = allocate(n, sizeof(*calls));
    struct agent_result *results = allocate(n, sizeof(*results));

    for (size_t i = 0; i < n; i++)
        calls[i] = vma_alloc_call(guest);
    guest_calls(guest, calls, n, results);
    for (size_t i = 0; i < n; i++) {
        out[i] = results[i].value;
        expect(out[i] != 0, .did = calls[i].shown,
               .expected = "a vm_area_struct", .seen = "NULL");
    }
    free(results);
    free(calls);
}

static void insert_all(const struct proc *space, const gaddr_t *vmas, size_t n)
{
    struct call *calls = allocate(n, sizeof(*calls));
    struct agent_result *results = allocate(n, sizeof(*results));

    for (size_t i = 0; i < n; i++)
        calls[i] = insert_vm_struct_call(space, vmas[i]);
    guest_calls(space->guest, calls, n, results);
    free(results);
    free(calls);
}

void add_vmas(const struct proc *space, uaddr_t start, size_t n, size_t npages,
              size_t gap, gaddr_t *out)
{
    uint32_t nbytes = (uint32_t)npages * PAGE_SIZE;
    uint32_t step = nbytes + (uint32_t)gap * PAGE_SIZE;
    gaddr_t *vmas = allocate(n, sizeof(*vmas));
    struct new_vma new = {
        .mm = mm_of(space),
        .flags = ANON_FLAGS,
        .page_prot = page_prot(space->guest, ANON_FLAGS),
    };

    alloc_vmas(space->guest, n, vmas);
    for (size_t i = 0; i < n; i++) {
        new.start = start + (uaddr_t)i *step;
        new.end = new.start + nbytes;
        write_vma(space->guest, vmas[i], &new);
    }
    insert_all(space, vmas, n);
    add_to_total(space, n * npages);
    if (out != NULL)
        memcpy(out, vmas, n * sizeof(*vmas));
    free(vmas);
}

void set_vma_file(struct guest *guest, gaddr_t vma, gaddr_t file,
                  uint32_t pgoff)
{
    write_word(guest, vma + VMA_FILE, file);
    write_word(guest, vma + VMA_PGOFF, pgoff);
}

void set_vma_ops(struct guest *guest, gaddr_t vma, gaddr_t ops)
{
    write_word(guest, vma + VMA_OPS, ops);
}

void set_vma_flags(struct guest *guest, gaddr_t vma, uint32_t flags)
{
    write_word(guest, vma + VMA_FLAGS, flags);
    write_word(guest, vma + VMA_PAGE_PROT, page_prot(guest, flags));
}

void set_mmap_cache(const struct proc *space, gaddr_t vma)
{
    write_word(space->guest, mm_of(space) + MM_MMAP_CACHE, vma);
}

/* An area's address that the kernel gave: which it is, as text. */
static const char *area_text(struct guest *guest, gaddr_t vma)
{
    struct vma_view view;

    if (vma == 0)
        return "NULL";
    view = vma_view(guest, vma);
    return text("the area at 0x%08x: %s", vma, vma_text(&view));
}

void expect_vma(const struct proc *space, gaddr_t vma, gaddr_t expected,
                const char *hint)
{
    expect(vma == expected, .did = guest_last(space->guest),
           .expected = area_text(space->guest, expected),
           .seen = area_text(space->guest, vma), .hint = hint);
}

/* --- results ------------------------------------------------------------- */

bool is_error(uint32_t result)
{
    return result > -MAX_ERROR;
}

const char *result_text(uint32_t result)
{
    const char *name =
        is_error(result) ? strerrorname_np(-(int32_t)result) : NULL;

    return name == NULL ? text("0x%08x", result) : text("-%s", name);
}

void expect_address(struct guest *guest, uint32_t result, uaddr_t address,
                    const char *hint)
{
    expect(result == address, .did = guest_last(guest),
           .expected = text("0x%08x", address), .seen = result_text(result),
           .hint = hint);
}

void expect_fails(struct guest *guest, uint32_t result, int error,
                  const char *hint)
{
    expect(result == (uint32_t)-error, .did = guest_last(guest),
           .expected = text("-%s", strerrorname_np(error)),
           .seen = result_text(result), .hint = hint);
}

void expect_ok(struct guest *guest, int result, const char *hint)
{
    expect(result == 0, .did = guest_last(guest), .expected = "0",
           .seen = result_text((uint32_t)result), .hint = hint);
}
