/*
 * Reading and writing regular files: between their pages and memory, the
 * user's or the kernel's. Linux mm/filemap.c.
 */
#include <pagemap.h>

#include <errno.h>
#include <highmem.h>
#include <page_alloc.h>
#include <string.h>
#include <uaccess.h>

/* Copies like copy_to_user(): returns how many bytes were not copied. */
typedef unsigned long (*copy_t)(void *to, const void *from,
                                unsigned long nbytes);

static unsigned long copy_in_kernel(void *to, const void *from,
                                    unsigned long nbytes)
{
    memcpy(to, from, nbytes);
    return 0;
}

static size_t smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* Copies a part of one page of the file out: bytes that were copied. */
static size_t read_part(const struct inode *inode, unsigned long offset,
                        char *buffer, size_t nbytes, copy_t copy)
{
    struct page *page = find_get_page(inode, offset >> PAGE_SHIFT);
    char *kaddr;
    size_t left;

    if (page == NULL)
        page = ZERO_PAGE;
    kaddr = kmap(page);
    left = copy(buffer, kaddr + (offset & ~PAGE_MASK), nbytes);
    kunmap(page);
    __free_page(page); /* does nothing to ZERO_PAGE, which is reserved */
    return nbytes - left;
}

static long read_pages(const struct inode *inode, unsigned long offset,
                       char *buffer, size_t nbytes, copy_t copy)
{
    size_t done = 0;

    while (done < nbytes && offset < inode->i_size) {
        size_t part = PAGE_SIZE - (offset & ~PAGE_MASK);
        size_t copied;

        part = smaller(part, smaller(nbytes - done, inode->i_size - offset));
        copied = read_part(inode, offset, buffer + done, part, copy);
        done += copied;
        offset += copied;
        if (copied < part)
            return done > 0 ? (long)done : -EFAULT;
    }
    return (long)done;
}

/* Copies into a part of one page: bytes, or an error number. */
static long write_part(struct inode *inode, unsigned long offset,
                       const char *buffer, size_t nbytes, copy_t copy)
{
    struct page *page;
    char *kaddr;
    size_t copied;
    int error = grab_cache_page(inode, offset >> PAGE_SHIFT, &page);

    if (error != 0)
        return error;
    kaddr = kmap(page);
    copied = nbytes - copy(kaddr + (offset & ~PAGE_MASK), buffer, nbytes);
    kunmap(page);
    set_page_dirty(page);
    __free_page(page);
    if (copied == 0)
        return -EFAULT;
    if (offset + copied > inode->i_size)
        inode->i_size = offset + copied;
    return (long)copied;
}

static long write_pages(struct inode *inode, unsigned long offset,
                        const char *buffer, size_t nbytes, copy_t copy)
{
    size_t done = 0;

    while (done < nbytes) {
        size_t part = smaller(PAGE_SIZE - (offset & ~PAGE_MASK), nbytes - done);
        long copied = write_part(inode, offset, buffer + done, part, copy);

        if (copied < 0)
            return done > 0 ? (long)done : copied;
        done += copied;
        offset += copied;
    }
    return (long)done;
}

long generic_file_read(struct file *file, char *buffer, size_t nbytes,
                       long *pos)
{
    long done = read_pages(file->f_inode, *pos, buffer, nbytes, copy_to_user);

    if (done > 0)
        *pos += done;
    return done;
}

long generic_file_write(struct file *file, const char *buffer, size_t nbytes,
                        long *pos)
{
    long done;

    if (file->f_flags & O_APPEND)
        *pos = file->f_inode->i_size;
    done = write_pages(file->f_inode, *pos, buffer, nbytes, copy_from_user);
    if (done > 0)
        *pos += done;
    return done;
}

long inode_read(struct inode *inode, unsigned long offset, void *buffer,
                size_t nbytes)
{
    return read_pages(inode, offset, buffer, nbytes, copy_in_kernel);
}

long inode_write(struct inode *inode, unsigned long offset, const void *buffer,
                 size_t nbytes)
{
    return write_pages(inode, offset, (const char *)buffer, nbytes,
                       copy_in_kernel);
}
