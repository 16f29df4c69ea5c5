/*
 * 16550 serial ports. COM1 is the console, COM2 the agent's line.
 */
#ifndef UART_H
#define UART_H

#include <types.h>

#define COM1 0x3f8
#define COM2 0x2f8

void uart_init(uint16_t port);
void uart_put(uint16_t port, uint8_t byte);
/* Waits for a byte, asleep. Returns with interrupts on. */
uint8_t uart_get(uint16_t port);
/* Forgets what has come. With it goes the port's alarm for bytes that nobody
 * fetches: a processor that sleeps would be taken to its time at once. */
void uart_rest(uint16_t port);
/* A byte that has come, or -1. */
int uart_poll(uint16_t port);

#endif
