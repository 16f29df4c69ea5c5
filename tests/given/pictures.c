/*
 * Pictures of guests: in states that are known, what they show; in states that
 * should not be, that they end, say so, and stay small. Broken states are made
 * in a copy of RAM, so nothing of the guest's has to survive them.
 */
#include <criterion/criterion.h>
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "blocks.h"
#include "guest_internal.h"
#include "picture.h"
#include "property.h"
#include "swaps.h"

#define SECONDS_MOST 2 /* for a picture of 8 MB: it takes some milliseconds */

/* --- helpers -------------------------------------------------------------- */

/* A copy of a guest's RAM, which can be broken; behind its end there is nothing
 * that could be read. */
static struct scene copy_of(struct guest *guest)
{
    struct scene scene = guest_scene(guest);
    uint8_t *ram =
        mmap(NULL, scene.ram_bytes + PAGE_SIZE, PROT_READ | PROT_WRITE,
             MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    if (ram == MAP_FAILED ||
        mprotect(ram + scene.ram_bytes, PAGE_SIZE, PROT_NONE) != 0)
        report_infra("no memory for a copy of RAM");
    memcpy(ram, scene.ram, scene.ram_bytes);
    scene.ram = ram;
    return scene;
}

static void drop_copy(const struct scene *scene)
{
    munmap((void *)scene->ram, scene->ram_bytes + PAGE_SIZE);
}

static void poke(const struct scene *scene, gaddr_t address, uint32_t value)
{
    uint64_t pa = (uint64_t)address - KERNEL_BASE;

    if (pa + sizeof(value) > scene->ram_bytes)
        report_infra("0x%08x is not in the copy", address);
    memcpy((uint8_t *)scene->ram + pa, &value, sizeof(value));
}

static gaddr_t list_head(const struct scene *scene, enum zone_index zone,
                         unsigned order)
{
    return scene_symbol(scene, "contig_page_data") +
           (unsigned)zone * SIZEOF_ZONE + ZONE_FREE_AREA +
           order * SIZEOF_FREE_AREA + FREE_AREA_LIST;
}

static gaddr_t node_of(struct guest *guest, pfn_t pfn)
{
    return page_of(guest, pfn) + PAGE_LIST;
}

/* What every picture is, whatever it shows. */
static void expect_modest(const struct picture *picture)
{
    static const char *const never[] = {
        "<script", "href", "url(", "<!",    "style", " on",
        "&",       "id=",  "\\",   "class", "\""};
    const char *svg = picture->svg;

    expect(strncmp(svg, "<svg ", 5) == 0 && picture->nbytes <= SVG_BYTES &&
               strlen(svg) == picture->nbytes,
           .did = "draw a picture", .expected = "SVG of at most 64 KiB",
           .seen = text("%zu bytes: %.60s", picture->nbytes, svg));
    for (size_t i = 0; i < sizeof(never) / sizeof(never[0]); i++)
        expect(strstr(svg, never[i]) == NULL || strcmp(never[i], " on") == 0,
               .did = "draw a picture",
               .expected = "shapes and texts, nothing else",
               .seen = text("%.60s", strstr(svg, never[i])));
}

static void expect_shows(const struct picture *picture, const char *words)
{
    expect(picture->svg != NULL && strstr(picture->svg, words) != NULL,
           .did = text("draw \"%s\"", picture->title),
           .expected = text("a picture with \"%s\"", words),
           .seen = picture->svg == NULL ? "none" : "another one");
}

static void expect_shows_not(const struct picture *picture, const char *words)
{
    expect(strstr(picture->svg, words) == NULL,
           .did = text("draw \"%s\"", picture->title),
           .expected = text("a picture without \"%s\"", words),
           .seen = text("%.200s", strstr(picture->svg, words)));
}

static struct picture memory_of(const struct scene *scene)
{
    struct picture picture;

    expect(picture_memory(scene, &picture), .did = "draw the memory",
           .expected = "a picture", .seen = "none");
    expect_modest(&picture);
    return picture;
}

static struct picture space_of(const struct proc *proc)
{
    struct scene scene = guest_scene(proc->guest);
    struct picture picture;

