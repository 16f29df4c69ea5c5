/*
 * Hidden tests of lab 2: random operations on many caches against a model on
 * the host.
 *
 * The model knows every object in use: where it is, how long, and what its
 * owner wrote into it. No two may overlap, each keeps what was written, and
 * the slabs' counts and the pages must agree.
 */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "objects.h"
#include "property.h"

#define OPERATIONS 2500
#define MAX_HELD   600
#define CHUNK      32

/* Objects of these caches, and of kmalloc(). */
static const struct wish wishes[] = {
    {.name = "tiny", .size = 8},
    {.name = "lines", .size = 40, .flags = SLAB_HWCACHE_ALIGN},
    {.name = "debug", .size = 100, .flags = SLAB_DEBUG},
    {.name = "built",
     .size = 256,
     .flags = SLAB_DEBUG_FREE,
     .ctor = "probe_ctor",
     .dtor = "probe_dtor"},
    {.name = "poisoned", .size = 512, .flags = SLAB_POISON},
    {.name = "zoned", .size = 600, .flags = SLAB_RED_ZONE | SLAB_DEBUG_FREE},
    {.name = "pairs", .size = 2000, .offset = 32},
    {.name = "kept", .size = 5000, .flags = SLAB_NO_REAP},
    {.name = "dma", .size = 340, .flags = SLAB_CACHE_DMA},
};

#define NR_CACHES (sizeof(wishes) / sizeof(wishes[0]))
#define KMALLOC   NR_CACHES /* as the index of a cache */
#define BUILT     3         /* the cache with a constructor */

enum kind {
    GIVE,   /* a: which of the held objects; b: context */
    TAKE,   /* a: index of a cache; b: context and, for kmalloc(), size */
    SHRINK, /* a: index of a cache */
    REAP,
};

struct object {
    gaddr_t at;
    uint32_t size;
    size_t cache;
    unsigned char byte; /* what its owner wrote */
};

struct model {
    struct guest *guest;
    struct cache caches[NR_CACHES];
    uint32_t pages; /* free and in slabs */
    struct mistakes mistakes;
    struct object held[MAX_HELD];
    size_t nheld;
    size_t nfilled; /* of these, so many are written to */
    unsigned char next_byte;
};

/* One call of a sequence. */
struct step {
    struct call call;
    bool takes;
    struct object object;
};

static void model_begin(struct model *model, struct guest *guest)
{
    memset(model, 0, sizeof(*model));
    model->guest = guest;
    for (size_t i = 0; i < NR_CACHES; i++)
        model->caches[i] = create(guest, &wishes[i]);
    model->pages = pages_in_all(guest);
    model->mistakes = mistakes_of(guest);
}

static bool plan_take(struct model *model, const struct operation *operation,
                      struct step *step)
{
    enum agent_context context = operation->b % (AGENT_INTERRUPT + 1);
    uint32_t gfp_mask = context == AGENT_PROCESS ? GFP_KERNEL : GFP_ATOMIC;
    uint32_t size = operation->b % 9000 >> operation->b % 7;

    if (model->nheld + CHUNK >= MAX_HELD)
        return false;
    step->takes = true;
    step->object = (struct object){
        .cache = operation->a,
        .size = size,
        .byte = operation->a == BUILT ? PROBE_FILL : ++model->next_byte,
    };
    step->call = kmalloc_call(size, gfp_mask);
    if (operation->a != KMALLOC) {
        step->object.size = wishes[operation->a].size;
        step->call = cache_alloc_call(&model->caches[operation->a], gfp_mask);
    }
    step->call = in_context(step->call, context);
    return true;
}

/* What an owner finds in its object when it gives it back. */
static void check_contents(const struct model *model,
                           const struct object *object)
{
    expect_bytes(model->guest, object->at, object->size, object->byte,
                 "what an owner, or the constructor, wrote into an object "
                 "stays while it is in use");
}

/* Objects that were not filled yet can't be given back. */
static bool plan_give(struct model *model, const struct operation *operation,
                      struct step *step)
{
    struct object *object;

