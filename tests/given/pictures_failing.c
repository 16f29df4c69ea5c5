/* Which pictures go with a failed test. */
#include <criterion/criterion.h>
#include <string.h>

#include "guest_internal.h"
#include "picturing.h"

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