    expect(picture_space(&scene, mm_of(proc), "process 1 (agent)", &picture),
           .did = "draw an address space", .expected = "a picture",
           .seen = "none");
    expect_modest(&picture);
    return picture;
}

static unsigned long number_behind(const struct picture *picture,
                                   const char *words)
{
    const char *at = strstr(picture->svg, words);

    return at == NULL ? 0 : strtoul(at + strlen(words), NULL, 10);
}

/* The next number behind a ">" and before a "<". */
static uint32_t next_number(const char **at)
{
    while (**at != '\0' && !((*at)[0] == '>' && isdigit((*at)[1])))
        ++*at;
    if (**at == '\0')
        return ~0u;
    ++*at;
    return (uint32_t)strtoul(*at, NULL, 10);
}

/* The blocks of each order as the zone's table of the picture has them. */
static void table_of(const struct picture *picture, enum zone_index zone,
                     uint32_t *blocks)
{
    const char *at = strstr(picture->svg, text(">%s<", zone_name(zone)));

    expect(at != NULL, .did = "draw the memory", .expected = zone_name(zone),
           .seen = "it is not in the picture");
    at = strstr(at, ">pages<");
    for (unsigned order = 0; at != NULL && order < MAX_ORDER; order++) {
        expect(next_number(&at) == order, .did = "draw the free lists",
               .expected = text("a line for order %u", order),
               .seen = "another number");
        blocks[order] = next_number(&at);
        expect(next_number(&at) == blocks[order] << order,
               .did = "draw the free lists",
               .expected = text("%u pages", blocks[order] << order),
               .seen = "another number");
    }
}

/* Frames that are drawn in a colour, by the lengths of its strokes: of a
 * picture in which no row is drawn for several, 512 / per_row units each. */
static uint32_t drawn_in(const struct picture *picture, const char *fill,
                         uint32_t per_row)
{
    uint32_t units = 0;

    for (const char *at = picture->svg;
         (at = strstr(at, text("<path stroke='%s'", fill))) != NULL; at++)
        for (const char *run = at; *run != '/'; run++)
            if (*run == 'h' && run[-1] != 't')
                units += (uint32_t)strtoul(run + 1, NULL, 10);
    return units * per_row / STRIP_UNITS;
}

/* --- physical memory ------------------------------------------------------ */

/* Leaves free of a zone: a block of each order in `orders`, apart. */
static void leave_free(struct guest *guest, enum zone_index zone,
                       unsigned orders)
{
    struct blocks pages = exhaust(guest, zone);
    size_t from = 0;

    for (unsigned order = 0; order < MAX_ORDER; order++) {
        if (!(orders & 1u << order))
            continue;
        from = run_in(&pages, order, from + 1);
        give_back_some(guest, &pages, from, (size_t)1 << order);
        from += ((size_t)1 << order) + 1;
    }
}

Test(given, picture_counts_free_blocks_as_the_zone_does)
{
    struct guest *guest = guest_boot(&machine_64mb, STAGE_BUDDY);
    struct scene scene = guest_scene(guest);
    const unsigned orders[] = {0x0a5, 0x1ff};
    struct picture picture;

    leave_free(guest, ZONE_DMA, orders[0]);
    leave_free(guest, ZONE_NORMAL, orders[1]);
    picture = memory_of(&scene);
    for (enum zone_index zone = ZONE_DMA; zone <= ZONE_NORMAL; zone++) {
        uint32_t blocks[MAX_ORDER] = {0};

        table_of(&picture, zone, blocks);
        for (unsigned order = 0; order < MAX_ORDER; order++)
            expect(blocks[order] == (orders[zone] >> order & 1),
                   .did = "leave a block of some orders free",
                   .expected =
                       text("%u of order %u", orders[zone] >> order & 1, order),
                   .seen = text("%u", blocks[order]));
    }
    expect_shows_not(&picture, ">! ");
    expect_shows_not(&picture, ">ZONE_HIGHMEM<");
    picture_free(&picture);
}

Test(given, picture_draws_each_frame_once)
{
    struct guest *guest = guest_boot(&machine_8mb, STAGE_BUDDY);
    struct scene scene = guest_scene(guest);
    struct picture picture;
    uint32_t reserved = 0;

    /* No two rows are alike, so none stands for several. */
    leave_free(guest, ZONE_DMA, 0x38);
    for (pfn_t pfn = 0; pfn < 2048; pfn++)
        reserved += (page_flags(guest, pfn) & PG_RESERVED) != 0;
    picture = memory_of(&scene);
    expect_shows(&picture, text(">reserved: %u<", reserved));
    expect_shows(&picture,
                 text(">in use otherwise: %u<", 2048 - reserved - 56));
    expect(drawn_in(&picture, "#86c5e2", 32) == 8 &&
               drawn_in(&picture, "#62b1d6", 32) == 16 &&
               drawn_in(&picture, "#3f9bc8", 32) == 32,
           .did = "draw blocks of order 3, 4 and 5",
           .expected = "8, 16 and 32 frames",
           .seen = text("%u, %u, %u", drawn_in(&picture, "#86c5e2", 32),
                        drawn_in(&picture, "#62b1d6", 32),
                        drawn_in(&picture, "#3f9bc8", 32)));
    picture_free(&picture);
}

Test(given, picture_has_all_zones_and_tells_kinds_apart)
{
    struct guest *guest = guest_boot(&machine_1200mb, STAGE_USER);
    struct proc *proc = user_spawn(guest);
    struct scene scene = guest_scene(guest);
    uaddr_t at = user_pages(proc, 64);
    struct picture before = memory_of(&scene), after;

    user_stamp(proc, at, 64, 1);
    after = memory_of(&scene);
    expect_shows(&after, ">ZONE_HIGHMEM<");
    expect_shows(&after, "896 to 1200 MB");
    expect(number_behind(&after, ">anonymous: ") ==
               number_behind(&before, ">anonymous: ") + 64,
           .did = guest_last(guest), .expected = "64 anonymous pages more",
           .seen = text("%lu", number_behind(&after, ">anonymous: ")));
    expect_shows(&after, ">page tables: ");
    expect_shows(&after, ">slab: ");
    expect_shows(&after, ">page cache: ");
    expect_shows(&after, ">task and its stack: 2<");
    expect_shows_not(&after, ">! ");
    picture_free(&before);
    picture_free(&after);
}

/* The worst that can be had: every other page is free. */
Test(given, picture_of_scattered_pages_stays_small)
{
    struct guest *guest = guest_boot(&machine_64mb, STAGE_BUDDY);
    struct scene scene = guest_scene(guest);
    struct blocks pages = exhaust(guest, ZONE_NORMAL), some;
    uint32_t blocks[MAX_ORDER] = {0};
    struct picture picture;

    shuffle(&pages);
    some = pages;
    some.n /= 2;
    give_back(guest, &some);
    picture = memory_of(&scene);
    table_of(&picture, ZONE_NORMAL, blocks);
    expect(blocks[0] > 1000 && blocks[1] > 100, .did = guest_last(guest),
           .expected = "many small blocks",
           .seen = text("%u of order 0", blocks[0]));
    expect_shows_not(&picture, ">! ");
    picture_free(&picture);
}

Test(given, picture_names_what_is_wrong_with_a_free_list)
{
    struct guest *guest = guest_boot(&machine_8mb, STAGE_BUDDY);
    const struct {
        uint32_t next;
        const char *says;
    } cases[] = {
        {node_of(guest, 1024), "comes back to one that it had"},
        {node_of(guest, 1025), "leads to what is no such block"},
        {0, "leads to what is no such block"},
        {4, "leads to what is no such block"},
        {0xfffffffcu, "leads to what is no such block"},
        {node_of(guest, 1024) + 2, "leads to what is no such block"},
        {node_of(guest, 512), "Frame 512 is on a free list, yet in use"},
    };
    struct blocks pages = exhaust(guest, ZONE_DMA), some = pages;

    some.n = 1;
    for (size_t i = 0; i < pages.n; i++)
        if (pages.pfns[i] == 1024)
            some.pfns = &pages.pfns[i];
    give_back(guest, &some);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct scene scene = copy_of(guest);
        struct picture picture;

        if (i == 1) /* a frame where no block of order 1 can begin */
            poke(&scene, list_head(&scene, ZONE_DMA, 1), cases[i].next);
        else
            poke(&scene, node_of(guest, 1024), cases[i].next);
        picture = memory_of(&scene);
        expect_shows(&picture, cases[i].says);
        expect_shows(&picture, ">! ");
        picture_free(&picture);
        drop_copy(&scene);
    }
}

