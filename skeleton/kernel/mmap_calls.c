/* mmap() and munmap() as processes call them. Linux arch/i386/kernel/sys_i386.c
 */
#include <mmap.h>

#include <errno.h>
#include <files.h>
#include <sched.h>
#include <syscalls.h>
#include <uaccess.h>

/* What old_mmap() has in memory in place of six arguments. */
struct mmap_arg_struct {
    unsigned long addr, len, prot, flags, fd, offset;
};

long sys_mmap2(unsigned long addr, unsigned long len, unsigned long prot,
               unsigned long flags, unsigned long fd, unsigned long pgoff)
{
    struct file *file = NULL;
    unsigned long result;

    if (!(flags & MAP_ANONYMOUS)) {
        file = fget(fd);
        if (file == NULL)
            return -EBADF;
    }
    result = do_mmap_pgoff(file, addr, len, prot, flags, pgoff);
    if (file != NULL)
        fput(file);
    return (long)result;
}

long sys_old_mmap(const struct mmap_arg_struct *args)
{
    struct mmap_arg_struct a;

    if (copy_from_user(&a, args, sizeof(a)) != 0)
        return -EFAULT;
    if (a.offset % PAGE_SIZE != 0)
        return -EINVAL;
    return sys_mmap2(a.addr, a.len, a.prot, a.flags, a.fd,
                     a.offset >> PAGE_SHIFT);
}

long sys_munmap(unsigned long addr, unsigned long len)
{
    return do_munmap(current->mm, addr, len);
}
