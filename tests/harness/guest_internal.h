/* What the parts of a guest (guest, calls, crash, memory) share. */
#ifndef HARNESS_GUEST_INTERNAL_H
#define HARNESS_GUEST_INTERNAL_H

#include "guest.h"
#include "qemu.h"
#include "qmp.h"
#include "symbols.h"

struct user_op;

struct guest {
    struct guest *next; /* list of those that were not ended */
    const struct machine *machine;
    struct qemu qemu;
    struct qmp qmp;
    struct symbols *symbols;
    struct code code;   /* what the image's code must look like in RAM */
    const uint8_t *ram; /* all of it, read-only */
    uint64_t ram_bytes;
    void *disks[MAX_DISKS]; /* their contents; NULL: not looked at yet */
    void *mailbox;          /* the part that the host may write */
    uint32_t nonce;
    uint16_t seq;
    bool ready;        /* the agent has spoken */
    bool stopped;      /* through QMP */
    const char *doing; /* what the guest was last asked to do; or NULL: */
    const struct call *calls; /* the calls that it is making */
    size_t ncalls;
    const struct user_op *ops; /* or the processes' operations */
    size_t nops;
    const char *last;  /* the last call that returned, or operation */
    gaddr_t placed;    /* struct module of place_module(); 0: none */
    uint32_t last_pid; /* the process that the test used last, or */
    gaddr_t last_mm;   /* the address space; 0: none */
};

struct scene;
struct picture;
struct proc;

/* RAM, for pictures. */
struct scene guest_scene(struct guest *guest);

/* The test uses this process, or address space, now. */
void guest_looks_at(struct guest *guest, const struct proc *proc);

/* Draws at most `max` pictures of what there is to see now: how many. */
size_t guest_pictures(struct guest *guest, struct picture *out, size_t max);

/* A global symbol of one of the guest's modules, or 0. */
gaddr_t module_symbol(struct guest *guest, const char *name);

/* "map_nopage+0x1f [map_driver]" of code of a module; else NULL. */
const char *module_describe(struct guest *guest, gaddr_t address);

/* Sends a request and waits for its answer. */
void guest_request(struct guest *guest, enum agent_op op, uint32_t arg);

/* What the guest is doing, for a message. */
const char *guest_doing(const struct guest *guest);

/* The guest sent a crash record: ends the test with it. */
__attribute__((noreturn)) void guest_crashed(struct guest *guest);

/* Ends the machine and the test. */
__attribute__((noreturn)) void guest_give_up(struct guest *guest,
                                             const struct verdict *verdict);

/* Forgets the disks' mappings. */
void disks_unmap(struct guest *guest);

/* Stops the machine for a look; the next request lets it go on. */
void guest_stop(struct guest *guest);
void guest_continue(struct guest *guest);

#endif
