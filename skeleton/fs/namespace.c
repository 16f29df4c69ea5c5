/*
 * System calls that change folders: making, removing and renaming entries.
 * Linux fs/namei.c.
 */
#include <syscalls.h>

#include <errno.h>
#include <files.h>
#include <sched.h>
#include <string.h>

/* True for what a path may not end with if an entry is made or removed. */
static bool no_name(const char *name)
{
    return *name == '\0' || strcmp(name, ".") == 0 || strcmp(name, "..") == 0;
}

int path_create(const char *path, unsigned int mode, unsigned long dev)
{
    char last[NAME_MAX + 1];
    struct inode *folder, *other;
    int error = path_parent(path, &folder, last);

    if (error != 0)
        return error;
    other = no_name(last) ? folder : folder->i_op->lookup(folder, last);
    if (other != NULL)
        error = -EEXIST;
    else if (!S_ISDIR(mode) && path[strlen(path) - 1] == '/')
        error = -EISDIR;
    else if (folder->i_op->create == NULL)
        error = -EACCES;
    else
        error = folder->i_op->create(folder, last, mode, dev);
    if (other != folder)
        iput(other);
    iput(folder);
    return error;
}

/* Makes an entry at the user's path. */
static long user_create(const char *path, unsigned int mode, unsigned long dev)
{
    char *name;
    int error = getname(path, &name);

    if (error != 0)
        return error;
    error = path_create(name, mode & ~current->files->umask, dev);
    putname(name);
    return error;
}

long sys_mkdir(const char *name, unsigned int mode)
{
    return user_create(name, S_IFDIR | (mode & S_IRWXUGO), 0);
}

long sys_mknod(const char *name, unsigned int mode, unsigned long dev)
{
    if ((mode & S_IFMT) == 0)
        mode |= S_IFREG;
    if (!S_ISREG(mode) && !S_ISCHR(mode) && !S_ISBLK(mode))
        return -EINVAL;
    return user_create(name, mode & (S_IFMT | S_IRWXUGO),
                       S_ISREG(mode) ? 0 : dev);
}

/* Takes the entry out of the folder, which must be a folder itself, or not. */
static int remove_entry(struct inode *folder, const char *name, bool is_folder)
{
    struct inode *inode = folder->i_op->lookup(folder, name);
    int error;

    if (inode == NULL)
        return -ENOENT;
    if (is_folder && !S_ISDIR(inode->i_mode))
        error = -ENOTDIR;
    else if (!is_folder && S_ISDIR(inode->i_mode))
        error = -EISDIR;
    else if (folder->i_op->unlink == NULL)
        error = -EPERM;
    else
        error = folder->i_op->unlink(folder, name);
    iput(inode);
    return error;
}

static long user_remove(const char *path, bool is_folder)
{
    char last[NAME_MAX + 1];
    struct inode *folder;
    char *name;
    int error = getname(path, &name);

    if (error != 0)
        return error;
    error = path_parent(name, &folder, last);
    if (error != 0)
        goto out;
    if (no_name(last))
        error = is_folder ? -EBUSY : -EISDIR;
    else
        error = remove_entry(folder, last, is_folder);
    iput(folder);
out:
    putname(name);
    return error;
}

long sys_unlink(const char *name)
{
    return user_remove(name, false);
}

long sys_rmdir(const char *name)
{
    return user_remove(name, true);
}

long sys_rename(const char *name, const char *new_name)
{
    (void)name;
    (void)new_name;
    return -ENOSYS;
}
