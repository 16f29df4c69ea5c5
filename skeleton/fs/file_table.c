/*
 * Open files, and the processes' tables of them. Linux fs/file_table.c,
 * fs/open.c.
 *
 * A file in a table has a use for that; whoever works with it has another
 * (fget()), so that it stays though the descriptor is closed meanwhile.
 */
#include <files.h>

#include <bitops.h>
#include <errno.h>
#include <kernel.h>
#include <module.h>
#include <page_alloc.h>
#include <sched.h>
#include <slab.h>
#include <string.h>

#define DEFAULT_UMASK 022

static kmem_cache_t *filp_cachep, *files_cachep;

void file_table_init(void)
{
    filp_cachep = kmem_cache_create("filp", sizeof(struct file), 0,
                                    SLAB_HWCACHE_ALIGN, NULL, NULL);
    files_cachep =
        kmem_cache_create("files_struct", sizeof(struct files_struct), 0,
                          SLAB_HWCACHE_ALIGN, NULL, NULL);
    if (filp_cachep == NULL || files_cachep == NULL)
        panic("file_table_init: no caches, %u pages free", nr_free_pages());
}

/* --- open files ----------------------------------------------------------- */

struct file *file_alloc(struct inode *inode, unsigned int flags)
{
    struct file *file = kmem_cache_alloc(filp_cachep, GFP_KERNEL);

    if (file == NULL)
        return NULL;
    memset(file, 0, sizeof(*file));
    file->f_op = inode->i_fop;
    file->f_inode = inode;
    file->f_count = 1;
    file->f_flags = flags & ~(O_CREAT | O_EXCL | O_TRUNC | O_CLOEXEC);
    if ((flags & O_ACCMODE) != O_WRONLY)
        file->f_mode |= FMODE_READ;
    if ((flags & O_ACCMODE) != O_RDONLY)
        file->f_mode |= FMODE_WRITE;
    return file;
}

void get_file(struct file *file)
{
    file->f_count++;
}

void fput(struct file *file)
{
    struct module *owner = NULL;

    if (--file->f_count > 0)
        return;
    if (file->f_op != NULL) {
        owner = file->f_op->owner;
        if (file->f_op->release != NULL)
            file->f_op->release(file->f_inode, file);
    }
    dec_mod_count(owner);
    iput(file->f_inode);
    kmem_cache_free(filp_cachep, file);
}

/* --- tables --------------------------------------------------------------- */

struct files_struct *files_alloc(void)
{
    struct files_struct *files = kmem_cache_alloc(files_cachep, GFP_KERNEL);

    if (files == NULL)
        return NULL;
    memset(files, 0, sizeof(*files));
    files->max_fds = NR_OPEN_DEFAULT;
    files->fd = files->fd_array;
    files->umask = DEFAULT_UMASK;
    return files;
}

/* Gives the table NR_OPEN places: 0 or -ENOMEM. */
static int grow(struct files_struct *files)
{
    struct file **fd = (struct file **)get_zeroed_page(GFP_KERNEL);

    if (fd == NULL)
        return -ENOMEM;
    memcpy(fd, files->fd_array, sizeof(files->fd_array));
    files->fd = fd;
    files->max_fds = NR_OPEN;
    return 0;
}

struct files_struct *files_dup(struct files_struct *from)
{
    struct files_struct *files = files_alloc();

    if (files == NULL)
        return NULL;
    if (from->max_fds > NR_OPEN_DEFAULT && grow(files) != 0) {
        files_put(files);
        return NULL;
    }
    files->umask = from->umask;
    memcpy(files->close_on_exec, from->close_on_exec,
           sizeof(files->close_on_exec));
    for (unsigned int fd = 0; fd < from->max_fds; fd++) {
        files->fd[fd] = from->fd[fd];
        if (files->fd[fd] != NULL)
            get_file(files->fd[fd]);
    }
    return files;
}

void files_put(struct files_struct *files)
{
    if (files == NULL)
        return;
    for (unsigned int fd = 0; fd < files->max_fds; fd++)
        if (files->fd[fd] != NULL)
            fput(files->fd[fd]);
    if (files->fd != files->fd_array)
        free_page((unsigned long)files->fd);
    kmem_cache_free(files_cachep, files);
}

void close_on_exec(struct files_struct *files)
{
    for (unsigned int fd = 0; fd < files->max_fds; fd++) {
        struct file *file = files->fd[fd];

        if (file == NULL || !test_bit(fd, files->close_on_exec))
            continue;
        files->fd[fd] = NULL;
        fput(file);
    }
}

/* --- current's table ------------------------------------------------------ */

struct file *fget(unsigned int fd)
{
    struct files_struct *files = current->files;

    if (files == NULL || fd >= files->max_fds || files->fd[fd] == NULL)
        return NULL;
    get_file(files->fd[fd]);
    return files->fd[fd];
}

/* One more than the highest descriptor that current may have. */
static unsigned int fd_limit(void)
{
    unsigned long limit = rlimit(RLIMIT_NOFILE);

    return limit < NR_OPEN ? limit : NR_OPEN;
}

static int make_room(struct files_struct *files, unsigned int fd)
{
    if (fd < files->max_fds)
        return 0;
    return grow(files);
}

int fd_install(struct file *file, unsigned int from, bool cloexec)
{
    struct files_struct *files = current->files;
    unsigned int fd = from;

    if (files == NULL)
        return -EMFILE;
    while (fd < files->max_fds && files->fd[fd] != NULL)
        fd++;
    if (fd >= fd_limit())
        return -EMFILE;
    if (make_room(files, fd) != 0)
        return -ENOMEM;
    files->fd[fd] = file;
    clear_bit(fd, files->close_on_exec);
    if (cloexec)
        set_bit(fd, files->close_on_exec);
    return (int)fd;
}

struct file *fd_remove(unsigned int fd)
{
    struct files_struct *files = current->files;
    struct file *file = NULL;

    if (files != NULL && fd < files->max_fds) {
        file = files->fd[fd];
        files->fd[fd] = NULL;
    }
    return file;
}

int fd_replace(unsigned int fd, struct file *file)
{
    struct files_struct *files = current->files;
    struct file *old = NULL;

    if (fd >= fd_limit())
        return -EBADF;
    if (make_room(files, fd) != 0)
        return -ENOMEM;
    old = files->fd[fd];
    files->fd[fd] = file;
    clear_bit(fd, files->close_on_exec);
    if (old != NULL)
        fput(old);
    return (int)fd;
}
