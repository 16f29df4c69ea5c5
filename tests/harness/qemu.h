/*
 * QEMU's process: its command line, its sandbox, its life and its CPU time.
 */
#ifndef HARNESS_QEMU_H
#define HARNESS_QEMU_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "machine.h"

struct qemu {
    pid_t child; /* what we started: QEMU, or bwrap around it */
    pid_t pid;   /* QEMU itself, as we see it; 0 if unknown */
    int ram;     /* memfd with the guest's RAM, sealed in size */
    int agent;   /* COM2 */
    int console; /* COM1 */
    int qmp;
    int disks[MAX_DISKS]; /* memfds with the disks, as RAM; -1: none */
};

/* Starts QEMU on the kernel of harness_options(), and with its initrd, if the
 * guest is to have one. Ends the test as infra-error if it can't be started. */
void qemu_start(const struct machine *machine, bool with_initrd,
                struct qemu *qemu);

/* Tells it to end, without waiting: for the end of a test. */
void qemu_kill(const struct qemu *qemu);

/* How a QEMU that closed its lines has ended. */
enum qemu_end {
    QEMU_RESET,    /* by itself: the guest asked for it */
    QEMU_CPU_TIME, /* it used up its CPU time */
    QEMU_BROKEN,   /* somebody killed it, or it could not go on */
};
enum qemu_end qemu_wait(struct qemu *qemu);

/* Ends it at once and closes the descriptors. */
void qemu_end(struct qemu *qemu);

/* CPU time that QEMU has used, in nanoseconds; 0 if it can't be told. */
uint64_t qemu_cpu_time(const struct qemu *qemu);

/* Words of the command line at most, the sandbox's included. */
#define QEMU_MAX_ARGS 96

#endif
