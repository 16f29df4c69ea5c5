/*
 * Pictures of guests in whatever state: that they end, say so, and stay small.
 */
#include <criterion/criterion.h>
#include <string.h>
#include <time.h>

#include "guest_internal.h"
#include "picturing.h"
#include "property.h"
#include "swaps.h"

#define SECONDS_MOST 2 /* for a picture of 8 MB: it takes some milliseconds */

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
