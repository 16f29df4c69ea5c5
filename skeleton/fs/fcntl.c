/* System calls on descriptors: copies, flags, devices' own commands, and those
 * that have nothing to do here. Linux fs/fcntl.c, fs/ioctl.c. */
#include <syscalls.h>

#include <bitops.h>
#include <errno.h>
#include <files.h>
#include <sched.h>

#define F_DUPFD         0
#define F_GETFD         1
#define F_SETFD         2
#define F_GETFL         3
#define F_SETFL         4
#define F_DUPFD_CLOEXEC 1030
#define FD_CLOEXEC      1UL
#define SETTABLE_FLAGS  (O_APPEND | O_NONBLOCK)

/* Another descriptor, at least `from`, for the file; needs a use of it. */
static long dup_file(struct file *file, unsigned int from, bool cloexec)
{
    int fd;

    get_file(file);
    fd = fd_install(file, from, cloexec);
    if (fd < 0)
        fput(file);
    return fd;
}

long sys_dup(unsigned int fd)
{
    struct file *file = fget(fd);
    int result;

    if (file == NULL)
        return -EBADF;
    result = fd_install(file, 0, false);
    if (result < 0)
        fput(file);
    return result;
}

long sys_dup2(unsigned int fd, unsigned int new_fd)
{
    struct file *file = fget(fd);
    int result = (int)fd;

    if (file == NULL)
        return -EBADF;
    if (fd != new_fd)
        result = fd_replace(new_fd, file);
    if (fd == new_fd || result < 0)
        fput(file);
    return result;
}

static long do_fcntl(struct file *file, unsigned int fd, unsigned int command,
                     unsigned long argument)
{
    unsigned long *cloexec = current->files->close_on_exec;

    switch (command) {
    case F_DUPFD:
    case F_DUPFD_CLOEXEC:
        if (argument >= NR_OPEN)
            return -EINVAL;
        return dup_file(file, argument, command == F_DUPFD_CLOEXEC);
    case F_GETFD:
        return test_bit(fd, cloexec) ? (long)FD_CLOEXEC : 0;
    case F_SETFD:
        if (argument & FD_CLOEXEC)
            set_bit(fd, cloexec);
        else
            clear_bit(fd, cloexec);
        return 0;
    case F_GETFL:
        return (long)file->f_flags;
    case F_SETFL:
        file->f_flags =
            (file->f_flags & ~SETTABLE_FLAGS) | (argument & SETTABLE_FLAGS);
        return 0;
    default:
        return -EINVAL;
    }
}

long sys_fcntl(unsigned int fd, unsigned int command, unsigned long argument)
{
    struct file *file = fget(fd);
    long result;

    if (file == NULL)
        return -EBADF;
    result = do_fcntl(file, fd, command, argument);
    fput(file);
    return result;
}

long sys_ioctl(unsigned int fd, unsigned int command, unsigned long argument)
{
    struct file *file = fget(fd);
    long result = -ENOTTY;

    if (file == NULL)
        return -EBADF;
    if (file->f_op->ioctl != NULL)
        result = file->f_op->ioctl(file->f_inode, file, command, argument);
    fput(file);
    return result;
}

/* There is nothing behind the page cache. */
long sys_sync(void)
{
    return 0;
}

long sys_msync(unsigned long addr, unsigned long len, int flags)
{
    (void)addr;
    (void)len;
    (void)flags;
    return 0;
}
