/*
 * Frames and their use. Each source is a pass over kinds[]: what struct page
 * says first, then what points at the frame, then the free lists.
 */
#include "frames.h"

#include <stdlib.h>
#include <string.h>

#define PRESENT     0x001u
#define LARGE       0x080u
#define PROTNONE    0x080u
#define ENTRIES     1024u
#define USER_TABLES (KERNEL_BASE >> 22)
#define MAX_TASKS   1024
#define MAX_TABLES  4096 /* page tables that are read, of all processes */
#define STACK_PAGES 2
#define PKMAP_TABLE (PKMAP_BASE_PAGE >> 10)
struct reading {
    const struct scene *scene;
    struct frames *frames;
    gaddr_t mem_map;
    const uint8_t *pages; /* it, in RAM */
    unsigned ntables;     /* read so far */
};

/* --- struct page ---------------------------------------------------------- */

static uint32_t field(const struct reading *reading, uint32_t pfn,
                      size_t offset)
{
    uint32_t value;

    memcpy(&value, reading->pages + (size_t)pfn * SIZEOF_PAGE + offset,
           sizeof(value));
    return value;
}

static enum frame_kind kind_of_page(const struct reading *reading, uint32_t pfn)
{
    uint32_t flags = field(reading, pfn, PAGE_FLAGS);

    if (flags & PG_RESERVED)
        return FRAME_RESERVED;
    if (flags & PG_SLAB)
        return FRAME_SLAB;
    if (flags & PG_SWAP_CACHE)
        return FRAME_SWAP_CACHE;
    return field(reading, pfn, PAGE_MAPPING) != 0 ? FRAME_CACHE : FRAME_KERNEL;
}

static void read_pages(const struct reading *reading)
{
    for (uint32_t pfn = 0; pfn < reading->frames->n; pfn++)
        reading->frames->kinds[pfn] = (uint8_t)kind_of_page(reading, pfn);
}

/* --- who points at it ----------------------------------------------------- */

/* Of frames whose use is not known better; true if it was not. */
static bool mark(const struct reading *reading, uint32_t pfn,
                 enum frame_kind kind)
{
    if (pfn >= reading->frames->n ||
        reading->frames->kinds[pfn] != FRAME_KERNEL)
        return false;
    reading->frames->kinds[pfn] = (uint8_t)kind;
    return true;
}

/* The frames in a page table are of this kind. */
static void mark_table(const struct reading *reading, uint32_t entry,
                       enum frame_kind kind)
{
    uint32_t table[ENTRIES];

    if (!(entry & PRESENT) || entry & LARGE)
        return;
    scene_physical(reading->scene, entry & ~(PAGE_SIZE - 1), table,
                   sizeof(table));
    for (size_t i = 0; i < ENTRIES; i++)
        if (table[i] & (PRESENT | PROTNONE))
            mark(reading, table[i] >> PAGE_SHIFT, kind);
}

/* A page table belongs to one directory, so each is read once. */
static void mark_space(struct reading *reading, gaddr_t mm)
{
    gaddr_t pgd = scene_word(reading->scene, mm + MM_PGD);
    uint32_t entries[USER_TABLES];

    if (!scene_read(reading->scene, pgd, entries, sizeof(entries)) ||
        !mark(reading, (pgd - KERNEL_BASE) >> PAGE_SHIFT, FRAME_TABLE))
        return;
    for (size_t i = 0; i < USER_TABLES; i++)
        if (entries[i] & PRESENT && reading->ntables < MAX_TABLES &&
            mark(reading, entries[i] >> PAGE_SHIFT, FRAME_TABLE)) {
            mark_table(reading, entries[i], FRAME_ANON);
            reading->ntables++;
        }
}

static void mark_tasks(struct reading *reading)
{
    struct scene_task *tasks = calloc(MAX_TASKS, sizeof(*tasks));
    size_t n = 0;

    if (tasks != NULL)
        n = scene_tasks(reading->scene, tasks, MAX_TASKS);
    for (size_t i = 0; i < n; i++) {
        uint32_t pfn = (tasks[i].at - KERNEL_BASE) >> PAGE_SHIFT;

        for (uint32_t k = 0; k < STACK_PAGES; k++)
            mark(reading, pfn + k, FRAME_STACK);
        if (tasks[i].mm != 0)
            mark_space(reading, tasks[i].mm);
    }
    free(tasks);
}

/* Page tables for addresses above the direct map, and below those of kmap(),
 * which keeps what it maps for a while after it was freed. */
static void mark_vmalloc(const struct reading *reading)
{
    gaddr_t directory = scene_symbol(reading->scene, "swapper_pg_dir");
    gaddr_t end = scene_value(reading->scene, "high_memory");

    for (uint32_t i = end >> 22; end != 0 && i < PKMAP_TABLE; i++) {
        uint32_t entry = scene_word(reading->scene, directory + i * 4);

        mark_table(reading, entry, FRAME_VMALLOC);
        if (entry & PRESENT && !(entry & LARGE))
            mark(reading, entry >> PAGE_SHIFT, FRAME_TABLE);
    }
}

/* --- the free lists ------------------------------------------------------- */

