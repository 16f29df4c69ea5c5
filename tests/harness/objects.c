/* Many objects at once, and memory as a whole. */
#include "objects.h"

#include <stdlib.h>
#include <string.h>

/* --- taking and giving back ---------------------------------------------- */

static void check_object(struct guest *guest, const struct cache *cache,
                         const struct cache_view *view, gaddr_t object)
{
    uint32_t size = cache->wish.size;
    uint32_t alignment = alignment_of(size, cache->wish.flags);
    char byte;

    expect(object != 0, .did = guest_last(guest), .expected = "an object",
           .seen = "NULL");
    guest_copy(guest, object + size - 1, &byte, 1);
    expect(object % alignment == 0, .did = guest_last(guest),
           .expected = text("an address that is a multiple of %u", alignment),
           .seen = text("0x%08x", object),
           .hint = "where is the first object of the slab, and how far is it "
                   "from one to the next?");
    expect(slab_of(view, object) == slab_of(view, object + size - 1),
           .did = guest_last(guest),
           .expected =
               text("%u bytes in one slab of %u", size, slab_bytes(view)),
           .seen = text("0x%08x", object),
           .hint = "num objects and the descriptor fit into the slab");
}

struct objects take_objects(struct guest *guest, const struct cache *cache,
                            uint32_t gfp_mask, size_t n)
{
    struct objects objects = {allocate(n, sizeof(gaddr_t)), n};
    struct call *calls = allocate(n, sizeof(*calls));
    struct agent_result *results = allocate(n, sizeof(*results));
    struct call call = cache_alloc_call(cache, gfp_mask);
    struct cache_view view;

    for (size_t i = 0; i < n; i++)
        calls[i] = call;
    guest_calls_checked(guest, calls, n, results);
    view = cache_view(guest, cache->at);
    for (size_t i = 0; i < n; i++) {
        objects.at[i] = results[i].value;
        check_object(guest, cache, &view, objects.at[i]);
    }
    free(calls);
    free(results);
    expect_apart(guest, &objects, cache->wish.size);
    return objects;
}

struct objects take_slabs(struct guest *guest, const struct cache *cache,
                          size_t n)
{
    struct cache_view before = cache_view(guest, cache->at), view;
    size_t num = before.num;
    struct objects objects = take_objects(guest, cache, GFP_KERNEL, n * num);

    view = cache_view(guest, cache->at);
    expect(view.nfull == before.nfull + n && view.npartial == 0 &&
               view.nfree == 0,
           .did = text("%s, %zu times", guest_last(guest), n * num),
           .expected = text("%zu full slabs of %zu objects more", n, num),
           .seen = text("%u full, %u partial and %u free slabs, after %u full",
                        view.nfull, view.npartial, view.nfree, before.nfull),
           .hint = "a slab is made when no slab has a free object, and gives "
                   "num objects");
    for (size_t i = 0; i < n * num; i++)
        expect(slab_of(&view, objects.at[i]) ==
                   slab_of(&view, objects.at[i / num * num]),
               .did = guest_last(guest),
               .expected = text("%zu objects in a row from one new slab", num),
               .seen = text("0x%08x and 0x%08x", objects.at[i / num * num],
                            objects.at[i]));
    return objects;
}

void give_some(struct guest *guest, const struct cache *cache,
               const struct objects *objects, size_t from, size_t n)
{
    struct call *calls = allocate(n, sizeof(*calls));
    struct agent_result *results = allocate(n, sizeof(*results));

    for (size_t i = 0; i < n; i++)
        calls[i] = cache_free_call(cache, objects->at[from + i]);
    if (n > 0)
        guest_calls_checked(guest, calls, n, results);
    free(calls);
    free(results);
}

void give_objects(struct guest *guest, const struct cache *cache,
                  const struct objects *objects)
{
    give_some(guest, cache, objects, 0, objects->n);
}

struct guest *boot_slabs(const struct machine *machine)
{
    struct guest *guest = guest_boot(machine, STAGE_SLAB);
    struct cache cache = create_plain(guest, "warm-up", 100, 0);
    struct objects objects = take_objects(guest, &cache, GFP_KERNEL, 2);

    give_objects(guest, &cache, &objects);
    expect_slabs(guest, &cache, 0, 0, 1, "first of all, the simplest case");
    kmem_cache_destroy(guest, &cache);
    reap_all(guest);
    return guest;
}

/* --- addresses ----------------------------------------------------------- */

gaddr_t slab_of(const struct cache_view *view, gaddr_t object)
{
    return object & ~(slab_bytes(view) - 1);
}

void sort_objects(struct objects *objects)
{
    sort_addresses(objects->at, objects->n);
}

void expect_apart(struct guest *guest, const struct objects *objects,
                  uint32_t nbytes)
{
    struct objects sorted = {allocate(objects->n, sizeof(gaddr_t)), objects->n};

    memcpy(sorted.at, objects->at, objects->n * sizeof(gaddr_t));
    sort_objects(&sorted);
    for (size_t i = 1; i < sorted.n; i++)
        expect(
            sorted.at[i] - sorted.at[i - 1] >= nbytes,
            .did = text("%s, %zu times", guest_last(guest), objects->n),
            .expected = text("objects of %u bytes that do not overlap", nbytes),
            .seen = text("0x%08x and 0x%08x", sorted.at[i - 1], sorted.at[i]),
            .hint = "an object that is taken leaves the list of free ones");
    free(sorted.at);
}

