/* System calls about files, folders and devices. */
#include <unistd.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/swap.h>
#include <sys/syscall.h>
#include <termios.h>

int open(const char *path, int flags, ...)
{
    mode_t mode = 0;

    if (flags & O_CREAT) {
        va_list args;

        va_start(args, flags);
        mode = va_arg(args, mode_t);
        va_end(args);
    }
    return syscall(SYS_open, path, flags, mode);
}

ssize_t read(int fd, void *buffer, size_t nbytes)
{
    return syscall(SYS_read, fd, buffer, nbytes);
}

ssize_t write(int fd, const void *buffer, size_t nbytes)
{
    return syscall(SYS_write, fd, buffer, nbytes);
}

int write_all(int fd, const void *buffer, size_t nbytes)
{
    const char *at = buffer;

    while (nbytes > 0) {
        ssize_t written = write(fd, at, nbytes);

        if (written < 0 && errno == EINTR)
            continue;
        if (written <= 0)
            return -1;
        at += written;
        nbytes -= written;
    }
    return 0;
}

int close(int fd)
{
    return syscall(SYS_close, fd);
}

off_t lseek(int fd, off_t offset, int whence)
{
    return syscall(SYS_lseek, fd, offset, whence);
}

int pipe(int fds[2])
{
    return syscall(SYS_pipe, fds);
}

int dup2(int from, int to)
{
    return syscall(SYS_dup2, from, to);
}

int unlink(const char *path)
{
    return syscall(SYS_unlink, path);
}

int mkdir(const char *path, mode_t mode)
{
    return syscall(SYS_mkdir, path, mode);
}

int rmdir(const char *path)
{
    return syscall(SYS_rmdir, path);
}

int mknod(const char *path, mode_t mode, dev_t dev)
{
    return syscall(SYS_mknod, path, mode, dev);
}

int chdir(const char *path)
{
    return syscall(SYS_chdir, path);
}

char *getcwd(char *buffer, size_t size)
{
    return syscall(SYS_getcwd, buffer, size) < 0 ? NULL : buffer;
}

int stat(const char *path, struct stat *status)
{
    return syscall(SYS_stat, path, status);
}

int fstat(int fd, struct stat *status)
{
    return syscall(SYS_fstat, fd, status);
}

int ioctl(int fd, unsigned long request, ...)
{
    va_list args;
    void *argument;

    va_start(args, request);
    argument = va_arg(args, void *);
    va_end(args);
    return syscall(SYS_ioctl, fd, request, argument);
}

int tcgetattr(int fd, struct termios *settings)
{
    return ioctl(fd, TCGETS, settings);
}

int tcsetattr(int fd, int when, const struct termios *settings)
{
    if (when != TCSANOW) {
        errno = EINVAL;
        return -1;
    }
    return ioctl(fd, TCSETS, settings);
}

int isatty(int fd)
{
    struct termios settings;

    return tcgetattr(fd, &settings) == 0;
}

/* --- folders --- */

#define ENTRIES_SIZE 2048

struct dir {
    int fd;
    size_t at, end; /* the entries that readdir() hasn't given out yet */
    _Alignas(struct dirent) char entries[ENTRIES_SIZE];
};

DIR *opendir(const char *path)
{
    struct dir *dir;
    int fd = open(path, O_RDONLY);
    struct stat status;

    if (fd < 0)
        return NULL;
    if (fstat(fd, &status) < 0)
        goto failed;
    if (!S_ISDIR(status.st_mode)) {
        errno = ENOTDIR;
        goto failed;
    }
    dir = malloc(sizeof(*dir));
    if (dir == NULL)
        goto failed;
    dir->fd = fd;
    dir->at = dir->end = 0;
    return dir;
failed:
    close(fd);
    return NULL;
}

struct dirent *readdir(DIR *dir)
{
    struct dirent *entry;

    if (dir->at == dir->end) {
        int nbytes =
            syscall(SYS_getdents, dir->fd, dir->entries, sizeof(dir->entries));

        if (nbytes <= 0)
            return NULL;
        dir->at = 0;
        dir->end = nbytes;
    }
    entry = (struct dirent *)(dir->entries + dir->at);
    dir->at += entry->d_reclen;
    return entry;
}

int closedir(DIR *dir)
{
    int fd = dir->fd;

    free(dir);
    return close(fd);
}

int swapon(const char *path, int flags)
{
    return syscall(SYS_swapon, path, flags);
}

int swapoff(const char *path)
{
    return syscall(SYS_swapoff, path);
}
