/*
 * Hidden tests of lab 4: random mmap(), munmap() and brk() in an address space
 * without a process, against a model on the host. It knows what is mapped at
 * each page of two windows: so which areas there are, and where first fit goes.
 */
#include <criterion/criterion.h>
#include <string.h>

#include "lab4.h"
#include "property.h"

#define WINDOW     96u /* pages from TASK_UNMAPPED_BASE on; the heap's, too */
#define OPERATIONS 300
#define LOOK_EVERY 10
#define MOST_PAGES 12 /* of a mapping */
#define HEAP_END   (HEAP + WINDOW * PAGE_SIZE)

enum kind {
    MAP,
    MAP_AT,
    MAP_OVER,
    UNMAP,
    BRK,
    TOUCH
};
enum origin {
    PRIVATE,
    SHARED,
    OF_FILE
};

static const uint32_t prots[] = {PROT_READ, RW, PROT_READ | PROT_EXEC,
                                 PROT_NONE};

/* A page of a window. */
struct page {
    uint32_t flags; /* 0: nothing is mapped */
    enum origin origin;
    unsigned id; /* of the mapping: private ones have 0 */
    uint32_t pgoff;
    pfn_t frame; /* NO_PAGE: it was not touched */
};

struct model {
    struct guest *guest;
    struct proc *space;
    struct page low[WINDOW], pages[WINDOW]; /* from HEAP, from BASE on */
    uaddr_t brk;
    unsigned next_id;
};

/* The page's part of the model, or NULL if it is in no window. */
static struct page *page_at(struct model *model, uaddr_t address)
{
    if (address >= HEAP && address < HEAP_END)
        return &model->low[(address - HEAP) / PAGE_SIZE];
    if (address >= BASE && address < AT(WINDOW))
        return &model->pages[(address - BASE) / PAGE_SIZE];
    return NULL;
}

static bool is_free(struct model *model, uaddr_t address, uint32_t npages)
{
    for (uint32_t i = 0; i < npages; i++) {
        const struct page *page = page_at(model, address + i * PAGE_SIZE);

        if (page == NULL || page->flags != 0)
            return false;
    }
    return true;
}

/* 0: there is no place. */
static uaddr_t first_fit(struct model *model, uint32_t npages)
{
    for (uint32_t i = 0; i + npages <= WINDOW; i++)
        if (is_free(model, AT(i), npages))
            return AT(i);
    return 0;
}

static void forget(struct model *model, uaddr_t address, uint32_t npages)
{
    for (uint32_t i = 0; i < npages; i++)
        *page_at(model, address + i * PAGE_SIZE) =
            (struct page){.frame = NO_PAGE};
}

static void remember(struct model *model, uaddr_t address, uint32_t npages,
                     const struct page *first)
{
    forget(model, address, npages);
    for (uint32_t i = 0; i < npages; i++) {
        struct page *page = page_at(model, address + i * PAGE_SIZE);

        *page = *first;
        page->pgoff += first->origin == OF_FILE ? i : 0;
    }
}

/* --- operations ----------------------------------------------------------- */

static uint32_t flags_of(uint32_t prot, enum origin origin)
{
    return VM_MAY | (prot & PROT_READ ? VM_READ : 0) |
           (prot & PROT_WRITE ? VM_WRITE : 0) |
           (prot & PROT_EXEC ? VM_EXEC : 0) |
           (origin == SHARED ? VM_SHARED | VM_MAYSHARE : 0);
}

static enum origin origin_of(const struct operation *operation)
{
    return operation->b % 6 < 4 ? PRIVATE : operation->b % 6 - 3;
}