/* --- address spaces ------------------------------------------------------- */

/* "frame 123<", the end of what is said of a page by itself. */
static const char *frame_text(const struct proc *proc, uaddr_t address)
{
    return text(": frame %ld<", expect_mapped_page(proc, address, NULL));
}

Test(given, picture_of_a_space_says_what_the_page_tables_say)
{
    struct guest *guest = guest_boot(&machine_64mb, STAGE_USER);
    struct proc *proc = user_spawn(guest), *child;
    uaddr_t at = user_pages(proc, 8), hidden = user_pages(proc, 2);
    struct picture picture;

    user_store(proc, at + PAGE_SIZE, 5);
    user_load(proc, at + 3 * PAGE_SIZE);
    user_store(proc, hidden, 6);
    picture = space_of(proc);
    expect_shows(&picture,
                 text(">1 page, writable%s", frame_text(proc, at + PAGE_SIZE)));
    expect_shows(&picture, text(">1 page, a write copies it%s",
                                frame_text(proc, at + 3 * PAGE_SIZE)));
    expect_shows(&picture, ">ZERO_PAGE<");
    expect_shows(&picture, text(">%08x<", at));
    expect_shows_not(&picture, "users<");
    picture_free(&picture);

    child = user_fork(proc);
    user_mprotect(child, hidden, PAGE_SIZE, PROT_NONE);
    picture = space_of(child);
    expect_shows(&picture, text(">1 page, a write copies it%s",
                                frame_text(child, at + PAGE_SIZE)));
    expect_shows(&picture, ">2 users<");
    expect_shows(&picture, ">no access<");
    expect_shows_not(&picture, ">! ");
    picture_free(&picture);
}

