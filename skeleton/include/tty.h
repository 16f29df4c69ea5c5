/*
 * The terminal: COM1, as Linux programs expect it (termios.h).
 * drivers/tty.c; Linux drivers/char/n_tty.c.
 */
#ifndef TTY_H
#define TTY_H

/* Registers the device. Part of fs_init(). */
void tty_register(void);

/* Takes COM1's input over from whoever polled it. */
void tty_init(void);

/* COM1 has received something: called by the interrupt. */
void tty_interrupt(void);

/* /dev/null and /dev/zero: drivers/mem.c. Part of fs_init(). */
void mem_register(void);

#endif
