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
    AGENT_USER,  /* host: arg = number of struct agent_user_op in the mailbox */
    AGENT_SPAWN, /* host: starts a user agent; mailbox: struct agent_spawn */
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
    STAGE_PROC,      /* tasks, files, address spaces; no process yet */
    STAGE_USER,      /* processes may run */
    STAGE_SWAP,      /* kswapd runs; swap areas may be used */
};

/* The context in which a call is made. */
enum agent_context {
    AGENT_PROCESS = 0, /* interrupts on */
    AGENT_ATOMIC,      /* interrupts off */
    AGENT_INTERRUPT,   /* inside an interrupt handler */
    AGENT_INTERRUPTED, /* interrupts on, and a timer that fires meanwhile */
    AGENT_THREAD,      /* in a task of its own, which may sleep */
};

#define AGENT_MAX_ARGS    6
#define AGENT_TICKS_SHIFT 16

/*
 * One call. Bit i of `refs` set: args[i] is not a value but the index of an
 * earlier call of the same list whose result is meant.
 */
struct agent_call {
    uint32_t function;
    uint16_t context;
    uint16_t refs;
    uint32_t delay; /* AGENT_INTERRUPTED: instructions between arming the
                       timer and the call; in the bits from
                       AGENT_TICKS_SHIFT on: how many ticks later it fires */
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

/*
 * User agents: processes that do in ring 3 what the host says. Between two
 * operations each sleeps in a system call of its own, __NR_agent_wait, whose
 * two arguments are where the result of the last operation is and where the
 * next one goes (struct agent_user_op both). It works while the page fault
 * handler does not: its program, its data and the stack that it uses are areas
 * with VM_AGENT, mapped by the kernel in advance and copied eagerly by fork().
 */
enum agent_user_kind {
    USER_NOTHING = 0,
    USER_LOAD,      /* address, size 1, 2 or 4 -> value */
    USER_STORE,     /* address, size 1, 2 or 4, value */
    USER_WRITE,     /* address, nbytes <= AGENT_USER_DATA: data[] goes there */
    USER_READ,      /* address, nbytes: to data[] */
    USER_FILL,      /* address, nbytes, byte */
    USER_SUM,       /* address, nbytes -> the sum of the bytes, 32 bits */
    USER_STAMP,     /* address, npages, value: value + i into the first word of
                       page i */
    USER_UNSTAMPED, /* address, npages, value -> how many pages don't begin with
                     value + i */
    USER_PUSH,      /* esp, value: sets esp, pushes, sets it back */
    USER_PUSHA,     /* esp: sets esp, pusha, sets it back */
    USER_CALL,      /* address: calls the code there */
    USER_SYSCALL,   /* nr, up to six arguments -> value */
    USER_FORK,      /* -> pid; the child is an agent, too */
    USER_CATCH, /* 1: handlers for SIGSEGV and SIGBUS from here on; 0: none */
};

/* How an operation ended. */
enum agent_user_status {
    USER_DONE = 0,
    USER_FAULTED, /* a signal was caught: signal, fault_address, fault_error */
    USER_SLEEPS,  /* it sleeps in the kernel; the result is still to come */
    USER_EXITED,  /* the process has: value is its exit code, as of wait4() */
    USER_NO_PROCESS, /* no agent has this pid */
    USER_BUSY,       /* the agent is not ready for an operation: it sleeps */
};

#define AGENT_USER_ARGS 7
#define AGENT_USER_DATA 64

struct agent_user_op {
    uint32_t pid;
    uint32_t kind; /* enum agent_user_kind */
    uint32_t args[AGENT_USER_ARGS];
    uint32_t status; /* enum agent_user_status */
    uint32_t value;
    uint32_t cost; /* guest instructions, from waking it to its next wait */
    uint32_t signal, fault_address, fault_error, fault_eip;
    uint8_t data[AGENT_USER_DATA];
};

#define AGENT_MAX_USER_OPS 900

/* What the mailbox holds for AGENT_USER: done one after the other. */
struct agent_user_ops {
    uint32_t completed;
    struct agent_user_op ops[AGENT_MAX_USER_OPS];
};

/*
 * What the mailbox holds for AGENT_SPAWN. The agent is a process without a
 * parent but the kernel's; `scratch` is AGENT_SCRATCH_BYTES of its memory that
 * are mapped in advance, for strings and structures of system calls.
 */
#define AGENT_SCRATCH_BYTES 8192

struct agent_spawn {
    uint32_t pid; /* or a negative error number */
    uint32_t scratch;
};

#define __NR_agent_wait 500

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
