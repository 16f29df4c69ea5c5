/*
 * A guest: one virtual machine with a student's kernel in it, driven through
 * the agent and looked at from outside.
 *
 * Addresses of the guest are gaddr_t: kernel virtual addresses. Every function
 * ends the test when the guest crashes, hangs or breaks the protocol, with a
 * verdict that names what was being done.
 */
#ifndef HARNESS_GUEST_H
#define HARNESS_GUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "agent_proto.h"
#include "layout.h"
#include "machine.h"
#include "report.h"

typedef uint32_t gaddr_t;

#define KERNEL_BASE 0xC0000000u /* PAGE_OFFSET: the direct map begins here */

#define PAGE_SHIFT 12
#define PAGE_SIZE  4096u

struct guest;

/*
 * Boots a fresh machine and walks it up to `stage`. Under `make gdb` the
 * machine waits for the debugger before it walks.
 */
struct guest *guest_boot(const struct machine *machine, enum boot_stage stage);

/* Walks further up. STAGE_PROC and above need a machine that was booted for
 * them: with a ramdisk. */
void guest_walk_to(struct guest *guest, enum boot_stage stage);

/* Ends the machine, or all; allowed once, and not needed at the end of a test.
 */
void guest_end(struct guest *guest);
void guest_end_all(void);

/* One call into the kernel. */
struct call {
    const char *function;
    enum agent_context context;
    uint32_t args[AGENT_MAX_ARGS];
    uint16_t refs;     /* bit i: args[i] is the index of an earlier call */
    uint32_t delay;    /* AGENT_INTERRUPTED: see guest_calls_interrupted() */
    const char *shown; /* how a person writes it; NULL: made from the above */
};

/* Makes `n` calls in a row, without a round trip between them. */
void guest_calls(struct guest *guest, const struct call *calls, size_t n,
                 struct agent_result *results);

/* guest_calls(); each call must leave the interrupt flag as it was. */
void guest_calls_checked(struct guest *guest, const struct call *calls,
                         size_t n, struct agent_result *results);

/* The timer fires so many instructions after it was armed: one tick. */
#define TIMER_INSTRUCTIONS 838
#define AGENT_TICKS(n)     ((uint32_t)(n) << AGENT_TICKS_SHIFT)

/*
 * Makes calls of the context AGENT_INTERRUPTED. For each, the timer is armed,
 * `delay` instructions pass, and the call is made; when the timer
 * fires, its handler makes the next of `handlers`. AGENT_TICKS(n) added to
 * `delay` lets it fire n ticks later. refs of handlers index the
 * list of calls followed by handlers; results[] holds both. At most
 * AGENT_MAX_CALLS altogether.
 */
void guest_calls_interrupted(struct guest *guest, const struct call *calls,
                             size_t n, const struct call *handlers,
                             size_t nhandlers, struct agent_result *results);

/* The same call in another context, which its text names. */
struct call in_context(struct call call, enum agent_context context);

/* Makes one and returns its value; *cost (if not NULL) is its instructions. */
uint32_t guest_call(struct guest *guest, const struct call *call,
                    uint32_t *cost);

/* How a kernel stopped: its last words, from RAM. */
struct crash {
    unsigned kind;         /* CRASH_* */
    gaddr_t fault_address; /* of CRASH_OOPS, if it was a page fault */
    const char *message;
};

/*
 * Makes a call that must end in a crash, and says in which. The machine has
 * ended then: what is left is its RAM. Ends the test as failed if the call
 * returns, and as usual if it ends otherwise (a stub, a hang, a reset).
 */
struct crash guest_call_crashes(struct guest *guest, const struct call *call);

/* Makes a call that must end in a BUG. */
void expect_bug(struct guest *guest, const struct call *call, const char *hint);

/* The last call, whose value this is, must have returned NULL. */
void expect_refused(struct guest *guest, gaddr_t address, const char *hint);

/* Writes through the kernel's own mapping. At most
 * AGENT_MAILBOX_BYTES - 4 bytes. */
void guest_write(struct guest *guest, gaddr_t address, const void *bytes,
                 size_t nbytes);

/* Reads through the kernel's own mapping, so by what the processor remembers
 * of it. At most as many bytes. */
void guest_read(struct guest *guest, gaddr_t address, void *to, size_t nbytes);

/*
 * How a call is written in messages, for calls that were made by name. Valid
 * for the life of the test.
 */
const char *call_text(const struct call *call);

/* The last call that was made, as text: for messages about its result. */
const char *guest_last(const struct guest *guest);

/* Sorts addresses, lowest first. */
void sort_addresses(gaddr_t *addresses, size_t n);

/* --- looking from outside ------------------------------------------------ */

/* The address of one of the kernel's global symbols, or of a module's that is
 * loaded (modules.h); infra if none. */
gaddr_t guest_symbol(struct guest *guest, const char *name);

/*
 * Reads RAM at a direct-mapped kernel address, from the host's own mapping of
 * it. Reading outside RAM ends the test as failed: the guest handed out a
 * pointer that can't be one.
 */
uint32_t guest_u32(struct guest *guest, gaddr_t address);
void guest_copy(struct guest *guest, gaddr_t address, void *to, size_t nbytes);

/* The MMU's view of an address. */
struct translation {
    bool present, writable, user, large;
    uint32_t pa;
};

/*
 * Walks the page tables from CR3 as QEMU tells it, as the MMU would. The guest
 * is stopped meanwhile. Entries that point out of RAM count as not present.
 */
struct translation guest_translate(struct guest *guest, gaddr_t address);

/* The same for each of `npages` pages, the first of which holds `address`. */
void guest_translate_pages(struct guest *guest, gaddr_t address, size_t npages,
                           struct translation *out);

/* Reads RAM at a physical address: of a frame that may have no other. Reading
 * outside RAM ends the test as failed. */
void guest_copy_physical(struct guest *guest, uint32_t pa, void *to,
                         size_t nbytes);

/* RAM in bytes. */
uint64_t guest_ram_bytes(const struct guest *guest);

#endif
