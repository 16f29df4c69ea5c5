/*
 * The slab allocator: objects of one size, cut from blocks of pages (Bonwick,
 * The Slab Allocator, USENIX 1994; Linux 2.4 mm/slab.c).
 *
 *     |<-colouroff->|                        s_mem
 *     |             | slab_t     | bufctl    | 0 | 1 | 2 | 3 | 4 | 5 | left |
 *     |             | free = 3   | 2 * E 5 * 0   | * |   |   | * |   | over |
 *
 * The free objects of a slab are a chain of numbers, here 3, 5, 0, 2. The link
 * of an object in use (*) has no use in the chain, so it says that: a second
 * free is seen at once. From 512 bytes on, descriptor and links are an object
 * of a general cache instead, and the slab's pages are all objects.
 *
 * Interrupts are off while a slab's chain or its place on a list changes, and
 * while a free is checked: two at once must not both pass. They are as the
 * caller had them while a slab is made or given back, when it is on no list.
 * cache_chain and the table of general caches are for tasks only, and none of
 * them sleeps while it looks at them: destructors don't.
 */
#include <slab.h>

#include <irq.h>
#include <kernel.h>
#include <page_alloc.h>
#include <string.h>

#define BYTES_PER_WORD sizeof(unsigned long)

/* The link of an object in use. */
#define BUFCTL_IN_USE 0xFFFFFFFEU

/* Objects from this size on have their descriptors off slab. */
#define OFF_SLAB_BYTES 512

/* At this order what is left over does not matter. */
#define SLAB_BREAK_GFP_ORDER 1

#define OFF_SLAB(cachep) ((cachep)->flags & CFLGS_OFF_SLAB)

/* The cache that all other kmem_cache_t's come from. */
static kmem_cache_t cache_cache;

/* The general caches, for kmalloc(). */
static struct cache_sizes {
    size_t cs_size;
    kmem_cache_t *cs_cachep, *cs_dmacachep;
} cache_sizes[] = {{.cs_size = 32},    {.cs_size = 64},    {.cs_size = 128},
                   {.cs_size = 256},   {.cs_size = 512},   {.cs_size = 1024},
                   {.cs_size = 2048},  {.cs_size = 4096},  {.cs_size = 8192},
                   {.cs_size = 16384}, {.cs_size = 32768}, {.cs_size = 65536},
                   {.cs_size = 131072}};

/* Where kmem_cache_reap() stopped on cache_chain. */
static struct list_head *clock_searchp = &cache_chain;

/* `align` is a power of two. */
static size_t round_up(size_t nbytes, size_t align)
{
    return (nbytes + align - 1) & ~(align - 1);
}

/* --- where things are in a slab ------------------------------------------- */

/* What the addresses of objects of `size` bytes are multiples of. */
static size_t alignment(size_t size, unsigned long flags)
{
    size_t align = L1_CACHE_BYTES;

    if (!(flags & SLAB_HWCACHE_ALIGN))
        return BYTES_PER_WORD;
    while (size <= align / 2)
        align /= 2;
    return align;
}

/* Bytes of a descriptor and its links, up to where an object may begin. */
static size_t mgmt_bytes(unsigned int num, size_t align)
{
    return round_up(sizeof(slab_t) + num * sizeof(kmem_bufctl_t), align);
}

void kmem_cache_estimate(unsigned int gfporder, size_t objsize,
                         unsigned long flags, size_t *left_over,
                         unsigned int *num)
{
    size_t nbytes = PAGE_SIZE << gfporder;
    size_t align = alignment(objsize, flags);

    if (flags & CFLGS_OFF_SLAB) {
        *num = nbytes / objsize;
        *left_over = nbytes % objsize;
        return;
    }
    *num = (nbytes - sizeof(slab_t)) / (objsize + sizeof(kmem_bufctl_t));
    if (mgmt_bytes(*num, align) + *num * objsize > nbytes)
        (*num)--;
    *left_over = nbytes - mgmt_bytes(*num, align) - *num * objsize;
}

/* Bytes of the red zone on each side of an object. */
static size_t red_zone_bytes(const kmem_cache_t *cachep)
{
    return cachep->flags & SLAB_RED_ZONE ? BYTES_PER_WORD : 0;
}

/* Bytes of an object that its user may write to. */
static size_t object_bytes(const kmem_cache_t *cachep)
{
    return cachep->objsize - 2 * red_zone_bytes(cachep);
}

static void *object_at(const kmem_cache_t *cachep, const slab_t *slabp,
                       unsigned int index)
{
    return (char *)slabp->s_mem + index * cachep->objsize +
           red_zone_bytes(cachep);
}

