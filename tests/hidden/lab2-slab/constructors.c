/*
 * Hidden tests of lab 2: constructors and destructors. probe_ctor() and
 * probe_dtor() of the given kernel note each call; the first fills the object.
 */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "objects.h"

#define SIZE 200
#define HINT                                                                   \
    "the constructor runs once for each object when its slab is made, the "    \
    "destructor when it is given back, and neither in between"

static struct cache create_built(struct guest *guest, uint32_t flags)
{
    return create(guest, &(struct wish){"built", SIZE, 0, flags, "probe_ctor",
                                        "probe_dtor"});
}

static void expect_calls(struct guest *guest, uint32_t constructed,
                         uint32_t destroyed)
{
    expect(ctor_calls(guest) == constructed && dtor_calls(guest) == destroyed,
           .did = guest_last(guest),
           .expected = text("%u objects constructed and %u destroyed so far",
                            constructed, destroyed),
           .seen = text("%u and %u", ctor_calls(guest), dtor_calls(guest)),
           .hint = HINT);
}

/* Each object must be that of exactly one of the n calls from `from` on. */
static void expect_called_once(struct guest *guest,
                               struct probe (*call)(struct guest *guest,
                                                    uint32_t i),
                               uint32_t from, const struct objects *objects)
{
    struct objects called = {allocate(objects->n, sizeof(gaddr_t)), objects->n};
    struct objects sorted = {allocate(objects->n, sizeof(gaddr_t)), objects->n};

    for (size_t i = 0; i < objects->n; i++) {
        called.at[i] = call(guest, from + (uint32_t)i).object;
        sorted.at[i] = objects->at[i];
    }
    sort_objects(&called);
    sort_objects(&sorted);
    for (size_t i = 0; i < objects->n; i++)
        expect(called.at[i] == sorted.at[i], .did = guest_last(guest),
               .expected = text("a call for the object at 0x%08x, and one only",
                                sorted.at[i]),
               .seen =
                   text("the %zuth lowest was for 0x%08x", i + 1, called.at[i]),
               .hint = HINT);
    free(called.at);
    free(sorted.at);
}

Test(slab, constructs_each_object_once)
{
    struct guest *guest = boot_slabs(&machine_64mb);
    struct cache cache = create_built(guest, 0);
    uint32_t num = cache_view(guest, cache.at).num;
    struct objects objects;

    expect_calls(guest, 0, 0);
    objects = take_objects(guest, &cache, GFP_KERNEL, 1);
    expect_calls(guest, num, 0);
    give_objects(guest, &cache, &objects);
    objects = take_objects(guest, &cache, GFP_KERNEL, 2 * num);
    expect_slabs(guest, &cache, 2, 0, 0, NULL);
    expect_calls(guest, 2 * num, 0);
    expect_called_once(guest, ctor_call, 0, &objects);
    for (uint32_t i = 0; i < 2 * num; i++)
        expect_bytes(guest, objects.at[i], SIZE, PROBE_FILL, HINT);
}

/* What owners leave in their objects is what the next ones find. */
Test(slab, objects_keep_their_state_from_owner_to_owner)
{
    static const uint32_t flags[] = {
        0, SLAB_POISON, SLAB_DEBUG_FREE | SLAB_RED_ZONE, SLAB_HWCACHE_ALIGN};

    for (int i = 0; i < 4; i++) {
        struct guest *guest = boot_slabs(&machine_64mb);
        struct cache cache = create_built(guest, flags[i]);
        uint32_t num = cache_view(guest, cache.at).num;
        struct objects objects = take_slabs(guest, &cache, 2), again;

        fill(guest, &objects, SIZE);
        give_objects(guest, &cache, &objects);
        expect_filled(guest, &objects, 0, objects.n, SIZE);
        again = take_objects(guest, &cache, GFP_KERNEL, 2 * num);
        expect_filled(guest, &objects, 0, objects.n, SIZE);
        give_objects(guest, &cache, &again);
        expect_calls(guest, 2 * num, 0);
        guest_end(guest);
    }
}

