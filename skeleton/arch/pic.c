/*
 * The two 8259A interrupt controllers. After reset their lines 0-7 use the
 * vectors of exceptions; this moves all sixteen out of the way.
 */
#include <irq.h>

#include <asm.h>
#include <io.h>
#include <pgtable.h>

#define LOCAL_APIC       0xFEE00000UL /* physical */
#define MASTER           0x20
#define SLAVE            0xa0
#define LINES            8 /* of each */
#define CASCADE          2 /* the master's line where the slave is */
#define APIC_SPURIOUS    0xf0
#define APIC_LINT0       0x350
#define APIC_ENABLE      0x100
#define APIC_EXTINT      0x700 /* what comes is an external controller's */
#define END_OF_INTERRUPT 0x20
#define DATA             1 /* the data register follows the command one */

static void pic_init_one(uint16_t port, uint8_t vector, uint8_t cascade)
{
    outb(0x11, port); /* ICW1: initialise, four words, cascaded */
    outb(vector, port + DATA);
    outb(cascade, port + DATA);
    outb(0x01, port + DATA); /* ICW4: 8086 mode */
    outb(0xff, port + DATA); /* every line masked */
}

/*
 * Lets the PIC's interrupts through the local APIC, which keeps them back after
 * a reset: "virtual wire mode". Intel SDM volume 3, 10.5.1; MultiProcessor
 * Specification 1.4, 3.6.2.2.
 */
static void local_apic_pass_through(void)
{
    volatile uint32_t *apic = (volatile uint32_t *)fix_to_virt(FIX_LOCAL_APIC);

    set_fixmap(FIX_LOCAL_APIC, LOCAL_APIC, PAGE_KERNEL_NOCACHE);
    apic[APIC_SPURIOUS / 4] = APIC_ENABLE | 0xff;
    apic[APIC_LINT0 / 4] = APIC_EXTINT;
}

void pic_init(void)
{
    local_apic_pass_through();
    pic_init_one(MASTER, VECTOR_IRQ0, 1 << CASCADE);
    pic_init_one(SLAVE, VECTOR_IRQ0 + LINES, CASCADE);
}

void pic_unmask(unsigned int line)
{
    uint16_t port = (line < LINES ? MASTER : SLAVE) + DATA;

    if (line >= LINES)
        pic_unmask(CASCADE);
    outb(inb(port) & ~(1u << line % LINES), port);
}

void pic_mask(unsigned int line)
{
    uint16_t port = (line < LINES ? MASTER : SLAVE) + DATA;

    outb(inb(port) | 1u << line % LINES, port);
}

void pic_end_of_interrupt(unsigned int line)
{
    if (line >= LINES)
        outb(END_OF_INTERRUPT, SLAVE);
    outb(END_OF_INTERRUPT, MASTER);
}
