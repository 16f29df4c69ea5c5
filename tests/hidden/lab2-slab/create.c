/* Hidden tests of lab 2: creating caches, and what is refused. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "objects.h"

#define LONGEST "nineteen characters" /* CACHE_NAMELEN with the 0 */

static size_t ncaches(struct guest *guest)
{
    size_t n = 0;

    while (cache_at(guest, n) != 0)
        n++;
    return n;
}

/* Refused, with nothing changed; with `other` instead, it works. */
static void expect_no_cache(struct guest *guest, const struct wish *wish,
                            const struct wish *other, const char *hint)
{
    uint32_t pages = pages_in_all(guest);
    size_t before = ncaches(guest);

    expect_refused(guest, kmem_cache_create(guest, wish), hint);
    expect_pages(guest, pages);
    expect(ncaches(guest) == before, .did = guest_last(guest),
           .expected = text("%zu caches on cache_chain, as before", before),
           .seen = text("%zu", ncaches(guest)));
    expect_object(guest, kmem_cache_create(guest, other), hint);
}

Test(slab, refuses_names_that_are_none)
{
    struct guest *guest = boot_slabs(&machine_64mb);
    struct wish fits = {.name = LONGEST, .size = 100};

    expect_no_cache(guest, &(struct wish){.size = 100},
                    &(struct wish){.name = "a name", .size = 100},
                    "a cache has a name");
    expect_no_cache(guest, &(struct wish){.name = LONGEST "!", .size = 100},
                    &fits, "CACHE_NAMELEN counts the 0 at the end");
    expect(find_cache(guest, LONGEST) != 0, .did = guest_last(guest),
           .expected = "a cache of this name on cache_chain", .seen = "none");
    expect_no_cache(guest,
                    &(struct wish){.name = LONGEST " and a lot more of them "
                                                   "behind it",
                                   .size = 100},
                    &(struct wish){.name = "short", .size = 100}, NULL);
}

/* The caller's string may change after the call. */
static void expect_copied(struct guest *guest)
{
    struct cache cache = create_plain(guest, "mine", 100, 0);
    static const char junk[] = "somebody else's";

    guest_write(guest, guest_symbol(guest, "probe_memory"), junk, sizeof(junk));
    expect(strcmp(cache_name(guest, cache.at), "mine") == 0,
           .did = "kmem_cache_create(\"mine\", …), then the string changes",
           .expected = "the cache is still named \"mine\"",
           .seen = text("\"%s\"", cache_name(guest, cache.at)));
    expect_refused(
        guest,
        kmem_cache_create(guest, &(struct wish){.name = "mine", .size = 64}),
        "the name is in use");
}

/* What was taken for the new cache, if anything was, is given back. */
static void expect_refusals_cost_nothing(struct guest *guest)
{
    uint32_t left;

    reap_all(guest);
    left = free_pages_in_ram(guest);
    for (int i = 0; i < 200; i++)
        expect_refused(
            guest,
            kmem_cache_create(guest,
                              &(struct wish){.name = "size-64", .size = 64}),
            "the name is in use");
    reap_all(guest);
    expect_free_pages(guest, left, "a cache that is refused costs nothing");
}

Test(slab, refuses_a_name_in_use)
{
    struct guest *guest = boot_slabs(&machine_64mb);
    struct cache cache = create_plain(guest, "unique", 100, 0);
    const char *hint = "compare with the name of each cache on cache_chain";

    expect_no_cache(guest, &(struct wish){.name = "unique", .size = 64},
                    &(struct wish){.name = "unique2", .size = 64}, hint);
    expect_no_cache(guest, &(struct wish){.name = "size-1024(DMA)", .size = 64},
                    &(struct wish){.name = "size-1025(DMA)", .size = 64}, hint);
    expect_no_cache(guest, &(struct wish){.name = "unique", .size = 64},
                    &(struct wish){.name = "uniq", .size = 64}, hint);
    kmem_cache_destroy(guest, &cache);
    create_plain(guest, "unique", 100, 0);
    expect_copied(guest);
    expect_refusals_cost_nothing(guest);
}

