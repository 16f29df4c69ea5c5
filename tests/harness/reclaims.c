/* Lab 7 from outside: its functions, and what the host makes for them. */
#include "reclaims.h"

#include <stdlib.h>

#define USERS_BYTES   2
#define MAP_CHUNK     1000 /* slots that are written at once */
#define TYPE_SHIFT    1
#define TYPE_MASK     0x3f
#define SLOT_SHIFT    8
#define LIST_NEXT     0 /* struct list_head */
#define LIST_PREV     4
#define FOREIGN_USERS 3
#define KMALLOC_BYTES 100000 /* the most that is taken from kmalloc() */

static void put(struct guest *guest, gaddr_t address, uint32_t value)
{
    guest_write(guest, address, &value, sizeof(value));
}

static void add(struct guest *guest, gaddr_t address, uint32_t more)
{
    put(guest, address, guest_u32(guest, address) + more);
}

static uint32_t call_now(struct guest *guest, struct call call)
{
    return guest_call(guest, &call, NULL);
}

/* --- swap areas ----------------------------------------------------------- */

static gaddr_t area_at(struct guest *guest, unsigned type)
{
    return guest_symbol(guest, "swap_info") + type * SIZEOF_SWAP_INFO;
}

static gaddr_t total_at(struct guest *guest)
{
    return guest_symbol(guest, "total_swap_pages");
}

static gaddr_t nr_at(struct guest *guest)
{
    return guest_symbol(guest, "nr_swap_pages");
}

uint32_t total_swap_pages(struct guest *guest)
{
    return guest_u32(guest, total_at(guest));
}

/* Behind the last slot there is a count that is not the area's. */
static gaddr_t make_map(struct guest *guest, uint32_t max)
{
    uint32_t nbytes = (max + 1) * USERS_BYTES;
    gaddr_t map = call_now(guest, (struct call){
                                      .function = "kmalloc",
                                      .args = {nbytes, GFP_KERNEL},
                                      .shown = "kmalloc() of swap_map",
                                  });
    uint16_t *users = allocate(max + 1, USERS_BYTES);

    if (map == 0 || nbytes > KMALLOC_BYTES)
        report_infra("no swap_map of %u slots", max);
    users[0] = SWAP_MAP_BAD;
    users[max] = FOREIGN_USERS;
    guest_write(guest, map, users, nbytes);
    free(users);
    return map;
}

/* Puts the area's list_head before `at`, another list_head. */
static void link_before(struct guest *guest, gaddr_t node, gaddr_t at)
{
    gaddr_t prev = guest_u32(guest, at + LIST_PREV);

    put(guest, node + LIST_NEXT, at);
    put(guest, node + LIST_PREV, prev);
    put(guest, prev + LIST_NEXT, node);
    put(guest, at + LIST_PREV, node);
}

static void list_area(struct guest *guest, gaddr_t area, int prio)
{
    gaddr_t head = guest_symbol(guest, "swap_list"), at = head;

    do {
        at = guest_u32(guest, at + LIST_NEXT);
    } while (at != head && (int)guest_u32(guest, at - SWAP_INFO_LIST +
                                                     SWAP_INFO_PRIO) >= prio);
    link_before(guest, area + SWAP_INFO_LIST, at);
}

void plant_area(struct guest *guest, struct planted planted)
{
    gaddr_t area = area_at(guest, planted.type);
    uint32_t max = planted.nslots + 1;
    int error;

    put(guest, area + SWAP_INFO_FLAGS, SWP_USED | SWP_WRITEOK);
    put(guest, area + SWAP_INFO_PRIO, (uint32_t)planted.prio);
    put(guest, area + SWAP_INFO_BDEV, block_device(guest, planted.disk));
    put(guest, area + SWAP_INFO_MAX, max);
    put(guest, area + SWAP_INFO_MAP, make_map(guest, max));
    put(guest, area + SWAP_INFO_NR_FREE, planted.nslots);
    put(guest, area + SWAP_INFO_NEXT, 1);
    error = (int)call_now(guest, (struct call){
                                     .function = "swap_cache_init",
                                     .args = {area},
                                     .shown = "swap_cache_init(area)",
                                 });
    if (error != 0)
        report_infra("no swap cache of %u slots", max);
    list_area(guest, area, planted.prio);
    add(guest, nr_at(guest), planted.nslots);
    add(guest, total_at(guest), planted.nslots);
}

