/*
 * Character devices: which driver a major number means. Linux fs/devices.c.
 */
#include <fs.h>

#include <blkdev.h>
#include <errno.h>
#include <module.h>
#include <seq_file.h>
#include <string.h>

#define MAX_CHRDEV  256 /* majors: 0 … 255 */
#define FIRST_MAJOR 254 /* the first that is given to who doesn't care */

static struct {
    const char *name; /* NULL: free */
    const struct file_operations *fops;
} chrdevs[MAX_CHRDEV];

static unsigned int free_major(void)
{
    unsigned int major = FIRST_MAJOR;

    while (major > 0 && chrdevs[major].name != NULL)
        major--;
    return major;
}

int register_chrdev(unsigned int major, const char *name,
                    const struct file_operations *fops)
{
    bool any = major == 0;

    if (any)
        major = free_major();
    if (major >= MAX_CHRDEV || name == NULL || fops == NULL)
        return -EINVAL;
    if (major == 0 || chrdevs[major].name != NULL)
        return -EBUSY;
    chrdevs[major].name = name;
    chrdevs[major].fops = fops;
    return any ? (int)major : 0;
}

int unregister_chrdev(unsigned int major, const char *name)
{
    if (major >= MAX_CHRDEV || chrdevs[major].name == NULL ||
        strcmp(chrdevs[major].name, name) != 0)
        return -EINVAL;
    chrdevs[major].name = NULL;
    chrdevs[major].fops = NULL;
    return 0;
}

/* Puts the driver's operations in the place of these; fput() counts their
 * owner as used no more. */
static int chrdev_open(struct inode *inode, struct file *file)
{
    unsigned int major = MAJOR(inode->i_rdev);
    const struct file_operations *fops = NULL;
    int error;

    if (major < MAX_CHRDEV)
        fops = chrdevs[major].fops;
    if (fops == NULL || !try_inc_mod_count(fops->owner))
        return -ENODEV;
    file->f_op = fops;
    error = fops->open != NULL ? fops->open(inode, file) : 0;
    if (error != 0)
        dec_mod_count(fops->owner);
    return error;
}

const struct file_operations chrdev_fops = {
    .open = chrdev_open,
};

void devices_show(struct seq_file *file)
{
    seq_printf(file, "Character devices:\n");
    for (int major = 0; major < MAX_CHRDEV; major++)
        if (chrdevs[major].name != NULL)
            seq_printf(file, "%3d %s\n", major, chrdevs[major].name);
    if (nr_blkdevs > 0)
        seq_printf(file, "\nBlock devices:\n%3d virtblk\n", VD_MAJOR);
}
