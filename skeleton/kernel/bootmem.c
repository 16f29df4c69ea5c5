/*
 * The boot-time allocator: first fit in a bitmap, page by page.
 *
 * Slow and simple: it serves a handful of requests, then mem_init() takes
 * everything that it left.
 */
#include <bootmem.h>

#include <bitops.h>
#include <boot.h>
#include <kernel.h>
#include <mmzone.h>
#include <string.h>

#define HIGHEST_PFN (1UL << 20) /* 4 GB: what 32 bits of page table reach */

static unsigned long *taken; /* bit = 1: reserved, allocated or no RAM */

unsigned long max_low_pfn, max_mapnr;
void *high_memory;

static unsigned long min_pfn(unsigned long a, unsigned long b)
{
    return a < b ? a : b;
}

/* First whole frame at or above, and last frame boundary at or below. */
static unsigned long pfn_up(uint64_t pa)
{
    uint64_t pfn = (pa + PAGE_SIZE - 1) >> PAGE_SHIFT;

    return pfn < HIGHEST_PFN ? (unsigned long)pfn : HIGHEST_PFN;
}

static unsigned long pfn_down(uint64_t pa)
{
    uint64_t pfn = pa >> PAGE_SHIFT;

    return pfn < HIGHEST_PFN ? (unsigned long)pfn : HIGHEST_PFN;
}

static void find_limits(void)
{
    for (unsigned int i = 0; i < boot_info.nranges; i++) {
        unsigned long end = pfn_down(boot_info.ram[i].end);

        if (end > max_mapnr)
            max_mapnr = end;
    }
    max_low_pfn = min_pfn(max_mapnr, MAXMEM >> PAGE_SHIFT);
    high_memory = __va(max_low_pfn << PAGE_SHIFT);
}

static void free_ram(void)
{
    for (unsigned int i = 0; i < boot_info.nranges; i++) {
        unsigned long pfn = pfn_up(boot_info.ram[i].start);
        unsigned long end =
            min_pfn(pfn_down(boot_info.ram[i].end), max_low_pfn);

        for (; pfn < end; pfn++)
            clear_bit(pfn, taken);
    }
}

void reserve_bootmem(unsigned long start, unsigned long end)
{
    unsigned long pfn = start >> PAGE_SHIFT;

    for (; pfn < max_low_pfn && pfn << PAGE_SHIFT < end; pfn++)
        set_bit(pfn, taken);
}

void bootmem_init(void)
{
    unsigned long image_end = __pa(_end);
    unsigned long nbytes;

    find_limits();
    nbytes = PAGE_ALIGN(max_low_pfn / 8 + sizeof(long));
    taken = __va(image_end);
    memset(taken, 0xff, nbytes);
    free_ram();
    reserve_bootmem(0, PAGE_SIZE); /* so that no valid page is at 0 */
    reserve_bootmem(__pa(_text), image_end + nbytes);
    reserve_bootmem(boot_info.initrd_start, boot_info.initrd_end);
}

bool bootmem_is_free(unsigned long pfn)
{
    return pfn < max_low_pfn && !test_bit(pfn, taken);
}

/* First fit for `wanted` frames in [pfn, max_low_pfn); 0 if there is none. */
static unsigned long find_run(unsigned long pfn, unsigned long wanted)
{
    unsigned long run = 0;

    for (; pfn < max_low_pfn; pfn++) {
        run = bootmem_is_free(pfn) ? run + 1 : 0;
        if (run == wanted)
            return pfn + 1 - wanted;
    }
    return 0;
}

/* First fit at or above frame `goal`, else anywhere. */
static void *alloc_above(unsigned long goal, unsigned long nbytes)
{
    unsigned long wanted = PAGE_ALIGN(nbytes) >> PAGE_SHIFT;
    unsigned long pfn = find_run(goal, wanted);
    unsigned long start;

    if (pfn == 0)
        pfn = find_run(0, wanted);
    if (pfn == 0)
        panic("alloc_bootmem: no room for bytes, %lu", nbytes);
    start = pfn << PAGE_SHIFT;
    reserve_bootmem(start, start + nbytes);
    return memset(__va(start), 0, wanted << PAGE_SHIFT);
}

void *alloc_bootmem_low(unsigned long nbytes)
{
    return alloc_above(0, nbytes);
}

void *alloc_bootmem(unsigned long nbytes)
{
    return alloc_above(DMA_END_PFN, nbytes);
}
