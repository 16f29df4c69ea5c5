/* Hidden tests of lab 1: every sentence of include/page_alloc.h. */
#include <criterion/criterion.h>

#include "buddy.h"
#include "property.h"

SUITE(buddy);

Test(buddy, aligned_to_order)
{
    struct guest *guest = guest_boot(&machine_64mb, STAGE_BUDDY);

    for (unsigned order = 0; order < MAX_ORDER; order++) {
        pfn_t pfn = alloc_pages(guest, GFP_KERNEL, order);

        expect(pfn != NO_PAGE && pfn % (1 << order) == 0,
               .did = guest_last(guest),
               .expected = text("a frame that is a multiple of %d", 1 << order),
               .seen = text("frame %ld", pfn));
    }
}
