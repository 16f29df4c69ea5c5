/*
 * The slab allocator: component `slab`, mm/slab.c, lab 2.
 *
 * A cache hands out objects of one size. It gets memory from the page
 * allocator in slabs: blocks of 2^gfporder pages that are cut into `num`
 * objects each (Bonwick, The Slab Allocator, USENIX 1994; Linux 2.4 mm/slab.c).
 *
 *     cache ── slabs_full ──── slab ── slab
 *          ├── slabs_partial ─ slab          slab: | descriptor | obj | obj |…|
 *          └── slabs_free ──── slab                      the descriptor may
 *                                                        live elsewhere, too
 *
 * This holds at all times, for every cache:
 *
 *   - an object in use overlaps nothing else, and lies in one slab;
 *   - its address is a multiple of 4 bytes; of L1_CACHE_BYTES with
 *     SLAB_HWCACHE_ALIGN, unless the object is so small that two or more fit
 *     into a cache line: then of the smallest L1_CACHE_BYTES / 2^n that holds
 *     it;
 *   - a slab is on slabs_full, slabs_partial or slabs_free as all, some or none
 *     of its objects are in use;
 *   - pages are taken only when an object is asked for and no slab has one
 *     free, never in advance, and at most one slab at a time;
 *   - the pages of a slab have PG_slab set, and no others do.
 *
 * Every function may be called with interrupts on or off, and, but for
 * kmem_cache_create(), _shrink(), _destroy() and _reap(), from an interrupt
 * handler; all leave the interrupt flag as it was. Taking and freeing an object
 * takes a few steps, whatever the number of slabs and objects, unless a slab
 * has to be made.
 */
#ifndef SLAB_H
#define SLAB_H

#include <mmzone.h>

typedef struct kmem_cache_s kmem_cache_t;

#define L1_CACHE_BYTES 32
#define CACHE_NAMELEN  20 /* with the 0 at the end */
#define MAX_OBJ_BYTES  (128UL << 10)

/* Flags of kmem_cache_create(). */
#define SLAB_DEBUG_FREE    0x00000100 /* report frees that are no frees */
#define SLAB_RED_ZONE      0x00000400 /* a word before and behind an object */
#define SLAB_POISON        0x00000800 /* fill what is free */
#define SLAB_NO_REAP       0x00001000 /* kmem_cache_reap() passes it by */
#define SLAB_HWCACHE_ALIGN 0x00002000 /* align to cache lines */
#define SLAB_CACHE_DMA     0x00004000 /* pages from ZONE_DMA */
#define SLAB_DEBUG         (SLAB_DEBUG_FREE | SLAB_RED_ZONE | SLAB_POISON)

/* Flags that constructors and destructors are called with. */
#define SLAB_CTOR_CONSTRUCTOR 0x001 /* it is the constructor */
#define SLAB_CTOR_ATOMIC      0x002 /* it must not sleep */

/* What SLAB_POISON fills an object with while it is free: its last byte is
 * POISON_END, the others are POISON_BYTE. What its size was rounded up to is
 * filled, too. */
#define POISON_BYTE 0x5A
#define POISON_END  0xA5

/* The words around an object (and what its size was rounded up to), with
 * SLAB_RED_ZONE, while it is free, in use. */
#define RED_MAGIC_FREE 0x5A2CF071UL
#define RED_MAGIC_USED 0x170FC2A5UL

typedef void (*slab_ctor_t)(void *object, kmem_cache_t *cachep,
                            unsigned long flags);

/*
 * A slab, with the links of its free objects. Object i is at
 * s_mem + i * objsize; with SLAB_RED_ZONE, that is where the word before it is.
 * slab_bufctl(slabp)[i], right behind the descriptor, is
 * the number of the free object after i, BUFCTL_END after the last.
 */
typedef unsigned int kmem_bufctl_t;

#define BUFCTL_END 0xFFFFFFFFU

typedef struct slab_s {
    struct list_head list;   /* on one of the cache's three lists */
    unsigned long colouroff; /* of its first object or descriptor, in bytes */
    void *s_mem;             /* its first object */
    unsigned int inuse;      /* objects in use */
    kmem_bufctl_t free;      /* its first free object */
} slab_t;