static void map(struct model *model, const struct operation *operation)
{
    static const uint32_t kinds[] = {MAP_PRIVATE, MAP_SHARED, MAP_PRIVATE};
    uint32_t npages = 1 + operation->a / WINDOW % MOST_PAGES;
    uaddr_t address = AT(operation->a % WINDOW), expected = address;
    enum origin origin = origin_of(operation);
    uint32_t prot = prots[operation->b / 6 % 4];
    struct page page = {flags_of(prot, origin), origin, 0, operation->b,
                        NO_PAGE};
    struct mmap_args args = {
        .file = origin == OF_FILE ? probe_file(model->guest) : 0,
        .address = operation->kind == MAP ? 0 : address,
        .nbytes = npages * PAGE_SIZE,
        .prot = prot,
        .flags = kinds[origin] | (operation->kind == MAP_OVER ? MAP_FIXED : 0),
        .pgoff = operation->b,
    };

    if (operation->kind == MAP_OVER &&
        page_at(model, AT(operation->a % WINDOW + npages - 1)) == NULL)
        return;
    if (operation->kind == MAP ||
        (operation->kind == MAP_AT && !is_free(model, address, npages)))
        expected = first_fit(model, npages);
    if (expected == 0) {
        expect_fails(model->guest, do_mmap_pgoff(model->guest, &args), ENOMEM,
                     "there is no place");
        return;
    }
    expect_address(model->guest, do_mmap_pgoff(model->guest, &args), expected,
                   NULL);
    page.id = origin == PRIVATE ? 0 : ++model->next_id;
    remember(model, expected, npages, &page);
}

static void unmap(struct model *model, const struct operation *operation)
{
    uint32_t npages = 1 + operation->a / WINDOW % (2 * MOST_PAGES);
    uint32_t first = operation->a % WINDOW;

    if (first + npages > WINDOW)
        npages = WINDOW - first;
    expect_ok(model->guest,
              do_munmap(model->space, AT(first), npages * PAGE_SIZE), NULL);
    forget(model, AT(first), npages);
}

static void move_brk(struct model *model, const struct operation *operation)
{
    static const struct page heap = {.flags = VM_DATA_FLAGS, .frame = NO_PAGE};
    uaddr_t end = HEAP + operation->a % (WINDOW * PAGE_SIZE);
    uaddr_t top = (end + PAGE_SIZE - 1) & -PAGE_SIZE;
    uaddr_t old_top = (model->brk + PAGE_SIZE - 1) & -PAGE_SIZE;

    expect_address(model->guest, sys_brk(model->guest, end), end, NULL);
    if (top < old_top)
        forget(model, top, (old_top - top) / PAGE_SIZE);
    else
        remember(model, old_top, (top - old_top) / PAGE_SIZE, &heap);
    model->brk = end;
}

/* A page comes, as if a fault had brought it. */
static void touch(struct model *model, const struct operation *operation)
{
    uaddr_t address =
        (operation->b % 2 ? HEAP : BASE) + operation->a % WINDOW * PAGE_SIZE;
    struct page *page = page_at(model, address);

    if (page->flags != 0 && page->frame == NO_PAGE)
        page->frame = map_fresh(model->space, address, PTE_PRESENT | PTE_USER);
}

/* --- looking ---------------------------------------------------------------
 */

static bool are_one(const struct page *lower, const struct page *upper)
{
    return lower->flags == upper->flags && lower->id == upper->id &&
           lower->origin == upper->origin;
}

/* The areas of a window; their number. */
static size_t areas_of_window(const struct page *pages, uaddr_t start,
                              struct span *out)
{
    size_t n = 0;

    for (uint32_t i = 0; i < WINDOW; i++) {
        uaddr_t at = start + i * PAGE_SIZE;

        if (pages[i].flags == 0)
            continue;
        if (i > 0 && are_one(&pages[i - 1], &pages[i]))
            out[n - 1].end = at + PAGE_SIZE;
        else
            out[n++] = (struct span){at, at + PAGE_SIZE, pages[i].flags};
    }
    return n;
}

static void look_at_page(struct model *model, uaddr_t address)
{
    const struct page *page = page_at(model, address);
    pfn_t frame = frame_of(model->space, address);

    expect(frame == page->frame, .did = guest_last(model->guest),
           .expected = page->frame == NO_PAGE
                           ? text("no page at 0x%08x", address)
                           : text("frame %ld at 0x%08x", page->frame, address),
           .seen = frame == NO_PAGE ? "none" : text("frame %ld", frame),
           .hint = "what is unmapped goes, what is not stays");
}