/* The number of the object that `object` points to or into. */
static unsigned int index_of(const kmem_cache_t *cachep, const slab_t *slabp,
                             const void *object)
{
    return ((unsigned long)object - (unsigned long)slabp->s_mem) /
           cachep->objsize;
}

/* The page that `object` is in; NULL if that is no slab's. */
static struct page *slab_page(const void *object)
{
    struct page *page;

    if ((unsigned long)object < PAGE_OFFSET || object >= high_memory)
        return NULL;
    page = virt_to_page(object);
    return PageSlab(page) ? page : NULL;
}

/* --- red zones and poison ------------------------------------------------- */

static unsigned long *red_zone_before(void *object)
{
    return (unsigned long *)object - 1;
}

static unsigned long *red_zone_behind(const kmem_cache_t *cachep, void *object)
{
    return (unsigned long *)((char *)object + object_bytes(cachep));
}

static void set_red_zones(const kmem_cache_t *cachep, void *object,
                          unsigned long magic)
{
    if (!(cachep->flags & SLAB_RED_ZONE))
        return;
    *red_zone_before(object) = magic;
    *red_zone_behind(cachep, object) = magic;
}

static void check_red_zones(const kmem_cache_t *cachep, void *object)
{
    if (!(cachep->flags & SLAB_RED_ZONE))
        return;
    if (*red_zone_before(object) != RED_MAGIC_USED ||
        *red_zone_behind(cachep, object) != RED_MAGIC_USED)
        slab_error(cachep, SLAB_OVERRUN, object);
}

static void kmem_poison_obj(const kmem_cache_t *cachep, void *object)
{
    size_t last = object_bytes(cachep) - 1;

    if (!(cachep->flags & SLAB_POISON))
        return;
    memset(object, POISON_BYTE, last);
    ((uint8_t *)object)[last] = POISON_END;
}

static void kmem_check_poison_obj(const kmem_cache_t *cachep,
                                  const void *object)
{
    const uint8_t *bytes = object;
    size_t last = object_bytes(cachep) - 1, i = 0;

    if (!(cachep->flags & SLAB_POISON))
        return;
    while (i < last && bytes[i] == POISON_BYTE)
        i++;
    if (i < last || bytes[last] != POISON_END)
        slab_error(cachep, SLAB_USED_FREED, object);
}

/* May this object be freed? Says so if not. */
static bool kmem_extra_free_checks(const kmem_cache_t *cachep,
                                   const void *object)
{
    const struct page *page = slab_page(object);
    slab_t *slabp;
    unsigned int index;

    if (page == NULL || GET_PAGE_CACHE(page) != cachep) {
        slab_error(cachep, SLAB_FOREIGN, object);
        return false;
    }
    slabp = GET_PAGE_SLAB(page);
    index = index_of(cachep, slabp, object);
    if (index >= cachep->num || object_at(cachep, slabp, index) != object) {
        slab_error(cachep, SLAB_FOREIGN, object);
        return false;
    }
    if (slab_bufctl(slabp)[index] != BUFCTL_IN_USE) {
        slab_error(cachep, SLAB_DOUBLE_FREE, object);
        return false;
    }
    return true;
}

/* --- making slabs and giving them back ------------------------------------ */

/* Gives the slab's pages back. */
static void kmem_freepages(kmem_cache_t *cachep, void *memory)
{
    struct page *page = virt_to_page(memory);

    for (unsigned int i = 0; i < 1U << cachep->gfporder; i++)
        ClearPageSlab(&page[i]);
    free_pages((unsigned long)memory, cachep->gfporder);
}

/* Notes in the slab's pages whose they are. */
static void mark_pages(kmem_cache_t *cachep, slab_t *slabp, void *memory)
{
    struct page *page = virt_to_page(memory);

    for (unsigned int i = 0; i < 1U << cachep->gfporder; i++) {
        SetPageSlab(&page[i]);
        SET_PAGE_CACHE(&page[i], cachep);
        SET_PAGE_SLAB(&page[i], slabp);
    }
}

/* How far the next slab's contents are from its start. */
static size_t next_colour(kmem_cache_t *cachep)
{
    unsigned long flags;
    size_t colouroff;

    local_irq_save(flags);
    colouroff = cachep->colour_next * cachep->colour_off;
    cachep->colour_next++;
    if (cachep->colour_next == cachep->colour)
        cachep->colour_next = 0;
    local_irq_restore(flags);
    return colouroff;
}