#define slab_bufctl(slabp) ((kmem_bufctl_t *)((slab_t *)(slabp) + 1))

/*
 * A cache. slabinfo and the tests read name, objsize, num, gfporder, next, the
 * three lists, and the slabs' list and inuse; the rest is yours to use as you
 * like.
 */
struct kmem_cache_s {
    struct list_head slabs_full;
    struct list_head slabs_partial;
    struct list_head slabs_free;
    size_t objsize;        /* from one object to the next, in bytes */
    unsigned int num;      /* objects in a slab */
    unsigned int gfporder; /* a slab has 2^gfporder pages */
    unsigned long flags;   /* SLAB_*, and CFLGS_OFF_SLAB */
    unsigned int gfpflags; /* for its pages, beside the caller's */
    unsigned int colour;   /* how many colours */
    size_t colour_off;     /* bytes from one to the next */
    unsigned int colour_next;
    kmem_cache_t *slabp_cache; /* off-slab descriptors come from here */
    unsigned int growing;      /* slabs that are being made */
    slab_ctor_t ctor, dtor;
    char name[CACHE_NAMELEN];
    struct list_head next; /* on cache_chain */
};

/* A flag of the allocator's own: descriptors are not in the slab's pages. */
#define CFLGS_OFF_SLAB 0x00010000

/* All caches, by their `next`. Given, in kernel/slabinfo.c. */
extern struct list_head cache_chain;

/* The cache and the slab that a page with PG_slab belongs to. */
#define SET_PAGE_CACHE(page, cachep)                                           \
    ((page)->list.next = (struct list_head *)(cachep))
#define GET_PAGE_CACHE(page) ((kmem_cache_t *)(page)->list.next)
#define SET_PAGE_SLAB(page, slabp)                                             \
    ((page)->list.prev = (struct list_head *)(slabp))
#define GET_PAGE_SLAB(page) ((slab_t *)(page)->list.prev)

/*
 * Sets up the cache of caches, from which kmem_cache_create() takes its
 * kmem_cache_t's, in static memory. Called once, before anything else here.
 */
void kmem_cache_init(void);

/*
 * Creates the general caches: 32, 64, 128 … 128 K bytes, "size-32" …
 * "size-131072", with SLAB_HWCACHE_ALIGN, and the same with SLAB_CACHE_DMA,
 * "size-32(DMA)" … . Called once, after kmem_cache_init().
 */
void kmem_cache_sizes_init(void);

/*
 * Creates a cache of objects of `size` bytes, and puts it on cache_chain. It
 * has no slabs yet. `offset` is the distance between colours in bytes, at least
 * the alignment, 0 for just that. The constructor (NULL: none) is called once
 * for each object of a slab when the slab is made, the destructor when it is
 * given back; in between, objects keep their state from free to the next
 * allocation. A destructor must not sleep.
 *
 * The order of its slabs is the smallest for which a slab holds an object and
 * what is left over beside objects and descriptor is at most 1/8 of it; from
 * order 1 on (2 pages), what is left over does not matter any more. With an
 * objsize of 512 or more, descriptors are off slab, in memory from a general
 * cache:
 *
 *     num >= (bytes of the slab - sizeof(slab_t)) /
 *            (objsize + sizeof(kmem_bufctl_t)), less at most 1  below 512
 *     num  = bytes of the slab / objsize                        from there on
 *
 * What is left over is used for colouring: the first objects of slabs made one
 * after the other lie colour_off bytes further each, until there is no room;
 * then it starts again at 0.
 *
 * SLAB_POISON is ignored in a cache with a constructor, SLAB_RED_ZONE with
 * SLAB_HWCACHE_ALIGN.
 *
 * NULL without memory, or if the caller is mistaken: a name that is NULL, too
 * long (CACHE_NAMELEN) or in use, a size of less than 4 bytes or more than
 * MAX_OBJ_BYTES, a destructor without a constructor, an `offset` larger than
 * `size`, in an interrupt. The name is copied. May sleep.
 */
kmem_cache_t *kmem_cache_create(const char *name, size_t size, size_t offset,
                                unsigned long flags, slab_ctor_t ctor,
                                slab_ctor_t dtor);

