/* Hidden tests of lab 3: a slot that gets another page, and the TLB. */
#include <criterion/criterion.h>

#include "slots.h"

/*
 * The slots had users when all others were flushed last, so each needs a flush
 * of its own. The kernel has just read the page, so the processor remembers it.
 */
Test(vmalloc, slots_freed_after_a_flush_are_flushed_again)
{
    static const size_t freed[] = {10, 300, 1000, 5, 600};
    enum {
        NFREED = sizeof(freed) / sizeof(freed[0])
    };
    struct blocks pages;
    struct guest *guest = boot_with_high_pages(&pages, LAST_PKMAP + NFREED);
    struct blocks first = {pages.pfns, LAST_PKMAP, 0};
    static gaddr_t addresses[LAST_PKMAP];

    mark_pages(guest, &pages);
    take_all_slots(guest, &first, addresses);
    for (size_t i = 0; i < NFREED; i++) {
        pfn_t old = pages.pfns[freed[i]], new = pages.pfns[LAST_PKMAP + i];
        gaddr_t address;

        expect_mark(guest, addresses[freed[i]], old, NULL);
        kunmap(guest, old);
        address = kmap(guest, new);
        expect_slot(guest, new, address, 1);
        expect_mark(guest, address, new,
                    "a slot with count 1 may still be in the TLB: "
                    "flush_all_zero_pkmaps() first");
        expect_page_address(guest, old, 0, "its slot is another page's now");
    }
}
