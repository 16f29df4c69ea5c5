/* The slab allocator as a test sees it. */
#include "caches.h"

#include <string.h>

#define MAX_CACHES 4096 /* on the chain; more of them is a loop */

/* --- texts --------------------------------------------------------------- */

static const char *flags_text(uint32_t flags)
{
    static const struct {
        uint32_t flag;
        const char *name;
    } names[] = {
        {SLAB_DEBUG_FREE, "SLAB_DEBUG_FREE"},
        {SLAB_RED_ZONE, "SLAB_RED_ZONE"},
        {SLAB_POISON, "SLAB_POISON"},
        {SLAB_NO_REAP, "SLAB_NO_REAP"},
        {SLAB_HWCACHE_ALIGN, "SLAB_HWCACHE_ALIGN"},
        {SLAB_CACHE_DMA, "SLAB_CACHE_DMA"},
    };
    const char *out = "";

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        if (flags & names[i].flag)
            out = text("%s%s%s", out, *out == '\0' ? "" : " | ", names[i].name);
    return *out == '\0' ? "0" : out;
}

static const char *or_null(const char *name)
{
    return name == NULL ? "NULL" : name;
}

/* --- creating ------------------------------------------------------------ */

static gaddr_t put_name(struct guest *guest, const char *name)
{
    gaddr_t memory = guest_symbol(guest, "probe_memory");

    if (name == NULL)
        return 0;
    guest_write(guest, memory, name, strlen(name) + 1);
    return memory;
}

static gaddr_t function_at(struct guest *guest, const char *name)
{
    return name == NULL ? 0 : guest_symbol(guest, name);
}

gaddr_t kmem_cache_create_in(struct guest *guest, enum agent_context context,
                             const struct wish *wish)
{
    const char *quoted =
        wish->name == NULL ? "NULL" : text("\"%s\"", wish->name);
    struct call call = {
        .function = "kmem_cache_create",
        .args = {put_name(guest, wish->name), wish->size, wish->offset,
                 wish->flags, function_at(guest, wish->ctor),
                 function_at(guest, wish->dtor)},
        .shown = text("kmem_cache_create(%s, %u, %u, %s, %s, %s)", quoted,
                      wish->size, wish->offset, flags_text(wish->flags),
                      or_null(wish->ctor), or_null(wish->dtor)),
    };

    if (wish->ctor != NULL)
        guest_write(guest, guest_symbol(guest, "probe_object_size"),
                    &wish->size, sizeof(wish->size));
    call = in_context(call, context);
    return guest_call(guest, &call, NULL);
}

gaddr_t kmem_cache_create(struct guest *guest, const struct wish *wish)
{
    return kmem_cache_create_in(guest, AGENT_PROCESS, wish);
}

struct cache create(struct guest *guest, const struct wish *wish)
{
    struct cache cache = {kmem_cache_create(guest, wish), *wish};

    expect(cache.at != 0, .did = guest_last(guest), .expected = "a cache",
           .seen = "NULL",
           .hint = "the caller made no mistake, and there is memory");
    return cache;
}

struct cache create_plain(struct guest *guest, const char *name, uint32_t size,
                          uint32_t flags)
{
    return create(guest,
                  &(struct wish){.name = name, .size = size, .flags = flags});
}

uint32_t alignment_of(uint32_t size, uint32_t flags)
{
    uint32_t alignment = L1_CACHE_BYTES;

    if (!(flags & SLAB_HWCACHE_ALIGN))
        return 4;
    while (alignment / 2 >= size)
        alignment /= 2;
    return alignment;
}

uint32_t objsize_of(uint32_t size, uint32_t flags)
{
    uint32_t alignment = alignment_of(size, flags);
    uint32_t words =
        (flags & (SLAB_RED_ZONE | SLAB_HWCACHE_ALIGN)) == SLAB_RED_ZONE ? 2 : 0;

    return (size + alignment - 1) / alignment * alignment + words * 4;
}

/* --- what is in RAM ------------------------------------------------------ */

/* Where a cache has the list, and what is true of the slabs on it. */
static const struct list {
    const char *name, *rule;
    uint32_t offset;
} lists[] = {
    {"slabs_full", "all", CACHE_SLABS_FULL},
    {"slabs_partial", "some, but not all,", CACHE_SLABS_PARTIAL},
    {"slabs_free", "none", CACHE_SLABS_FREE},
};

static bool belongs(const struct list *list, uint32_t inuse, uint32_t num)
{
    if (list->offset == CACHE_SLABS_FULL)
        return inuse == num;
    if (list->offset == CACHE_SLABS_FREE)
        return inuse == 0;
    return inuse > 0 && inuse < num;
}