    if (model->nfilled == 0)
        return false;
    object = &model->held[operation->a % model->nfilled];
    step->takes = false;
    step->call =
        object->cache == KMALLOC
            ? kfree_call(object->at)
            : cache_free_call(&model->caches[object->cache], object->at);
    step->call = in_context(step->call, operation->b % (AGENT_INTERRUPT + 1));
    check_contents(model, object);
    *object = model->held[--model->nfilled];
    model->held[model->nfilled] = model->held[--model->nheld];
    return true;
}

static bool plan(struct model *model, const struct operation *operation,
                 struct step *step)
{
    switch (operation->kind) {
    case TAKE:
        return plan_take(model, operation, step);
    case GIVE:
        return plan_give(model, operation, step);
    case SHRINK:
        *step = (struct step){
            .call = cache_shrink_call(&model->caches[operation->a])};
        return true;
    default:
        *step = (struct step){.call = cache_reap_call()};
        return true;
    }
}

/* A call gave an object: is it one that may be? */
static void check_object(const struct model *model, const struct step *step)
{
    const struct object *object = &step->object;
    uint32_t alignment = L1_CACHE_BYTES;
    gaddr_t end = object->at + (object->size == 0 ? 1 : object->size);

    if (object->cache != KMALLOC)
        alignment = alignment_of(object->size, wishes[object->cache].flags);
    expect(object->at >= KERNEL_BASE && object->at % alignment == 0,
           .did = step->call.shown,
           .expected = text("an object, aligned to %u", alignment),
           .seen = text("0x%08x", object->at));
    for (size_t i = 0; i < model->nheld; i++) {
        const struct object *other = &model->held[i];

        expect(end <= other->at || other->at + other->size <= object->at,
               .did = step->call.shown,
               .expected = "an object that overlaps no other in use",
               .seen = text("0x%08x, in or around the %u bytes at 0x%08x",
                            object->at, other->size, other->at));
    }
}

static void check_counts(const struct model *model)
{
    uint32_t held[NR_CACHES + 1] = {0};

    for (size_t i = 0; i < model->nheld; i++)
        held[model->held[i].cache]++;
    for (size_t i = 0; i < NR_CACHES; i++)
        expect_in_use(model->guest, &model->caches[i], held[i],
                      "slabp->inuse counts objects that are in use");
    expect_pages(model->guest, model->pages);
    expect_no_mistake(model->guest, &model->mistakes);
}

/* The model makes the same steps, and says whether each was right. */
static void follow(struct model *model, struct step *steps, size_t n,
                   const struct agent_result *results)
{
    for (size_t i = 0; i < n; i++) {
        if (!steps[i].takes)
            continue;
        steps[i].object.at = results[i].value;
        check_object(model, &steps[i]);
        model->held[model->nheld++] = steps[i].object;
    }
    for (size_t i = 0; i < model->nheld; i++)
        if (i < model->nfilled || model->held[i].cache == BUILT)
            check_contents(model, &model->held[i]);
    check_counts(model);
}

/* Calls that write to the objects that are new. */
static size_t fill_new(struct model *model, struct call *calls)
{
    size_t n = 0;

    for (; model->nfilled < model->nheld; model->nfilled++) {
        const struct object *object = &model->held[model->nfilled];

        if (object->cache != BUILT)
            calls[n++] = (struct call){
                .function = "memset",
                .args = {object->at, object->byte, object->size},
                .shown = text("writing %u bytes to the object at 0x%08x",
                              object->size, object->at),
            };
    }
    return n;
}

/* Fills what is new, then makes the calls of up to CHUNK operations. */
static void run_chunk(struct model *model, const struct operation *operations,
                      size_t n)
{
    struct step steps[CHUNK] = {{.takes = false}};
    struct call calls[CHUNK];
    struct agent_result results[CHUNK];
    size_t nsteps = 0, nfills = fill_new(model, calls);

    if (nfills > 0)
        guest_calls(model->guest, calls, nfills, results);
    for (size_t i = 0; i < n; i++)
        nsteps += plan(model, &operations[i], &steps[nsteps]);
    for (size_t i = 0; i < nsteps; i++)
        calls[i] = steps[i].call;
    if (nsteps > 0)
        guest_calls_checked(model->guest, calls, nsteps, results);
    follow(model, steps, nsteps, results);
}

