/*
 * /proc itself: a folder of the ramfs with a file a view, and besides a folder
 * for each process, which exists only while somebody uses it (proc_base.c).
 * Linux fs/proc/root.c.
 */
#include <proc.h>

#include <errno.h>
#include <files.h>
#include <kernel.h>
#include <module.h>
#include <sched.h>
#include <string.h>

#define DECIMAL   10
#define PID_CHARS 12

static struct inode *proc_root;

static const struct proc_view views[] = {
    {"buddyinfo", buddyinfo_show, NULL},
    {"devices", devices_show, NULL},
    {"ksyms", ksyms_show, NULL},
    {"meminfo", meminfo_show, NULL},
    {"modules", modules_show, NULL},
    {"slabinfo", slabinfo_show, NULL},
    {"uptime", uptime_show, NULL},
    {"version", version_show, NULL},
    {"vmallocinfo", vmallocinfo_show, NULL},
    {"swaps", swaps_show, NULL},
    {"vmstat", vmstat_show, NULL},
    {"zoneinfo", zoneinfo_show, NULL},
};

/* An entry of that name, or the folder of the process of that number. */
static struct inode *proc_lookup(struct inode *folder, const char *name)
{
    struct inode *inode = inode_child(folder, name);
    unsigned long pid;
    char *end;

    if (inode != NULL)
        return inode;
    if (strcmp(name, "self") == 0)
        return proc_pid_folder(folder, current->pid);
    if (*name < '1' || *name > '9')
        return NULL;
    pid = strtoul(name, &end, DECIMAL);
    if (*end != '\0' || (int)pid <= 0)
        return NULL;
    return proc_pid_folder(folder, (int)pid);
}

static int proc_readdir(struct file *file, void *context, filldir_t fill)
{
    const struct task_struct *task;
    char name[PID_CHARS];

    if ((unsigned long)file->f_pos < PROC_PID_BASE) {
        if (!ramfs_fill(file, context, fill))
            return 0;
        file->f_pos = (long)PROC_PID_INO(1);
    }
    for (;;) {
        struct dir_entry entry = {name, 0, S_IFDIR};

        task = proc_next_task(PROC_INO_PID(file->f_pos));
        if (task == NULL)
            return 0;
        snprintf(name, sizeof(name), "%d", task->pid);
        entry.ino = PROC_PID_INO(task->pid);
        if (!fill(context, &entry))
            return 0;
        file->f_pos = (long)PROC_PID_INO(task->pid + 1);
    }
}

static const struct inode_operations proc_root_inode_operations = {
    .lookup = proc_lookup,
};

static const struct file_operations proc_root_operations = {
    .llseek = generic_file_llseek,
    .readdir = proc_readdir,
};

int proc_add(const struct proc_view *view)
{
    struct inode *inode = proc_view_inode(view);
    int error;

    if (inode == NULL)
        return -ENOMEM;
    error = inode_name(inode, proc_root, view->name);
    if (error == 0)
        inode_link(inode);
    iput(inode);
    return error;
}

void proc_init_files(void)
{
    int error = path_create("/proc", S_IFDIR | 0555, 0);

    if (error == 0 || error == -EEXIST)
        error = path_lookup("/proc/.", &proc_root);
    if (error != 0) {
        printk("proc_init_files: no /proc: error %d\n", -error);
        return;
    }
    proc_root->i_op = &proc_root_inode_operations;
    proc_root->i_fop = &proc_root_operations;
    for (size_t i = 0; i < ARRAY_SIZE(views) && error == 0; i++)
        error = proc_add(&views[i]);
    if (error != 0)
        printk("proc_init_files: error %d\n", -error);
}
