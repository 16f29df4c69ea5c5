/* Disks: the host's mapping of their contents, the kernel's structures. */
#include "disks.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#include "guest_internal.h"

void *guest_disk(struct guest *guest, unsigned disk, uint64_t *nbytes)
{
    uint64_t size;

    if (disk >= MAX_DISKS || guest->machine->disk_mb[disk] == 0)
        report_infra("a machine of %s has no disk %u", guest->machine->name,
                     disk);
    size = (uint64_t)guest->machine->disk_mb[disk] << 20;
    if (nbytes != NULL)
        *nbytes = size;
    if (guest->disks[disk] == NULL)
        guest->disks[disk] = mmap(NULL, size, PROT_READ | PROT_WRITE,
                                  MAP_SHARED, guest->qemu.disks[disk], 0);
    if (guest->disks[disk] == MAP_FAILED)
        report_infra("a disk can't be mapped: %s", strerror(errno));
    return guest->disks[disk];
}

void disks_unmap(struct guest *guest)
{
    for (unsigned i = 0; i < MAX_DISKS; i++)
        if (guest->disks[i] != NULL)
            munmap(guest->disks[i], (size_t)guest->machine->disk_mb[i] << 20);
}

uint32_t disk_npages(struct guest *guest, unsigned disk)
{
    uint64_t nbytes;

    guest_disk(guest, disk, &nbytes);
    return (uint32_t)(nbytes >> PAGE_SHIFT);
}

void *disk_page(struct guest *guest, unsigned disk, uint32_t page)
{
    if (page >= disk_npages(guest, disk))
        report_infra("disk %u has no page %u", disk, page);
    return (uint8_t *)guest_disk(guest, disk, NULL) +
           ((size_t)page << PAGE_SHIFT);
}

gaddr_t block_device(struct guest *guest, unsigned disk)
{
    return guest_symbol(guest, "blkdevs") + disk * SIZEOF_BLKDEV;
}

uint32_t disk_reads(struct guest *guest, unsigned disk)
{
    return guest_u32(guest, block_device(guest, disk) + BLKDEV_READS);
}

uint32_t disk_writes(struct guest *guest, unsigned disk)
{
    return guest_u32(guest, block_device(guest, disk) + BLKDEV_WRITES);
}

struct call rw_page_call(struct guest *guest, unsigned disk, uint32_t page,
                         gaddr_t struct_page, bool write)
{
    return (struct call){
        .function = "blkdev_rw_page",
        .args = {block_device(guest, disk), page, struct_page, write},
        .shown = text("blkdev_rw_page(vd%c, %u, 0x%08x, %s)", 'a' + (int)disk,
                      page, struct_page, write ? "write" : "read"),
    };
}

static gaddr_t rule_address(struct guest *guest, unsigned rule)
{
    if (rule >= MAX_BLK_FAULTS)
        report_infra("there are %d rules, no number %u", MAX_BLK_FAULTS, rule);
    return guest_symbol(guest, "blk_faults") + rule * SIZEOF_BLK_FAULT;
}

void disk_fails(struct guest *guest, unsigned rule, struct disk_fault fault)
{
    /* struct blk_fault */
    const uint32_t words[] = {
        fault.count, fault.disk,   fault.way == DISK_WRITE,
        fault.first, fault.npages, 0,
    };

    _Static_assert(sizeof(words) == SIZEOF_BLK_FAULT, "struct blk_fault");
    guest_write(guest, rule_address(guest, rule), words, sizeof(words));
}

uint32_t disk_failed(struct guest *guest, unsigned rule)
{
    return guest_u32(guest, rule_address(guest, rule) + BLK_FAULT_FAILED);
}
