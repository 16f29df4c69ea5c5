/*
 * Pipes: a ring of one page between those who write and those who read. Linux
 * fs/pipe.c.
 *
 * Copying from and to users may sleep, so whoever works on the ring has `busy`
 * set, which keeps the others out; it lets them in while it waits for them.
 * What somebody may wait for (bytes, room, the end of the other side, not busy)
 * is all announced on one queue.
 */
#include <files.h>

#include <errno.h>
#include <page_alloc.h>
#include <sched.h>
#include <slab.h>
#include <syscalls.h>
#include <uaccess.h>
#include <wait.h>

struct pipe {
    char *ring;         /* a page */
    size_t start, used; /* bytes in it: [start, start + used), wrapping round */
    unsigned int readers, writers; /* open files */
    bool busy;
    wait_queue_head_t wait;
};

static struct pipe *pipe_of(const struct file *file)
{
    return (struct pipe *)file->f_inode->i_private;
}

static int pipe_lock(struct pipe *pipe)
{
    int error = wait_event_interruptible(pipe->wait, !pipe->busy);

    if (error == 0)
        pipe->busy = true;
    return error;
}

static void pipe_unlock(struct pipe *pipe)
{
    pipe->busy = false;
    wake_up(&pipe->wait);
}

/* Lets the others in until `room` bytes of room are there, or one byte to read
 * (`room` 0), or the other side is gone; 0 with the lock, or an error without
 * it. */
static int pipe_wait(struct pipe *pipe, const struct file *file, size_t room)
{
    int error = -EAGAIN;

    pipe_unlock(pipe);
    if (file->f_flags & O_NONBLOCK)
        return error;
    if (room == 0)
        error = wait_event_interruptible(pipe->wait,
                                         pipe->used > 0 || pipe->writers == 0);
    else
        error = wait_event_interruptible(
            pipe->wait, PAGE_SIZE - pipe->used >= room || pipe->readers == 0);
    return error != 0 ? error : pipe_lock(pipe);
}

/* The bytes of the ring that lie in a row from `at` on, at most `nbytes`. */
static size_t in_a_row(size_t at, size_t nbytes)
{
    return nbytes < PAGE_SIZE - at ? nbytes : PAGE_SIZE - at;
}

/* Takes at most `nbytes` out of the ring: bytes, or -EFAULT. */
static long take(struct pipe *pipe, char *buffer, size_t nbytes)
{
    size_t done = 0;

    while (done < nbytes && pipe->used > 0) {
        size_t part = in_a_row(pipe->start, nbytes - done);
        size_t left;

        part = part < pipe->used ? part : pipe->used;
        left = copy_to_user(buffer + done, pipe->ring + pipe->start, part);
        pipe->start = (pipe->start + part - left) % PAGE_SIZE;
        pipe->used -= part - left;
        done += part - left;
        if (left > 0)
            return done > 0 ? (long)done : -EFAULT;
    }
    return (long)done;
}

/* Puts at most `nbytes` into the ring: bytes, or -EFAULT. */
static long put(struct pipe *pipe, const char *buffer, size_t nbytes)
{
    size_t done = 0;

    while (done < nbytes && pipe->used < PAGE_SIZE) {
        size_t end = (pipe->start + pipe->used) % PAGE_SIZE;
        size_t part = in_a_row(end, nbytes - done);
        size_t left;

        part = part < PAGE_SIZE - pipe->used ? part : PAGE_SIZE - pipe->used;
        left = copy_from_user(pipe->ring + end, buffer + done, part);
        pipe->used += part - left;
        done += part - left;
        if (left > 0)
            return done > 0 ? (long)done : -EFAULT;
    }
    return (long)done;
}

static long pipe_read(struct file *file, char *buffer, size_t nbytes, long *pos)
{
    struct pipe *pipe = pipe_of(file);
    long result = nbytes > 0 ? pipe_lock(pipe) : 0;

    (void)pos;
    if (nbytes == 0 || result != 0)
        return result;
    while (pipe->used == 0 && pipe->writers > 0) {
        result = pipe_wait(pipe, file, 0);
        if (result != 0)
            return result;
    }
    result = take(pipe, buffer, nbytes);
    pipe_unlock(pipe);
    return result;
}

/* One round of pipe_write(), with the lock: bytes; or an error, without. Up to
 * a page goes in as a whole. */
static long write_round(struct pipe *pipe, struct file *file,
                        const char *buffer, size_t nbytes)
{
    size_t room = nbytes <= PAGE_SIZE ? nbytes : 1;
    long result;

    while (pipe->readers > 0 && PAGE_SIZE - pipe->used < room) {
        result = pipe_wait(pipe, file, room);
        if (result != 0)
            return result;
    }
    result = pipe->readers > 0 ? put(pipe, buffer, nbytes) : -EPIPE;
    if (result < 0)
        pipe_unlock(pipe);
    return result;
}

