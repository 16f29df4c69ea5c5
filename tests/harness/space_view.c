/* Address spaces from RAM: areas, entries, and what may be wrong with them. */
#include "space_view.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "process.h"

#define TABLE_BYTES 0x400000u
#define NTABLES     (USER_END / TABLE_BYTES)
#define NENTRIES    1024u
#define FRAME       0xfffff000u
#define SANE_USERS  100000 /* of an address space: more are none */
#define PATH_DEPTH  6
#define TYPE_SHIFT  1 /* a swap entry: swap.h */
#define TYPE_MASK   0x3fu
#define SLOT_SHIFT  8

/* --- areas ---------------------------------------------------------------- */

bool area_is_sound(const struct area *area)
{
    return area->start % PAGE_SIZE == 0 && area->end % PAGE_SIZE == 0 &&
           area->start < area->end && area->end <= USER_END;
}

/* The file's path, its last part if it is long. */
static void file_name(const struct scene *scene, gaddr_t file, char *to,
                      size_t size)
{
    gaddr_t inode = scene_word(scene, file + FILE_INODE);
    char path[256], part[64];
    size_t at = sizeof(path) - 1;

    path[at] = '\0';
    for (int i = 0; i < PATH_DEPTH && inode != 0; i++) {
        gaddr_t name = scene_word(scene, inode + INODE_NAME);
        size_t n;

        if (name == 0)
            break;
        scene_name(scene, name, part, sizeof(part));
        n = strlen(part);
        if (n == 0 || n + 1 > at)
            break;
        at -= n;
        memcpy(path + at, part, n);
        path[--at] = '/';
        inode = scene_word(scene, inode + INODE_PARENT);
    }
    while (strlen(path + at) >= size)
        at++;
    snprintf(to, size, "%s", path + at);
}

static void name_area(const struct space *space, struct area *area)
{
    const struct scene *scene = space->scene;
    gaddr_t file = scene_word(scene, area->at + VMA_FILE);
    uint32_t start_brk = scene_word(scene, space->mm + MM_START_BRK);
    uint32_t brk = scene_word(scene, space->mm + MM_BRK);
    const char *name = "";

    if (area->flags & VM_AGENT)
        name = "[the tests' agent]";
    else if (area->flags & VM_GROWSDOWN)
        name = "[stack]";
    else if (area->start <= brk && area->end > start_brk && brk > start_brk)
        name = "[heap]";
    snprintf(area->name, sizeof(area->name), "%s", name);
    if (file != 0)
        file_name(scene, file, area->name, sizeof(area->name));
}

static bool read_areas(struct space *space)
{
    const struct scene *scene = space->scene;
    gaddr_t at = scene_word(scene, space->mm + MM_MMAP);

    space->areas = calloc(AREAS_READ, sizeof(*space->areas));
    if (space->areas == NULL)
        return false;
    while (at != 0 && space->nareas < AREAS_READ) {
        struct area *area = &space->areas[space->nareas++];

        area->at = at;
        area->start = scene_word(scene, at + VMA_START);
        area->end = scene_word(scene, at + VMA_END);
        area->flags = scene_word(scene, at + VMA_FLAGS);
        name_area(space, area);
        at = scene_word(scene, at + VMA_NEXT);
    }
    space->endless = at != 0;
    return true;
}

/* --- entries -------------------------------------------------------------- */

static uint32_t word_at(const struct scene *scene, uint64_t pa)
{
    uint32_t word;

    scene_physical(scene, pa, &word, sizeof(word));
    return word;
}

/* The directory's entry for a page table; 0 if there is none. */
static uint32_t table_of(const struct space *space, uint32_t index)
{
    uint32_t entry = word_at(space->scene, space->pgd + index * 4ull);

    return entry & PTE_PRESENT ? entry : 0;
}

static uint32_t struct_page(const struct space *space, uint32_t pfn,
                            uint32_t offset)
{
    return scene_word(space->scene,
                      space->mem_map + pfn * SIZEOF_PAGE + offset);
}

static enum page_state state_of(const struct space *space, uint32_t entry)
{
    uint32_t pfn = entry >> PAGE_SHIFT, flags;

    if (entry == 0)
        return PAGE_ABSENT;
    if (!(entry & (PTE_PRESENT | PTE_PROTNONE)))
        return PAGE_OUT;
    if (pfn >= scene_nframes(space->scene))
        return PAGE_BEYOND;
    flags = struct_page(space, pfn, PAGE_FLAGS);
    if (!(entry & PTE_PRESENT))
        return PAGE_HIDDEN;
    if (space->mem_map + pfn * SIZEOF_PAGE == space->zero_page)
        return PAGE_ZERO;
    if (flags & PG_RESERVED)
        return PAGE_RESERVED;
    if (flags & PG_SWAP_CACHE)
        return PAGE_SWAP_CACHE;
    return struct_page(space, pfn, PAGE_MAPPING) != 0 ? PAGE_CACHE : PAGE_ANON;
}

/* A run of one page. */
static struct page_run run_of(const struct space *space, uint32_t entry,
                              uint32_t directory)
{
    struct page_run run = {.state = state_of(space, entry), .npages = 1};
    uint32_t number = entry >> PAGE_SHIFT;

    if (run.state == PAGE_ABSENT)
        return run;
    if (run.state == PAGE_OUT) {
        run.type = entry >> TYPE_SHIFT & TYPE_MASK;
        number = entry >> SLOT_SHIFT;
    } else if (run.state != PAGE_BEYOND) {
        run.users = (int)struct_page(space, number, PAGE_COUNT);
        run.shared = run.users > 1 + (run.state == PAGE_CACHE ||
                                      run.state == PAGE_SWAP_CACHE);
        run.writable = entry & directory & PTE_WRITABLE;
    }
    run.most_users = run.users;
    run.nranges = 1;
    run.ranges[0].first = run.ranges[0].last = number;
    return run;
}

