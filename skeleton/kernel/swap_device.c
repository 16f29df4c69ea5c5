/* The disks below swap areas: from a path to a disk, page by page. */
#include <swap.h>

#include <blkdev.h>
#include <errno.h>
#include <files.h>

int swap_open_device(const char *path, struct block_device **result)
{
    struct file *file;
    char *name;
    int error = getname(path, &name);

    if (error != 0)
        return error;
    error = filp_open(name, O_RDWR, 0, &file);
    putname(name);
    if (error != 0)
        return error;
    *result = NULL;
    if (S_ISBLK(file->f_inode->i_mode))
        *result = bdget(file->f_inode->i_rdev);
    fput(file);
    return *result == NULL ? -ENOTBLK : 0;
}

unsigned long swap_device_pages(const struct block_device *bdev)
{
    return blkdev_npages(bdev);
}

int swap_device_rw(struct block_device *bdev, unsigned long index,
                   struct page *page, bool write)
{
    if (bdev == NULL)
        return -EIO; /* the area of probe_vm.h has no disk */
    return blkdev_rw_page(bdev, index, page, write) == 0 ? 0 : -EIO;
}