/* The slabs on a list, whose objects in use are added to the view's. */
static uint32_t count_slabs(struct guest *guest, gaddr_t cache,
                            const struct list *list, struct cache_view *view)
{
    gaddr_t head = cache + list->offset;
    uint32_t most = (uint32_t)(guest_ram_bytes(guest) / PAGE_SIZE), n = 0;

    for (gaddr_t at = guest_u32(guest, head); at != head;
         at = guest_u32(guest, at)) {
        uint32_t inuse = guest_u32(guest, at - SLAB_LIST + SLAB_INUSE);

        expect(belongs(list, inuse, view->num), .did = guest_last(guest),
               .expected = text("of a slab on %s, %s of the %u objects are in "
                                "use",
                                list->name, list->rule, view->num),
               .seen = text("cache \"%s\" has one there with %u in use",
                            cache_name(guest, cache), inuse),
               .hint = "a slab changes lists when its first object is taken or "
                       "freed, and its last");
        expect(++n <= most, .did = guest_last(guest),
               .expected = text("%s leads back to the cache", list->name),
               .seen = text("cache \"%s\" has a list that does not end",
                            cache_name(guest, cache)));
        view->inuse += inuse;
    }
    return n;
}

struct cache_view cache_view(struct guest *guest, gaddr_t cache)
{
    struct cache_view view = {
        .objsize = guest_u32(guest, cache + CACHE_OBJSIZE),
        .num = guest_u32(guest, cache + CACHE_NUM),
        .gfporder = guest_u32(guest, cache + CACHE_GFPORDER),
    };

    expect(view.gfporder < MAX_ORDER && view.objsize >= 4 && view.num > 0 &&
               view.num <= slab_bytes(&view) / view.objsize,
           .did = guest_last(guest),
           .expected = "num objects of objsize bytes fit into a slab of "
                       "2^gfporder pages",
           .seen = text("cache \"%s\" has num %u, objsize %u, gfporder %u",
                        cache_name(guest, cache), view.num, view.objsize,
                        view.gfporder),
           .hint = "kmem_cache_estimate()");
    view.nfull = count_slabs(guest, cache, &lists[0], &view);
    view.npartial = count_slabs(guest, cache, &lists[1], &view);
    view.nfree = count_slabs(guest, cache, &lists[2], &view);
    return view;
}

const char *cache_name(struct guest *guest, gaddr_t cache)
{
    char name[CACHE_NAMELEN];

    guest_copy(guest, cache + CACHE_NAME, name, sizeof(name));
    return text("%.*s", (int)sizeof(name), name);
}

uint32_t nslabs(const struct cache_view *view)
{
    return view->nfull + view->npartial + view->nfree;
}

uint32_t npages(const struct cache_view *view)
{
    return nslabs(view) << view->gfporder;
}

uint32_t slab_bytes(const struct cache_view *view)
{
    return PAGE_SIZE << view->gfporder;
}

gaddr_t cache_at(struct guest *guest, size_t index)
{
    gaddr_t head = guest_symbol(guest, "cache_chain");
    gaddr_t at = guest_u32(guest, head);

    for (size_t i = 0; i < index && at != head; i++)
        at = guest_u32(guest, at);
    expect(index < MAX_CACHES, .did = guest_last(guest),
           .expected = "cache_chain leads back to its head",
           .seen = "a list that does not end");
    return at == head ? 0 : at - CACHE_NEXT;
}

gaddr_t find_cache(struct guest *guest, const char *name)
{
    gaddr_t cache;

    for (size_t i = 0; (cache = cache_at(guest, i)) != 0; i++)
        if (strcmp(cache_name(guest, cache), name) == 0)
            return cache;
    return 0;
}

uint32_t pages_in_slabs(struct guest *guest)
{
    uint32_t sum = 0;
    gaddr_t cache;

    for (size_t i = 0; (cache = cache_at(guest, i)) != 0; i++) {
        struct cache_view view = cache_view(guest, cache);

        sum += npages(&view);
    }
    return sum;
}

const char *general_name(uint32_t size, bool dma)
{
    return text("size-%u%s", size, dma ? "(DMA)" : "");
}

gaddr_t general_cache(struct guest *guest, uint32_t size, bool dma)
{
    return find_cache(guest, general_name(size, dma));
}

/* --- calls --------------------------------------------------------------- */

struct call cache_alloc_call(const struct cache *cache, uint32_t gfp_mask)
{
    return (struct call){
        .function = "kmem_cache_alloc",
        .args = {cache->at, gfp_mask},
        .shown = text("kmem_cache_alloc(\"%s\", %s)", cache->wish.name,
                      gfp_text(gfp_mask)),
    };
}

struct call cache_free_call(const struct cache *cache, gaddr_t object)
{
    return (struct call){
        .function = "kmem_cache_free",
        .args = {cache->at, object},
        .shown =
            text("kmem_cache_free(\"%s\", 0x%08x)", cache->wish.name, object),
    };
}

struct call kmalloc_call(uint32_t size, uint32_t gfp_mask)
{
    return (struct call){
        .function = "kmalloc",
        .args = {size, gfp_mask},
        .shown = text("kmalloc(%u, %s)", size, gfp_text(gfp_mask)),
    };
}

struct call kfree_call(gaddr_t object)
{
    return (struct call){
        .function = "kfree",
        .args = {object},
        .shown = object == 0 ? "kfree(NULL)" : text("kfree(0x%08x)", object),
    };
}

struct call cache_shrink_call(const struct cache *cache)
{
    return (struct call){
        .function = "kmem_cache_shrink",
        .args = {cache->at},
        .shown = text("kmem_cache_shrink(\"%s\")", cache->wish.name),
    };
}

