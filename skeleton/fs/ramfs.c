/*
 * The file system in memory: its files are what the page cache holds, its
 * folders lists of inodes. Linux fs/ramfs.
 */
#include <files.h>

#include <errno.h>
#include <kernel.h>
#include <page_alloc.h>
#include <pagemap.h>

/* Places of "." and ".." for readdir(); an entry's place is its i_ino, and all
 * of them are larger. */
#define PLACE_SELF   0
#define PLACE_PARENT 1
#define PLACE_FIRST  2

static const struct file_operations ramfs_file_operations = {
    .llseek = generic_file_llseek,
    .read = generic_file_read,
    .write = generic_file_write,
    .mmap = generic_file_mmap,
};

static void set_operations(struct inode *inode)
{
    if (S_ISDIR(inode->i_mode)) {
        inode->i_op = &ramfs_dir_inode_operations;
        inode->i_fop = &ramfs_dir_operations;
    } else if (S_ISBLK(inode->i_mode)) {
        inode->i_fop = &blkdev_fops;
    } else {
        inode->i_fop =
            S_ISCHR(inode->i_mode) ? &chrdev_fops : &ramfs_file_operations;
    }
}

/* Whatever may sleep is done before the folder is looked at. */
static int ramfs_create(struct inode *folder, const char *name,
                        unsigned int mode, unsigned long dev)
{
    struct inode *inode = new_inode(mode), *other = NULL;
    int error = -ENOMEM;

    if (inode == NULL)
        return -ENOMEM;
    set_operations(inode);
    inode->i_rdev = dev;
    error = inode_name(inode, folder, name);
    if (error != 0)
        goto out;
    other = inode_child(folder, name);
    if (other != NULL)
        error = -EEXIST;
    else if (folder->i_nlink == 0)
        error = -ENOENT;
    else
        inode_link(inode);
out:
    iput(other);
    iput(inode);
    return error;
}

static int ramfs_unlink(struct inode *folder, const char *name)
{
    struct inode *inode = inode_child(folder, name);
    int error = 0;

    if (inode == NULL)
        return -ENOENT;
    if (list_empty(&inode->i_children))
        inode_unlink(inode);
    else
        error = -ENOTEMPTY;
    iput(inode);
    return error;
}

static bool fill_dots(struct file *file, void *context, filldir_t fill)
{
    const struct inode *self = file->f_inode;
    const struct inode *parent = self->i_parent != NULL ? self->i_parent : self;
    struct dir_entry dot = {".", self->i_ino, self->i_mode};
    struct dir_entry dots = {"..", parent->i_ino, parent->i_mode};

    if (file->f_pos == PLACE_SELF) {
        if (!fill(context, &dot))
            return false;
        file->f_pos = PLACE_PARENT;
    }
    if (file->f_pos == PLACE_PARENT) {
        if (!fill(context, &dots))
            return false;
        file->f_pos = PLACE_FIRST;
    }
    return true;
}

bool ramfs_fill(struct file *file, void *context, filldir_t fill)
{
    struct list_head *at;

    if (!fill_dots(file, context, fill))
        return false;
    list_for_each (at, &file->f_inode->i_children) {
        const struct inode *inode = list_entry(at, struct inode, i_sibling);
        struct dir_entry entry = {inode->i_name, inode->i_ino, inode->i_mode};

        if (inode->i_ino < (unsigned long)file->f_pos)
            continue;
        if (!fill(context, &entry))
            return false;
        file->f_pos = (long)inode->i_ino + 1;
    }
    return true;
}

static int ramfs_readdir(struct file *file, void *context, filldir_t fill)
{
    ramfs_fill(file, context, fill);
    return 0;
}

const struct inode_operations ramfs_dir_inode_operations = {
    .lookup = inode_child,
    .create = ramfs_create,
    .unlink = ramfs_unlink,
};

const struct file_operations ramfs_dir_operations = {
    .llseek = generic_file_llseek,
    .readdir = ramfs_readdir,
};

void ramfs_init(void)
{
    page_cache_limit = nr_free_pages() / 2;
    root_inode = new_inode(S_IFDIR | 0755);
    if (root_inode == NULL)
        panic("ramfs_init: no memory for the root, %d", -ENOMEM);
    root_inode->i_nlink = 2;
    set_operations(root_inode);
}
