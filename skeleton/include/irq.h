/*
 * Interrupts: the flag, the depth, the controller.
 */
#ifndef IRQ_H
#define IRQ_H

#include <types.h>

#define EFLAGS_FIXED 0x002 /* always 1 */
#define EFLAGS_IF    0x200

static inline unsigned long read_eflags(void)
{
    unsigned long flags;

    __asm__ volatile("pushf; pop %0" : "=r"(flags));
    return flags;
}

static inline void local_irq_disable(void)
{
    __asm__ volatile("cli" ::: "memory");
}

static inline void local_irq_enable(void)
{
    __asm__ volatile("sti" ::: "memory");
}

/* Turns interrupts on and sleeps until one comes: none is lost in between. */
static inline void wait_for_interrupt(void)
{
    __asm__ volatile("sti; hlt" ::: "memory");
}

/* Saves the interrupt flag in `flags` and turns interrupts off. */
#define local_irq_save(flags)                                                  \
    do {                                                                       \
        (flags) = read_eflags();                                               \
        local_irq_disable();                                                   \
    } while (0)

/* Turns interrupts on again if `flags` says that they were. */
#define local_irq_restore(flags)                                               \
    do {                                                                       \
        if ((flags)&EFLAGS_IF)                                                 \
            local_irq_enable();                                                \
    } while (0)

/* Interrupt handlers that are running, one inside the other. */
extern unsigned int irq_depth;

/* True in an interrupt handler: no sleeping. */
#define in_interrupt() (irq_depth != 0)

#define PIC_LINES 16
#define PIT_IRQ   0
#define COM2_IRQ  3
#define COM1_IRQ  4

/* Moves the PIC's lines to VECTOR_IRQ0 and masks them all. */
void pic_init(void);

/* Lets one line, 0 … 15, through. */
void pic_unmask(unsigned int line);

/* Holds the line's interrupts back until it is let through again. */
void pic_mask(unsigned int line);

/* From here on, handler(line) serves the line's interrupts, which are let
 * through. More than one device may ask for it with the same handler. */
void request_irq(unsigned int line, void (*handler)(unsigned int line));

/* Tells the PIC that the line's interrupt has been served. */
void pic_end_of_interrupt(unsigned int line);

#endif
