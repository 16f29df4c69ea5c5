/*
 * The slab allocator: objects of one size, cut from pages. This file is lab 2;
 * the contract of what it offers and its structures are in include/slab.h, and
 * README.md tells the story with pictures.
 *
 * A slab is a block of 2^gfporder pages from the page allocator. Its objects
 * lie in a row from s_mem on, objsize bytes apart. The free ones among them are
 * linked by number, in an array right behind the descriptor: slabp->free is the
 * first one, slab_bufctl(slabp)[i] the one after object i.
 *
 *     a slab whose descriptor is in its own pages      object 1 and 4 in use
 *
 *     |<-colouroff->|                        s_mem
 *     |             | slab_t     | bufctl    | 0 | 1 | 2 | 3 | 4 | 5 |      |
 *     |             | free = 3   | 2 . E 5 . 0   |   |       |   |   |      |
 *                     inuse = 2    0 1 2 3 4 5
 *
 *     free:  3 -> 5 -> 0 -> 2 -> BUFCTL_END
 *
 * From an object's address its slab is found through its page: all pages of a
 * slab have PG_slab set, and SET_PAGE_CACHE() and SET_PAGE_SLAB() have been
 * told whose they are. So neither taking nor freeing ever searches.
 *
 * Objects of 512 bytes or more would make the row end early for the sake of a
 * small descriptor: eight of 512 bytes fill a page, and with a descriptor in it
 * only seven fit. Their descriptors are objects themselves, of a general cache.
 *
 * Each slab is on one of its cache's lists:
 *
 *                        the last free object is taken
 *     slabs_free -> slabs_partial -> slabs_full
 *         ^  <-------------  <-------------
 *         |              an object is freed
 *     grow, shrink, reap
 *
 * What holds whenever interrupts are on, so what every function here may count
 * on and has to leave behind:
 *
 *   (1) slabp->inuse objects are in use, the other cachep->num - inuse are on
 *       the slab's chain, each once, and the chain ends with BUFCTL_END.
 *   (2) A slab is on slabs_full if inuse == num, on slabs_free if inuse == 0,
 *       else on slabs_partial.
 *   (3) Exactly the pages of slabs have PG_slab.
 *   (4) A free object is as its constructor or its last user left it, or
 *       filled with poison, and between red zones that say "free".
 *   (5) Every cache is on cache_chain, each with a name of its own.
 *
 * An interrupt handler may allocate and free as well, from the same cache. It
 * must never find a list or a chain half changed, and the caller must find its
 * interrupt flag as it was: local_irq_save(), local_irq_restore() (irq.h). But
 * constructors, destructors and the page allocator may take long, and all but
 * destructors sleep: call them with interrupts as the caller had them, on what
 * no list leads to yet, or any more.
 *
 * Each STUB below is a hole: replace the body, keep the name and the
 * parameters. Helpers and data of your own are welcome; make them static.
 */
#include <slab.h>

#include <irq.h>
#include <kernel.h>
#include <page_alloc.h>
#include <string.h>

/*
 * How many objects of `objsize` bytes fit into a slab of 2^gfporder pages
 * (*num), and how many bytes are left over then (*left_over).
 *
 * With CFLGS_OFF_SLAB in `flags` the objects have the pages to themselves.
 * Without, a slab_t and one kmem_bufctl_t for each object come first, and
 * whatever it takes to align the first object as `flags` and slab.h ask: to a
 * cache line or a part of one with SLAB_HWCACHE_ALIGN, else to 4 bytes.
 *
 *     kmem_cache_estimate(0, 100, 0, …)       sizeof(slab_t) is 24
 *
 *     4096 = 24 + 39 * (4 + 100) + 16         *num = 39, *left_over = 16
 *
 *     kmem_cache_estimate(0, 1500, CFLGS_OFF_SLAB, …)
 *
 *     4096 = 2 * 1500 + 1096                  *num = 2, *left_over = 1096
 *
 * The slab may be too small for even one object: *num is 0 then. Nothing
 * changes but the two results.
 */
