/*
 * What the host must know of the kernel's structures: sizes, offsets, flags.
 *
 * Compiled for the guest but never linked: the build reads the assembly and
 * turns each marked line into a #define of layout.h.
 */
#include <agent_proto.h>
#include <kernel.h>
#include <page_alloc.h>
#include <sched.h>

#define LAYOUT(name, value)                                                    \
    __asm__ volatile("\n#layout " #name " %c0" : : "i"(value))

void layout(void);

void layout(void)
{
    LAYOUT(SIZEOF_PAGE, sizeof(struct page));
    LAYOUT(PAGE_COUNT, offsetof(struct page, count));
    LAYOUT(PAGE_FLAGS, offsetof(struct page, flags));
    LAYOUT(PAGE_ZONE, offsetof(struct page, zone));

    LAYOUT(SIZEOF_ZONE, sizeof(zone_t));
    LAYOUT(ZONE_FREE_PAGES, offsetof(zone_t, free_pages));
    LAYOUT(ZONE_PAGES_MIN, offsetof(zone_t, pages_min));
    LAYOUT(ZONE_PAGES_LOW, offsetof(zone_t, pages_low));
    LAYOUT(ZONE_PAGES_HIGH, offsetof(zone_t, pages_high));
    LAYOUT(ZONE_NEED_BALANCE, offsetof(zone_t, need_balance));
    LAYOUT(ZONE_START_PFN, offsetof(zone_t, zone_start_pfn));
    LAYOUT(ZONE_SIZE, offsetof(zone_t, size));

    LAYOUT(TASK_FLAGS, offsetof(struct task_struct, flags));
    LAYOUT(PF_MEMALLOC, PF_MEMALLOC);

    LAYOUT(PG_RESERVED, 1u << PG_reserved);
    LAYOUT(PG_REFERENCED, 1u << PG_referenced);
    LAYOUT(GFP_DMA, GFP_DMA);
    LAYOUT(GFP_ATOMIC, GFP_ATOMIC);
    LAYOUT(GFP_KERNEL, GFP_KERNEL);
    LAYOUT(GFP_HIGHUSER, GFP_HIGHUSER);
    LAYOUT(GFP_WAIT, __GFP_WAIT);
    LAYOUT(GFP_HIGHMEM, __GFP_HIGHMEM);
    LAYOUT(MAX_ORDER, MAX_ORDER);

    LAYOUT(CRASH_PANIC, CRASH_PANIC);
    LAYOUT(CRASH_BUG, CRASH_BUG);
    LAYOUT(CRASH_STUB, CRASH_STUB);
    LAYOUT(CRASH_OOPS, CRASH_OOPS);
    LAYOUT(CRASH_DOUBLE_FAULT, CRASH_DOUBLE_FAULT);
}