struct call cache_destroy_call(const struct cache *cache)
{
    return (struct call){
        .function = "kmem_cache_destroy",
        .args = {cache->at},
        .shown = text("kmem_cache_destroy(\"%s\")", cache->wish.name),
    };
}

struct call cache_grow_call(const struct cache *cache, uint32_t gfp_mask)
{
    return (struct call){
        .function = "kmem_cache_grow",
        .args = {cache->at, gfp_mask},
        .shown = text("kmem_cache_grow(\"%s\", %s)", cache->wish.name,
                      gfp_text(gfp_mask)),
    };
}

struct call cache_reap_call(void)
{
    return (struct call){
        .function = "kmem_cache_reap",
        .args = {GFP_KERNEL},
        .shown = "kmem_cache_reap(GFP_KERNEL)",
    };
}

gaddr_t kmem_cache_alloc(struct guest *guest, const struct cache *cache,
                         uint32_t gfp_mask)
{
    struct call call = cache_alloc_call(cache, gfp_mask);

    return guest_call(guest, &call, NULL);
}

void kmem_cache_free(struct guest *guest, const struct cache *cache,
                     gaddr_t object)
{
    struct call call = cache_free_call(cache, object);

    guest_call(guest, &call, NULL);
}

gaddr_t kmalloc(struct guest *guest, uint32_t size, uint32_t gfp_mask)
{
    struct call call = kmalloc_call(size, gfp_mask);

    return guest_call(guest, &call, NULL);
}

void kfree(struct guest *guest, gaddr_t object)
{
    struct call call = kfree_call(object);

    guest_call(guest, &call, NULL);
}

uint32_t kmem_cache_shrink(struct guest *guest, const struct cache *cache)
{
    struct call call = cache_shrink_call(cache);

    return guest_call(guest, &call, NULL);
}

uint32_t kmem_cache_destroy(struct guest *guest, const struct cache *cache)
{
    struct call call = cache_destroy_call(cache);

    return guest_call(guest, &call, NULL);
}

uint32_t kmem_cache_grow(struct guest *guest, const struct cache *cache,
                         uint32_t gfp_mask)
{
    struct call call = cache_grow_call(cache, gfp_mask);

    return guest_call(guest, &call, NULL);
}

uint32_t kmem_cache_reap(struct guest *guest)
{
    struct call call = cache_reap_call();

    return guest_call(guest, &call, NULL);
}

uint32_t reap_all(struct guest *guest)
{
    uint32_t most = (uint32_t)(guest_ram_bytes(guest) / PAGE_SIZE);
    uint32_t sum = 0, npages_back;

    while ((npages_back = kmem_cache_reap(guest)) != 0) {
        sum += npages_back;
        expect(npages_back <= most && sum <= most, .did = guest_last(guest),
               .expected = "0 in the end, when no cache has a free slab",
               .seen = text("%u, and %u pages in all", npages_back, sum),
               .hint = "the pages that were given back are returned");
    }
    return sum;
}

/* --- what the given kernel notes ----------------------------------------- */

struct mistakes mistakes_of(struct guest *guest)
{
    struct mistakes mistakes = {.counts = {0}};

    guest_copy(guest, guest_symbol(guest, "slab_mistakes"), mistakes.counts,
               sizeof(mistakes.counts));
    return mistakes;
}

const char *mistake_name(unsigned kind)
{
    static const char *const names[NR_SLAB_MISTAKES] = {
        [SLAB_DOUBLE_FREE] = "SLAB_DOUBLE_FREE",
        [SLAB_FOREIGN] = "SLAB_FOREIGN",
        [SLAB_OVERRUN] = "SLAB_OVERRUN",
        [SLAB_USED_FREED] = "SLAB_USED_FREED",
    };

    return names[kind];
}

static struct probe probe(struct guest *guest, gaddr_t log, uint32_t i)
{
    gaddr_t call = log + PROBE_LOG_CALLS + i * SIZEOF_PROBE_CALL;

    expect(i < PROBE_CALLS, .did = guest_last(guest),
           .expected = text("fewer than %u calls of constructors", PROBE_CALLS),
           .seen = "more", .hint = "how many objects are in a slab?");
    return (struct probe){
        .object = guest_u32(guest, call + PROBE_CALL_OBJECT),
        .flags = guest_u32(guest, call + PROBE_CALL_FLAGS),
    };
}

uint32_t ctor_calls(struct guest *guest)
{
    return guest_u32(guest,
                     guest_symbol(guest, "probe_ctor_log") + PROBE_LOG_NCALLS);
}

uint32_t dtor_calls(struct guest *guest)
{
    return guest_u32(guest,
                     guest_symbol(guest, "probe_dtor_log") + PROBE_LOG_NCALLS);
}

struct probe ctor_call(struct guest *guest, uint32_t i)
{
    return probe(guest, guest_symbol(guest, "probe_ctor_log"), i);
}

struct probe dtor_call(struct guest *guest, uint32_t i)
{
    return probe(guest, guest_symbol(guest, "probe_dtor_log"), i);
}
