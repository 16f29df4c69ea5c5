/* What is known about a file, in Linux i386's layouts. Linux fs/stat.c. */
#include <syscalls.h>

#include <errno.h>
#include <files.h>
#include <page.h>
#include <string.h>
#include <uaccess.h>

#define RAM_DEV     1   /* the device that files are on: 00:01 */
#define BLOCK_BYTES 512 /* st_blocks counts these */

/* fstatat64()'s flags. There are neither links nor automounts. */
#define AT_SYMLINK_NOFOLLOW 0x0100
#define AT_NO_AUTOMOUNT     0x0800
#define AT_EMPTY_PATH       0x1000 /* an empty path is the descriptor's file */

struct stat {
    unsigned long st_dev;
    unsigned long st_ino;
    unsigned short st_mode, st_nlink, st_uid, st_gid;
    unsigned long st_rdev;
    unsigned long st_size;
    unsigned long st_blksize;
    unsigned long st_blocks;
    unsigned long times[6]; /* access, change, status; with nanoseconds */
    unsigned long unused[2];
};

struct __attribute__((packed)) stat64 {
    uint64_t st_dev;
    unsigned long unused1;
    unsigned long st_ino32;
    unsigned long st_mode, st_nlink, st_uid, st_gid;
    uint64_t st_rdev;
    unsigned long unused2;
    uint64_t st_size;
    unsigned long st_blksize;
    uint64_t st_blocks;
    unsigned long times[6];
    uint64_t st_ino;
};

_Static_assert(sizeof(struct stat) == 64, "Linux i386's struct stat");
_Static_assert(sizeof(struct stat64) == 96, "Linux i386's struct stat64");

typedef long (*fill_t)(const struct inode *inode, void *buffer);

static long fill_stat(const struct inode *inode, void *buffer)
{
    struct stat stat;

    memset(&stat, 0, sizeof(stat));
    stat.st_dev = RAM_DEV;
    stat.st_ino = inode->i_ino;
    stat.st_mode = inode->i_mode;
    stat.st_nlink = inode->i_nlink;
    stat.st_rdev = inode->i_rdev;
    stat.st_size = inode->i_size;
    stat.st_blksize = PAGE_SIZE;
    stat.st_blocks = inode->i_nrpages * (PAGE_SIZE / BLOCK_BYTES);
    return copy_to_user(buffer, &stat, sizeof(stat)) == 0 ? 0 : -EFAULT;
}

static long fill_stat64(const struct inode *inode, void *buffer)
{
    struct stat64 stat;

    memset(&stat, 0, sizeof(stat));
    stat.st_dev = RAM_DEV;
    stat.st_ino = stat.st_ino32 = inode->i_ino;
    stat.st_mode = inode->i_mode;
    stat.st_nlink = inode->i_nlink;
    stat.st_rdev = inode->i_rdev;
    stat.st_size = inode->i_size;
    stat.st_blksize = PAGE_SIZE;
    stat.st_blocks = inode->i_nrpages * (PAGE_SIZE / BLOCK_BYTES);
    return copy_to_user(buffer, &stat, sizeof(stat)) == 0 ? 0 : -EFAULT;
}

static long stat_path(const char *name, void *buffer, fill_t fill)
{
    struct inode *inode;
    long result = user_lookup(name, &inode);

    if (result != 0)
        return result;
    result = fill(inode, buffer);
    iput(inode);
    return result;
}

static long stat_fd(unsigned int fd, void *buffer, fill_t fill)
{
    struct file *file = fget(fd);
    long result;

    if (file == NULL)
        return -EBADF;
    result = fill(file->f_inode, buffer);
    fput(file);
    return result;
}

long sys_stat(const char *name, void *buffer)
{
    return stat_path(name, buffer, fill_stat);
}

long sys_lstat(const char *name, void *buffer)
{
    return stat_path(name, buffer, fill_stat); /* there are no links */
}

long sys_fstat(unsigned int fd, void *buffer)
{
    return stat_fd(fd, buffer, fill_stat);
}

long sys_stat64(const char *name, void *buffer)
{
    return stat_path(name, buffer, fill_stat64);
}

long sys_lstat64(const char *name, void *buffer)
{
    return stat_path(name, buffer, fill_stat64);
}

long sys_fstat64(unsigned int fd, void *buffer)
{
    return stat_fd(fd, buffer, fill_stat64);
}

long sys_fstatat64(int folder, const char *name, void *buffer, int flags)
{
    struct inode *cwd;
    long result;
    char first;

    if (flags & ~(AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT | AT_EMPTY_PATH))
        return -EINVAL;
    if (get_user(first, name) != 0)
        return -EFAULT;
    if (first == '\0' && (flags & AT_EMPTY_PATH) && folder != AT_FDCWD)
        return sys_fstat64((unsigned int)folder, buffer);
    result = at_begin(folder, &cwd);
    if (result == 0) {
        result = sys_stat64(name, buffer);
        at_end(cwd);
    }
    return result;
}
