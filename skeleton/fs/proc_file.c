/*
 * Reading the files of /proc. Linux fs/seq_file.c.
 *
 * The first read() of an open file makes the whole text, which then stays as it
 * is until the file is closed. Nobody knows beforehand how long it will be: if
 * it fills the buffer, it is made again in one twice as large.
 */
#include <proc.h>

#include <errno.h>
#include <page_alloc.h>
#include <sched.h>
#include <slab.h>
#include <uaccess.h>
#include <vmalloc.h>

#define MAX_TEXT_BYTES (4UL << 20) /* what is longer is cut off */

/* Makes the text once: 0, or -ESRCH if the process is gone. */
static int show(struct seq_file *text, const struct inode *inode)
{
    const struct proc_view *view = inode->i_private;
    struct task_struct *task;

    text->used = 0;
    if (view->show_task == NULL) {
        view->show(text);
        return 0;
    }
    task = find_task_by_pid(PROC_INO_PID(inode->i_ino));
    if (task == NULL)
        return -ESRCH;
    view->show_task(text, task);
    return 0;
}

/* Makes text->buffer and the text in it: 0, or an error number. */
static int make_text(struct seq_file *text, const struct inode *inode)
{
    for (text->size = PAGE_SIZE;; text->size *= 2) {
        int error;

        text->buffer = vmalloc(text->size);
        if (text->buffer == NULL)
            return -ENOMEM;
        error = show(text, inode);
        if (error == 0 &&
            (text->used + 1 < text->size || text->size == MAX_TEXT_BYTES))
            return 0;
        vfree(text->buffer);
        text->buffer = NULL;
        if (error != 0)
            return error;
    }
}

static int proc_open(struct inode *inode, struct file *file)
{
    struct seq_file *text;

    (void)inode;
    if (file->f_mode & FMODE_WRITE)
        return -EACCES;
    text = kmalloc(sizeof(*text), GFP_KERNEL);
    if (text == NULL)
        return -ENOMEM;
    *text = (struct seq_file){NULL, 0, 0};
    file->private_data = text;
    return 0;
}

static int proc_release(struct inode *inode, struct file *file)
{
    struct seq_file *text = file->private_data;

    (void)inode;
    vfree(text->buffer);
    kfree(text);
    return 0;
}

static long proc_read(struct file *file, char *buffer, size_t nbytes, long *pos)
{
    struct seq_file *text = file->private_data;
    size_t at = (size_t)*pos, left;
    int error = 0;

    if (text->buffer == NULL)
        error = make_text(text, file->f_inode);
    if (error != 0)
        return error;
    if (at >= text->used)
        return 0;
    if (nbytes > text->used - at)
        nbytes = text->used - at;
    left = copy_to_user(buffer, text->buffer + at, nbytes);
    if (left > 0 && left == nbytes)
        return -EFAULT;
    *pos += (long)(nbytes - left);
    return (long)(nbytes - left);
}

static const struct file_operations proc_view_operations = {
    .llseek = generic_file_llseek,
    .read = proc_read,
    .open = proc_open,
    .release = proc_release,
};

struct inode *proc_view_inode(const struct proc_view *view)
{
    struct inode *inode = new_inode(S_IFREG | 0444);

    if (inode == NULL)
        return NULL;
    inode->i_fop = &proc_view_operations;
    inode->i_private = view;
    return inode;
}
