/*
 * Guest memory: RAM, symbols and page tables as the host sees them, and
 * addresses as the kernel does.
 */
#include <stdlib.h>
#include <string.h>

#include "guest_internal.h"

#define PRESENT  0x001u
#define WRITABLE 0x002u
#define USER     0x004u
#define LARGE    0x080u
#define FRAME    0xfffff000u

static int compare_addresses(const void *a, const void *b)
{
    gaddr_t left = *(const gaddr_t *)a, right = *(const gaddr_t *)b;

    return (left > right) - (left < right);
}

void sort_addresses(gaddr_t *addresses, size_t n)
{
    qsort(addresses, n, sizeof(*addresses), compare_addresses);
}

gaddr_t guest_symbol(struct guest *guest, const char *name)
{
    gaddr_t address = symbols_find(guest->symbols, name);

    if (address == 0)
        address = module_symbol(guest, name);
    if (address == 0)
        report_infra("neither the kernel nor a module has a symbol %s", name);
    return address;
}

uint64_t guest_ram_bytes(const struct guest *guest)
{
    return guest->ram_bytes;
}

void guest_stop(struct guest *guest)
{
    if (!guest->stopped && !qmp_stop(&guest->qmp))
        report_infra("QEMU does not stop the machine");
    guest->stopped = true;
}

void guest_continue(struct guest *guest)
{
    if (guest->stopped && !qmp_continue(&guest->qmp))
        report_infra("QEMU does not let the machine go on");
    guest->stopped = false;
}

void guest_copy_physical(struct guest *guest, uint32_t pa, void *to,
                         size_t nbytes)
{
    expect((uint64_t)pa + nbytes <= guest->ram_bytes, .did = guest_doing(guest),
           .expected = "memory that this machine has",
           .seen = text("the physical address 0x%08x", pa));
    memcpy(to, guest->ram + pa, nbytes);
}

void guest_copy(struct guest *guest, gaddr_t address, void *to, size_t nbytes)
{
    uint64_t pa = (uint64_t)address - KERNEL_BASE;

    expect(address >= KERNEL_BASE && pa + nbytes <= guest->ram_bytes,
           .did = guest_doing(guest),
           .expected = "pointers into the direct map of RAM",
           .seen = text("the address 0x%08x", address));
    memcpy(to, guest->ram + pa, nbytes);
}

uint32_t guest_u32(struct guest *guest, gaddr_t address)
{
    uint32_t value;

    guest_copy(guest, address, &value, sizeof(value));
    return value;
}

/* A page-table entry by physical address; 0 (not present) outside RAM. */
static uint32_t read_entry(const struct guest *guest, uint64_t pa)
{
    uint32_t entry = 0;

    if (pa + sizeof(entry) <= guest->ram_bytes)
        memcpy(&entry, guest->ram + pa, sizeof(entry));
    return entry;
}

/* Where the page directory is. The machine stands still from here on. */
static uint32_t page_directory(struct guest *guest)
{
    uint32_t cr3;

    guest_stop(guest);
    if (!qmp_register(&guest->qmp, "CR3", &cr3))
        report_infra("QEMU does not tell CR3");
    return cr3 & FRAME;
}

static struct translation walk(const struct guest *guest, uint32_t cr3,
                               gaddr_t address)
{
    uint32_t directory = read_entry(guest, cr3 + (address >> 22) * 4ull);
    uint32_t table;

    if (!(directory & PRESENT))
        return (struct translation){.present = false};
    if (directory & LARGE)
        return (struct translation){
            .present = true,
            .large = true,
            .writable = directory & WRITABLE,
            .user = directory & USER,
            .pa = (directory & 0xffc00000u) | (address & 0x3fffffu),
        };
    table =
        read_entry(guest, (directory & FRAME) + (address >> 12 & 1023) * 4ull);
    return (struct translation){
        .present = table & PRESENT,
        .writable = table & directory & WRITABLE,
        .user = table & directory & USER,
        .pa = (table & FRAME) | (address & 0xfffu),
    };
}

struct translation guest_translate(struct guest *guest, gaddr_t address)
{
    return walk(guest, page_directory(guest), address);
}

void guest_translate_pages(struct guest *guest, gaddr_t address, size_t npages,
                           struct translation *out)
{
    uint32_t cr3 = page_directory(guest);

    for (size_t i = 0; i < npages; i++)
        out[i] = walk(guest, cr3, address + (gaddr_t)i * PAGE_SIZE);
}

void guest_read(struct guest *guest, gaddr_t address, void *to, size_t nbytes)
{
    struct agent_transfer *transfer = guest->mailbox;

    if (nbytes > sizeof(transfer->data))
        report_infra("guest_read of %zu bytes", nbytes);
    transfer->address = address;
    guest->doing = text("reading 0x%08x", address);
    guest_request(guest, AGENT_READ, (uint32_t)nbytes);
    memcpy(to, transfer->data, nbytes);
    guest->doing = NULL;
}
