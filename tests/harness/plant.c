/*
 * Areas of the host's making: a list and a balanced tree.
 *
 * Structures of one slab lie side by side, a cache line's multiple apart; the
 * bytes between them are nobody's. So they are written in a few large pieces.
 */
#include "plant.h"

#include <stdlib.h>
#include <string.h>

#define LINE      64u /* bytes of a cache line */
#define AREA_STEP ((SIZEOF_VMA + LINE - 1) / LINE * LINE)
#define AT_ONCE   1024 /* areas */

/* An area's bytes, and where they go. */
struct image {
    gaddr_t vma;
    unsigned char bytes[AREA_STEP];
};

struct plant {
    const struct proc *space;
    const struct span *spans;
    gaddr_t *vmas;
    struct image *images;
    size_t n;
    unsigned last; /* the lowest level of the tree, whose nodes are red */
    uint32_t flags, page_prot; /* of the area before */
};

static void put(unsigned char *bytes, size_t offset, uint32_t word)
{
    memcpy(bytes + offset, &word, sizeof(word));
}

static uint32_t page_prot(struct plant *plant, uint32_t flags)
{
    const struct call call = {
        .function = "vm_get_page_prot",
        .args = {flags},
        .shown = "vm_get_page_prot()",
    };

    if (plant->flags != flags)
        plant->page_prot = guest_call(plant->space->guest, &call, NULL);
    plant->flags = flags;
    return plant->page_prot;
}

/* A node of the tree: where it hangs, and what hangs below it. */
struct place {
    gaddr_t parent, left, right; /* areas, or 0 */
    uint32_t color;
};

static gaddr_t node_of(gaddr_t vma)
{
    return vma == 0 ? 0 : vma + VMA_RB;
}

static void draw_area(struct plant *plant, size_t i, const struct place *place)
{
    const struct span *span = &plant->spans[i];
    unsigned char *bytes = plant->images[i].bytes;

    plant->images[i].vma = plant->vmas[i];
    put(bytes, VMA_MM, mm_of(plant->space));
    put(bytes, VMA_START, span->start);
    put(bytes, VMA_END, span->end);
    put(bytes, VMA_FLAGS, span->flags);
    put(bytes, VMA_PAGE_PROT, page_prot(plant, span->flags));
    put(bytes, VMA_NEXT, i + 1 < plant->n ? plant->vmas[i + 1] : 0);
    put(bytes, VMA_RB + RB_PARENT, node_of(place->parent));
    put(bytes, VMA_RB + RB_COLOR, place->color);
    put(bytes, VMA_RB + RB_LEFT, node_of(place->left));
    put(bytes, VMA_RB + RB_RIGHT, node_of(place->right));
}

/*
 * Makes a tree of the areas [from, to): the one in the middle, and below it
 * those on both sides. All levels but the last are full, so that with a red
 * last level each way down meets as many black nodes. Returns the middle.
 */
static gaddr_t grow(struct plant *plant, size_t from, size_t to, gaddr_t parent,
                    unsigned level)
{
    size_t middle = from + (to - from) / 2;
    gaddr_t vma;
    struct place place = {.parent = parent};

    if (from == to)
        return 0;
    vma = plant->vmas[middle];
    place.left = grow(plant, from, middle, vma, level + 1);
    place.right = grow(plant, middle + 1, to, vma, level + 1);
    place.color = level > 0 && level == plant->last ? RB_RED : RB_BLACK;
    draw_area(plant, middle, &place);
    return vma;
}

static int by_address(const void *a, const void *b)
{
    const struct image *x = a, *y = b;

    return (x->vma > y->vma) - (x->vma < y->vma);
}

static void write_areas(struct plant *plant)
{
    static unsigned char bytes[AT_ONCE * AREA_STEP];
    const struct image *images = plant->images;
    size_t start = 0;

    qsort(plant->images, plant->n, sizeof(*images), by_address);
    for (size_t i = 0; i < plant->n; i++) {
        size_t held = i - start + 1;

        memcpy(bytes + (i - start) * AREA_STEP, images[i].bytes, AREA_STEP);
        if (held < AT_ONCE && i + 1 < plant->n &&
            images[i + 1].vma == images[i].vma + AREA_STEP)
            continue;
        guest_write(plant->space->guest, images[start].vma, bytes,
                    (held - 1) * AREA_STEP + SIZEOF_VMA);
        start = i + 1;
    }
}

static unsigned last_level(size_t n)
{
    unsigned level = 0;

    while ((2u << level) <= n)
        level++;
    return level;
}

/* n vm_area_structs, in one go. */
static void alloc_areas(struct guest *guest, size_t n, gaddr_t *out)
{
    struct call *calls = allocate(n, sizeof(*calls));
    struct agent_result *results = allocate(n, sizeof(*results));

    for (size_t i = 0; i < n; i++)
        calls[i] = (struct call){
            .function = "kmem_cache_alloc",
            .args = {guest_u32(guest, guest_symbol(guest, "vm_area_cachep")),
                     GFP_KERNEL},
            .shown = "kmem_cache_alloc(vm_area_cachep, GFP_KERNEL)",
        };
    guest_calls(guest, calls, n, results);
    for (size_t i = 0; i < n; i++) {
        out[i] = results[i].value;
        expect(out[i] != 0, .did = calls[i].shown,
               .expected = "a vm_area_struct", .seen = "NULL");
    }
    free(results);
    free(calls);
}

static void write_word(struct guest *guest, gaddr_t address, uint32_t word)
{
    guest_write(guest, address, &word, sizeof(word));
}

void plant_vmas(const struct proc *space, const struct span *spans, size_t n,
                gaddr_t *out)
{
    struct plant plant = {
        .space = space,
        .spans = spans,
        .vmas = allocate(n, sizeof(gaddr_t)),
        .images = allocate(n, sizeof(struct image)),
        .n = n,
        .last = last_level(n),
        .flags = ~0u,
    };
    struct guest *guest = space->guest;
    gaddr_t mm = mm_of(space), root;
    uint32_t npages_in_all = 0;

    if (guest_u32(guest, mm + MM_MMAP) != 0)
        report_infra("plant_vmas() in a space that has areas");
    alloc_areas(guest, n, plant.vmas);
    root = grow(&plant, 0, n, 0, 0);
    write_areas(&plant);
    for (size_t i = 0; i < n; i++)
        npages_in_all += (spans[i].end - spans[i].start) / PAGE_SIZE;
    write_word(guest, mm + MM_MMAP, n == 0 ? 0 : plant.vmas[0]);
    write_word(guest, mm + MM_RB, node_of(root));
    write_word(guest, mm + MM_MAP_COUNT, (uint32_t)n);
    write_word(guest, mm + MM_TOTAL_VM, npages_in_all);
    if (out != NULL)
        memcpy(out, plant.vmas, n * sizeof(*out));
    free(plant.images);
    free(plant.vmas);
}

void plant_row(const struct proc *space, const struct span *first, size_t n,
               size_t gap, gaddr_t *out)
{
    struct span *spans = allocate(n, sizeof(*spans));
    uint32_t step = first->end - first->start + (uint32_t)gap * PAGE_SIZE;

    for (size_t i = 0; i < n; i++)
        spans[i] = (struct span){first->start + (uaddr_t)i * step,
                                 first->end + (uaddr_t)i * step, first->flags};
    plant_vmas(space, spans, n, out);
    free(spans);
}

gaddr_t plant_vma(const struct proc *space, uaddr_t start, uaddr_t end,
                  uint32_t flags)
{
    gaddr_t vma;

    plant_vmas(space, &(struct span){start, end, flags}, 1, &vma);
    return vma;
}