/* Sets up a descriptor for a slab in `memory`, or NULL. */
static slab_t *kmem_cache_slabmgmt(kmem_cache_t *cachep, char *memory,
                                   unsigned int gfp_mask)
{
    slab_t *slabp;

    if (OFF_SLAB(cachep)) {
        slabp = kmem_cache_alloc(cachep->slabp_cache, gfp_mask & ~GFP_ZONEMASK);
        if (slabp == NULL)
            return NULL;
        slabp->colouroff = next_colour(cachep);
        slabp->s_mem = memory + slabp->colouroff;
    } else {
        size_t colouroff = next_colour(cachep);

        slabp = (slab_t *)(memory + colouroff);
        slabp->colouroff = colouroff;
        slabp->s_mem =
            (char *)slabp +
            mgmt_bytes(cachep->num, alignment(cachep->objsize, cachep->flags));
    }
    slabp->inuse = 0;
    slabp->free = 0;
    for (unsigned int i = 0; i < cachep->num; i++)
        slab_bufctl(slabp)[i] = i + 1;
    slab_bufctl(slabp)[cachep->num - 1] = BUFCTL_END;
    return slabp;
}

static void kmem_cache_init_objs(kmem_cache_t *cachep, slab_t *slabp,
                                 unsigned int gfp_mask)
{
    unsigned long ctor_flags = SLAB_CTOR_CONSTRUCTOR;

    if (!(gfp_mask & __GFP_WAIT))
        ctor_flags |= SLAB_CTOR_ATOMIC;
    for (unsigned int i = 0; i < cachep->num; i++) {
        void *object = object_at(cachep, slabp, i);

        set_red_zones(cachep, object, RED_MAGIC_FREE);
        kmem_poison_obj(cachep, object);
        if (cachep->ctor != NULL)
            cachep->ctor(object, cachep, ctor_flags);
    }
}

/* A slab that is on no list yet, or NULL, with nothing changed. */
static slab_t *make_slab(kmem_cache_t *cachep, unsigned int gfp_mask)
{
    slab_t *slabp;
    unsigned long addr =
        __get_free_pages(gfp_mask | cachep->gfpflags, cachep->gfporder);

    if (addr == 0)
        return NULL;
    slabp = kmem_cache_slabmgmt(cachep, (char *)addr, gfp_mask);
    if (slabp == NULL) {
        free_pages(addr, cachep->gfporder);
        return NULL;
    }
    mark_pages(cachep, slabp, (void *)addr);
    kmem_cache_init_objs(cachep, slabp, gfp_mask);
    return slabp;
}

int kmem_cache_grow(kmem_cache_t *cachep, unsigned int gfp_mask)
{
    slab_t *slabp;
    unsigned long flags;

    BUG_ON(in_interrupt() && gfp_mask & __GFP_WAIT);
    local_irq_save(flags);
    cachep->growing++;
    local_irq_restore(flags);

    slabp = make_slab(cachep, gfp_mask);

    local_irq_save(flags);
    cachep->growing--;
    if (slabp != NULL)
        list_add_tail(&slabp->list, &cachep->slabs_free);
    local_irq_restore(flags);
    return slabp != NULL;
}

/* Gives a slab back that is on no list any more. */
static void kmem_slab_destroy(kmem_cache_t *cachep, slab_t *slabp)
{
    char *start = OFF_SLAB(cachep) ? slabp->s_mem : (char *)slabp;

    if (cachep->dtor != NULL)
        for (unsigned int i = 0; i < cachep->num; i++)
            cachep->dtor(object_at(cachep, slabp, i), cachep, 0);
    kmem_freepages(cachep, start - slabp->colouroff);
    if (OFF_SLAB(cachep))
        kmem_cache_free(cachep->slabp_cache, slabp);
}

/* Takes a free slab off its list. NULL if there is none. */
static slab_t *take_free_slab(kmem_cache_t *cachep)
{
    slab_t *slabp = NULL;
    unsigned long flags;

    local_irq_save(flags);
    if (!list_empty(&cachep->slabs_free)) {
        slabp = list_entry(cachep->slabs_free.next, slab_t, list);
        list_del(&slabp->list);
    }
    local_irq_restore(flags);
    return slabp;
}

int kmem_cache_shrink(kmem_cache_t *cachep)
{
    int npages = 0;
    slab_t *slabp;

    BUG_ON(in_interrupt());
    while ((slabp = take_free_slab(cachep)) != NULL) {
        kmem_slab_destroy(cachep, slabp);
        npages += 1 << cachep->gfporder;
    }
    return npages;
}

