/* Pictures of guests, in states that are known, and in states that should not
 * be: what they show, and that they end. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "blocks.h"
#include "guest_internal.h"
#include "picture.h"
#include "swaps.h"

Test(given, a_picture_of_memory)
{
    struct guest *guest = guest_boot(&machine_64mb, STAGE_USER);
    user_spawn(guest);
    expect(0, .did="x", .expected="y", .seen="z");
}
