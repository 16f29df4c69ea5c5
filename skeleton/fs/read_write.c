/* System calls that read, write and seek in open files. Linux fs/read_write.c.
 */
#include <syscalls.h>

#include <errno.h>
#include <files.h>
#include <pagemap.h>
#include <uaccess.h>

#define MAX_RW_BYTES 0x7ffff000UL /* of one call */
#define MAX_IOVECS   1024UL

/* Linux: an element of readv()'s and writev()'s arrays. */
struct iovec {
    char *iov_base;
    size_t iov_len;
};

static long do_read(struct file *file, char *buffer, size_t nbytes)
{
    if (!(file->f_mode & FMODE_READ))
        return -EBADF;
    if (S_ISDIR(file->f_inode->i_mode))
        return -EISDIR;
    if (file->f_op->read == NULL)
        return -EINVAL;
    if (!access_ok(buffer, nbytes))
        return -EFAULT;
    if (nbytes > MAX_RW_BYTES)
        nbytes = MAX_RW_BYTES;
    return file->f_op->read(file, buffer, nbytes, &file->f_pos);
}

static long do_write(struct file *file, char *buffer, size_t nbytes)
{
    if (!(file->f_mode & FMODE_WRITE))
        return -EBADF;
    if (file->f_op->write == NULL)
        return -EINVAL;
    if (!access_ok(buffer, nbytes))
        return -EFAULT;
    if (nbytes > MAX_RW_BYTES)
        nbytes = MAX_RW_BYTES;
    return file->f_op->write(file, buffer, nbytes, &file->f_pos);
}

long sys_read(unsigned int fd, char *buffer, size_t nbytes)
{
    struct file *file = fget(fd);
    long result;

    if (file == NULL)
        return -EBADF;
    result = do_read(file, buffer, nbytes);
    fput(file);
    return result;
}

long sys_write(unsigned int fd, const char *buffer, size_t nbytes)
{
    struct file *file = fget(fd);
    long result;

    if (file == NULL)
        return -EBADF;
    result = do_write(file, (char *)buffer, nbytes);
    fput(file);
    return result;
}

/* Reads or writes piece by piece, and stops at the first that is not whole. */
static long do_vector(unsigned int fd, const struct iovec *vector,
                      unsigned long n,
                      long (*transfer)(struct file *, char *, size_t))
{
    struct file *file = fget(fd);
    long done = 0, result = n <= MAX_IOVECS ? 0 : -EINVAL;

    if (file == NULL)
        return -EBADF;
    for (unsigned long i = 0; result == 0 && i < n; i++) {
        struct iovec piece;

        result = -EFAULT;
        if (copy_from_user(&piece, &vector[i], sizeof(piece)) != 0)
            break;
        result = transfer(file, piece.iov_base, piece.iov_len);
        if (result < 0)
            break;
        done += result;
        result = (size_t)result == piece.iov_len ? 0 : 1;
    }
    fput(file);
    return result < 0 && done == 0 ? result : done;
}

long sys_readv(unsigned int fd, const struct iovec *vector, unsigned long n)
{
    return do_vector(fd, vector, n, do_read);
}

long sys_writev(unsigned int fd, const struct iovec *vector, unsigned long n)
{
    return do_vector(fd, vector, n, do_write);
}

long kernel_read(struct file *file, unsigned long offset, void *buffer,
                 size_t nbytes)
{
    if (!has_page_cache(file->f_inode))
        return -EINVAL;
    return inode_read(file->f_inode, offset, buffer, nbytes);
}

/* --- seeking -------------------------------------------------------------- */

long generic_file_llseek(struct file *file, long offset, int whence)
{
    long base = 0;

    if (whence == SEEK_CUR)
        base = file->f_pos;
    else if (whence == SEEK_END)
        base = (long)file->f_inode->i_size;
    else if (whence != SEEK_SET)
        return -EINVAL;
    if (__builtin_add_overflow(base, offset, &base) || base < 0)
        return -EINVAL;
    file->f_pos = base;
    return base;
}

long no_llseek(struct file *file, long offset, int whence)
{
    (void)file;
    (void)offset;
    (void)whence;
    return -ESPIPE;
}

long sys_lseek(unsigned int fd, long offset, unsigned int whence)
{
    struct file *file = fget(fd);
    long result = -ESPIPE;

    if (file == NULL)
        return -EBADF;
    if (file->f_op->llseek != NULL)
        result = file->f_op->llseek(file, offset, (int)whence);
    fput(file);
    return result;
}

long sys_llseek(unsigned int fd, unsigned long high, unsigned long low,
                uint64_t *result, unsigned int whence)
{
    long offset = (long)low;
    long position;

    if (high != (offset < 0 ? ~0UL : 0))
        return -EINVAL; /* no file is so long */
    position = sys_lseek(fd, offset, whence);
    if (position < 0)
        return position;
    return put_user((uint64_t)position, result);
}
