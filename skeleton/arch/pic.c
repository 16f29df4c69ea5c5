/*
 * The two 8259A interrupt controllers. After reset their lines 0-7 use the
 * vectors of exceptions; this moves all sixteen out of the way.
 */
#include <irq.h>

#include <asm.h>
#include <io.h>

#define MASTER           0x20
#define SLAVE            0xa0
#define LINES            8 /* of each */
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

void pic_init(void)
{
    pic_init_one(MASTER, VECTOR_IRQ0, 1 << 2);
    pic_init_one(SLAVE, VECTOR_IRQ0 + 8, 2);
}

void pic_unmask(unsigned int line)
{
    uint16_t port = (line < LINES ? MASTER : SLAVE) + DATA;

    outb(inb(port) & ~(1u << line % LINES), port);
}

void pic_end_of_interrupt(unsigned int line)
{
    if (line >= LINES)
        outb(END_OF_INTERRUPT, SLAVE);
    outb(END_OF_INTERRUPT, MASTER);
}