static void expect_sizes_refused(struct guest *guest)
{
    static const uint32_t bad[] = {
        0, 1, 2, 3, MAX_OBJ_BYTES + 1, 2 * MAX_OBJ_BYTES, 0x80000000u, ~0u};

    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        uint32_t good = bad[i] < 4 ? 4 : MAX_OBJ_BYTES;

        expect_no_cache(
            guest, &(struct wish){.name = "bad", .size = bad[i]},
            &(struct wish){.name = text("good %zu", i), .size = good},
            "4 bytes … MAX_OBJ_BYTES");
    }
}

static void expect_contradictions_refused(struct guest *guest)
{
    struct wish wish = {.name = "ruin", .size = 64, .dtor = "probe_dtor"};
    struct wish other = wish;

    other.ctor = "probe_ctor";
    expect_no_cache(guest, &wish, &other,
                    "what was not built is not torn down");
    expect_no_cache(guest,
                    &(struct wish){.name = "far", .size = 64, .offset = 65},
                    &(struct wish){.name = "far", .size = 64, .offset = 64},
                    "an offset of more than an object wastes memory");
    expect_no_cache(
        guest, &(struct wish){.name = "very", .size = 64, .offset = ~0u},
        &(struct wish){.name = "very", .size = 64, .offset = 0}, NULL);
}

Test(slab, refuses_wishes_that_are_mistaken)
{
    struct guest *guest = boot_slabs(&machine_64mb);

    expect_sizes_refused(guest);
    expect_contradictions_refused(guest);
}

Test(slab, refuses_to_create_in_an_interrupt)
{
    struct guest *guest = boot_slabs(&machine_64mb);
    struct wish wish = {.name = "late", .size = 64};
    uint32_t pages = pages_in_all(guest);

    expect_refused(guest, kmem_cache_create_in(guest, AGENT_INTERRUPT, &wish),
                   "creating may sleep, a handler may not");
    expect_pages(guest, pages);
    expect(find_cache(guest, "late") == 0, .did = guest_last(guest),
           .expected = "no such cache", .seen = "it is on cache_chain");
    create(guest, &wish);
}

/* Many caches: more kmem_cache_t's than one slab holds. */
Test(slab, caches_are_on_cache_chain_while_they_live)
{
    enum {
        MANY = 150
    };
    struct guest *guest = boot_slabs(&machine_64mb);
    static struct cache caches[MANY];
    uint32_t pages = pages_in_all(guest);
    size_t before = ncaches(guest);

    for (int i = 0; i < MANY; i++)
        caches[i] = create_plain(guest, text("cache %d", i), 8u + i, 0);
    expect(ncaches(guest) == before + MANY, .did = guest_last(guest),
           .expected = text("%zu caches on cache_chain", before + MANY),
           .seen = text("%zu", ncaches(guest)));
    for (int i = 0; i < MANY; i++) {
        gaddr_t found = find_cache(guest, caches[i].wish.name);

        expect(found == caches[i].at, .did = guest_last(guest),
               .expected = text("\"%s\" at 0x%08x on cache_chain",
                                caches[i].wish.name, caches[i].at),
               .seen = text("0x%08x", found));
    }
    for (int i = 0; i < MANY; i += 2)
        kmem_cache_destroy(guest, &caches[i]);
    for (int i = 0; i < MANY; i++)
        expect((find_cache(guest, caches[i].wish.name) != 0) == (i % 2 == 1),
               .did = guest_last(guest),
               .expected = "caches that were destroyed are off cache_chain, "
                           "no others",
               .seen = text("\"%s\" is %s it", caches[i].wish.name,
                            i % 2 == 1 ? "off" : "on"));
    expect_pages(guest, pages);
}