/*
 * An object: from a partial slab if there is one, else from a free one, else
 * from a new slab made with kmem_cache_grow(). NULL if there is no memory;
 * nothing has changed then. May sleep with __GFP_WAIT in gfp_mask.
 */
void *kmem_cache_alloc(kmem_cache_t *cachep, unsigned int gfp_mask);

/*
 * Gives an object back to its cache. It keeps its contents, but for those of a
 * cache with SLAB_POISON. A slab that has become free stays with the cache
 * until kmem_cache_shrink() or _reap().
 *
 * With SLAB_DEBUG_FREE, what is no object in use of this cache is reported with
 * slab_error(), and nothing else happens.
 */
void kmem_cache_free(kmem_cache_t *cachep, void *object);

/*
 * Makes one more slab for the cache and constructs its objects. Returns 1, or
 * 0 without memory; then nothing has changed. Constructors get
 * SLAB_CTOR_CONSTRUCTOR, and SLAB_CTOR_ATOMIC without __GFP_WAIT. A BUG in an
 * interrupt with __GFP_WAIT.
 */
int kmem_cache_grow(kmem_cache_t *cachep, unsigned int gfp_mask);

/*
 * How many objects of `objsize` bytes (num) fit into a slab of 2^gfporder
 * pages, beside the descriptor unless flags have CFLGS_OFF_SLAB, and how many
 * bytes are left over.
 */
void kmem_cache_estimate(unsigned int gfporder, size_t objsize,
                         unsigned long flags, size_t *left_over,
                         unsigned int *num);

/*
 * Gives all free slabs of the cache back: destroys their objects, frees their
 * pages and descriptors. Returns how many pages (without descriptors') that
 * were. A descriptor off slab goes back to its cache, which keeps the slab that
 * it was in. May sleep; a BUG in an interrupt.
 */
int kmem_cache_shrink(kmem_cache_t *cachep);

/*
 * Shrinks the cache, takes it off cache_chain and gives it back. 0, or 1 if
 * objects are in use: then it has only been shrunk, and may be used on. May
 * sleep; a BUG in an interrupt.
 */
int kmem_cache_destroy(kmem_cache_t *cachep);

/*
 * Memory is short: gives free slabs of caches back, except those of caches
 * with SLAB_NO_REAP or that are growing. A call goes on where the last one
 * stopped on cache_chain, and gives back at least one slab if there is one.
 * Returns how many pages (without descriptors') that were; 0 if there are
 * none. May sleep; a BUG in an interrupt.
 */
int kmem_cache_reap(unsigned int gfp_mask);

/* The smallest general cache for objects of `size` bytes, of those with
 * SLAB_CACHE_DMA if gfp_mask has __GFP_DMA. NULL if size is over 128 K. */
kmem_cache_t *kmem_find_general_cachep(size_t size, unsigned int gfp_mask);

/* At least `size` bytes from a general cache, or NULL. kmalloc(0) gives an
 * object, too. May sleep with __GFP_WAIT. */
void *kmalloc(size_t size, unsigned int gfp_mask);

/*
 * Gives back what kmalloc() gave. NULL is allowed and does nothing. A pointer
 * into memory that is no slab's is reported with slab_error(), as SLAB_FOREIGN,
 * and nothing else happens.
 */
void kfree(const void *object);

/* What slab_error() is told. */
enum slab_mistake {
    SLAB_DOUBLE_FREE, /* freed, but it was free already */
    SLAB_FOREIGN,     /* freed, but not the start of an object of this cache */
    SLAB_OVERRUN,     /* a red zone was overwritten: found when it is freed */
    SLAB_USED_FREED,  /* the poison was: found when it is allocated again */
    NR_SLAB_MISTAKES,
};

/*
 * Given, in kernel/slabinfo.c: prints a line about a caller's mistake and
 * counts it. cachep is NULL if it is not known. Any context.
 *
 * After SLAB_OVERRUN and SLAB_USED_FREED the object is freed or handed out all
 * the same.
 */
void slab_error(const kmem_cache_t *cachep, enum slab_mistake mistake,
                const void *object);

#endif
