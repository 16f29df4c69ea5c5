/*
 * For whoever calls the kernel from outside and needs something inside: memory
 * for strings and results, functions to be called back.
 */
#ifndef PROBE_H
#define PROBE_H

#include <slab.h>

#define PROBE_BYTES 8192 /* of scratch memory */
#define PROBE_CALLS 8192 /* that are remembered */

extern uint8_t probe_memory[PROBE_BYTES];

/* A call of a constructor or destructor. */
struct probe_call {
    const void *object;
    unsigned long flags;
};

/* All calls of one, of which the first PROBE_CALLS are remembered. */
struct probe_log {
    unsigned int ncalls;
    struct probe_call calls[PROBE_CALLS];
};

extern struct probe_log probe_ctor_log, probe_dtor_log;

/* Bytes that probe_ctor() fills, and with what. The host sets the first. */
extern size_t probe_object_size;
#define PROBE_FILL 0xC7

/* Notes the call and fills the object. */
void probe_ctor(void *object, kmem_cache_t *cachep, unsigned long flags);

/* Notes the call. */
void probe_dtor(void *object, kmem_cache_t *cachep, unsigned long flags);

#endif