/* --- runs ----------------------------------------------------------------- */

static bool can_join(const struct page_run *run, const struct page_run *next)
{
    return run->state == next->state && run->writable == next->writable &&
           run->shared == next->shared && run->type == next->type;
}

/* Is `number` the next one of the range, which may rise or fall? */
static bool continues(uint32_t first, uint32_t last, uint32_t number)
{
    if (number == last + 1)
        return first <= last;
    return number + 1 == last && first >= last;
}

/* Puts the frame or slot of a run of one page to the end of another. */
static void join(struct page_run *run, const struct page_run *next)
{
    size_t last = run->nranges - 1;
    uint32_t number = next->ranges[0].first;

    run->npages++;
    if (next->users < run->users)
        run->users = next->users;
    if (next->most_users > run->most_users)
        run->most_users = next->most_users;
    if (run->state == PAGE_ABSENT || run->state == PAGE_ZERO)
        return;
    if (last < RANGES_KEPT &&
        continues(run->ranges[last].first, run->ranges[last].last, number)) {
        run->ranges[last].last = number;
    } else {
        if (run->nranges < RANGES_KEPT) {
            run->ranges[run->nranges].first = number;
            run->ranges[run->nranges].last = number;
        }
        run->nranges++;
    }
}

/* One page more of the area; `last` is the run that grows. */
static void add_page(struct area_pages *pages, struct page_run *last,
                     const struct page_run *page)
{
    pages->counts[page->state]++;
    if (pages->nruns > 0 && can_join(last, page)) {
        join(last, page);
    } else {
        if (pages->nruns > 0 && pages->nruns <= RUNS_KEPT)
            pages->runs[pages->nruns - 1] = *last;
        pages->nruns++;
        *last = *page;
    }
}

void area_pages(const struct space *space, const struct area *area,
                struct area_pages *out)
{
    struct page_run last = {.npages = 0};
    uint32_t address = area->start;

    *out = (struct area_pages){.nruns = 0};
    while (address < area->end) {
        uint32_t directory = table_of(space, address / TABLE_BYTES);
        uint32_t index = address / PAGE_SIZE % NENTRIES, entry = 0;
        struct page_run page;

        if (directory != 0)
            entry = word_at(space->scene, (directory & FRAME) + index * 4ull);
        page = run_of(space, entry, directory);
        add_page(out, &last, &page);
        address += PAGE_SIZE;
    }
    if (out->nruns > 0 && out->nruns <= RUNS_KEPT)
        out->runs[out->nruns - 1] = last;
}

/* --- what lies outside ---------------------------------------------------- */

#define NPAGES (USER_END / PAGE_SIZE)

/* A byte for each page of the user part: is it in an area? Each page is set
 * once, so overlapping areas cost nothing. */
static uint8_t *cover(const struct space *space)
{
    uint8_t *covered = calloc(NPAGES, 1);
    uint32_t budget = 2 * NPAGES;

    for (size_t i = 0; covered != NULL && i < space->nareas; i++) {
        const struct area *area = &space->areas[i];
        uint32_t npages = (area->end - area->start) / PAGE_SIZE;

        if (!area_is_sound(area) || npages > budget)
            continue;
        budget -= npages;
        memset(covered + area->start / PAGE_SIZE, 1, npages);
    }
    return covered;
}

static void count_entry(struct space *space, uint32_t entry, uint32_t page,
                        const uint8_t *covered)
{
    enum page_state state = state_of(space, entry);

    space->npresent += state != PAGE_ABSENT && state != PAGE_OUT &&
                       state != PAGE_ZERO && state != PAGE_RESERVED;
    if (entry == 0 || covered[page])
        return;
    if (space->nstray++ == 0)
        space->first_stray = page * PAGE_SIZE;
}

static bool count_entries(struct space *space)
{
    uint8_t *covered = cover(space);

    for (uint32_t i = 0; covered != NULL && i < NTABLES; i++) {
        uint32_t directory = table_of(space, i), table[NENTRIES];

        if (directory == 0)
            continue;
        space->ntables++;
        scene_physical(space->scene, directory & FRAME, table, sizeof(table));
        for (uint32_t k = 0; k < NENTRIES; k++)
            if (table[k] != 0)
                count_entry(space, table[k], i * NENTRIES + k, covered);
    }
    free(covered);
    return covered != NULL;
}

/* --- the whole ------------------------------------------------------------ */

bool space_read(const struct scene *scene, gaddr_t mm, struct space *out)
{
    uint32_t users = scene_word(scene, mm + MM_USERS);
    gaddr_t pgd = scene_word(scene, mm + MM_PGD);

    *out = (struct space){
        .scene = scene,
        .mm = mm,
        .mem_map = scene_value(scene, "mem_map"),
        .zero_page = scene_value(scene, "zero_page"),
        .pgd = pgd - KERNEL_BASE,
        .map_count = (int32_t)scene_word(scene, mm + MM_MAP_COUNT),
        .rss = (int32_t)scene_word(scene, mm + MM_RSS),
        .total_vm = (int32_t)scene_word(scene, mm + MM_TOTAL_VM),
    };
    if (users == 0 || users > SANE_USERS ||
        scene_window(scene, pgd, PAGE_SIZE) == NULL)
        return false;
    if (read_areas(out) && count_entries(out))
        return true;
    space_free(out);
    return false;
}

void space_free(struct space *space)
{
    free(space->areas);
    space->areas = NULL;
}