static void mark_wrong(const struct reading *reading, struct zone_frames *zone,
                       uint32_t pfn)
{
    if (zone->faults.wrong++ == 0 || pfn < zone->faults.first_wrong)
        zone->faults.first_wrong = pfn;
    reading->frames->kinds[pfn] = FRAME_WRONG;
}

/* The frame is in a free block of this order. */
static void mark_free(const struct reading *reading, struct zone_frames *zone,
                      uint32_t pfn, unsigned order)
{
    uint8_t kind = reading->frames->kinds[pfn];

    if (kind == FRAME_WRONG)
        return;
    if (kind == FRAME_KERNEL && field(reading, pfn, PAGE_COUNT) == 0)
        reading->frames->kinds[pfn] = (uint8_t)order;
    else
        mark_wrong(reading, zone, pfn);
}

/* The frame whose page->list this is; RAM's end if it can be none. */
static uint32_t frame_of_node(const struct reading *reading, gaddr_t node)
{
    uint32_t offset = node - PAGE_LIST - reading->mem_map;

    if (node < reading->mem_map || offset % SIZEOF_PAGE != 0 ||
        offset / SIZEOF_PAGE >= reading->frames->n)
        return reading->frames->n;
    return offset / SIZEOF_PAGE;
}

/* May a block of 2^order pages begin there? */
static bool is_block(const struct zone_frames *zone, uint32_t pfn,
                     unsigned order)
{
    uint32_t npages = 1u << order;

    return pfn >= zone->start && pfn - zone->start < zone->n &&
           zone->n - (pfn - zone->start) >= npages && pfn % npages == 0;
}

static void read_list(const struct reading *reading, struct zone_frames *zone,
                      gaddr_t head, unsigned order)
{
    uint32_t most = (zone->n >> order) + 1, n = 0;
    gaddr_t node = scene_word(reading->scene, head), earlier = head;
    bool cyclic = false;
    for (; node != head && n < most; n++) {
        uint32_t pfn = frame_of_node(reading, node);
        cyclic = node == earlier || (pfn < reading->frames->n &&
                                     reading->frames->kinds[pfn] == order);
        if ((n & (n - 1)) == 0) /* Brent's: it meets the powers of two */
            earlier = node;
        if (cyclic || !is_block(zone, pfn, order))
            break;
        for (uint32_t i = 0; i < 1u << order; i++)
            mark_free(reading, zone, pfn + i, order);
        node = scene_word(reading->scene, node);
    }
    zone->blocks[order] = n;
    zone->listed += n << order;
    if (node != head && zone->faults.broken_list == MAX_ORDER) {
        zone->faults.broken_list = order;
        zone->faults.cyclic = cyclic || n == most;
        zone->faults.after = n;
    }
}

static void read_zone(const struct reading *reading, enum zone_index index)
{
    const struct scene *scene = reading->scene;
    struct zone_frames *zone = &reading->frames->zones[index];
    gaddr_t at =
        scene_symbol(scene, "contig_page_data") + (unsigned)index * SIZEOF_ZONE;

    *zone = (struct zone_frames){
        .start = scene_word(scene, at + ZONE_START_PFN),
        .n = scene_word(scene, at + ZONE_SIZE),
        .free_pages = (int32_t)scene_word(scene, at + ZONE_FREE_PAGES),
        .min = (int32_t)scene_word(scene, at + ZONE_PAGES_MIN),
        .low = (int32_t)scene_word(scene, at + ZONE_PAGES_LOW),
        .high = (int32_t)scene_word(scene, at + ZONE_PAGES_HIGH),
        .faults.broken_list = MAX_ORDER,
    };
    if (zone->start > reading->frames->n)
        zone->n = 0;
    else if (zone->n > reading->frames->n - zone->start)
        zone->n = reading->frames->n - zone->start;
    if (zone->n == 0)
        return;
    for (unsigned order = 0; order < MAX_ORDER; order++)
        read_list(reading, zone,
                  at + ZONE_FREE_AREA + order * SIZEOF_FREE_AREA +
                      FREE_AREA_LIST,
                  order);
}

bool frames_read(const struct scene *scene, struct frames *out)
{
    struct reading reading = {
        .scene = scene,
        .frames = out,
        .mem_map = scene_value(scene, "mem_map"),
    };
    uint32_t described = scene_value(scene, "max_mapnr");

    *out = (struct frames){.n = scene_nframes(scene)};
    if (described < out->n)
        out->n = described;
    reading.pages =
        scene_window(scene, reading.mem_map, (size_t)out->n * SIZEOF_PAGE);
    if (reading.pages == NULL || out->n == 0 ||
        scene_symbol(scene, "contig_page_data") == 0)
        return false;
    out->kinds = calloc(out->n, 1);
    if (out->kinds == NULL)
        return false;
    read_pages(&reading);
    mark_tasks(&reading);
    mark_vmalloc(&reading);
    for (enum zone_index index = ZONE_DMA; index < NR_ZONES; index++)
        read_zone(&reading, index);
    return true;
}

void frames_free(struct frames *frames)
{
    free(frames->kinds);
    *frames = (struct frames){.n = 0};
}