int kmem_cache_reap(unsigned int gfp_mask)
{
    struct list_head *start = clock_searchp;
    int npages = 0;

    (void)gfp_mask;
    BUG_ON(in_interrupt());
    do {
        kmem_cache_t *cachep;

        clock_searchp = clock_searchp->next;
        if (clock_searchp == &cache_chain)
            continue;
        cachep = list_entry(clock_searchp, kmem_cache_t, next);
        if (!(cachep->flags & SLAB_NO_REAP) && cachep->growing == 0)
            npages = kmem_cache_shrink(cachep);
    } while (npages == 0 && clock_searchp != start);
    return npages;
}

/* --- taking and freeing objects ------------------------------------------- */

/* Puts a slab on the list that it belongs on now. Interrupts are off. */
static void move_slab(kmem_cache_t *cachep, slab_t *slabp)
{
    struct list_head *list = &cachep->slabs_partial;

    if (slabp->inuse == 0)
        list = &cachep->slabs_free;
    else if (slabp->inuse == cachep->num)
        list = &cachep->slabs_full;
    list_del(&slabp->list);
    list_add(&slabp->list, list);
}

/* Takes an object of a slab that the cache has. NULL if all are in use. */
static void *kmem_cache_alloc_one(kmem_cache_t *cachep)
{
    struct list_head *slabs = &cachep->slabs_partial;
    void *object = NULL;
    unsigned long flags;

    local_irq_save(flags);
    if (list_empty(slabs))
        slabs = &cachep->slabs_free;
    if (!list_empty(slabs)) {
        slab_t *slabp = list_entry(slabs->next, slab_t, list);
        kmem_bufctl_t index = slabp->free;

        slabp->free = slab_bufctl(slabp)[index];
        slab_bufctl(slabp)[index] = BUFCTL_IN_USE;
        slabp->inuse++;
        move_slab(cachep, slabp);
        object = object_at(cachep, slabp, index);
    }
    local_irq_restore(flags);
    return object;
}

void *kmem_cache_alloc(kmem_cache_t *cachep, unsigned int gfp_mask)
{
    void *object;

    while ((object = kmem_cache_alloc_one(cachep)) == NULL)
        if (!kmem_cache_grow(cachep, gfp_mask))
            return NULL;
    set_red_zones(cachep, object, RED_MAGIC_USED);
    kmem_check_poison_obj(cachep, object);
    return object;
}

/* Makes an object the first of its slab's chain. Interrupts are off. */
static void kmem_cache_free_one(kmem_cache_t *cachep, void *object)
{
    slab_t *slabp = GET_PAGE_SLAB(virt_to_page(object));
    unsigned int index = index_of(cachep, slabp, object);

    slab_bufctl(slabp)[index] = slabp->free;
    slabp->free = index;
    slabp->inuse--;
    move_slab(cachep, slabp);
}

void kmem_cache_free(kmem_cache_t *cachep, void *object)
{
    unsigned long flags;

    local_irq_save(flags);
    if (!(cachep->flags & SLAB_DEBUG_FREE) ||
        kmem_extra_free_checks(cachep, object)) {
        check_red_zones(cachep, object);
        set_red_zones(cachep, object, RED_MAGIC_FREE);
        kmem_poison_obj(cachep, object);
        kmem_cache_free_one(cachep, object);
    }
    local_irq_restore(flags);
}

/* --- caches --------------------------------------------------------------- */

/* The smallest order that wastes little. Returns the bytes left over. */
static size_t choose_order(kmem_cache_t *cachep)
{
    for (unsigned int order = 0;; order++) {
        size_t nbytes = PAGE_SIZE << order, left_over;

        kmem_cache_estimate(order, cachep->objsize, cachep->flags, &left_over,
                            &cachep->num);
        cachep->gfporder = order;
        if (cachep->num > 0 &&
            (order >= SLAB_BREAK_GFP_ORDER || left_over <= nbytes / 8))
            return left_over;
    }
}

/* Makes a cache without slabs of objects of `size` bytes. */
static void set_up(kmem_cache_t *cachep, size_t size, size_t offset,
                   unsigned long flags)
{
    size_t align = alignment(size, flags);

    memset(cachep, 0, sizeof(*cachep));
    INIT_LIST_HEAD(&cachep->slabs_full);
    INIT_LIST_HEAD(&cachep->slabs_partial);
    INIT_LIST_HEAD(&cachep->slabs_free);
    cachep->flags = flags;
    cachep->gfpflags = flags & SLAB_CACHE_DMA ? GFP_DMA : 0;

    cachep->objsize = round_up(size, align) + 2 * red_zone_bytes(cachep);
    if (cachep->objsize >= OFF_SLAB_BYTES)
        cachep->flags |= CFLGS_OFF_SLAB;
    cachep->colour_off = round_up(offset > align ? offset : align, align);
    cachep->colour = choose_order(cachep) / cachep->colour_off + 1;
    if (OFF_SLAB(cachep))
        cachep->slabp_cache = kmem_find_general_cachep(
            mgmt_bytes(cachep->num, BYTES_PER_WORD), 0);
}

