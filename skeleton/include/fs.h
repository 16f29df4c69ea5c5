/*
 * Files, as processes see them. Linux include/linux/fs.h, without dentries: a
 * folder's inode lists its entries itself.
 *
 *     task->files -> struct file -> struct inode -> its pages (pagemap.h)
 *                    one an open    one a file
 *                    file           of the disk
 */
#ifndef FS_H
#define FS_H

#include <list.h>
#include <mm.h>
#include <types.h>

struct file;
struct inode;
struct module;

/* i_mode: Linux's numbers. */
#define S_IFMT        0170000
#define S_IFIFO       0010000
#define S_IFCHR       0020000
#define S_IFDIR       0040000
#define S_IFBLK       0060000
#define S_IFREG       0100000
#define S_ISCHR(mode) (((mode)&S_IFMT) == S_IFCHR)
#define S_ISBLK(mode) (((mode)&S_IFMT) == S_IFBLK)
#define S_ISDIR(mode) (((mode)&S_IFMT) == S_IFDIR)
#define S_ISREG(mode) (((mode)&S_IFMT) == S_IFREG)

#define S_IRWXUGO 0007777 /* all that is not the kind */
#define S_IXUGO   0000111

/* Flags of open(). */
#define O_ACCMODE   00000003
#define O_RDONLY    00000000
#define O_WRONLY    00000001
#define O_RDWR      00000002
#define O_CREAT     00000100
#define O_EXCL      00000200
#define O_TRUNC     00001000
#define O_APPEND    00002000
#define O_NONBLOCK  00004000
#define O_DIRECTORY 00200000
#define O_CLOEXEC   02000000

/* lseek()'s whence. */
#define SEEK_SET 0
#define SEEK_CUR 1
#define SEEK_END 2

/* What poll() tells of a file: Linux's numbers. */
#define POLLIN   0x01 /* read() does not wait */
#define POLLOUT  0x04 /* write() does not wait */
#define POLLERR  0x08 /* nobody will read what is written */
#define POLLHUP  0x10 /* nobody will write any more */
#define POLLNVAL 0x20 /* there is no such descriptor */

/* f_mode */
#define FMODE_READ  1
#define FMODE_WRITE 2

#define NR_OPEN  1024 /* file descriptors of a process at most */
#define NAME_MAX 255  /* bytes of a name, without the 0 */
#define PATH_MAX 4096 /* bytes of a path, with it */

#define MAJOR(dev)          ((unsigned int)(dev) >> 8)
#define MINOR(dev)          ((unsigned int)(dev)&0xff)
#define MKDEV(major, minor) ((unsigned long)((major) << 8 | (minor)))

/* An entry of a folder, for readdir(). */
struct dir_entry {
    const char *name;
    unsigned long ino;
    unsigned int mode; /* S_IF* */
};

/* What readdir() calls for each entry; false: it doesn't want this one now, and
 * readdir() stops. Never sleeps. */
typedef bool (*filldir_t)(void *context, const struct dir_entry *entry);

/*
 * What can be done with an open file. Results are 0 or more, or a negative
 * error number; NULL: -EINVAL, or nothing to be done for open, release. Buffers
 * are the user's.
 */
struct file_operations {
    struct module *owner; /* counted as used while a file is open; or NULL */
    long (*llseek)(struct file *file, long offset, int whence);
    long (*read)(struct file *file, char *buffer, size_t nbytes, long *pos);
    long (*write)(struct file *file, const char *buffer, size_t nbytes,
                  long *pos);
    /* Entries from f_pos on; f_pos is the next one's place then. Never sleeps.
     */
    int (*readdir)(struct file *file, void *context, filldir_t fill);
    int (*ioctl)(struct inode *inode, struct file *file, unsigned int command,
                 unsigned long argument);
    int (*mmap)(struct file *file, struct vm_area_struct *vma);
    /* POLL* that hold now; NULL: reading and writing never wait. Never sleeps.
     */
    unsigned int (*poll)(const struct file *file);
    int (*open)(struct inode *inode, struct file *file);
    int (*release)(struct inode *inode, struct file *file);
};

/* What can be done with a folder. An inode that is returned has a use counted
 * for the caller. */
struct inode_operations {
    struct inode *(*lookup)(struct inode *folder, const char *name);
    int (*create)(struct inode *folder, const char *name, unsigned int mode,
                  unsigned long dev);
    int (*unlink)(struct inode *folder, const char *name);
};

/*
 * A file or folder. One with links is an entry of i_parent, and stays though
 * nobody uses it; one without (a pipe's, one of /proc/PID, one that was
 * unlinked) is freed with its last use.
 */
struct inode {
    unsigned long i_ino;
    unsigned int i_mode; /* S_IF* and permissions */
    unsigned int i_nlink;
    int i_count;           /* users: iget(), iput() */
    unsigned long i_size;  /* in bytes */
    unsigned long i_rdev;  /* of devices: MKDEV() */
    struct page **i_pages; /* page cache: pagemap.h */
    unsigned long i_nslots, i_nrpages;
    const struct inode_operations *i_op;
    const struct file_operations *i_fop;
    const void *i_private; /* the file system's */

    char *i_name;           /* from kmalloc(), or NULL */
    struct inode *i_parent; /* holds a use of it; NULL: the root, or none */
    struct list_head i_children; /* a folder's, by rising i_ino */
    struct list_head i_sibling;
};

struct file {
    const struct file_operations *f_op;
    struct inode *f_inode; /* holds a use of it */
    int f_count;
    unsigned int f_mode;  /* FMODE_* */
    unsigned int f_flags; /* O_* */
    long f_pos;
    void *private_data; /* f_op's */
};

/* The folder "/". Made by fs_init(). */
extern struct inode *root_inode;

/* A new inode with one use and no links, or NULL without memory. May sleep. */
struct inode *new_inode(unsigned int mode);

/* One use more; one less, the last of which frees an inode without links. */
void iget(struct inode *inode);
void iput(struct inode *inode);

/* Gives a fresh inode a name and the folder that it is in, for its path. 0,
 * -ENOMEM. May sleep. */
int inode_name(struct inode *inode, struct inode *folder, const char *name);

/* Makes the inode, which has a name, an entry of its folder; takes it out. */
void inode_link(struct inode *inode);
void inode_unlink(struct inode *inode);

/* The entry of that name, with a use counted, or NULL. */
struct inode *inode_child(struct inode *folder, const char *name);

/* The path of an inode, at the end of the buffer: its first byte. */
char *inode_path(const struct inode *inode, char *buffer, size_t size);

/* One use more; one less, the last of which closes it. fput() may sleep. */
void get_file(struct file *file);
void fput(struct file *file);

/* What files in general do. */
long generic_file_llseek(struct file *file, long offset, int whence);
long no_llseek(struct file *file, long offset, int whence);

/* What open files of character devices start with: finds the driver. */
extern const struct file_operations chrdev_fops;

/* What open files of disks do: fs/blockdev.c. */
extern const struct file_operations blkdev_fops;

/*
 * Registers a character device's operations for a major number; 0: any that is
 * free, from 254 downwards. The number, or 0 if one was asked for; -EBUSY,
 * -EINVAL. Linux fs/devices.c.
 */
int register_chrdev(unsigned int major, const char *name,
                    const struct file_operations *fops);
int unregister_chrdev(unsigned int major, const char *name);

/* The view /proc/devices. */
struct seq_file;
void devices_show(struct seq_file *file);

#endif
