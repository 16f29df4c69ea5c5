/*
 * The slab allocator as a test sees it: caches and their objects.
 *
 * Each function names what it does in messages as the student would write it.
 * Of a cache and its slabs, only what include/slab.h says is read is read.
 */
#ifndef HARNESS_CACHES_H
#define HARNESS_CACHES_H

#include "buddy.h"

#define NR_GENERAL     13   /* sizes of general caches: 32 B … 128 KB */
#define SMALLEST_BYTES 32u  /* the smallest of them */
#define OFF_SLAB_BYTES 512u /* objects with descriptors off slab, at least */

/* What kmem_cache_create() is asked for. */
struct wish {
    const char *name; /* NULL: none */
    uint32_t size, offset, flags;
    const char *ctor, *dtor; /* functions of the kernel, or NULL: none */
};

/* A cache that was created, and what for. */
struct cache {
    gaddr_t at; /* its kmem_cache_t */
    struct wish wish;
};

/*
 * kmem_cache_create(). The name goes through probe_memory; probe_ctor() is
 * told the size. 0 if the kernel refuses.
 */
gaddr_t kmem_cache_create_in(struct guest *guest, enum agent_context context,
                             const struct wish *wish);
gaddr_t kmem_cache_create(struct guest *guest, const struct wish *wish);

/* Creates a cache; the test fails if the kernel refuses. */
struct cache create(struct guest *guest, const struct wish *wish);
struct cache create_plain(struct guest *guest, const char *name, uint32_t size,
                          uint32_t flags);

/* What the host reads of a cache in guest RAM. */
struct cache_view {
    uint32_t objsize, num, gfporder;
    uint32_t nfull, npartial, nfree; /* slabs on its lists */
    uint32_t inuse;                  /* objects of all slabs */
};

/*
 * Reads a cache. The test fails if a slab is on a list that its objects in use
 * do not belong on.
 */
struct cache_view cache_view(struct guest *guest, gaddr_t cache);
const char *cache_name(struct guest *guest, gaddr_t cache);

/* Slabs on all three lists, and their pages. */
uint32_t nslabs(const struct cache_view *view);
uint32_t npages(const struct cache_view *view);

/* Bytes of one slab. */
uint32_t slab_bytes(const struct cache_view *view);

/*
 * The cache that is at `index` on cache_chain, or 0 behind the last; and the
 * one of a name, or 0.
 */
gaddr_t cache_at(struct guest *guest, size_t index);
gaddr_t find_cache(struct guest *guest, const char *name);

/* Pages of the slabs of all caches on cache_chain. */
uint32_t pages_in_slabs(struct guest *guest);

/* A general cache, by its name: 0 if there is none. */
const char *general_name(uint32_t size, bool dma);
gaddr_t general_cache(struct guest *guest, uint32_t size, bool dma);

/* What a cache's objects are aligned to, and how far they lie apart. */
uint32_t alignment_of(uint32_t size, uint32_t flags);
uint32_t objsize_of(uint32_t size, uint32_t flags);

/* Calls, for lists. The text of a call names the cache. */
struct call cache_alloc_call(const struct cache *cache, uint32_t gfp_mask);
struct call cache_free_call(const struct cache *cache, gaddr_t object);
struct call kmalloc_call(uint32_t size, uint32_t gfp_mask);
struct call kfree_call(gaddr_t object);
struct call cache_shrink_call(const struct cache *cache);
struct call cache_destroy_call(const struct cache *cache);
struct call cache_grow_call(const struct cache *cache, uint32_t gfp_mask);
struct call cache_reap_call(void);

/* And calls that are made at once. Objects are addresses, 0 for NULL. */
gaddr_t kmem_cache_alloc(struct guest *guest, const struct cache *cache,
                         uint32_t gfp_mask);
void kmem_cache_free(struct guest *guest, const struct cache *cache,
                     gaddr_t object);
gaddr_t kmalloc(struct guest *guest, uint32_t size, uint32_t gfp_mask);
void kfree(struct guest *guest, gaddr_t object);
uint32_t kmem_cache_shrink(struct guest *guest, const struct cache *cache);
uint32_t kmem_cache_destroy(struct guest *guest, const struct cache *cache);
uint32_t kmem_cache_grow(struct guest *guest, const struct cache *cache,
                         uint32_t gfp_mask);
uint32_t kmem_cache_reap(struct guest *guest);

/*
 * kmem_cache_reap() until it gives back nothing; the pages that it said it
 * gave back. The test fails if it never ends.
 */
uint32_t reap_all(struct guest *guest);

/* Mistakes that were reported with slab_error(), by kind. */
struct mistakes {
    uint32_t counts[NR_SLAB_MISTAKES];
};

struct mistakes mistakes_of(struct guest *guest);
const char *mistake_name(unsigned kind);

/* A constructor's or destructor's call. */
struct probe {
    gaddr_t object;
    uint32_t flags;
};

/* How often it was called, and the i-th call. */
uint32_t ctor_calls(struct guest *guest);
uint32_t dtor_calls(struct guest *guest);
struct probe ctor_call(struct guest *guest, uint32_t i);
struct probe dtor_call(struct guest *guest, uint32_t i);

#endif