static gaddr_t users_at(struct guest *guest, unsigned type, uint32_t slot)
{
    return guest_u32(guest, area_at(guest, type) + SWAP_INFO_MAP) +
           slot * USERS_BYTES;
}

void set_users_behind(struct guest *guest, unsigned type, uint16_t users)
{
    uint32_t max = guest_u32(guest, area_at(guest, type) + SWAP_INFO_MAX);

    guest_write(guest, users_at(guest, type, max), &users, sizeof(users));
}

void set_slot_users(struct guest *guest, unsigned type, uint32_t slot,
                    unsigned users)
{
    unsigned before = slot_users(guest, type, slot);
    uint32_t more = (uint32_t)(users == 0) - (uint32_t)(before == 0);
    uint16_t value = (uint16_t)users;

    guest_write(guest, users_at(guest, type, slot), &value, sizeof(value));
    add(guest, area_at(guest, type) + SWAP_INFO_NR_FREE, more);
    add(guest, nr_at(guest), more);
}

void use_all_slots(struct guest *guest, unsigned type)
{
    uint32_t max = swap_area(guest, type).max, nr_free;
    gaddr_t area = area_at(guest, type);
    uint16_t ones[MAP_CHUNK];

    for (size_t i = 0; i < MAP_CHUNK; i++)
        ones[i] = 1;
    for (uint32_t slot = 1; slot < max; slot += MAP_CHUNK) {
        uint32_t n = max - slot < MAP_CHUNK ? max - slot : MAP_CHUNK;

        guest_write(guest, users_at(guest, type, slot), ones, n * USERS_BYTES);
    }
    nr_free = guest_u32(guest, area + SWAP_INFO_NR_FREE);
    put(guest, area + SWAP_INFO_NR_FREE, 0);
    add(guest, nr_at(guest), -nr_free);
}

void expect_slot_users(struct guest *guest, unsigned type, uint32_t slot,
                       unsigned users, const char *hint)
{
    unsigned seen = slot_users(guest, type, slot);

    expect(seen == users, .did = guest_last(guest),
           .expected =
               text("swap_map[%u] of area %u is 0x%x", slot, type, users),
           .seen = text("0x%x", seen), .hint = hint);
}

/* --- mm/swapfile.c -------------------------------------------------------- */

uint32_t entry_of(unsigned type, uint32_t slot)
{
    return type << TYPE_SHIFT | slot << SLOT_SHIFT;
}

struct slot_view swap_slot_of(uint32_t entry)
{
    return (struct slot_view){
        .swapped = entry != 0,
        .type = entry >> TYPE_SHIFT & TYPE_MASK,
        .slot = entry >> SLOT_SHIFT,
    };
}

struct call get_swap_page_call(void)
{
    return (struct call){.function = "probe_swap_page",
                         .shown = "get_swap_page()"};
}

struct call swap_duplicate_call(unsigned type, uint32_t slot)
{
    return (struct call){
        .function = "swap_duplicate",
        .args = {entry_of(type, slot)},
        .shown = text("swap_duplicate(slot %u of area %u)", slot, type),
    };
}

struct call swap_free_call(unsigned type, uint32_t slot)
{
    return (struct call){
        .function = "swap_free",
        .args = {entry_of(type, slot)},
        .shown = text("swap_free(slot %u of area %u)", slot, type),
    };
}

struct slot_view get_swap_page(struct guest *guest)
{
    return swap_slot_of(call_now(guest, get_swap_page_call()));
}

int swap_duplicate(struct guest *guest, unsigned type, uint32_t slot)
{
    return (int)call_now(guest, swap_duplicate_call(type, slot));
}

void swap_free(struct guest *guest, unsigned type, uint32_t slot)
{
    call_now(guest, swap_free_call(type, slot));
}

static const char *slot_text(struct slot_view view)
{
    return view.swapped ? text("slot %u of area %u", view.slot, view.type)
                        : "none (entry 0)";
}

void expect_swap_slot(struct guest *guest, unsigned type, uint32_t slot,
                      const char *hint)
{
    struct slot_view seen = get_swap_page(guest);

    expect(seen.swapped && seen.type == type && seen.slot == slot,
           .did = guest_last(guest),
           .expected = text("slot %u of area %u", slot, type),
           .seen = slot_text(seen), .hint = hint);
}

