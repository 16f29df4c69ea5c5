/*
 * Tests that only boot, for scripts/bench: what a test costs beyond its own
 * work is the difference between running many of them and running one.
 */
#include <criterion/criterion.h>

#include "guest.h"

SUITE(boot);

#define BOOT(name)                                                             \
    Test(boot, name)                                                           \
    {                                                                          \
        guest_boot(&machine_64mb, STAGE_EARLY);                                \
    }

BOOT(a)
BOOT(b)
BOOT(c)
BOOT(d)
BOOT(e)
BOOT(f)
BOOT(g)
BOOT(h)
BOOT(i)
BOOT(j)
BOOT(k)