void kmem_cache_estimate(unsigned int gfporder, size_t objsize,
                         unsigned long flags, size_t *left_over,
                         unsigned int *num)
{
    (void)gfporder;
    (void)objsize;
    (void)flags;
    STUB("lab2-slab");
    *left_over = 0;
    *num = 0;
}

/*
 * Sets up the first cache, that of the kmem_cache_t's themselves, and puts it
 * on cache_chain.
 *
 * kmem_cache_create() takes the new cache's kmem_cache_t from a cache. The
 * first one can't come from there, so it is a static variable here, and is
 * filled in by hand. Everything that create works out from the size of the
 * objects has to be worked out for it, too: a helper that does so for both is
 * worth writing.
 *
 * Takes no pages. Called once, before any other function of this file.
 */
void kmem_cache_init(void)
{
    STUB("lab2-slab");
}

/*
 * Creates the general caches that kmalloc() serves from: for each size 32, 64,
 * 128 … 131072 one with SLAB_HWCACHE_ALIGN, "size-32", and one with
 * SLAB_CACHE_DMA as well, "size-32(DMA)".
 *
 * A table of the 13 sizes with their two caches is enough for it, and for
 * kmem_find_general_cachep(). Mind the order: when "size-512" is created, it is
 * the first to need descriptors off slab, and the general cache that they come
 * from has to be there.
 *
 * If one can't be created, nothing will ever work: BUG(). Called once, after
 * kmem_cache_init(), with memory to be had.
 */
void kmem_cache_sizes_init(void)
{
    STUB("lab2-slab");
}

/*
 * Creates a cache of objects of `size` bytes and puts it on cache_chain; or
 * NULL, for want of memory or for one of the mistakes that slab.h lists.
 *
 * What has to be worked out, in this order:
 *
 *   flags     SLAB_POISON goes if there is a constructor (a poisoned object
 *             would not keep its state), SLAB_RED_ZONE goes if there is
 *             SLAB_HWCACHE_ALIGN (the word in front would spoil it).
 *   objsize   `size`, up to a multiple of 4; with SLAB_RED_ZONE two words more;
 *             up to a multiple of the alignment. From 512 on the flag
 *             CFLGS_OFF_SLAB is set.
 *   order     from 0 up, the first at which kmem_cache_estimate() says that
 *             at least one object fits and at most 1/8 of the slab is left
 *             over. From order 1 on, what is left over does not matter.
 *   colours   colour_off is `offset`, up to a multiple of the alignment and at
 *             least that; as many colours as fit into what is left over, and
 *             one more for 0.
 *   slabp_cache   with CFLGS_OFF_SLAB, the general cache for sizeof(slab_t) and
 *             num kmem_bufctl_t's.
 *
 *     kmem_cache_create("inode", 90, 0, SLAB_HWCACHE_ALIGN, NULL, NULL)
 *
 *     objsize 96, order 0: 40 objects, and 24 + 40 * 4 bytes in front of them,
 *     up to 192: 64 are left over, less than 512. Colours 0, 32 and 64.
 *
 * The name is copied. No pages are taken for objects yet. A new kmem_cache_t
 * holds whatever its last user left in it.
 *
 * Context: a task, may sleep. Asked for in an interrupt, it returns NULL.
 */
kmem_cache_t *kmem_cache_create(const char *name, size_t size, size_t offset,
                                unsigned long flags, slab_ctor_t ctor,
                                slab_ctor_t dtor)
{
    (void)name;
    (void)size;
    (void)offset;
    (void)flags;
    (void)ctor;
    (void)dtor;
    STUB("lab2-slab");
    return NULL;
}

