/* Where an interactive boot goes, and how the machine ends. */
#ifndef INIT_H
#define INIT_H

/*
 * Runs /sbin/init, /bin/init or /bin/sh, whichever the ramdisk has first, as
 * process 1; without any of them, the monitor.
 */
__attribute__((noreturn)) void init_run(void);

/* Switches the machine off: QEMU's isa-debug-exit. Returns if it has none. */
void power_off(void);

#endif
