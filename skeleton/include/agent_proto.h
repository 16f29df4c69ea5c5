/*
 * The language of the kernel agent and the host: shared by both sides.
 *
 * On COM2 go frames of a fixed size, both ways. What they speak of lies in the
 * mailbox, a static buffer in guest RAM that the host has mapped
 * (symbol `agent_mailbox`). The guest says READY once; from then on each frame
 * of the host is answered by one of the guest with the same sequence number,
 * or by a CRASH. All numbers are little-endian.
 */
#ifndef AGENT_PROTO_H
#define AGENT_PROTO_H

#include <stdint.h>

#define AGENT_MAGIC 0x6d67

#define AGENT_MAILBOX_BYTES (128 * 1024)

enum agent_op {
    AGENT_READY = 1, /* guest: the agent listens */
    AGENT_HELLO,     /* host: sets the nonce that frames carry from here on */
    AGENT_STAGE,     /* host: arg = enum boot_stage to walk up to */
    AGENT_CALLS, /* host: arg = number of struct agent_call in the mailbox */
    AGENT_READ,  /* host: arg = bytes; mailbox: address -> data */
    AGENT_WRITE, /* host: arg = bytes; mailbox: address, then data */
    AGENT_CRASH, /* guest: struct agent_crash in agent_crash_record */
};

/*
 * 14 bytes: as many as the UART's FIFO takes in one go. A longer frame would
 * have to wait for QEMU's main loop.
 */
struct __attribute__((packed)) agent_frame {
    uint16_t magic;
    uint16_t seq;
    uint32_t nonce;
    uint8_t op;
    uint8_t status; /* guest: 0, or an enum agent_error */
    uint32_t arg;
};

enum agent_error {
    AGENT_OK = 0,
    AGENT_BAD_OP,
    AGENT_BAD_ARG,
};

/* Stages of the boot, each on top of the one before. */
enum boot_stage {
    STAGE_EARLY = 0, /* zones and mem_map described; bootmem only */
    STAGE_BUDDY,     /* free pages handed to the page allocator */
    STAGE_SLAB,      /* caches, kmalloc() */
    STAGE_VMALLOC,   /* vmalloc(), kmap() */
};

/* The context in which a call is made. */
enum agent_context {
    AGENT_PROCESS = 0, /* interrupts on */
    AGENT_ATOMIC,      /* interrupts off */
    AGENT_INTERRUPT,   /* inside an interrupt handler */
    AGENT_INTERRUPTED, /* interrupts on, and a timer that fires meanwhile */
    AGENT_THREAD,      /* in a task of its own, which may sleep */
};

#define AGENT_MAX_ARGS 6

/*
 * One call. Bit i of `refs` set: args[i] is not a value but the index of an
 * earlier call of the same list whose result is meant.
 */
struct agent_call {
    uint32_t function;
    uint16_t context;
    uint16_t refs;
    uint32_t delay; /* AGENT_INTERRUPTED: instructions between arming the
                       timer and the call */
    uint32_t args[AGENT_MAX_ARGS];
};

struct agent_result {
    uint32_t value;
    uint32_t cost;       /* guest instructions, of the call alone */
    uint32_t interrupts; /* was the interrupt flag as it was before? */
};

#define AGENT_MAX_CALLS   2700
#define AGENT_MAX_THREADS 64 /* calls of AGENT_THREAD since the boot */

/*
 * A call that has a task of its own: the call's result is its index in
 * agent_threads[], or ~0 if there could be no task. A list of calls is
 * answered when no task can run any more, so a thread that has not returned by
 * then sleeps.
 */
struct agent_thread {
    uint32_t pid;
    uint32_t returned; /* 1: the call has, with this value */
    uint32_t value;
    uint32_t interrupts; /* was the interrupt flag as it was before? */
    uint32_t function;
    uint32_t args[AGENT_MAX_ARGS];
};

/*
 * What the mailbox holds for AGENT_CALLS. Behind the calls of the list come
 * `nhandlers` more: each time the timer fires, its handler makes the next one.
 */
struct agent_calls {
    uint32_t completed; /* how many have returned; the next one is running */
    uint32_t nhandlers;
    uint32_t fired; /* how often the timer has */
    struct agent_call calls[AGENT_MAX_CALLS];
    struct agent_result results[AGENT_MAX_CALLS];
};

/* What the mailbox holds for AGENT_READ and AGENT_WRITE. */
struct agent_transfer {
    uint32_t address;
    uint8_t data[AGENT_MAILBOX_BYTES - 4];
};

#define AGENT_BACKTRACE 16

/* A crash, written before the CRASH frame is sent. */
struct agent_crash {
    uint32_t kind; /* enum crash_kind */
    uint32_t vector;
    uint32_t error;
    uint32_t fault_address; /* cr2 */
    uint32_t eip, esp, ebp, eflags;
    uint32_t eax, ebx, ecx, edx, esi, edi;
    uint32_t backtrace[AGENT_BACKTRACE]; /* return addresses; ends with 0 */
    char message[160];
};

#endif
