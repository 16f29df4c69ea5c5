/*
 * Open files of a process, and finding files by their paths. Linux
 * include/linux/sched.h (files_struct), fs/namei.c.
 */
#ifndef FILES_H
#define FILES_H

#include <fs.h>

#define NR_OPEN_DEFAULT 32 /* descriptors without a table of their own */

/*
 * fd[] has max_fds places; it is fd_array, or a page of NR_OPEN when more
 * descriptors are needed. A file that is listed has a use counted for it.
 */
struct files_struct {
    unsigned int max_fds;
    unsigned int umask; /* permissions that new files don't get */
    struct file **fd;
    unsigned long close_on_exec[NR_OPEN / 32]; /* a bitmap */
    struct file *fd_array[NR_OPEN_DEFAULT];
};

/*
 * Sets up files, "/", what the initrd holds, /dev and /proc: once, in
 * STAGE_PROC. May sleep.
 */
void fs_init(void);

/* No open files; a copy; closes them all (NULL: nothing). NULL without memory.
 * May sleep. */
struct files_struct *files_alloc(void);
struct files_struct *files_dup(struct files_struct *from);
void files_put(struct files_struct *files);

/* Closes what has close-on-exec. */
void close_on_exec(struct files_struct *files);

/* current's open file with a use counted, or NULL. */
struct file *fget(unsigned int fd);

/* Gives the file, with the caller's use of it, the lowest free descriptor from
 * `from` on: that, or -EMFILE, -ENOMEM; the caller keeps its use then. */
int fd_install(struct file *file, unsigned int from, bool cloexec);

/* Takes the file out of current's table: it, with its use, or NULL. */
struct file *fd_remove(unsigned int fd);

/* A new open file of the inode, which has a use counted for it. NULL without
 * memory. */
struct file *file_alloc(struct inode *inode, unsigned int flags);

/* The descriptor `fd` means `file` now (with its use); what it meant before is
 * closed. fd, -EBADF, -ENOMEM. */
int fd_replace(unsigned int fd, struct file *file);

/*
 * Opens a file by a path in kernel memory, as open() does; `flags` O_*, `mode`
 * the permissions of a new one. The file must be fput(). 0 or an error number.
 */
int filp_open(const char *path, int flags, unsigned int mode,
              struct file **result);

/* Reads a regular file into kernel memory: bytes, or an error number. */
long kernel_read(struct file *file, unsigned long offset, void *buffer,
                 size_t nbytes);

/*
 * Paths. A path that does not begin with / goes on from current's folder.
 * path_lookup() finds what it names, path_parent() the folder of its last name,
 * and that name in `last`, NAME_MAX + 1 bytes (which is "." or ".." or "" if
 * the path ends so). Inodes have a use counted. 0 or an error number.
 */
int path_lookup(const char *path, struct inode **result);
int path_parent(const char *path, struct inode **folder, char *last);

/* Makes a file, folder or device by its path: 0 or an error number. */
int path_create(const char *path, unsigned int mode, unsigned long dev);

/*
 * The user's path in a page of the kernel's, for putname(). 0; -EFAULT,
 * -ENOENT (empty), -ENAMETOOLONG, -ENOMEM.
 */
int getname(const char *path, char **result);
void putname(char *name);

/* path_lookup() with the user's path. */
int user_lookup(const char *path, struct inode **result);

/*
 * For the calls whose path goes on from an open folder: until at_end(),
 * current's folder is that of `fd`, or stays what it is (AT_FDCWD). 0, -EBADF,
 * -ENOTDIR.
 */
#define AT_FDCWD (-100)
int at_begin(int fd, struct inode **cwd);
void at_end(struct inode *cwd);

/* Parts of fs_init(). */
void inode_init(void);
void file_table_init(void);
void ramfs_init(void);
void initrd_unpack(void);
void devices_init(void);

/* The ramfs: what new inodes of this mode can do. */
extern const struct inode_operations ramfs_dir_inode_operations;
extern const struct file_operations ramfs_dir_operations;

/* readdir() of a ramfs folder; false if an entry was not wanted. */
bool ramfs_fill(struct file *file, void *context, filldir_t fill);

#endif
