/*
 * Single bits in a bitmap of unsigned longs. Linux include/asm/bitops.h. Not
 * atomic between processors: there is one.
 */
#ifndef BITOPS_H
#define BITOPS_H

#include <types.h>

#define BITS_PER_LONG 32

static inline bool test_bit(unsigned long nr, const unsigned long *map)
{
    return map[nr / BITS_PER_LONG] >> (nr % BITS_PER_LONG) & 1;
}

static inline void set_bit(unsigned long nr, unsigned long *map)
{
    map[nr / BITS_PER_LONG] |= 1UL << (nr % BITS_PER_LONG);
}

static inline void clear_bit(unsigned long nr, unsigned long *map)
{
    map[nr / BITS_PER_LONG] &= ~(1UL << (nr % BITS_PER_LONG));
}

/* Inverts the bit and returns what it was. */
static inline bool test_and_change_bit(unsigned long nr, unsigned long *map)
{
    bool old = test_bit(nr, map);

    map[nr / BITS_PER_LONG] ^= 1UL << (nr % BITS_PER_LONG);
    return old;
}

#endif
