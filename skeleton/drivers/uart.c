/*
 * The 16550 UART: one byte at a time through the line status register.
 *
 * While there is nothing to read the processor sleeps, which leaves the host's
 * processor to whoever has work. The receive interrupt wakes it, and is let
 * through at no other time: it would disturb what the agent measures.
 */
#include <uart.h>

#include <io.h>
#include <irq.h>

#define DATA         0
#define INTERRUPTS   1
#define FIFO         2
#define LINE         3
#define MODEM        4
#define STATUS       5
#define DIVISOR_LOW  0
#define DIVISOR_HIGH 1

#define LINE_8N1           0x03
#define LINE_DIVISOR       0x80 /* ports 0 and 1 are the divisor */
#define FIFO_ENABLE        0xc7 /* clear both; 14 bytes at a time */
#define FIFO_EMPTY         0xc3 /* clear what was received */
#define MODEM_READY        0x0b /* DTR, RTS, and OUT2: interrupts pass */
#define INTERRUPT_RECEIVED 0x01
#define STATUS_RECEIVED    0x01
#define STATUS_EMPTY       0x20

void uart_init(uint16_t port)
{
    outb(0, port + INTERRUPTS);
    outb(LINE_DIVISOR, port + LINE);
    outb(1, port + DIVISOR_LOW); /* 115200 baud */
    outb(0, port + DIVISOR_HIGH);
    outb(LINE_8N1, port + LINE);
    outb(FIFO_ENABLE, port + FIFO);
    outb(MODEM_READY, port + MODEM);
    outb(INTERRUPT_RECEIVED, port + INTERRUPTS);
}

void uart_put(uint16_t port, uint8_t byte)
{
    while (!(inb(port + STATUS) & STATUS_EMPTY))
        continue;
    outb(byte, port + DATA);
}

static bool received(uint16_t port)
{
    return inb(port + STATUS) & STATUS_RECEIVED;
}

uint8_t uart_get(uint16_t port)
{
    unsigned int line = port == COM1 ? COM1_IRQ : COM2_IRQ;

    local_irq_disable();
    while (!received(port)) {
        pic_unmask(line);
        wait_for_interrupt();
        local_irq_disable();
        pic_mask(line);
    }
    local_irq_enable();
    return inb(port + DATA);
}

void uart_rest(uint16_t port)
{
    outb(FIFO_EMPTY, port + FIFO);
}

int uart_poll(uint16_t port)
{
    return received(port) ? inb(port + DATA) : -1;
}
