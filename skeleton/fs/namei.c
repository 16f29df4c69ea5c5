/*
 * From paths to inodes. Linux fs/namei.c.
 *
 * A path is walked name by name; "." and ".." are looked up here, all others by
 * the folder. At each step a use of the inode where the walk stands is held.
 */
#include <files.h>

#include <errno.h>
#include <page_alloc.h>
#include <sched.h>
#include <string.h>
#include <uaccess.h>

/* Moves *path behind its first name and the slashes around it, and puts that
 * name into `name`. Empty at the end. 0 or -ENAMETOOLONG. */
static int next_name(const char **path, char *name)
{
    const char *at = *path;
    size_t nbytes = 0;

    while (*at == '/')
        at++;
    while (at[nbytes] != '/' && at[nbytes] != '\0')
        nbytes++;
    if (nbytes > NAME_MAX)
        return -ENAMETOOLONG;
    memcpy(name, at, nbytes);
    name[nbytes] = '\0';
    at += nbytes;
    while (*at == '/')
        at++;
    *path = at;
    return 0;
}

/* Goes from *inode to its entry; its use moves, too. On error it is dropped. */
static int step(struct inode **inode, const char *name)
{
    struct inode *folder = *inode, *next = NULL;
    int error = -ENOENT;

    *inode = NULL;
    if (!S_ISDIR(folder->i_mode) || folder->i_op == NULL ||
        folder->i_op->lookup == NULL) {
        error = -ENOTDIR;
    } else if (strcmp(name, ".") == 0) {
        next = folder;
        iget(next);
    } else if (strcmp(name, "..") == 0) {
        next = folder->i_parent != NULL ? folder->i_parent : folder;
        iget(next);
    } else {
        next = folder->i_op->lookup(folder, name);
    }
    iput(folder);
    if (next == NULL)
        return error;
    *inode = next;
    return 0;
}

static struct inode *walk_start(const char *path)
{
    struct inode *inode = root_inode;

    if (*path != '/' && current->cwd != NULL)
        inode = current->cwd;
    iget(inode);
    return inode;
}

/* Walks all names, or (`parent`) all but the last, which `name` holds then. */
static int walk(const char *path, struct inode **result, char *name,
                bool parent)
{
    struct inode *inode = walk_start(path);
    bool folder_wanted = *path != '\0' && path[strlen(path) - 1] == '/';
    int error = 0;

    for (;;) {
        error = next_name(&path, name);
        if (error != 0 || *name == '\0' || (parent && *path == '\0'))
            break;
        error = step(&inode, name);
        if (error != 0 || *path == '\0')
            break;
    }
    if (error == 0 && (folder_wanted || parent) && !S_ISDIR(inode->i_mode))
        error = -ENOTDIR;
    if (error != 0) {
        iput(inode);
        return error;
    }
    *result = inode;
    return 0;
}

int path_lookup(const char *path, struct inode **result)
{
    char name[NAME_MAX + 1];

    return walk(path, result, name, false);
}

int path_parent(const char *path, struct inode **folder, char *last)
{
    return walk(path, folder, last, true);
}

/* --- users' paths --------------------------------------------------------- */

int getname(const char *path, char **result)
{
    char *name = (char *)__get_free_pages(GFP_KERNEL, 0);
    long length;

    if (name == NULL)
        return -ENOMEM;
    length = strncpy_from_user(name, path, PATH_MAX);
    if (length > 0 && length < PATH_MAX) {
        *result = name;
        return 0;
    }
    putname(name);
    if (length < 0)
        return (int)length;
    return length == 0 ? -ENOENT : -ENAMETOOLONG;
}

void putname(char *name)
{
    free_page((unsigned long)name);
}

int user_lookup(const char *path, struct inode **result)
{
    char *name;
    int error = getname(path, &name);

    if (error != 0)
        return error;
    error = path_lookup(name, result);
    putname(name);
    return error;
}

int at_begin(int fd, struct inode **cwd)
{
    struct file *file = NULL;
    int error = 0;

    *cwd = current->cwd;
    if (fd != AT_FDCWD) {
        file = fget((unsigned int)fd);
        if (file == NULL)
            return -EBADF;
    }
    if (file != NULL && !S_ISDIR(file->f_inode->i_mode))
        error = -ENOTDIR;
    else if (file != NULL)
        current->cwd = file->f_inode;
    if (error == 0 && current->cwd != NULL)
        iget(current->cwd);
    if (file != NULL)
        fput(file);
    return error;
}

void at_end(struct inode *cwd)
{
    iput(current->cwd);
    current->cwd = cwd;
}
