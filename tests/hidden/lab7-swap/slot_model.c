/* Hidden tests of lab 7: random use of slots against a model on the host. */
#include <criterion/criterion.h>

#include "property.h"
#include "scenes.h"

#define AREAS      3
#define MOST       20 /* slots of an area */
#define OPERATIONS 150

enum kind {
    GET,
    DUPLICATE,
    FREE,
    NR_KINDS,
};

static const struct planted areas[AREAS] = {
    {0, 0, MOST, 5}, {1, 1, 7, 5}, {2, 0, 4, 11}};

struct model {
    struct guest *guest;
    unsigned users[AREAS][MOST + 1];
    uint32_t last[AREAS]; /* slot that was given last */
};

static uint32_t free_in(const struct model *model, unsigned type)
{
    uint32_t n = 0;

    for (uint32_t slot = 1; slot <= areas[type].nslots; slot++)
        n += model->users[type][slot] == 0;
    return n;
}

/* The next free slot after the last one, round by the end; 0: none. */
static uint32_t next_slot(const struct model *model, unsigned type)
{
    uint32_t slot = model->last[type];

    for (uint32_t i = 0; i < areas[type].nslots; i++) {
        slot = slot % areas[type].nslots + 1;
        if (model->users[type][slot] == 0)
            return slot;
    }
    return 0;
}

static bool may_give(const struct model *model, unsigned type)
{
    for (unsigned other = 0; other < AREAS; other++)
        if (areas[other].prio > areas[type].prio && free_in(model, other) > 0)
            return false;
    return true;
}

static void get(struct model *model)
{
    struct slot_view seen = get_swap_page(model->guest);
    bool any = free_in(model, 0) + free_in(model, 1) + free_in(model, 2) > 0;
    uint32_t wanted = !any || !seen.swapped || seen.type >= AREAS
                          ? 0
                          : next_slot(model, seen.type);

    expect(seen.swapped == any && seen.slot == wanted &&
               (!any || may_give(model, seen.type)),
           .did = guest_last(model->guest),
           .expected = any ? text("slot %u of area %u, or of another of the "
                                  "highest priority with free ones",
                                  wanted, seen.type)
                           : "none",
           .seen = text("slot %u of area %u", seen.slot, seen.type));
    if (!any)
        return;
    model->users[seen.type][seen.slot] = 1;
    model->last[seen.type] = seen.slot;
}

static void check(struct model *model)
{
    uint32_t all = 0;

    for (unsigned type = 0; type < AREAS; type++) {
        uint32_t nr_free = free_in(model, type);

        all += nr_free;
        expect(swap_area(model->guest, type).nr_free == nr_free,
               .did = guest_last(model->guest),
               .expected = text("area %u has %u free slots", type, nr_free),
               .seen = text("%u", swap_area(model->guest, type).nr_free));
    }
    expect(nr_swap_pages(model->guest) == all, .did = guest_last(model->guest),
           .expected = text("nr_swap_pages is %u", all),
           .seen = text("%u", nr_swap_pages(model->guest)));
}

static void apply(struct model *model, const struct operation *operation)
{
    unsigned type = operation->a;
    uint32_t slot = operation->b % areas[type].nslots + 1;
    unsigned *users = &model->users[type][slot];

    switch (operation->kind) {
    case GET:
        get(model);
        return;
    case DUPLICATE:
        expect_number(model->guest, swap_duplicate(model->guest, type, slot),
                      *users > 0, "1 if it has users");
        *users += *users > 0;
        break;
    default:
        swap_free(model->guest, type, slot);
        *users -= *users > 0;
    }
    expect_slot_users(model->guest, type, slot, *users, NULL);
}

static void run(const struct operation *operations, size_t n)
{
    static const struct model empty;
    static struct model model;

    model = empty;
    model.guest = guest_boot(&machine_swap_64mb, STAGE_SWAP);
    for (unsigned type = 0; type < AREAS; type++)
        plant_area(model.guest, areas[type]);
    for (size_t i = 0; i < n; i++) {
        apply(&model, &operations[i]);
        check(&model);
    }
}

static struct operation generate(struct random *random)
{
    static const enum kind kinds[] = {GET, GET, GET, DUPLICATE, FREE, FREE};

    return (struct operation){
        .kind = kinds[random_below(random, sizeof(kinds) / sizeof(kinds[0]))],
        .a = random_below(random, AREAS),
        .b = random_below(random, MOST),
    };
}

static const char *describe(const struct operation *operation)
{
    uint32_t slot = operation->b % areas[operation->a].nslots + 1;

    if (operation->kind == GET)
        return "get_swap_page()";
    return text("%s(slot %u of area %u)",
                operation->kind == DUPLICATE ? "swap_duplicate" : "swap_free",
                slot, operation->a);
}

Test(swap, random_use_of_slots)
{
    static const struct property property = {OPERATIONS, generate, run,
                                             describe};

    property_check(&property);
}
