/*
 * /proc/PID: a folder of views of a process. Its inodes are made when they are
 * looked up, have no links, and are freed with their last use; the process may
 * end before that. "exe" is not listed. Linux fs/proc/base.c.
 */
#include <proc.h>

#include <files.h>
#include <kernel.h>
#include <sched.h>
#include <string.h>

#define PID_CHARS   12
#define FIRST_PLACE 2 /* of readdir(), behind "." and ".." */

static const struct proc_view views[] = {
    {"cmdline", NULL, proc_cmdline_show}, {"maps", NULL, proc_maps_show},
    {"pagemap", NULL, proc_pagemap_show}, {"stat", NULL, proc_stat_show},
    {"status", NULL, proc_status_show},
};

struct task_struct *proc_next_task(int pid)
{
    struct task_struct *task = NULL, *lowest = NULL;

    while ((task = next_task(task)) != NULL)
        if (task->pid >= pid && (lowest == NULL || task->pid < lowest->pid))
            lowest = task;
    return lowest;
}

/* The file that the process's program is in, which "exe" is another name of:
 * that of its code, with a use counted. NULL without a program. */
static struct inode *program_of(const struct task_struct *task)
{
    const struct vm_area_struct *vma = NULL;

    if (task != NULL && task->mm != NULL)
        vma = task->mm->mmap;
    while (vma != NULL && (vma->vm_file == NULL || !(vma->vm_flags & VM_EXEC)))
        vma = vma->vm_next;
    if (vma == NULL)
        return NULL;
    iget(vma->vm_file->f_inode);
    return vma->vm_file->f_inode;
}

static struct inode *pid_lookup(struct inode *folder, const char *name)
{
    struct inode *inode;
    size_t i = 0;

    if (strcmp(name, "exe") == 0)
        return program_of(find_task_by_pid(PROC_INO_PID(folder->i_ino)));
    while (i < ARRAY_SIZE(views) && strcmp(views[i].name, name) != 0)
        i++;
    if (i == ARRAY_SIZE(views) ||
        find_task_by_pid(PROC_INO_PID(folder->i_ino)) == NULL)
        return NULL;
    inode = proc_view_inode(&views[i]);
    if (inode == NULL)
        return NULL;
    inode->i_ino = folder->i_ino + 1 + i;
    if (inode_name(inode, folder, name) == 0)
        return inode;
    iput(inode);
    return NULL;
}

static int pid_readdir(struct file *file, void *context, filldir_t fill)
{
    if (!ramfs_fill(file, context, fill))
        return 0;
    while (file->f_pos - FIRST_PLACE < (long)ARRAY_SIZE(views)) {
        unsigned long i = file->f_pos - FIRST_PLACE;
        struct dir_entry entry = {views[i].name, file->f_inode->i_ino + 1 + i,
                                  S_IFREG};

        if (!fill(context, &entry))
            return 0;
        file->f_pos++;
    }
    return 0;
}

static const struct inode_operations pid_inode_operations = {
    .lookup = pid_lookup,
};

static const struct file_operations pid_operations = {
    .llseek = generic_file_llseek,
    .readdir = pid_readdir,
};

struct inode *proc_pid_folder(struct inode *proc, int pid)
{
    struct inode *inode = NULL;
    char name[PID_CHARS];

    if (find_task_by_pid(pid) != NULL)
        inode = new_inode(S_IFDIR | 0555);
    if (inode == NULL)
        return NULL;
    inode->i_ino = PROC_PID_INO(pid);
    inode->i_op = &pid_inode_operations;
    inode->i_fop = &pid_operations;
    snprintf(name, sizeof(name), "%d", pid);
    if (inode_name(inode, proc, name) == 0)
        return inode;
    iput(inode);
    return NULL;
}