/* Everything goes back: what was constructed has been destroyed. */
static void model_end(struct model *model, uint32_t slabs, uint32_t left)
{
    struct guest *guest = model->guest;

    for (size_t i = 0; i < NR_CACHES; i++)
        expect(kmem_cache_destroy(guest, &model->caches[i]) == 0,
               .did = guest_last(guest), .expected = "0: no object is in use",
               .seen = "1");
    expect(ctor_calls(guest) == dtor_calls(guest), .did = guest_last(guest),
           .expected = text("as many objects destroyed as constructed: %u",
                            ctor_calls(guest)),
           .seen = text("%u", dtor_calls(guest)));
    reap_all(guest);
    expect(pages_in_slabs(guest) == slabs, .did = guest_last(guest),
           .expected = text("%u pages in slabs, as at first", slabs),
           .seen = text("%u", pages_in_slabs(guest)));
    expect_free_pages(guest, left, "all pages are given back");
}

/* Short sequences go call by call: each may give back what was just taken. */
static void run(const struct operation *operations, size_t n)
{
    static const struct operation give[CHUNK]; /* zeros: the first held */
    struct guest *guest = boot_slabs(&machine_64mb);
    struct model *model = allocate(1, sizeof(*model));
    size_t chunk = n > 4 * CHUNK ? CHUNK : 1;
    uint32_t slabs = pages_in_slabs(guest), left = free_pages_in_ram(guest);

    model_begin(model, guest);
    for (size_t i = 0; i < n; i += chunk)
        run_chunk(model, &operations[i], n - i < chunk ? n - i : chunk);
    while (model->nheld > 0)
        run_chunk(model, give, CHUNK);
    model_end(model, slabs, left);
    free(model);
}

/* Taking and giving back are in balance around half of what may be held. */
static struct operation generate_with(struct random *random, uint32_t taken)
{
    uint32_t dice = random_below(random, 100);

    if (dice < taken)
        return (struct operation){TAKE, random_below(random, NR_CACHES + 1),
                                  random_below(random, 1u << 20)};
    if (dice < 94)
        return (struct operation){GIVE, random_below(random, MAX_HELD),
                                  random_below(random, 1u << 20)};
    return (struct operation){dice < 98 ? SHRINK : REAP,
                              random_below(random, NR_CACHES), 0};
}

static struct operation generate_many(struct random *random)
{
    return generate_with(random, 58);
}

static struct operation generate_few(struct random *random)
{
    return generate_with(random, 46);
}

static const char *describe(const struct operation *operation)
{
    switch (operation->kind) {
    case TAKE:
        return operation->a == KMALLOC
                   ? text("kmalloc(%u, …)",
                          operation->b % 9000 >> operation->b % 7)
                   : text("kmem_cache_alloc(\"%s\", …)",
                          wishes[operation->a].name);
    case GIVE:
        return text("free an object in use, number %u modulo how many there "
                    "are",
                    operation->a);
    case SHRINK:
        return text("kmem_cache_shrink(\"%s\")", wishes[operation->a].name);
    default:
        return "kmem_cache_reap(GFP_KERNEL)";
    }
}

Test(slab, agrees_with_a_model_with_many_objects)
{
    const struct property property = {
        .length = OPERATIONS,
        .generate = generate_many,
        .run = run,
        .describe = describe,
    };

    property_check(&property);
}

/* Slabs come and go all the time. */
Test(slab, agrees_with_a_model_with_few_objects)
{
    const struct property property = {
        .length = OPERATIONS,
        .generate = generate_few,
        .run = run,
        .describe = describe,
    };

    property_check(&property);
}