static void expect_ctor_flags(struct guest *guest, uint32_t from, uint32_t n,
                              uint32_t flags)
{
    for (uint32_t i = from; i < from + n; i++)
        expect(ctor_call(guest, i).flags == flags, .did = guest_last(guest),
               .expected =
                   text("the constructor is called with flags 0x%x", flags),
               .seen = text("0x%x", ctor_call(guest, i).flags),
               .hint = "SLAB_CTOR_CONSTRUCTOR, and SLAB_CTOR_ATOMIC without "
                       "__GFP_WAIT");
}

Test(slab, constructors_know_if_they_may_sleep)
{
    struct guest *guest = boot_slabs(&machine_64mb);
    struct cache cache = create_built(guest, 0);
    uint32_t num = cache_view(guest, cache.at).num;
    const uint32_t atomic = SLAB_CTOR_CONSTRUCTOR | SLAB_CTOR_ATOMIC;

    take_objects(guest, &cache, GFP_KERNEL, num);
    expect_calls(guest, num, 0);
    expect_ctor_flags(guest, 0, num, SLAB_CTOR_CONSTRUCTOR);
    take_objects(guest, &cache, GFP_ATOMIC, num);
    expect_calls(guest, 2 * num, 0);
    expect_ctor_flags(guest, num, num, atomic);
    kmem_cache_grow(guest, &cache, GFP_ATOMIC);
    expect_calls(guest, 3 * num, 0);
    expect_ctor_flags(guest, 2 * num, num, atomic);
    kmem_cache_grow(guest, &cache, GFP_KERNEL);
    expect_calls(guest, 4 * num, 0);
    expect_ctor_flags(guest, 3 * num, num, SLAB_CTOR_CONSTRUCTOR);
}

static void expect_dtor_flags(struct guest *guest)
{
    for (uint32_t i = 0; i < dtor_calls(guest); i++)
        expect(!(dtor_call(guest, i).flags & SLAB_CTOR_CONSTRUCTOR),
               .did = guest_last(guest),
               .expected = "the destructor is called without "
                           "SLAB_CTOR_CONSTRUCTOR",
               .seen = text("flags 0x%x", dtor_call(guest, i).flags),
               .hint = "one function may be both: the flag tells which");
}

static void expect_reaping_destroys(struct guest *guest)
{
    struct cache cache = create_built(guest, SLAB_RED_ZONE);
    uint32_t num = cache_view(guest, cache.at).num;
    struct objects objects = take_slabs(guest, &cache, 2);

    give_some(guest, &cache, &objects, 0, num);
    reap_all(guest);
    expect_slabs(guest, &cache, 1, 0, 0, "kmem_cache_reap()");
    expect_calls(guest, 2 * num, num);
    objects.n = num;
    expect_called_once(guest, dtor_call, 0, &objects);
    take_objects(guest, &cache, GFP_KERNEL, num);
    expect_calls(guest, 3 * num, num);
}

static void expect_shrinking_destroys(struct guest *guest)
{
    struct cache cache = create_built(guest, 0);
    uint32_t num = cache_view(guest, cache.at).num;
    struct objects objects = take_slabs(guest, &cache, 3), slab;

    give_some(guest, &cache, &objects, 0, 2 * num);
    expect_calls(guest, 3 * num, 0);
    kmem_cache_shrink(guest, &cache);
    expect_calls(guest, 3 * num, 2 * num);
    slab = (struct objects){objects.at, 2 * num};
    expect_called_once(guest, dtor_call, 0, &slab);
    slab = (struct objects){objects.at + 2 * num, num};
    give_objects(guest, &cache, &slab);
    kmem_cache_destroy(guest, &cache);
    expect_calls(guest, 3 * num, 3 * num);
    expect_called_once(guest, dtor_call, 2 * num, &slab);
    expect_dtor_flags(guest);
}

Test(slab, destroys_objects_when_slabs_are_given_back)
{
    expect_shrinking_destroys(boot_slabs(&machine_64mb));
    expect_reaping_destroys(boot_slabs(&machine_64mb));
}