static void look_at_files(struct model *model)
{
    struct vmas vmas = vmas_of(model->space);
    int users = file_users(model->guest, probe_file(model->guest)) - 1;
    int of_file = 0;

    for (size_t i = 0; i < vmas.n; i++) {
        const struct page *page = page_at(model, vmas.list[i].start);

        if (page == NULL || page->origin != OF_FILE)
            continue;
        of_file++;
        expect_pgoff(model->space, vmas.list[i].start, page->pgoff);
    }
    expect(users == of_file, .did = guest_last(model->guest),
           .expected = text("%d areas hold a use of the file", of_file),
           .seen = text("%d uses", users));
}

static void look_around(struct model *model)
{
    static const struct span rest = {AT(WINDOW), USER_END, RO_FLAGS};
    struct span spans[2 * WINDOW + 1];
    size_t n = areas_of_window(model->low, HEAP, spans);

    n += areas_of_window(model->pages, BASE, spans + n);
    if (n > 0 && spans[n - 1].end == rest.start &&
        spans[n - 1].flags == rest.flags &&
        model->pages[WINDOW - 1].origin == PRIVATE)
        spans[n - 1].end = rest.end;
    else
        spans[n++] = rest;
    expect_vmas(model->space, spans, n, NULL);
    expect_sound(model->space);
    for (uint32_t i = 0; i < WINDOW; i++) {
        look_at_page(model, AT(i));
        look_at_page(model, HEAP + i * PAGE_SIZE);
    }
    look_at_files(model);
}

/* All above the window is taken, so that it gets full. */
static void set_up(struct model *model)
{
    memset(model, 0, sizeof(*model));
    model->space = boot_space();
    model->guest = model->space->guest;
    model->brk = HEAP;
    set_heap(model->space, HEAP, HEAP);
    plant_vma(model->space, AT(WINDOW), USER_END, RO_FLAGS);
    forget(model, HEAP, WINDOW);
    forget(model, BASE, WINDOW);
}

static void run(const struct operation *operations, size_t n)
{
    static void (*const does[])(struct model *, const struct operation *) = {
        [MAP] = map,     [MAP_AT] = map,   [MAP_OVER] = map,
        [UNMAP] = unmap, [BRK] = move_brk, [TOUCH] = touch,
    };
    static struct model model;

    set_up(&model);
    for (size_t i = 0; i < n; i++) {
        does[operations[i].kind](&model, &operations[i]);
        if (i % LOOK_EVERY == LOOK_EVERY - 1 || i + 1 == n)
            look_around(&model);
    }
    exit_mmap(model.space);
    expect_vmas(model.space, NULL, 0, NULL);
    expect_sound(model.space);
}

static struct operation generate(struct random *random)
{
    static const enum kind kinds[] = {MAP,      MAP,   MAP_AT, MAP_AT,
                                      MAP_OVER, UNMAP, UNMAP,  BRK,
                                      TOUCH,    TOUCH, TOUCH,  TOUCH};

    return (struct operation){
        .kind = kinds[random_below(random, sizeof(kinds) / sizeof(kinds[0]))],
        .a = random_below(random, WINDOW * PAGE_SIZE),
        .b = random_below(random, 240),
    };
}

static const char *describe(const struct operation *operation)
{
    static const char *const names[] = {
        [MAP] = "mmap() anywhere",
        [MAP_AT] = "mmap() with a hint",
        [MAP_OVER] = "mmap() with MAP_FIXED",
    };
    static const char *const origins[] = {"private", "shared", "of a file"};
    uint32_t page = operation->a % WINDOW, size = operation->a / WINDOW;

    if (operation->kind == BRK)
        return text("brk() to start_brk + %u",
                    operation->a % (WINDOW * PAGE_SIZE));
    if (operation->kind == TOUCH)
        return text("page %u of the %s is touched", page,
                    operation->b % 2 ? "heap" : "window");
    if (operation->kind == UNMAP)
        return text("munmap() of up to %u pages from page %u on",
                    1 + size % (2 * MOST_PAGES), page);
    return text("%s of %u pages, page %u, %s, prot 0x%x",
                names[operation->kind], 1 + size % MOST_PAGES, page,
                origins[origin_of(operation)], prots[operation->b / 6 % 4]);
}

Test(vma, spaces_agree_with_a_model)
{
    const struct property property = {
        .length = OPERATIONS,
        .generate = generate,
        .run = run,
        .describe = describe,
    };

    property_check(&property);
}
