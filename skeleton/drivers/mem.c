/* /dev/null and /dev/zero. Linux drivers/char/mem.c. */
#include <tty.h>

#include <errno.h>
#include <fs.h>
#include <kernel.h>
#include <uaccess.h>

#define MEM_MAJOR  1
#define NULL_MINOR 3
#define ZERO_MINOR 5

static long write_nowhere(struct file *file, const char *buffer, size_t nbytes,
                          long *pos)
{
    (void)file;
    (void)buffer;
    (void)pos;
    return (long)nbytes;
}

static long read_end(struct file *file, char *buffer, size_t nbytes, long *pos)
{
    (void)file;
    (void)buffer;
    (void)nbytes;
    (void)pos;
    return 0;
}

static long read_zeros(struct file *file, char *buffer, size_t nbytes,
                       long *pos)
{
    unsigned long left = clear_user(buffer, nbytes);

    (void)file;
    (void)pos;
    if (left > 0 && left == nbytes)
        return -EFAULT;
    return (long)(nbytes - left);
}

/* Without nopage() the area is anonymous memory; that can't be shared. */
static int mmap_zeros(struct file *file, struct vm_area_struct *vma)
{
    (void)file;
    return vma->vm_flags & VM_SHARED ? -EINVAL : 0;
}

static const struct file_operations null_operations = {
    .llseek = generic_file_llseek,
    .read = read_end,
    .write = write_nowhere,
};

static const struct file_operations zero_operations = {
    .llseek = generic_file_llseek,
    .read = read_zeros,
    .write = write_nowhere,
    .mmap = mmap_zeros,
};

static int mem_open(struct inode *inode, struct file *file)
{
    switch (MINOR(inode->i_rdev)) {
    case NULL_MINOR:
        file->f_op = &null_operations;
        return 0;
    case ZERO_MINOR:
        file->f_op = &zero_operations;
        return 0;
    default:
        return -ENXIO;
    }
}

static const struct file_operations mem_operations = {
    .open = mem_open,
};

void mem_register(void)
{
    if (register_chrdev(MEM_MAJOR, "mem", &mem_operations) != 0)
        panic("mem_register: major %d is taken", MEM_MAJOR);
}
