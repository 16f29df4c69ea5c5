/*
 * Hidden tests of lab 4: a process that maps, unmaps, protects, moves its heap
 * and uses its memory at random, against a model on the host. What is compared
 * is what the process can see: which pages there are, what they allow, what
 * they hold. (mprotect() cuts areas and merges none, so their number is free.)
 */
#include <criterion/criterion.h>
#include <string.h>

#include "lab4.h"
#include "property.h"

#define WINDOW     40u /* pages from TASK_UNMAPPED_BASE on; the heap's, too */
#define OPERATIONS 200
#define LOOK_EVERY 20
#define MOST_PAGES 9     /* of a range */
#define ANONYMOUS  0x20u /* MAP_ANONYMOUS, for system calls by number */

enum kind {
    MAP,
    UNMAP,
    PROTECT,
    BRK,
    STORE
};

static const uint32_t prots[] = {PROT_NONE, PROT_READ, RW, RW | PROT_EXEC};

struct page {
    bool mapped;
    uint32_t prot;
    uint32_t value; /* of its first word */
};

struct model {
    struct proc *proc;
    uaddr_t heap;
    uaddr_t brk;
    struct page low[WINDOW], pages[WINDOW]; /* the heap's, from BASE on */
};

static struct page *page_at(struct model *model, uaddr_t address)
{
    if (address >= BASE)
        return &model->pages[(address - BASE) / PAGE_SIZE];
    return &model->low[(address - model->heap) / PAGE_SIZE];
}

/* A range of pages that an operation is about, within one window. */
struct range {
    uaddr_t start;
    uint32_t npages;
};

static struct range range_of(const struct model *model,
                             const struct operation *operation)
{
    uint32_t first = operation->a % WINDOW;
    uint32_t npages = 1 + operation->a / WINDOW % MOST_PAGES;
    uaddr_t base =
        operation->kind == PROTECT && operation->b & 1 ? model->heap : BASE;

    if (first + npages > WINDOW)
        npages = WINDOW - first;
    return (struct range){base + first * PAGE_SIZE, npages};
}

static void set_pages(struct model *model, uaddr_t start, uint32_t npages,
                      const struct page *page)
{
    for (uint32_t i = 0; i < npages; i++)
        *page_at(model, start + i * PAGE_SIZE) = *page;
}

/* How many of the pages from the first on are mapped, without a hole. */
static uint32_t mapped_from(struct model *model, const struct range *range)
{
    uint32_t n = 0;

    while (n < range->npages &&
           page_at(model, range->start + n * PAGE_SIZE)->mapped)
        n++;
    return n;
}

/* --- operations ----------------------------------------------------------- */

static void map(struct model *model, const struct operation *operation)
{
    struct range range = range_of(model, operation);
    uint32_t prot = prots[operation->b % 4];
    uint32_t kind = operation->b / 4 % 4 == 0 ? MAP_SHARED : MAP_PRIVATE;
    struct page page = {true, prot, 0};

    expect_returns(syscall_op(model->proc, NR_mmap2, range.start,
                              range.npages * PAGE_SIZE, prot,
                              kind | MAP_FIXED | ANONYMOUS, -1u, 0),
                   range.start, "MAP_FIXED");
    set_pages(model, range.start, range.npages, &page);
}

static void unmap(struct model *model, const struct operation *operation)
{
    static const struct page none = {.mapped = false};
    struct range range = range_of(model, operation);

    user_munmap(model->proc, range.start, range.npages * PAGE_SIZE);
    set_pages(model, range.start, range.npages, &none);
}

static void protect(struct model *model, const struct operation *operation)
{
    struct range range = range_of(model, operation);
    uint32_t prot = prots[operation->b / 2 % 4];
    struct user_op op = syscall_op(model->proc, NR_mprotect, range.start,
                                   range.npages * PAGE_SIZE, prot);

    if (mapped_from(model, &range) < range.npages) {
        expect_error(op, ENOMEM, "not all of it is mapped");
        return;
    }
    user_do(op);
    for (uint32_t i = 0; i < range.npages; i++)
        page_at(model, range.start + i * PAGE_SIZE)->prot = prot;
}

static uint32_t pages_of_heap(const struct model *model)
{
    return (model->brk - model->heap + PAGE_SIZE - 1) / PAGE_SIZE;
}

static void move_brk(struct model *model, const struct operation *operation)
{
    static const struct page none = {.mapped = false};
    const struct page fresh = {true, RW | PROT_EXEC, 0};
    uint32_t before = pages_of_heap(model), now;

    model->brk = model->heap + operation->a % (WINDOW * PAGE_SIZE);
    user_brk(model->proc, model->brk);
    now = pages_of_heap(model);
    if (now < before)
        set_pages(model, model->heap + now * PAGE_SIZE, before - now, &none);
    else
        set_pages(model, model->heap + before * PAGE_SIZE, now - before,
                  &fresh);
}

/* To each page of a range that may be written. */
static void store(struct model *model, const struct operation *operation)
{
    uaddr_t base = operation->b % 3 ? BASE : model->heap;
    uint32_t first = operation->a % WINDOW;

    for (uint32_t i = first; i < WINDOW && i < first + MOST_PAGES; i++) {
        struct page *page = page_at(model, base + i * PAGE_SIZE);

        if (!page->mapped || !(page->prot & PROT_WRITE))
            continue;
        page->value = operation->a + i;
        user_store(model->proc, base + i * PAGE_SIZE, page->value);
    }
}

