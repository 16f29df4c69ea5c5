/* Hidden tests of lab 3: set_page_address() with interrupts on, off, in one. */
#include <criterion/criterion.h>

#include "slots.h"

/* A new address, another one, none, and none again. */
Test(vmalloc, addresses_are_noted_in_any_context)
{
    struct blocks pages;
    struct guest *guest = boot_with_high_pages(&pages, 2);
    const gaddr_t noted[] = {PKMAP_ADDR(5), PKMAP_ADDR(6), 0, 0};

    for (enum agent_context context = AGENT_PROCESS; context <= AGENT_INTERRUPT;
         context++) {
        for (size_t i = 0; i < sizeof(noted) / sizeof(noted[0]); i++) {
            struct call call =
                set_page_address_call(guest, pages.pfns[0], noted[i]);
            struct agent_result result;

            call = in_context(call, context);
            guest_calls_checked(guest, &call, 1, &result);
            expect_page_address(guest, pages.pfns[0], noted[i], NULL);
            expect_page_address(guest, pages.pfns[1], 0, NULL);
        }
    }
}