Test(given, picture_of_a_space_has_files_and_slots)
{
    struct guest *guest = guest_boot(&machine_swap_8mb, STAGE_SWAP);
    struct proc *proc = user_spawn(guest);
    struct slot_view slot;
    struct picture picture;
    uaddr_t at, file;

    make_whole_swap(guest, 0);
    swap_on(proc, 0, -1);
    user_make_stamped_file(proc, "/tmp/a file", 2, 77);
    file = user_mmap_file(proc, 2 * PAGE_SIZE, PROT_READ, MAP_SHARED,
                          user_open(proc, "/tmp/a file", O_RDONLY), 0);
    user_load(proc, file + PAGE_SIZE);
    at = user_pages(proc, 2500);
    user_stamp(proc, at, 2500, 1000);
    slot = swapped_slot(proc, at);
    expect(slot.swapped, .did = guest_last(guest),
           .expected = "the first page is out", .seen = "it is not");
    picture = space_of(proc);
    expect_shows(&picture, ">/tmp/a?file<"); /* no blank of the guest's */
    expect_shows(&picture, text(">1 page, read-only%s",
                                frame_text(proc, file + PAGE_SIZE)));
    expect_shows(&picture, text("slots %u:%u", slot.type, slot.slot));
    expect_shows_not(&picture, ">! ");
    picture_free(&picture);
}

/* A process with a page in an area of three, at `at`. */
static struct proc *with_a_page(uaddr_t *at)
{
    struct proc *proc = user_spawn(guest_boot(&machine_8mb, STAGE_USER));

    *at = user_pages(proc, 3);
    user_store(proc, *at, 1);
    return proc;
}

Test(given, picture_names_what_is_wrong_with_a_space)
{
    uaddr_t at;
    struct proc *proc = with_a_page(&at);
    struct mm_view mm = mm_view(proc);
    gaddr_t vma = vma_at(proc, at).at;
    const struct {
        gaddr_t word;
        uint32_t value;
        const char *says;
    } cases[] = {
        {mm.at + MM_RSS, 999, "rss is 999"},
        {mm.at + MM_MAP_COUNT, 99, "map_count is 99"},
        {mm.mmap + VMA_NEXT, mm.mmap, "has no end"},
        {mm.mmap + VMA_END, 0xffffffff, "can't be"},
        {vma + VMA_START, at + PAGE_SIZE, "Outside of the areas 1 "},
        {vma + VMA_START, 0x08048000, "before this one ends"},
        {pte_view(proc, at).entry, 0xfffff067, ">no RAM!<"},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct scene scene = copy_of(proc->guest);
        struct picture picture;

        poke(&scene, cases[i].word, cases[i].value);
        expect(picture_space(&scene, mm.at, "process 1", &picture),
               .did = text("change the word at 0x%08x", cases[i].word),
               .expected = "a picture", .seen = "none");
        expect_shows(&picture, cases[i].says);
        picture_free(&picture);
        drop_copy(&scene);
    }
}

/* --- swap areas ----------------------------------------------------------- */