/* --- contents ------------------------------------------------------------ */

static unsigned char byte_of(size_t index)
{
    return (unsigned char)(index * 11 + 1);
}

void fill(struct guest *guest, const struct objects *objects, uint32_t nbytes)
{
    struct call *calls = allocate(objects->n, sizeof(*calls));
    struct agent_result *results = allocate(objects->n, sizeof(*results));

    for (size_t i = 0; i < objects->n; i++)
        calls[i] = (struct call){
            .function = "memset",
            .args = {objects->at[i], byte_of(i), nbytes},
            .shown = text("writing %u bytes to the object at 0x%08x", nbytes,
                          objects->at[i]),
        };
    guest_calls(guest, calls, objects->n, results);
    free(calls);
    free(results);
}

void expect_bytes(struct guest *guest, gaddr_t address, uint32_t nbytes,
                  unsigned char byte, const char *hint)
{
    unsigned char *bytes = allocate(nbytes, 1);

    guest_copy(guest, address, bytes, nbytes);
    for (uint32_t i = 0; i < nbytes; i++)
        expect(bytes[i] == byte, .did = guest_last(guest),
               .expected =
                   text("byte %u at 0x%08x is 0x%02x", i, address, byte),
               .seen = text("0x%02x", bytes[i]), .hint = hint);
    free(bytes);
}

void expect_filled(struct guest *guest, const struct objects *objects,
                   size_t from, size_t n, uint32_t nbytes)
{
    for (size_t i = from; i < from + n; i++)
        expect_bytes(guest, objects->at[i], nbytes, byte_of(i),
                     "what an owner wrote into an object stays: nothing else "
                     "is there, no descriptor and no other object");
}

/* --- expectations -------------------------------------------------------- */

void expect_object(struct guest *guest, gaddr_t object, const char *hint)
{
    expect(object != 0, .did = guest_last(guest), .expected = "an object",
           .seen = "NULL", .hint = hint);
}

void expect_slabs(struct guest *guest, const struct cache *cache,
                  uint32_t nfull, uint32_t npartial, uint32_t nfree,
                  const char *hint)
{
    struct cache_view view = cache_view(guest, cache->at);

    expect(view.nfull == nfull && view.npartial == npartial &&
               view.nfree == nfree,
           .did = guest_last(guest),
           .expected = text("cache \"%s\" has %u full, %u partial and %u free "
                            "slabs",
                            cache->wish.name, nfull, npartial, nfree),
           .seen = text("%u full, %u partial and %u free", view.nfull,
                        view.npartial, view.nfree),
           .hint = hint);
}

void expect_in_use(struct guest *guest, const struct cache *cache, uint32_t n,
                   const char *hint)
{
    struct cache_view view = cache_view(guest, cache->at);

    expect(view.inuse == n, .did = guest_last(guest),
           .expected = text("%u objects of cache \"%s\" are in use", n,
                            cache->wish.name),
           .seen = text("%u", view.inuse), .hint = hint);
}

uint32_t pages_in_all(struct guest *guest)
{
    return free_pages_in_ram(guest) + pages_in_slabs(guest);
}

void expect_pages(struct guest *guest, uint32_t before)
{
    uint32_t slabs = pages_in_slabs(guest);
    uint32_t pages = free_pages_in_ram(guest);

    expect(pages + slabs == before, .did = guest_last(guest),
           .expected =
               text("%u pages that are free or in slabs, as before", before),
           .seen = text("%u free and %u in slabs", pages, slabs),
           .hint = "a slab's pages are 2^gfporder, taken once and given back "
                   "once");
}

void expect_free_pages(struct guest *guest, uint32_t n, const char *hint)
{
    uint32_t seen = free_pages_in_ram(guest);

    expect(seen == n, .did = guest_last(guest),
           .expected = text("%u free pages", n), .seen = text("%u", seen),
           .hint = hint);
}

static const char *mistakes_text(const struct mistakes *mistakes,
                                 const struct mistakes *before)
{
    const char *out = "";

    for (unsigned kind = 0; kind < NR_SLAB_MISTAKES; kind++)
        if (mistakes->counts[kind] != before->counts[kind])
            out = text("%s%s %u times ", out, mistake_name(kind),
                       mistakes->counts[kind] - before->counts[kind]);
    return *out == '\0' ? "nothing" : out;
}

void expect_no_mistake(struct guest *guest, const struct mistakes *before)
{
    struct mistakes now = mistakes_of(guest);

    expect(memcmp(&now, before, sizeof(now)) == 0, .did = guest_last(guest),
           .expected = "no report: the caller made no mistake",
           .seen = mistakes_text(&now, before));
}

void expect_mistake(struct guest *guest, const struct mistakes *before,
                    unsigned kind, gaddr_t object)
{
    struct mistakes now = mistakes_of(guest), expected = *before;
    gaddr_t seen = guest_u32(guest, guest_symbol(guest, "slab_mistake_object"));

    expected.counts[kind]++;
    expect(memcmp(&now, &expected, sizeof(now)) == 0, .did = guest_last(guest),
           .expected =
               text("slab_error() is told of it once: %s", mistake_name(kind)),
           .seen = mistakes_text(&now, before));
    expect(seen == object, .did = guest_last(guest),
           .expected = text("slab_error() is told the object 0x%08x", object),
           .seen = text("0x%08x", seen));
}
