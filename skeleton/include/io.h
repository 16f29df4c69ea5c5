/* Port input and output, and stopping the processor. */
#ifndef IO_H
#define IO_H

#include <types.h>

#define DEBUG_EXIT_PORT 0xf4 /* QEMU's isa-debug-exit: a write ends it */

static inline void outb(uint8_t value, uint16_t port)
{
    __asm__ volatile("outb %0, %1" : : "a"(value), "Nd"(port));
}

static inline uint8_t inb(uint16_t port)
{
    uint8_t value;

    __asm__ volatile("inb %1, %0" : "=a"(value) : "Nd"(port));
    return value;
}

/* Time in instructions: QEMU runs with -icount shift=0. */
static inline uint64_t rdtsc(void)
{
    uint32_t low, high;

    __asm__ volatile("rdtsc" : "=a"(low), "=d"(high));
    return (uint64_t)high << 32 | low;
}

/* Stops for good. */
__attribute__((noreturn)) static inline void halt(void)
{
    for (;;)
        __asm__ volatile("cli; hlt");
}

#endif
