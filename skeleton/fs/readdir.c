/*
 * Reading folders. Linux fs/readdir.c.
 *
 * Entries are collected in a page of the kernel's, since readdir() must not
 * sleep, and copied to the user at the end.
 */
#include <syscalls.h>

#include <errno.h>
#include <files.h>
#include <page_alloc.h>
#include <string.h>
#include <uaccess.h>

/* Linux: what getdents() and getdents64() fill in. The name and its 0 follow;
 * the first kind has the type in its last byte. */
struct linux_dirent {
    unsigned long d_ino;
    unsigned long d_off; /* where to seek to for the next one */
    unsigned short d_reclen;
    char d_name[];
};

struct __attribute__((packed)) linux_dirent64 {
    uint64_t d_ino;
    uint64_t d_off;
    unsigned short d_reclen;
    unsigned char d_type;
    char d_name[];
};

#define TYPE_SHIFT 12 /* d_type is the S_IF* part of the mode */

struct collection {
    char *buffer;
    size_t size, used;
    bool wide;  /* linux_dirent64 */
    bool cut;   /* one did not fit */
    char *last; /* the last entry, whose d_off is not known yet */
};

static size_t entry_bytes(const struct collection *all, size_t length)
{
    size_t nbytes = all->wide ? offsetof(struct linux_dirent64, d_name)
                              : offsetof(struct linux_dirent, d_name) + 1;
    size_t unit = all->wide ? sizeof(uint64_t) : sizeof(long);

    return (nbytes + length + 1 + unit - 1) / unit * unit;
}

static void set_offset(const struct collection *all, unsigned long offset)
{
    if (all->last == NULL)
        return;
    if (all->wide)
        ((struct linux_dirent64 *)all->last)->d_off = offset;
    else
        ((struct linux_dirent *)all->last)->d_off = offset;
}

static bool collect(void *context, const struct dir_entry *entry)
{
    struct collection *all = context;
    size_t length = strlen(entry->name);
    size_t nbytes = entry_bytes(all, length);
    char *at = all->buffer + all->used;
    unsigned char type = (entry->mode & S_IFMT) >> TYPE_SHIFT;

    all->cut = nbytes > all->size - all->used;
    if (all->cut)
        return false;
    memset(at, 0, nbytes);
    set_offset(all, entry->ino);
    if (all->wide) {
        struct linux_dirent64 *to = (struct linux_dirent64 *)at;

        to->d_ino = entry->ino;
        to->d_reclen = nbytes;
        to->d_type = type;
        memcpy(to->d_name, entry->name, length);
    } else {
        struct linux_dirent *to = (struct linux_dirent *)at;

        to->d_ino = entry->ino;
        to->d_reclen = nbytes;
        memcpy(to->d_name, entry->name, length);
        at[nbytes - 1] = (char)type;
    }
    all->last = at;
    all->used += nbytes;
    return true;
}

static long fill_and_copy(struct file *file, struct collection *all, char *to)
{
    long start = file->f_pos;
    int error = file->f_op->readdir(file, all, collect);

    if (error != 0)
        return error;
    if (all->used == 0)
        return all->cut ? -EINVAL : 0;
    set_offset(all, file->f_pos);
    if (copy_to_user(to, all->buffer, all->used) == 0)
        return (long)all->used;
    file->f_pos = start;
    return -EFAULT;
}

static long do_getdents(unsigned int fd, char *to, size_t nbytes, bool wide)
{
    struct collection all = {.wide = wide};
    struct file *file = fget(fd);
    long result = -ENOTDIR;

    if (file == NULL)
        return -EBADF;
    if (file->f_op->readdir == NULL)
        goto out;
    result = -ENOMEM;
    all.buffer = (char *)__get_free_pages(GFP_KERNEL, 0);
    all.size = nbytes < PAGE_SIZE ? nbytes : PAGE_SIZE;
    if (all.buffer != NULL)
        result = fill_and_copy(file, &all, to);
    free_page((unsigned long)all.buffer);
out:
    fput(file);
    return result;
}

long sys_getdents(unsigned int fd, void *entries, unsigned int nbytes)
{
    return do_getdents(fd, entries, nbytes, false);
}

long sys_getdents64(unsigned int fd, void *entries, unsigned int nbytes)
{
    return do_getdents(fd, entries, nbytes, true);
}
