/*
 * The disks, whoever drives them: their list, and one transfer at a time. Linux
 * drivers/block/ll_rw_blk.c, genhd.c.
 *
 * While a page is on its way nothing else runs, so that a machine without a
 * clock does the same things at the same instruction each time. But a caller
 * can't rely on that: the others' turn comes between the transfer and its
 * return.
 */
#include <blkdev.h>

#include <errno.h>
#include <fs.h>
#include <irq.h>
#include <kernel.h>
#include <sched.h>

struct block_device blkdevs[MAX_BLKDEVS];
unsigned int nr_blkdevs;
volatile unsigned int blk_steps;
struct blk_fault blk_faults[MAX_BLK_FAULTS];

struct block_device *add_disk(unsigned long nsectors,
                              int (*transfer)(struct block_device *dev,
                                              unsigned long sector,
                                              unsigned long pa, bool write),
                              void *driver)
{
    struct block_device *dev = &blkdevs[nr_blkdevs];

    if (nr_blkdevs == MAX_BLKDEVS)
        return NULL;
    snprintf(dev->name, sizeof(dev->name), "vd%c", 'a' + (int)nr_blkdevs);
    dev->nsectors = nsectors;
    dev->transfer = transfer;
    dev->driver = driver;
    nr_blkdevs++;
    return dev;
}

struct block_device *bdget(unsigned long rdev)
{
    if (MAJOR(rdev) != VD_MAJOR || MINOR(rdev) >= nr_blkdevs)
        return NULL;
    return &blkdevs[MINOR(rdev)];
}

static bool is_to_fail(const struct block_device *dev, unsigned long page_index,
                       bool write)
{
    for (struct blk_fault *fault = blk_faults;
         fault < blk_faults + MAX_BLK_FAULTS; fault++) {
        if (fault->count == 0 || dev != &blkdevs[fault->device] ||
            write != (fault->write != 0) ||
            page_index - fault->first >= fault->npages)
            continue;
        fault->count--;
        fault->failed++;
        return true;
    }
    return false;
}

static int transfer_page(struct block_device *dev, unsigned long page_index,
                         struct page *page, bool write)
{
    int error;

    if (page_index >= blkdev_npages(dev))
        return -EINVAL;
    if (is_to_fail(dev, page_index, write))
        return -EIO;
    blk_steps++;
    error = dev->transfer(dev, page_index * PAGE_SECTORS,
                          page_to_pfn(page) << PAGE_SHIFT, write);
    blk_steps++;
    if (error == 0 && write)
        dev->writes++;
    else if (error == 0)
        dev->reads++;
    return error;
}

int blkdev_rw_page(struct block_device *dev, unsigned long page_index,
                   struct page *page, bool write)
{
    int error;

    BUG_ON(in_interrupt());
    error = transfer_page(dev, page_index, page, write);
    if (others_can_run())
        yield();
    return error;
}
