/* Swap areas from outside. */
#include "swaps.h"

#include <string.h>

#define HEADER_VERSION 1024 /* bytes into the header: swap.h */
#define HEADER_LAST    1028
#define HEADER_NR_BAD  1032
#define HEADER_BAD     1536
#define HEADER_MAGIC   (PAGE_SIZE - 10)
#define FLAG_PREFER    0x8000
#define PATH_OFFSET    3968 /* into the test's part of scratch */
#define USERS_BYTES    2
#define TYPE_SHIFT     1
#define TYPE_MASK      0x3f
#define SLOT_SHIFT     8

static void put_word(void *page, size_t offset, uint32_t value)
{
    memcpy((char *)page + offset, &value, sizeof(value));
}

static uint32_t get_word(const void *page, size_t offset)
{
    uint32_t value;

    memcpy(&value, (const char *)page + offset, sizeof(value));
    return value;
}

void make_swap(struct guest *guest, unsigned disk, uint32_t last_page)
{
    char *header = disk_page(guest, disk, 0);

    memset(header, 0, PAGE_SIZE);
    put_word(header, HEADER_VERSION, 1);
    put_word(header, HEADER_LAST, last_page);
    memcpy(header + HEADER_MAGIC, "SWAPSPACE2", 10);
}

void make_whole_swap(struct guest *guest, unsigned disk)
{
    make_swap(guest, disk, disk_npages(guest, disk) - 1);
}

void mark_bad(struct guest *guest, unsigned disk, uint32_t page)
{
    void *header = disk_page(guest, disk, 0);
    uint32_t n = get_word(header, HEADER_NR_BAD);

    put_word(header, HEADER_BAD + 4 * n, page);
    put_word(header, HEADER_NR_BAD, n + 1);
}

/* --- system calls --------------------------------------------------------- */

static uaddr_t path_of(struct proc *proc, unsigned disk)
{
    return user_string(proc, PATH_OFFSET, text("/dev/vd%c", 'a' + disk));
}

struct user_op swapon_op(struct proc *proc, unsigned disk, int priority)
{
    uint32_t flags = priority < 0 ? 0 : FLAG_PREFER | (uint32_t)priority;

    return op_shown_as(
        syscall_op(proc, NR_swapon, path_of(proc, disk), flags),
        text("process %u: swapon(\"/dev/vd%c\"%s)", proc->pid, 'a' + disk,
             priority < 0 ? "" : text(", priority %d", priority)));
}

struct user_op swapoff_op(struct proc *proc, unsigned disk)
{
    return op_shown_as(
        syscall_op(proc, NR_swapoff, path_of(proc, disk)),
        text("process %u: swapoff(\"/dev/vd%c\")", proc->pid, 'a' + disk));
}

void swap_on(struct proc *proc, unsigned disk, int priority)
{
    expect_returns(swapon_op(proc, disk, priority), 0, NULL);
}

void swap_off(struct proc *proc, unsigned disk)
{
    expect_returns(swapoff_op(proc, disk), 0, NULL);
}

/* --- looking -------------------------------------------------------------- */

static gaddr_t area_at(struct guest *guest, unsigned type)
{
    return guest_symbol(guest, "swap_info") + type * SIZEOF_SWAP_INFO;
}

struct area_view swap_area(struct guest *guest, unsigned type)
{
    gaddr_t area = area_at(guest, type);

    return (struct area_view){
        .flags = guest_u32(guest, area + SWAP_INFO_FLAGS),
        .prio = (int)guest_u32(guest, area + SWAP_INFO_PRIO),
        .max = guest_u32(guest, area + SWAP_INFO_MAX),
        .nr_free = guest_u32(guest, area + SWAP_INFO_NR_FREE),
    };
}

/* The counts are in a vmalloc area: read through the kernel's mapping. */
static uint16_t *read_map(struct guest *guest, unsigned type, uint32_t *max)
{
    gaddr_t map = guest_u32(guest, area_at(guest, type) + SWAP_INFO_MAP);
    uint16_t *users;

    *max = swap_area(guest, type).max;
    users = allocate(*max, USERS_BYTES);
    guest_read(guest, map, users, *max * USERS_BYTES);
    return users;
}

unsigned slot_users(struct guest *guest, unsigned type, uint32_t slot)
{
    uint32_t max;
    uint16_t *users = read_map(guest, type, &max);

    expect(slot < max, .did = guest_last(guest),
           .expected = text("a slot below %u", max), .seen = text("%u", slot));
    return users[slot];
}

uint32_t slots_in_use(struct guest *guest, unsigned type)
{
    uint32_t max, n = 0;
    uint16_t *users = read_map(guest, type, &max);

    for (uint32_t slot = 1; slot < max; slot++)
        n += users[slot] != 0 && users[slot] != SWAP_MAP_BAD;
    return n;
}

uint32_t nr_swap_pages(struct guest *guest)
{
    return guest_u32(guest, guest_symbol(guest, "nr_swap_pages"));
}

struct slot_view swapped_slot(const struct proc *proc, uaddr_t address)
{
    uint32_t entry = pte_view(proc, address).raw;

    if (entry == 0 || entry & (PTE_PRESENT | PTE_PROTNONE))
        return (struct slot_view){.swapped = false};
    return (struct slot_view){
        .swapped = true,
        .type = entry >> TYPE_SHIFT & TYPE_MASK,
        .slot = entry >> SLOT_SHIFT,
    };
}

size_t count_swapped(const struct proc *proc, uaddr_t address, size_t npages)
{
    size_t n = 0;

    for (size_t i = 0; i < npages; i++)
        n += swapped_slot(proc, address + (uaddr_t)i * PAGE_SIZE).swapped;
    return n;
}

void read_slot(struct guest *guest, unsigned disk, uint32_t slot, void *to)
{
    memcpy(to, disk_page(guest, disk, slot), PAGE_SIZE);
}

uint32_t nr_active(struct guest *guest)
{
    return guest_u32(guest, guest_symbol(guest, "nr_active_pages"));
}

uint32_t nr_inactive_dirty(struct guest *guest)
{
    return guest_u32(guest, guest_symbol(guest, "nr_inactive_dirty_pages"));
}

uint32_t nr_inactive_clean(struct guest *guest)
{
    gaddr_t zones = guest_symbol(guest, "contig_page_data");
    uint32_t n = 0;

    for (uint32_t i = 0; i < MAX_NR_ZONES; i++)
        n += guest_u32(guest, zones + i * SIZEOF_ZONE + ZONE_INACTIVE_CLEAN);
    return n;
}
