/*
 * Block devices: disks, which are read and written page by page. Linux
 * include/linux/blkdev.h, genhd.h; much reduced: there is no queue of requests
 * and no cache, each transfer is done when the call returns.
 *
 *     page 0            page 1            …
 *     | sector 0 … 7    | sector 8 … 15   |
 */
#ifndef BLKDEV_H
#define BLKDEV_H

#include <mmzone.h>

#define SECTOR_SHIFT 9
#define PAGE_SECTORS (PAGE_SIZE >> SECTOR_SHIFT)
#define MAX_BLKDEVS  4
#define VD_MAJOR     254 /* of all disks; the minor number says which */

struct block_device {
    char name[4]; /* "vda", "vdb", …: also below /dev */
    unsigned long nsectors;
    /* The driver's: moves one page from or to the frame at `pa`; sleeps or
     * waits until that is done. 0 or -EIO. */
    int (*transfer)(struct block_device *dev, unsigned long sector,
                    unsigned long pa, bool write);
    void *driver;
    unsigned long reads, writes; /* pages moved; failures are not counted */
};

/* The disks, by minor number: vda, vdb, … */
extern struct block_device blkdevs[MAX_BLKDEVS];
extern unsigned int nr_blkdevs;

/* Whole pages of a disk. */
#define blkdev_npages(dev) ((dev)->nsectors / PAGE_SECTORS)

/*
 * Reads or writes page `page_index` of the disk, from or to a frame in any
 * zone. Returns when it is done: 0; -EINVAL beyond the end of the disk; -EIO if
 * the disk failed: what the page, or the disk, holds then is unknown. Sleeps:
 * other tasks may run before it returns, in every case. Neither the page's
 * count nor its flags change; the caller sees to it that nobody frees the page
 * meanwhile. A BUG in an interrupt.
 */
int blkdev_rw_page(struct block_device *dev, unsigned long page_index,
                   struct page *page, bool write);

/* The disk with this number (inode->i_rdev of a S_ISBLK() inode), or NULL. */
struct block_device *bdget(unsigned long rdev);

/* --- for drivers and start-up --------------------------------------------- */

/* A new disk; NULL if there are MAX_BLKDEVS already. */
struct block_device *add_disk(unsigned long nsectors,
                              int (*transfer)(struct block_device *dev,
                                              unsigned long sector,
                                              unsigned long pa, bool write),
                              void *driver);

/* Finds the virtio disks. Part of STAGE_PROC, before fs_init(). */
void virtio_blk_init(void);

/* Makes the files /dev/vda …: part of fs_init(). */
void blkdev_make_nodes(void);

/* One step at the beginning and one at the end of a transfer: odd meanwhile. So
 * the host can tell a processor that waits for a disk from one that sleeps. */
extern volatile unsigned int blk_steps;

/* --- failures on purpose: the tests' -------------------------------------- */

/*
 * The next `count` transfers of these pages of the disk fail with -EIO, and
 * nothing is transferred. `failed` counts them.
 */
struct blk_fault {
    uint32_t count;         /* 0: this rule is not in use */
    uint32_t device;        /* minor number */
    uint32_t write;         /* those that write, or those that read */
    uint32_t first, npages; /* which pages */
    uint32_t failed;
};

#define MAX_BLK_FAULTS 8

extern struct blk_fault blk_faults[MAX_BLK_FAULTS];

#endif
