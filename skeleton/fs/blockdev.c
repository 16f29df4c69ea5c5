/*
 * Disks as files: /dev/vda and its like. What a process reads or writes goes
 * page by page through a page of the kernel's; a part of a page is read,
 * changed and written. Nothing is kept: what write() has returned for is on the
 * disk. Linux fs/block_dev.c.
 */
#include <blkdev.h>

#include <errno.h>
#include <files.h>
#include <kernel.h>
#include <page_alloc.h>
#include <uaccess.h>
#include <wait.h>

#define NODE_MODE (S_IFBLK | 0660)
#define MAX_BYTES (~0UL >> 1) /* positions are long */

/* Whoever has read a page in order to change a part of it. */
static DECLARE_WAIT_QUEUE_HEAD(writers);
static bool writing;

/* Within one page of the disk, through `kaddr`. */
static int move_part(struct block_device *dev, unsigned long offset,
                     char *buffer, size_t nbytes, char *kaddr, bool write)
{
    struct page *page = virt_to_page(kaddr);
    unsigned long index = offset >> PAGE_SHIFT;
    int error = 0;

    if (!write || nbytes < PAGE_SIZE)
        error = blkdev_rw_page(dev, index, page, false);
    if (error != 0)
        return error;
    kaddr += offset & ~PAGE_MASK;
    if (!write)
        return copy_to_user(buffer, kaddr, nbytes) == 0 ? 0 : -EFAULT;
    if (copy_from_user(kaddr, buffer, nbytes) != 0)
        return -EFAULT;
    return blkdev_rw_page(dev, index, page, true);
}

static long move(struct file *file, char *buffer, size_t nbytes, long *pos,
                 bool write)
{
    struct block_device *dev = file->private_data;
    unsigned long size = file->f_inode->i_size, offset = *pos;
    unsigned long kaddr = __get_free_pages(GFP_KERNEL, 0);
    size_t done = 0;
    int error = kaddr != 0 ? 0 : -ENOMEM;

    if (offset >= size)
        nbytes = 0;
    else if (nbytes > size - offset)
        nbytes = size - offset;
    while (error == 0 && done < nbytes) {
        size_t part = PAGE_SIZE - (offset & ~PAGE_MASK);

        if (part > nbytes - done)
            part = nbytes - done;
        error =
            move_part(dev, offset, buffer + done, part, (char *)kaddr, write);
        if (error == 0) {
            done += part;
            offset += part;
        }
    }
    free_page(kaddr);
    *pos = offset;
    return error == 0 || done > 0 ? (long)done : error;
}

static long blkdev_read(struct file *file, char *buffer, size_t nbytes,
                        long *pos)
{
    return move(file, buffer, nbytes, pos, false);
}

static long blkdev_write(struct file *file, const char *buffer, size_t nbytes,
                         long *pos)
{
    long result;

    if ((unsigned long)*pos >= file->f_inode->i_size)
        return -ENOSPC;
    wait_event(writers, !writing);
    writing = true;
    result = move(file, (char *)buffer, nbytes, pos, true);
    writing = false;
    wake_up(&writers);
    return result;
}

static int blkdev_open(struct inode *inode, struct file *file)
{
    struct block_device *dev = bdget(inode->i_rdev);

    if (dev == NULL)
        return -ENXIO;
    file->private_data = dev;
    inode->i_size = blkdev_npages(dev) <= MAX_BYTES >> PAGE_SHIFT
                        ? blkdev_npages(dev) << PAGE_SHIFT
                        : MAX_BYTES & PAGE_MASK;
    return 0;
}

const struct file_operations blkdev_fops = {
    .llseek = generic_file_llseek,
    .read = blkdev_read,
    .write = blkdev_write,
    .open = blkdev_open,
};

void blkdev_make_nodes(void)
{
    for (unsigned int i = 0; i < nr_blkdevs; i++) {
        char path[sizeof("/dev/") + sizeof(blkdevs[i].name)];
        int error;

        snprintf(path, sizeof(path), "/dev/%s", blkdevs[i].name);
        error = path_create(path, NODE_MODE, MKDEV(VD_MAJOR, i));
        if (error != 0)
            printk("blkdev: %s: error %d\n", path, -error);
    }
}
