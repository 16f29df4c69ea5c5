/*
 * The disks of a machine, from both sides: what is on them, as the host sees
 * it, and what the kernel's block layer (blkdev.h) does with them. Disks are
 * known by number: 0 is vda.
 *
 * A disk's contents may be written and read at any time, also between boot and
 * STAGE_PROC. While the guest works they are as of its last finished transfer.
 */
#ifndef HARNESS_DISKS_H
#define HARNESS_DISKS_H

#include "blocks.h"
#include "guest.h"

/* Its first byte, and *nbytes (if not NULL) its size. Valid until guest_end().
 */
void *guest_disk(struct guest *guest, unsigned disk, uint64_t *nbytes);

/* One of its pages. */
void *disk_page(struct guest *guest, unsigned disk, uint32_t page);
uint32_t disk_npages(struct guest *guest, unsigned disk);

/* Its struct block_device. */
gaddr_t block_device(struct guest *guest, unsigned disk);

/* Pages that were read, or written, since the boot; of what failed, none. */
uint32_t disk_reads(struct guest *guest, unsigned disk);
uint32_t disk_writes(struct guest *guest, unsigned disk);

/* blkdev_rw_page() with the page at this address of struct page. */
struct call rw_page_call(struct guest *guest, unsigned disk, uint32_t page,
                         gaddr_t struct_page, bool write);

enum disk_way {
    DISK_READ,
    DISK_WRITE
};

#define FAULT_ALWAYS 0xffffffffu

/*
 * The next `count` transfers this way of the pages [first, first + npages) fail
 * with -EIO. A rule for each `rule`, below MAX_BLK_FAULTS; count 0 ends it.
 */
struct disk_fault {
    unsigned disk;
    enum disk_way way;
    uint32_t first, npages;
    uint32_t count;
};
void disk_fails(struct guest *guest, unsigned rule, struct disk_fault fault);

/* How many have failed by the rule. */
uint32_t disk_failed(struct guest *guest, unsigned rule);

#endif