/*
 * Makes one more slab, with all its objects free and constructed, and puts it
 * on slabs_free. Returns 1, or 0 if there is no memory for it.
 *
 *     take 2^gfporder pages           with the caller's gfp_mask and the
 *          |                          cache's gfpflags
 *     take a descriptor, if that is   of slabp_cache, so from a cache; the
 *          |      off slab            zone that the objects need is not
 *          |                          needed here
 *     choose the colour, set s_mem,   colouroff before the descriptor, or off
 *          |      mark all pages      slab before s_mem, the pages begin
 *     red zones and poison,           what the cache's flags ask for; then
 *          |      the constructor     once for each object
 *     put it on slabs_free
 *
 * When the descriptor can't be had, the pages go back. After a 0 nothing has
 * changed, not even the colour that the next slab gets.
 *
 *     three slabs made in a row, colour_off = 32, 64 bytes left over
 *     first    | slab_t … |  0  |  1  |  2  |  3  | …      |
 *     second   |  | slab_t … |  0  |  1  |  2  |  3  | …   |
 *     third    |     | slab_t … |  0  |  1  |  2  |  3  | …|
 *     fourth   as the first
 *
 * All of it happens before the slab is on a list, with interrupts as the caller
 * had them. Meanwhile cachep->growing is one more, so that kmem_cache_reap()
 * leaves the cache alone.
 *
 * The constructor's flags are SLAB_CTOR_CONSTRUCTOR, and SLAB_CTOR_ATOMIC as
 * well if gfp_mask is without __GFP_WAIT: the caller can't sleep, so neither
 * may it.
 *
 * Context: any without __GFP_WAIT. With it, BUG() in an interrupt.
 */
int kmem_cache_grow(kmem_cache_t *cachep, unsigned int gfp_mask)
{
    (void)cachep;
    (void)gfp_mask;
    STUB("lab2-slab");
    return 0;
}

/*
 * Takes an object: from the first partial slab; without one, from a free slab;
 * without either, from a slab that kmem_cache_grow() makes. NULL if it can't.
 *
 *     num = 3       full    partial    free
 *     before                           A
 *     alloc                 A (1)
 *     alloc                 A (2)
 *     alloc         A (3)
 *     alloc         A (3)   B (1)           B has just been made
 *
 * While a slab is made interrupts may be on, and a handler, or while the page
 * allocator sleeps another task, may take its objects first. So look again
 * afterwards, as if for the first time, and grow again if need be.
 *
 * With SLAB_RED_ZONE both words become RED_MAGIC_USED; what is handed out is
 * the address behind the first. With SLAB_POISON the object is looked through;
 * if a byte has changed, slab_error() with SLAB_USED_FREED, once, and the
 * object is handed out all the same.
 *
 *     objsize    | RED_MAGIC | 5A 5A 5A 5A … 5A 5A 5A A5 | RED_MAGIC |
 *                            ^ kmem_cache_alloc() returns this
 *
 * Context: any, if a slab need not be made or gfp_mask is without __GFP_WAIT.
 * Cost: a few instructions, however many slabs and objects there are, unless a
 * slab is made or poison looked through.
 */
void *kmem_cache_alloc(kmem_cache_t *cachep, unsigned int gfp_mask)
{
    (void)cachep;
    (void)gfp_mask;
    STUB("lab2-slab");
    return NULL;
}

/*
 * Gives an object back. It becomes the first of its slab's chain, and the slab
 * goes to the list that it belongs on now; with its last object, to slabs_free.
 * Its pages stay with the cache until somebody shrinks or reaps it.
 *
 *     num = 3       full    partial    free
 *     before        A (3)
 *     free                  A (2)
 *     free                  A (1)
 *     free                             A
 *
 * With SLAB_DEBUG_FREE the address is looked at before anything is touched:
 *
 *     SLAB_FOREIGN      not in the direct map, or in a page without PG_slab,
 *                       or of another cache, or not where an object begins
 *     SLAB_DOUBLE_FREE  where an object begins that is free
 *
 * Either is told to slab_error(), and that is all that happens. This has to be
 * as quick as the rest: to look for the object in the slab's chain is too slow.
 * slab_bufctl() of an object in use links nothing: there is room for a mark.
 *
 * With SLAB_RED_ZONE, if one of the two words is not RED_MAGIC_USED,
 * slab_error() with SLAB_OVERRUN, once; the object is freed all the same. Both
 * words become RED_MAGIC_FREE. With SLAB_POISON it is filled with poison.
 * Without, its bytes stay as they are.
 *
 * Context: any. Cost: as kmem_cache_alloc().
 */
