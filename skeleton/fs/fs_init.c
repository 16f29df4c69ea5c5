/* Brings up the files: caches, "/", the ramdisk's files, /dev and /proc. */
#include <files.h>

#include <blkdev.h>
#include <errno.h>
#include <kernel.h>
#include <proc.h>
#include <tty.h>

/* What there must be in /dev, even without a ramdisk. */
static const struct {
    const char *path;
    unsigned int mode;
    unsigned long dev;
} nodes[] = {
    {"/dev", S_IFDIR | 0755, 0},
    {"/dev/null", S_IFCHR | 0666, MKDEV(1, 3)},
    {"/dev/zero", S_IFCHR | 0666, MKDEV(1, 5)},
    {"/dev/tty", S_IFCHR | 0666, MKDEV(5, 0)},
    {"/dev/console", S_IFCHR | 0600, MKDEV(5, 1)},
};

static void make_nodes(void)
{
    for (size_t i = 0; i < ARRAY_SIZE(nodes); i++) {
        int error = path_create(nodes[i].path, nodes[i].mode, nodes[i].dev);

        if (error != 0 && error != -EEXIST)
            printk("fs_init: %s: error %d\n", nodes[i].path, -error);
    }
}

void fs_init(void)
{
    inode_init();
    file_table_init();
    ramfs_init();
    mem_register();
    tty_register();
    initrd_unpack();
    make_nodes();
    blkdev_make_nodes();
    proc_init_files();
}