Test(given, picture_of_swap_counts_slots)
{
    struct guest *guest = guest_boot(&machine_swap_8mb, STAGE_SWAP);
    struct proc *proc = user_spawn(guest);
    struct scene scene = guest_scene(guest);
    struct picture picture;
    struct area_view area;
    uaddr_t at;

    expect(!picture_swap(&scene, &picture), .did = "draw swap areas",
           .expected = "no picture without an area", .seen = picture.svg);
    make_whole_swap(guest, 0);
    mark_bad(guest, 0, 7);
    mark_bad(guest, 0, 8);
    swap_on(proc, 0, 3);
    at = user_pages(proc, 2500);
    user_stamp(proc, at, 2500, 1000);
    area = swap_area(guest, 0);
    expect(picture_swap(&scene, &picture), .did = "draw swap areas",
           .expected = "a picture", .seen = "none");
    expect_modest(&picture);
    expect_shows(&picture, text(">free: %u<", area.nr_free));
    expect_shows(&picture, text("%u are used, %u are free",
                                slots_in_use(guest, 0), area.nr_free));
    expect_shows(&picture, ">bad: 2<");
    expect_shows(&picture, "priority 3;");
    expect_shows_not(&picture, ">! ");
    picture_free(&picture);
}

/* --- hostile states ------------------------------------------------------- */

static double seconds_now(void)
{
    struct timespec time;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return (double)time.tv_sec + (double)time.tv_nsec * 1e-9;
}

/* Whatever is in RAM: all pictures end, and are modest if there are any. */
static void expect_survives(const struct scene *scene, const char *did)
{
    struct scene_task tasks[64];
    double start = seconds_now();
    size_t n = scene_tasks(scene, tasks, 64);
    struct picture picture;

    if (picture_memory(scene, &picture))
        expect_modest(&picture);
    picture_free(&picture);
    if (picture_swap(scene, &picture))
        expect_modest(&picture);
    picture_free(&picture);
    for (size_t i = 0; i < n && i < 3; i++) {
        if (picture_space(scene, tasks[n - 1 - i].mm, "x", &picture))
            expect_modest(&picture);
        picture_free(&picture);
    }
    expect(seconds_now() - start < SECONDS_MOST, .did = did,
           .expected = "pictures within a moment",
           .seen = text("%.1f s", seconds_now() - start));
}

/* A guest with something in each structure that is drawn. */
static struct guest *busy_guest(struct proc **proc)
{
    struct guest *guest = guest_boot(&machine_swap_8mb, STAGE_SWAP);
    uaddr_t at;

    *proc = user_spawn(guest);
    make_whole_swap(guest, 0);
    swap_on(*proc, 0, -1);
    at = user_pages(*proc, 2000);
    user_stamp(*proc, at, 2000, 1000);
    user_fork(*proc);
    return guest;
}

#define MAX_WORDS 160

/* The words that lead to others, or say how many there are. */
static size_t words_of(const struct proc *proc, gaddr_t *out)
{
    static const char *const globals[] = {"mem_map", "max_mapnr", "high_memory",
                                          "zero_page", "boot_stage"};
    static const size_t mm[] = {MM_MMAP,      MM_PGD, MM_USERS, MM_MAP_COUNT,
                                MM_START_BRK, MM_BRK, MM_RSS,   MM_TOTAL_VM};
    static const size_t vma[] = {VMA_START, VMA_END, VMA_NEXT, VMA_FILE,
                                 VMA_FLAGS};
    struct guest *guest = proc->guest;
    gaddr_t zones = guest_symbol(guest, "contig_page_data");
    gaddr_t swap = guest_symbol(guest, "swap_info");
    size_t n = 0;

    for (size_t i = 0; i < sizeof(globals) / sizeof(globals[0]); i++)
        out[n++] = guest_symbol(guest, globals[i]);
    for (size_t i = 0; i < sizeof(mm) / sizeof(mm[0]); i++)
        out[n++] = mm_of(proc) + (gaddr_t)mm[i];
    for (size_t i = 0; i < sizeof(vma) / sizeof(vma[0]); i++)
        out[n++] = mm_view(proc).mmap + (gaddr_t)vma[i];
    for (gaddr_t offset = 0; offset < SIZEOF_ZONE; offset += 4)
        out[n++] = zones + offset;
    for (gaddr_t offset = 0; offset < SIZEOF_SWAP_INFO; offset += 4)
        out[n++] = swap + offset;
    for (gaddr_t i = 0; i < 8; i++)
        out[n++] = guest_symbol(guest, "swapper_pg_dir") + (1016 + i) * 4;
    out[n++] = guest_symbol(guest, "init_task_union") + TASK_TASKS;
    out[n++] = task_of(proc) + TASK_TASKS;
    out[n++] = task_of(proc) + TASK_MM;
    out[n++] = pte_view(proc, all_vmas(proc).list[0].start).entry;
    out[n++] = mm_view(proc).pgd + (all_vmas(proc).list[0].start >> 22) * 4;
    return n;
}

