/* Hidden tests of lab 2: what kmalloc() and kfree() make of their arguments. */
#include <criterion/criterion.h>

#include "blocks.h"
#include "objects.h"

/* As for caches: the mask reaches the page allocator. */
Test(slab, kmalloc_sleeps_only_for_callers_that_may)
{
    struct guest *guest = boot_slabs(&machine_8mb);
    pfn_t offered = rmqueue(guest, ZONE_DMA, TOP_ORDER);
    const char *hint = "kmalloc() passes its mask on";

    expect_block(guest, offered, NULL);
    drain(guest, ZONE_DMA, zone_view(guest, ZONE_DMA).pages_min / 4);
    reclaim_pool_add(guest, offered, TOP_ORDER);
    expect_refused(guest, kmalloc(guest, 100, GFP_ATOMIC), hint);
    expect(direct_reclaims(guest) == 0, .did = guest_last(guest),
           .expected = "no reclaim: the caller can't wait",
           .seen = "try_to_free_pages() was called", .hint = hint);
    expect_object(guest, kmalloc(guest, 100, GFP_KERNEL), hint);
    expect(direct_reclaims(guest) == 1, .did = guest_last(guest),
           .expected = "try_to_free_pages() is called once",
           .seen = text("%u times", direct_reclaims(guest)), .hint = hint);
}

/* "size-32(DMA)" and its like are DMA caches for all their callers. */
Test(slab, dma_general_caches_need_no_mask)
{
    static const struct machine machine_32mb = {.name = "32 MB", .ram_mb = 32};
    struct guest *guest = boot_slabs(&machine_32mb);

    for (uint32_t size = SMALLEST_BYTES; size <= MAX_OBJ_BYTES; size *= 2) {
        const char *name = general_name(size, true);
        struct cache cache = {general_cache(guest, size, true),
                              {.name = name, .size = size}};
        gaddr_t object = kmem_cache_alloc(guest, &cache, GFP_KERNEL);

        expect_object(guest, object, NULL);
        expect(object + size <= KERNEL_BASE + (16u << 20),
               .did = guest_last(guest),
               .expected = "memory of ZONE_DMA: below 16 MB",
               .seen = text("0x%08x", object),
               .hint = "they are created with SLAB_CACHE_DMA");
    }
}

/*
 * Addresses of no page: user memory, vmalloc's. The words where mem_map would
 * have their struct page, if it went on, claim that they are slabs'.
 */
Test(slab, kfree_reports_addresses_outside_the_direct_map)
{
    static const gaddr_t foreign[] = {0x08048000, 0xf0000000, 0xffffe000};
    struct guest *guest = boot_slabs(&machine_64mb);
    uint32_t left = free_pages_in_ram(guest);

    for (size_t i = 0; i < sizeof(foreign) / sizeof(foreign[0]); i++) {
        struct mistakes before = mistakes_of(guest);

        set_page_flags(guest, (foreign[i] - KERNEL_BASE) / PAGE_SIZE, PG_SLAB);
        kfree(guest, foreign[i]);
        expect_mistake(guest, &before, SLAB_FOREIGN, foreign[i]);
        expect_free_pages(guest, left, "nothing else happens");
    }
}
