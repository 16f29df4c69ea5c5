/*
 * Opening and closing, and system calls by path that need no open file. Linux
 * fs/open.c.
 */
#include <syscalls.h>

#include <errno.h>
#include <files.h>
#include <pagemap.h>
#include <sched.h>
#include <string.h>
#include <uaccess.h>

#define X_OK 1

/* May the inode be opened so? */
static int check_open(const struct inode *inode, int flags)
{
    bool writes = (flags & O_ACCMODE) != O_RDONLY || (flags & O_TRUNC);

    if (S_ISDIR(inode->i_mode) && writes)
        return -EISDIR;
    if (!S_ISDIR(inode->i_mode) && (flags & O_DIRECTORY))
        return -ENOTDIR;
    if ((flags & O_ACCMODE) == O_ACCMODE)
        return -EINVAL;
    return 0;
}

/* Opens the inode; its use goes over to the file. */
static int open_inode(struct inode *inode, int flags, struct file **result)
{
    int error = check_open(inode, flags);
    struct file *file = error == 0 ? file_alloc(inode, flags) : NULL;

    if (file == NULL) {
        iput(inode);
        return error != 0 ? error : -ENOMEM;
    }
    if ((flags & O_TRUNC) && has_page_cache(inode))
        error = inode_truncate(inode, 0);
    if (error == 0 && file->f_op->open != NULL)
        error = file->f_op->open(inode, file);
    if (error != 0) {
        file->f_op = NULL; /* there is nothing to release */
        fput(file);
        return error;
    }
    *result = file;
    return 0;
}

int filp_open(const char *path, int flags, unsigned int mode,
              struct file **result)
{
    struct inode *inode;
    int error;

    if (flags & O_CREAT) {
        error = path_create(path, S_IFREG | (mode & S_IRWXUGO), 0);
        if (error != 0 && (error != -EEXIST || (flags & O_EXCL)))
            return error;
    }
    error = path_lookup(path, &inode);
    if (error != 0)
        return error;
    return open_inode(inode, flags, result);
}

long sys_open(const char *name, int flags, unsigned int mode)
{
    struct file *file;
    char *path;
    int fd, error = getname(name, &path);

    if (error != 0)
        return error;
    error = filp_open(path, flags, mode & ~current->files->umask, &file);
    putname(path);
    if (error != 0)
        return error;
    fd = fd_install(file, 0, flags & O_CLOEXEC);
    if (fd < 0)
        fput(file);
    return fd;
}

long sys_openat(int folder, const char *name, int flags, unsigned int mode)
{
    struct inode *cwd;
    long fd = at_begin(folder, &cwd);

    if (fd == 0) {
        fd = sys_open(name, flags, mode);
        at_end(cwd);
    }
    return fd;
}

long sys_creat(const char *name, unsigned int mode)
{
    return sys_open(name, O_CREAT | O_WRONLY | O_TRUNC, mode);
}

long sys_close(unsigned int fd)
{
    struct file *file = fd_remove(fd);

    if (file == NULL)
        return -EBADF;
    fput(file);
    return 0;
}

long sys_umask(unsigned int mask)
{
    unsigned int old = current->files->umask;

    current->files->umask = mask & 0777;
    return (long)old;
}

long sys_access(const char *name, int mode)
{
    struct inode *inode;
    int error = user_lookup(name, &inode);

    if (error != 0)
        return error;
    if ((mode & X_OK) && !(inode->i_mode & S_IXUGO))
        error = -EACCES;
    iput(inode);
    return error;
}

long sys_chmod(const char *name, unsigned int mode)
{
    struct inode *inode;
    int error = user_lookup(name, &inode);

    if (error != 0)
        return error;
    inode->i_mode = (inode->i_mode & S_IFMT) | (mode & S_IRWXUGO);
    iput(inode);
    return 0;
}

long sys_chdir(const char *name)
{
    struct inode *inode, *old = current->cwd;
    int error = user_lookup(name, &inode);

    if (error != 0)
        return error;
    if (!S_ISDIR(inode->i_mode)) {
        iput(inode);
        return -ENOTDIR;
    }
    current->cwd = inode;
    iput(old);
    return 0;
}

long sys_getcwd(char *buffer, unsigned long nbytes)
{
    const struct inode *folder = current->cwd;
    char text[PATH_MAX / 8]; /* of the end, if the path is longer */
    const char *path;
    size_t length;

    path = inode_path(folder != NULL ? folder : root_inode, text, sizeof(text));
    length = strlen(path) + 1;
    if (folder != NULL && folder->i_nlink == 0)
        return -ENOENT;
    if (length > nbytes)
        return -ERANGE;
    return copy_to_user(buffer, path, length) == 0 ? (long)length : -EFAULT;
}

/* --- length --------------------------------------------------------------- */

static long set_length(struct inode *inode, unsigned long nbytes)
{
    if (S_ISDIR(inode->i_mode))
        return -EISDIR;
    if (!has_page_cache(inode))
        return -EINVAL;
    return inode_truncate(inode, nbytes);
}

long sys_truncate(const char *name, unsigned long nbytes)
{
    struct inode *inode;
    long result = user_lookup(name, &inode);

    if (result != 0)
        return result;
    result = set_length(inode, nbytes);
    iput(inode);
    return result;
}

long sys_ftruncate(unsigned int fd, unsigned long nbytes)
{
    struct file *file = fget(fd);
    long result = -EINVAL;

    if (file == NULL)
        return -EBADF;
    if (file->f_mode & FMODE_WRITE)
        result = set_length(file->f_inode, nbytes);
    fput(file);
    return result;
}
