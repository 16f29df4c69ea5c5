/*
 * Many objects at once, what they hold, and what the contract of the slab
 * allocator says of memory as a whole.
 */
#ifndef HARNESS_OBJECTS_H
#define HARNESS_OBJECTS_H

#include "caches.h"

/* Objects that the test holds, in the order in which they were taken. */
struct objects {
    gaddr_t *at;
    size_t n;
};

/*
 * Takes n objects. Each must be there, aligned, in one slab, and apart from
 * the others by the size that was asked for.
 */
struct objects take_objects(struct guest *guest, const struct cache *cache,
                            uint32_t gfp_mask, size_t n);

/*
 * Takes all objects of n new slabs of a cache none of whose objects are free:
 * objects i * num to (i + 1) * num - 1 are the i-th slab's.
 */
struct objects take_slabs(struct guest *guest, const struct cache *cache,
                          size_t n);

/* Gives all objects, or those at [from, from + n), back. */
void give_objects(struct guest *guest, const struct cache *cache,
                  const struct objects *objects);
void give_some(struct guest *guest, const struct cache *cache,
               const struct objects *objects, size_t from, size_t n);

/*
 * Boots a machine on which an object can be taken and given back, and no cache
 * has a free slab. For tests of what the allocator must not do: one that does
 * nothing would pass them.
 */
struct guest *boot_slabs(const struct machine *machine);

/* Where the slab that an object is in begins. */
gaddr_t slab_of(const struct cache_view *view, gaddr_t object);

/* Sorts addresses, lowest first. */
void sort_objects(struct objects *objects);

/* Objects of this many bytes, which are in use, may not overlap. */
void expect_apart(struct guest *guest, const struct objects *objects,
                  uint32_t nbytes);

/* Fills objects as their owner may, each with a byte that follows from its
 * index; and looks whether it is still there. */
void fill(struct guest *guest, const struct objects *objects, uint32_t nbytes);
void expect_filled(struct guest *guest, const struct objects *objects,
                   size_t from, size_t n, uint32_t nbytes);

/* The nbytes at an address must all be this byte. */
void expect_bytes(struct guest *guest, gaddr_t address, uint32_t nbytes,
                  unsigned char byte, const char *hint);

/* The last call must have given an object. */
void expect_object(struct guest *guest, gaddr_t object, const char *hint);

/* The last call must have left the cache with slabs on its three lists. */
void expect_slabs(struct guest *guest, const struct cache *cache,
                  uint32_t nfull, uint32_t npartial, uint32_t nfree,
                  const char *hint);

/* Objects of a cache that are in use. */
void expect_in_use(struct guest *guest, const struct cache *cache, uint32_t n,
                   const char *hint);

/*
 * Free pages of all zones and those in slabs must add up as they did before:
 * none is lost.
 */
uint32_t pages_in_all(struct guest *guest);
void expect_pages(struct guest *guest, uint32_t before);

/* The last call must have left this many free pages in all zones. */
void expect_free_pages(struct guest *guest, uint32_t n, const char *hint);

/* No mistake, or exactly one with this object, was reported since `before`. */
void expect_no_mistake(struct guest *guest, const struct mistakes *before);
void expect_mistake(struct guest *guest, const struct mistakes *before,
                    unsigned kind, gaddr_t object);

#endif