void expect_no_swap_slot(struct guest *guest, const char *hint)
{
    struct slot_view seen = get_swap_page(guest);

    expect(!seen.swapped, .did = guest_last(guest),
           .expected = "none (entry 0)", .seen = slot_text(seen), .hint = hint);
}

/* --- pages in the swap cache ---------------------------------------------- */

static enum lru_list list_by(uint32_t flags)
{
    switch (flags & (PG_ACTIVE | PG_INACTIVE_DIRTY | PG_INACTIVE_CLEAN)) {
    case 0:
        return LRU_NONE;
    case PG_ACTIVE:
        return LRU_ACTIVE;
    case PG_INACTIVE_DIRTY:
        return LRU_INACTIVE_DIRTY;
    default:
        return LRU_INACTIVE_CLEAN;
    }
}

struct swap_page_view swap_page_view(struct guest *guest, pfn_t pfn)
{
    uint32_t flags = page_flags(guest, pfn);
    uint32_t index = guest_u32(guest, page_of(guest, pfn) + PAGE_INDEX);

    return (struct swap_page_view){
        .cached = flags & PG_SWAP_CACHE,
        .type = swap_slot_of(index).type,
        .slot = swap_slot_of(index).slot,
        .dirty = flags & PG_DIRTY,
        .referenced = flags & PG_REFERENCED,
        .count = page_count(guest, pfn),
        .list = list_by(flags),
    };
}

const char *lru_text(enum lru_list list)
{
    static const char *const names[] = {
        "no list", "active_list", "inactive_dirty_list", "inactive_clean_list"};

    return names[list];
}

static void put_on_list(struct guest *guest, gaddr_t page, enum lru_list list)
{
    static const char *const functions[] = {NULL, "activate_page",
                                            "deactivate_page", "page_is_clean"};

    if (list != LRU_NONE)
        call_now(guest, (struct call){
                            .function = functions[list],
                            .args = {page},
                            .shown = text("%s(page)", functions[list]),
                        });
}

pfn_t plant_page(struct guest *guest, struct planted_page planted)
{
    pfn_t pfn = alloc_pages(guest, planted.dma ? GFP_DMA : GFP_HIGHUSER, 0);
    gaddr_t page = page_of(guest, pfn);

    set_slot_users(guest, planted.type, planted.slot, planted.others + 1);
    call_now(guest, (struct call){
                        .function = "add_to_swap_cache",
                        .args = {page, entry_of(planted.type, planted.slot)},
                        .shown = "add_to_swap_cache(page, entry)",
                    });
    put_on_list(guest, page, planted.list);
    if (planted.dirty)
        set_page_flags(guest, pfn, page_flags(guest, pfn) | PG_DIRTY);
    release_page(guest, pfn);
    return pfn;
}

void hold_page(struct guest *guest, pfn_t pfn)
{
    set_page_count(guest, pfn, page_count(guest, pfn) + 1);
}

void release_page(struct guest *guest, pfn_t pfn)
{
    set_page_count(guest, pfn, page_count(guest, pfn) - 1);
}

void set_referenced(struct guest *guest, pfn_t pfn)
{
    set_page_flags(guest, pfn, page_flags(guest, pfn) | PG_REFERENCED);
}

void expect_on(struct guest *guest, pfn_t pfn, enum lru_list list,
               const char *hint)
{
    struct swap_page_view view = swap_page_view(guest, pfn);

    expect(view.list == list, .did = guest_last(guest),
           .expected = text("frame %ld is on %s", pfn, lru_text(list)),
           .seen = text("it is on %s", lru_text(view.list)), .hint = hint);
}

void expect_freed(struct guest *guest, pfn_t pfn, const char *hint)
{
    struct swap_page_view view = swap_page_view(guest, pfn);

    expect(!view.cached && view.count == 0 && view.list == LRU_NONE,
           .did = guest_last(guest), .expected = text("frame %ld is free", pfn),
           .seen =
               text("it has %d users, is %sin the swap cache, on %s",
                    view.count, view.cached ? "" : "not ", lru_text(view.list)),
           .hint = hint);
}

/* --- contents ------------------------------------------------------------- */

uint32_t frame_stamp(struct guest *guest, pfn_t pfn)
{
    uint32_t value;

    guest_copy_physical(guest, (uint32_t)pfn << PAGE_SHIFT, &value,
                        sizeof(value));
    return value;
}