static long pipe_write(struct file *file, const char *buffer, size_t nbytes,
                       long *pos)
{
    struct pipe *pipe = pipe_of(file);
    size_t done = 0;
    long result = nbytes > 0 ? pipe_lock(pipe) : 0;

    (void)pos;
    if (nbytes == 0 || result != 0)
        return result;
    while (done < nbytes) {
        result = write_round(pipe, file, buffer + done, nbytes - done);
        if (result < 0)
            break;
        done += result;
    }
    if (result >= 0)
        pipe_unlock(pipe);
    if (result == -EPIPE)
        send_sig(SIGPIPE, current);
    return done > 0 ? (long)done : result;
}

static unsigned int pipe_poll(const struct file *file)
{
    const struct pipe *pipe = pipe_of(file);
    bool reads = file->f_mode & FMODE_READ;
    unsigned int events = 0;

    if (reads ? pipe->used > 0 : pipe->used < PAGE_SIZE)
        events |= reads ? POLLIN : POLLOUT;
    if (reads ? pipe->writers == 0 : pipe->readers == 0)
        events |= reads ? POLLHUP : POLLERR;
    return events;
}

static int pipe_release(struct inode *inode, struct file *file)
{
    struct pipe *pipe = pipe_of(file);

    (void)inode;
    if (file->f_mode & FMODE_READ)
        pipe->readers--;
    if (file->f_mode & FMODE_WRITE)
        pipe->writers--;
    wake_up(&pipe->wait);
    if (pipe->readers + pipe->writers == 0) {
        free_page((unsigned long)pipe->ring);
        kfree(pipe);
        inode->i_private = NULL;
    }
    return 0;
}

static const struct file_operations pipe_operations = {
    .llseek = no_llseek,
    .read = pipe_read,
    .write = pipe_write,
    .poll = pipe_poll,
    .release = pipe_release,
};

/* --- making --------------------------------------------------------------- */

static struct pipe *pipe_alloc(void)
{
    struct pipe *pipe = kmalloc(sizeof(*pipe), GFP_KERNEL);

    if (pipe == NULL)
        return NULL;
    *pipe = (struct pipe){.readers = 1, .writers = 1};
    init_waitqueue_head(&pipe->wait);
    pipe->ring = (char *)__get_free_pages(GFP_KERNEL, 0);
    if (pipe->ring == NULL) {
        kfree(pipe);
        return NULL;
    }
    return pipe;
}

static struct inode *pipe_inode(void)
{
    struct inode *inode = new_inode(S_IFIFO | 0600);

    if (inode == NULL)
        return NULL;
    inode->i_fop = &pipe_operations;
    inode->i_private = pipe_alloc();
    if (inode->i_private != NULL)
        return inode;
    iput(inode);
    return NULL;
}

/* Opens both ends: 0 or -ENOMEM. */
static int pipe_open(struct file **ends, int flags)
{
    struct inode *inode = pipe_inode();
    struct pipe *pipe;

    if (inode == NULL)
        return -ENOMEM;
    pipe = (struct pipe *)inode->i_private;
    iget(inode);
    ends[0] = file_alloc(inode, O_RDONLY | flags);
    ends[1] = ends[0] != NULL ? file_alloc(inode, O_WRONLY | flags) : NULL;
    if (ends[1] != NULL)
        return 0;
    pipe->writers = 0;
    iput(inode);
    if (ends[0] != NULL) {
        fput(ends[0]);
        return -ENOMEM;
    }
    free_page((unsigned long)pipe->ring);
    kfree(pipe);
    iput(inode);
    return -ENOMEM;
}

long sys_pipe2(int *user_fds, int flags)
{
    struct file *ends[2];
    int fds[2] = {-1, -1};
    int error;

    if (flags & ~(O_CLOEXEC | O_NONBLOCK))
        return -EINVAL;
    error = pipe_open(ends, flags);
    if (error != 0)
        return error;
    for (int i = 0; i < 2 && error == 0; i++) {
        fds[i] = fd_install(ends[i], 0, flags & O_CLOEXEC);
        error = fds[i] < 0 ? fds[i] : 0;
    }
    if (error == 0 && copy_to_user(user_fds, fds, sizeof(fds)) != 0)
        error = -EFAULT;
    for (int i = 0; i < 2 && error != 0; i++) {
        if (fds[i] >= 0)
            fd_remove(fds[i]);
        fput(ends[i]);
    }
    return error;
}

long sys_pipe(int *user_fds)
{
    return sys_pipe2(user_fds, 0);
}