void kmem_cache_free(kmem_cache_t *cachep, void *object)
{
    (void)cachep;
    (void)object;
    STUB("lab2-slab");
}

/*
 * Gives all slabs on slabs_free back, and returns how many pages that were. A
 * slab off slab gives its descriptor back to slabp_cache; that cache keeps it.
 *
 *     inuse    3   1   0   2   0          gfporder = 1
 *     after    3   1       2              returns 4
 *
 * For each slab: off the list, with interrupts off; then, with interrupts as
 * they were, the destructor (flags 0) for each object, PG_slab off all pages,
 * the pages to the page allocator.
 *
 * Context: a task, may sleep. A BUG() in an interrupt.
 */
int kmem_cache_shrink(kmem_cache_t *cachep)
{
    (void)cachep;
    STUB("lab2-slab");
    return 0;
}

/*
 * Ends a cache: shrinks it, takes it off cache_chain, gives its kmem_cache_t
 * back. Returns 0.
 *
 * If objects are in use it returns 1. Then it has been shrunk, and that is all:
 * the cache is where it was, its objects are untouched, and it can be used on
 * or destroyed later.
 *
 * kmem_cache_reap() remembers a place on cache_chain. If that is this cache, it
 * must not find it gone.
 *
 * Context: a task, may sleep. A BUG() in an interrupt.
 */
int kmem_cache_destroy(kmem_cache_t *cachep)
{
    (void)cachep;
    STUB("lab2-slab");
    return 1;
}

/*
 * Memory is short, and caches may have slabs to spare: looks for a cache with
 * free slabs and gives them back. Returns how many pages that were.
 *
 * It walks cache_chain like the hand of a clock: from where the last call
 * stopped, past the end to the start, at most once around. Caches with
 * SLAB_NO_REAP, and those with growing != 0, are passed by.
 *
 *     cache_chain     inode   dentry   buffer   vma
 *     free slabs        0       3        0       1      dentry: SLAB_NO_REAP
 *
 *     first call      gives vma's back, and stops there
 *     second call     goes once around and finds nothing: 0
 *
 * So if there is a free slab to be had, at least one is given back; it need
 * not be all there are. gfp_mask says what the caller can bear; with what
 * happens here there is no need to look at it.
 *
 * Context: a task, may sleep. A BUG() in an interrupt.
 */
int kmem_cache_reap(unsigned int gfp_mask)
{
    (void)gfp_mask;
    STUB("lab2-slab");
    return 0;
}

/*
 * The general cache for `size` bytes: the smallest one whose objects are large
 * enough. With __GFP_DMA in gfp_mask, of those with SLAB_CACHE_DMA. NULL for
 * more than MAX_OBJ_BYTES.
 *
 *     0 -> size-32     32 -> size-32     33 -> size-64
 *     65537 -> size-131072     131073 -> none: NULL
 *
 * Is called while kmem_cache_sizes_init() is still at it, for descriptors.
 */
kmem_cache_t *kmem_find_general_cachep(size_t size, unsigned int gfp_mask)
{
    (void)size;
    (void)gfp_mask;
    STUB("lab2-slab");
    return NULL;
}

/*
 * `size` bytes or a few more, from the general cache for it. NULL for more than
 * MAX_OBJ_BYTES, or without memory.
 *
 * Context: that of kmem_cache_alloc().
 */
void *kmalloc(size_t size, unsigned int gfp_mask)
{
    (void)size;
    (void)gfp_mask;
    STUB("lab2-slab");
    return NULL;
}

/*
 * kmem_cache_free() for those who don't know the cache: the object's page does.
 * NULL is allowed and does nothing.
 *
 * An address outside the direct map, or in a page without PG_slab, is told to
 * slab_error(): SLAB_FOREIGN, of no cache (NULL). Nothing else happens then.
 *
 * Context: any.
 */
void kfree(const void *object)
{
    (void)object;
    STUB("lab2-slab");
}