/* By the disk, because the frame may lie in high memory, where only the kernel
 * can write: the last page of the last disk is the test's. */
void stamp_frame(struct guest *guest, pfn_t pfn, uint32_t value)
{
    uint32_t page = disk_npages(guest, 0) - 1;
    uint32_t reads = disk_reads(guest, 0);
    struct call call = rw_page_call(guest, 0, page, page_of(guest, pfn), false);

    stamp_disk(guest, 0, page, value);
    call_now(guest, call);
    put(guest, block_device(guest, 0) + BLKDEV_READS, reads);
}

uint32_t disk_stamp(struct guest *guest, unsigned disk, uint32_t slot)
{
    return *(const uint32_t *)disk_page(guest, disk, slot);
}

void stamp_disk(struct guest *guest, unsigned disk, uint32_t slot,
                uint32_t value)
{
    *(uint32_t *)disk_page(guest, disk, slot) = value;
}

/* --- mm/vmscan.c ---------------------------------------------------------- */

struct call try_to_swap_out_call(const struct proc *space, gaddr_t vma,
                                 uaddr_t address)
{
    return (struct call){
        .function = "try_to_swap_out",
        .args = {mm_of(space), vma, address, pte_view(space, address).entry},
        .shown = text("try_to_swap_out(mm, vma, 0x%08x, pte)", address),
    };
}

int try_to_swap_out(const struct proc *space, gaddr_t vma, uaddr_t address)
{
    return (int)call_now(space->guest,
                         try_to_swap_out_call(space, vma, address));
}

static int call_with(struct guest *guest, const char *function, unsigned arg)
{
    return (int)call_now(guest, (struct call){
                                    .function = function,
                                    .args = {arg},
                                    .shown = text("%s(%u)", function, arg),
                                });
}

int swap_out(struct guest *guest, unsigned priority)
{
    return call_with(guest, "swap_out", priority);
}

int refill_inactive(struct guest *guest, unsigned priority)
{
    return call_with(guest, "refill_inactive", priority);
}

int page_launder(struct guest *guest)
{
    return (int)call_now(guest, (struct call){.function = "page_launder",
                                              .shown = "page_launder()"});
}

pfn_t reclaim_page(struct guest *guest, enum zone_index zone)
{
    return pfn_of_page(
        guest,
        call_now(guest, (struct call){
                            .function = "reclaim_page",
                            .args = {zone_view(guest, zone).address},
                            .shown = text("reclaim_page(%s)", zone_name(zone)),
                        }));
}

int do_try_to_free_pages(struct guest *guest)
{
    return (int)call_now(guest,
                         (struct call){.function = "do_try_to_free_pages",
                                       .shown = "do_try_to_free_pages()"});
}

void expect_number(struct guest *guest, int seen, int expected,
                   const char *hint)
{
    expect(seen == expected, .did = guest_last(guest),
           .expected = text("%d", expected), .seen = text("%d", seen),
           .hint = hint);
}

/* --- mm/swap_in.c --------------------------------------------------------- */

void plant_entry(const struct proc *space, uaddr_t address, unsigned type,
                 uint32_t slot)
{
    set_slot_users(space->guest, type, slot,
                   slot_users(space->guest, type, slot) + 1);
    set_entry(space, address, entry_of(type, slot));
}

struct call do_swap_page_call(const struct proc *space, gaddr_t vma,
                              uaddr_t address, bool write)
{
    struct pte_view view = pte_view(space, address);

    return (struct call){
        .function = "do_swap_page",
        .args = {mm_of(space), vma, address, view.entry, view.raw, write},
        .shown = text("do_swap_page(mm, vma, 0x%08x, pte, *pte, %s)", address,
                      write ? "write" : "read"),
    };
}

int do_swap_page(const struct proc *space, gaddr_t vma, uaddr_t address,
                 bool write)
{
    return (int)call_now(space->guest,
                         do_swap_page_call(space, vma, address, write));
}

void expect_swapped(const struct proc *proc, uaddr_t address, unsigned type,
                    uint32_t slot, const char *hint)
{
    struct pte_view view = pte_view(proc, address);

    expect(view.raw == entry_of(type, slot), .did = guest_last(proc->guest),
           .expected = text("page 0x%08x: the entry of slot %u of area %u",
                            address, slot, type),
           .seen = pte_text(&view), .hint = hint);
}