Test(given, pictures_survive_any_pointer)
{
    struct proc *proc;
    struct guest *guest = busy_guest(&proc);
    const uint32_t values[] = {0,
                               1,
                               4,
                               0x7fffffff,
                               KERNEL_BASE,
                               KERNEL_BASE + 1,
                               KERNEL_BASE + (8u << 20) - 4,
                               KERNEL_BASE + (8u << 20) - 1,
                               KERNEL_BASE + (8u << 20),
                               0x007ff067, /* entries of page tables: */
                               0x00800067, /* beyond RAM */
                               0xfffff067,
                               mm_view(proc).mmap, /* cycles */
                               page_of(guest, 1) + PAGE_LIST,
                               task_of(proc) + TASK_TASKS,
                               0xf8000000,
                               0xfffffffc,
                               0xffffffff};
    struct scene scene = copy_of(guest);
    gaddr_t words[MAX_WORDS];
    size_t n = words_of(proc, words);

    for (size_t i = 0; i < n; i++) {
        uint32_t right = scene_word(&scene, words[i]);

        for (size_t k = 0; k < sizeof(values) / sizeof(values[0]); k++) {
            poke(&scene, words[i], values[k]);
            expect_survives(&scene, text("set the word at 0x%08x to 0x%08x",
                                         words[i], values[k]));
        }
        poke(&scene, words[i], words[i]); /* it points at itself */
        expect_survives(&scene, text("let 0x%08x be its own", words[i]));
        poke(&scene, words[i], right);
    }
    drop_copy(&scene);
}

/* Whole pages of words that are all alike, or any, in place of mem_map, page
 * tables, slabs. */
Test(given, pictures_survive_any_contents)
{
    struct proc *proc;
    struct guest *guest = busy_guest(&proc);
    struct random random = random_of_test();
    struct scene whole = copy_of(guest);
    struct scene scene = copy_of(guest);
    uint32_t npages = scene_nframes(&scene);

    for (int round = 0; round < 60; round++) {
        uint32_t alike = (uint32_t)random_next(&random);

        memcpy((void *)scene.ram, whole.ram, whole.ram_bytes);
        for (int i = 0; i < 200; i++) {
            uint32_t page = random_below(&random, npages);

            for (gaddr_t at = 0; at < PAGE_SIZE; at += 4)
                poke(&scene, KERNEL_BASE + page * PAGE_SIZE + at,
                     round % 2 ? alike | 1 : (uint32_t)random_next(&random));
        }
        expect_survives(&scene, text("overwrite 200 pages, round %d", round));
    }
    drop_copy(&whole);
    drop_copy(&scene);
}

/* --- with failing tests --------------------------------------------------- */

Test(given, failed_tests_have_the_pictures_that_fit)
{
    struct guest *guest = guest_boot(&machine_swap_8mb, STAGE_BUDDY);
    struct picture drawn[4], again[4];
    struct proc *proc;

    expect(guest_pictures(guest, drawn, 4) == 1, .did = "fail at STAGE_BUDDY",
           .expected = "a picture: of memory", .seen = "another number");
    guest_end(guest);
    guest = busy_guest(&proc);
    expect(guest_pictures(guest, drawn, 4) == 3 &&
               guest_pictures(guest, again, 4) == 3,
           .did = "fail at STAGE_SWAP", .expected = "three pictures",
           .seen = "another number");
    expect_shows(&drawn[0], "Physical memory");
    expect_shows(&drawn[1], "Address space: process");
    expect_shows(&drawn[2], "Swap: 1 area");
    for (size_t i = 0; i < 3; i++)
        expect(strcmp(drawn[i].svg, again[i].svg) == 0, .did = "draw twice",
               .expected = "the same bytes", .seen = "others");
    expect(guest_pictures(guest, again, 2) == 2, .did = "ask for two",
           .expected = "two", .seen = "another number");
    guest_end(guest);
}
