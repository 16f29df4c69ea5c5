/*
 * /proc: files whose text is made up when they are read. Linux fs/proc.
 */
#ifndef PROC_H
#define PROC_H

#include <fs.h>
#include <seq_file.h>

struct task_struct;

/*
 * A file of /proc, or (show_task) of /proc/PID. What shows it never sleeps, so
 * nothing changes meanwhile, and `task` exists.
 */
struct proc_view {
    const char *name;
    void (*show)(struct seq_file *file);
    void (*show_task)(struct seq_file *file, struct task_struct *task);
};

/*
 * Inode numbers of /proc/PID, of the views in it (the number plus 1, 2 …), and
 * the same as places of readdir(). Those of all other files are smaller.
 */
#define PROC_PID_BASE     0x10000000UL
#define PROC_PID_INO(pid) (PROC_PID_BASE | (unsigned long)(pid) << 4)
#define PROC_INO_PID(ino) ((int)(((ino) & ~PROC_PID_BASE) >> 4))

/* Makes /proc. Part of fs_init(). */
void proc_init_files(void);

/* Adds a file, once there is /proc: 0, -ENOMEM. `view` stays the caller's. */
int proc_add(const struct proc_view *view);

/* A fresh inode of a view: 0444, i_private is the view. NULL without memory. */
struct inode *proc_view_inode(const struct proc_view *view);

/* The folder of a process, with a use counted for the caller; NULL without
 * memory, or if there is no such process. fs/proc_base.c. */
struct inode *proc_pid_folder(struct inode *proc, int pid);

/* The process with the lowest pid that is not below `pid`, or NULL. */
struct task_struct *proc_next_task(int pid);

/* Views: fs/proc_views.c, fs/proc_task.c, fs/proc_mm.c. */
void meminfo_show(struct seq_file *file);
void version_show(struct seq_file *file);
void uptime_show(struct seq_file *file);
void swaps_show(struct seq_file *file);
void vmstat_show(struct seq_file *file);
void proc_maps_show(struct seq_file *file, struct task_struct *task);
void proc_status_show(struct seq_file *file, struct task_struct *task);
void proc_stat_show(struct seq_file *file, struct task_struct *task);
void proc_cmdline_show(struct seq_file *file, struct task_struct *task);
void proc_pagemap_show(struct seq_file *file, struct task_struct *task);

#endif