/* --- looking ---------------------------------------------------------------
 */

static void look_at_flags(struct model *model, uaddr_t address)
{
    const struct page *page = page_at(model, address);
    struct vma_view vma = vma_at(model->proc, address);
    uint32_t flags = (page->prot & PROT_READ ? VM_READ : 0) |
                     (page->prot & PROT_WRITE ? VM_WRITE : 0) |
                     (page->prot & PROT_EXEC ? VM_EXEC : 0);

    expect((vma.at != 0) == page->mapped, .did = guest_last(model->proc->guest),
           .expected = text("0x%08x is %s", address,
                            page->mapped ? "in an area" : "in no area"),
           .seen = "it is not so");
    expect(!page->mapped ||
               (vma.flags & (VM_READ | VM_WRITE | VM_EXEC)) == flags,
           .did = guest_last(model->proc->guest),
           .expected = text("0x%08x has %s", address, vm_flags_text(flags)),
           .seen = vma_text(&vma));
}

/* The process reads the page, or tries to. */
static void look_at_result(struct model *model, uaddr_t address,
                           const struct user_result *result)
{
    const struct page *page = page_at(model, address);

    if (!page->mapped || page->prot == PROT_NONE) {
        expect(result->status == USER_FAULTED && result->signal == SIGSEGV,
               .did = text("the process reads at 0x%08x", address),
               .expected = page->mapped ? "SIGSEGV: PROT_NONE"
                                        : "SIGSEGV: nothing is mapped",
               .seen = text("status %d", (int)result->status));
        return;
    }
    expect(result->status == USER_DONE && result->value == page->value,
           .did = text("the process reads at 0x%08x", address),
           .expected = text("%u, which it wrote last", page->value),
           .seen = result->status == USER_DONE ? text("%u", result->value)
                                               : "a signal");
}

static void look_around(struct model *model)
{
    struct user_op ops[2 * WINDOW];
    struct user_result results[2 * WINDOW];
    uaddr_t at[2 * WINDOW];

    for (uint32_t i = 0; i < 2 * WINDOW; i++) {
        at[i] = (i < WINDOW ? BASE : model->heap) + i % WINDOW * PAGE_SIZE;
        look_at_flags(model, at[i]);
        ops[i] = load_op(model->proc, at[i]);
    }
    expect_sound(model->proc);
    user_ops(model->proc->guest, ops, 2 * WINDOW, results);
    for (uint32_t i = 0; i < 2 * WINDOW; i++)
        look_at_result(model, at[i], &results[i]);
    expect_sound(model->proc);
}

static void set_up(struct model *model)
{
    memset(model, 0, sizeof(*model));
    model->proc = user_spawn(guest_boot(&machine_64mb, STAGE_USER));
    model->heap = model->brk = user_brk(model->proc, 0);
    user_catch(model->proc);
}

static void run(const struct operation *operations, size_t n)
{
    static void (*const does[])(struct model *, const struct operation *) = {
        [MAP] = map,      [UNMAP] = unmap, [PROTECT] = protect,
        [BRK] = move_brk, [STORE] = store,
    };
    static struct model model;

    set_up(&model);
    for (size_t i = 0; i < n; i++) {
        does[operations[i].kind](&model, &operations[i]);
        if (i % LOOK_EVERY == LOOK_EVERY - 1 || i + 1 == n)
            look_around(&model);
    }
    user_munmap(model.proc, BASE, WINDOW * PAGE_SIZE);
    user_brk(model.proc, model.heap);
    expect_not_mapped(model.proc, BASE, WINDOW, NULL);
    expect_not_mapped(model.proc, model.heap, WINDOW, NULL);
    expect_sound(model.proc);
}

static struct operation generate(struct random *random)
{
    static const enum kind kinds[] = {MAP,     MAP, MAP,   UNMAP, PROTECT,
                                      PROTECT, BRK, STORE, STORE, STORE};

    return (struct operation){
        .kind = kinds[random_below(random, sizeof(kinds) / sizeof(kinds[0]))],
        .a = random_below(random, WINDOW * PAGE_SIZE),
        .b = random_below(random, 240),
    };
}

static const char *describe(const struct operation *operation)
{
    static const char *const names[] = {
        [MAP] = "mmap() with MAP_FIXED",
        [UNMAP] = "munmap()",
        [PROTECT] = "mprotect()",
        [BRK] = "brk()",
        [STORE] = "stores",
    };

    if (operation->kind == BRK)
        return text("brk() to the start of the heap + %u",
                    operation->a % (WINDOW * PAGE_SIZE));
    return text(
        "%s: up to %u pages from page %u on (%u)", names[operation->kind],
        operation->kind == STORE ? MOST_PAGES
                                 : 1 + operation->a / WINDOW % MOST_PAGES,
        operation->a % WINDOW, operation->b);
}

Test(vma, processes_agree_with_a_model)
{
    const struct property property = {
        .length = OPERATIONS,
        .generate = generate,
        .run = run,
        .describe = describe,
    };

    property_check(&property);
}