void kmem_cache_init(void)
{
    static const char name[] = "kmem_cache";

    set_up(&cache_cache, sizeof(kmem_cache_t), 0, 0);
    memcpy(cache_cache.name, name, sizeof(name));
    list_add_tail(&cache_cache.next, &cache_chain);
}

void kmem_cache_sizes_init(void)
{
    for (size_t i = 0; i < ARRAY_SIZE(cache_sizes); i++) {
        struct cache_sizes *sizes = &cache_sizes[i];
        unsigned long size = sizes->cs_size;
        char name[CACHE_NAMELEN];

        snprintf(name, sizeof(name), "size-%lu", size);
        sizes->cs_cachep =
            kmem_cache_create(name, size, 0, SLAB_HWCACHE_ALIGN, NULL, NULL);
        snprintf(name, sizeof(name), "size-%lu(DMA)", size);
        sizes->cs_dmacachep = kmem_cache_create(
            name, size, 0, SLAB_HWCACHE_ALIGN | SLAB_CACHE_DMA, NULL, NULL);
        BUG_ON(sizes->cs_cachep == NULL || sizes->cs_dmacachep == NULL);
    }
}

static bool name_in_use(const char *name)
{
    struct list_head *at;

    list_for_each (at, &cache_chain)
        if (strcmp(list_entry(at, kmem_cache_t, next)->name, name) == 0)
            return true;
    return false;
}

kmem_cache_t *kmem_cache_create(const char *name, size_t size, size_t offset,
                                unsigned long flags, slab_ctor_t ctor,
                                slab_ctor_t dtor)
{
    kmem_cache_t *cachep;

    if (in_interrupt() || name == NULL ||
        strnlen(name, CACHE_NAMELEN) == CACHE_NAMELEN ||
        size < BYTES_PER_WORD || size > MAX_OBJ_BYTES || offset > size ||
        (dtor != NULL && ctor == NULL))
        return NULL;
    if (ctor != NULL)
        flags &= ~SLAB_POISON;
    if (flags & SLAB_HWCACHE_ALIGN)
        flags &= ~SLAB_RED_ZONE;

    cachep = kmem_cache_alloc(&cache_cache, GFP_KERNEL);
    if (cachep == NULL)
        return NULL;
    /* Not before: others may have run while kmem_cache_alloc() slept. */
    if (name_in_use(name)) {
        kmem_cache_free(&cache_cache, cachep);
        return NULL;
    }
    set_up(cachep, size, offset, flags);
    cachep->ctor = ctor;
    cachep->dtor = dtor;
    memcpy(cachep->name, name, strlen(name) + 1);
    list_add_tail(&cachep->next, &cache_chain);
    return cachep;
}

int kmem_cache_destroy(kmem_cache_t *cachep)
{
    bool in_use;
    unsigned long flags;

    kmem_cache_shrink(cachep);
    local_irq_save(flags);
    /* A handler may have freed the last object since: as good as in use. */
    in_use = !list_empty(&cachep->slabs_full) ||
             !list_empty(&cachep->slabs_partial) ||
             !list_empty(&cachep->slabs_free) || cachep->growing != 0;
    local_irq_restore(flags);
    if (in_use)
        return 1;
    if (clock_searchp == &cachep->next)
        clock_searchp = cachep->next.prev;
    list_del(&cachep->next);
    kmem_cache_free(&cache_cache, cachep);
    return 0;
}

/* --- general caches ------------------------------------------------------- */

kmem_cache_t *kmem_find_general_cachep(size_t size, unsigned int gfp_mask)
{
    for (size_t i = 0; i < ARRAY_SIZE(cache_sizes); i++)
        if (size <= cache_sizes[i].cs_size)
            return gfp_mask & __GFP_DMA ? cache_sizes[i].cs_dmacachep
                                        : cache_sizes[i].cs_cachep;
    return NULL;
}

void *kmalloc(size_t size, unsigned int gfp_mask)
{
    kmem_cache_t *cachep = kmem_find_general_cachep(size, gfp_mask);

    return cachep == NULL ? NULL : kmem_cache_alloc(cachep, gfp_mask);
}

void kfree(const void *object)
{
    struct page *page;

    if (object == NULL)
        return;
    page = slab_page(object);
    if (page == NULL)
        slab_error(NULL, SLAB_FOREIGN, object);
    else
        kmem_cache_free(GET_PAGE_CACHE(page), (void *)object);
}
