/*
 * The end of a task, and waiting for it.
 *
 * A task gives back all it has but its two pages; with those it stays, a
 * zombie, until its parent has asked how it ended. A task of the kernel's has
 * no parent, and goes at once. Linux kernel/exit.c.
 */
#include <task.h>

#include <agent.h>
#include <errno.h>
#include <files.h>
#include <irq.h>
#include <syscalls.h>
#include <uaccess.h>

#define WNOHANG      1
#define RUSAGE_BYTES 72 /* struct rusage, which is all zeros here */

struct task_struct *child_reaper = &init_task_union.task;

static void exit_mm(void)
{
    struct mm_struct *mm = current->mm;

    use_mm(NULL);
    if (current->parent != NULL)
        mmput(mm);
}

static void exit_files(void)
{
    struct files_struct *files = current->files;
    struct inode *cwd = current->cwd;

    current->files = NULL;
    current->cwd = NULL;
    files_put(files);
    if (cwd != NULL)
        iput(cwd);
}

static void tell_parent(struct task_struct *task)
{
    send_sig(SIGCHLD, task->parent);
    wake_up(&task->parent->child_exit);
}

static void give_away_children(void)
{
    if (current == child_reaper)
        child_reaper = &init_task_union.task;
    while (!list_empty(&current->children)) {
        struct task_struct *child =
            list_entry(current->children.next, struct task_struct, sibling);

        list_del(&child->sibling);
        child->parent = child_reaper;
        list_add_tail(&child->sibling, &child_reaper->children);
        if (child->state == TASK_ZOMBIE)
            tell_parent(child);
    }
}

/* Does the parent want to know nothing of its children? */
static bool parent_ignores(void)
{
    const struct k_sigaction *action =
        &current->parent->signal.action[SIGCHLD - 1];

    return action->handler == SIG_IGN || (action->flags & SA_NOCLDWAIT);
}

/* The task is off all lists then; schedule_tail() frees it. */
static void become_dead(void)
{
    list_del(&current->tasks);
    current->state = TASK_DEAD;
}

static void become_zombie(void)
{
    agent_user_exits(current->pid, current->exit_code);
    tell_parent(current);
    current->state = TASK_ZOMBIE;
    if (parent_ignores()) {
        list_del(&current->sibling);
        become_dead();
    }
}

void do_exit(long code)
{
    BUG_ON(in_interrupt());
    exit_mm();
    exit_files();
    give_away_children();
    current->exit_code = code;
    local_irq_disable();
    if (current->parent != NULL)
        become_zombie();
    else
        become_dead();
    schedule();
    panic("do_exit: task %d runs again", current->pid);
}

long sys_exit(int status)
{
    do_exit((status & 0xff) << 8);
}

void release_task(struct task_struct *task)
{
    list_del(&task->sibling);
    list_del(&task->tasks);
    task_free(task);
}

/* Does wait4(pid) mean this child? */
static bool is_wanted(const struct task_struct *child, int pid)
{
    if (pid > 0)
        return child->pid == pid;
    if (pid == -1)
        return true;
    return child->pgrp == (pid == 0 ? current->pgrp : -pid);
}

/* A zombie among the children that `pid` means: 1; if there are only others:
 * 0; if there is no such child: -ECHILD. */
static int look(int pid, struct task_struct **zombie)
{
    int result = -ECHILD;
    struct list_head *at;

    list_for_each (at, &current->children) {
        struct task_struct *child = list_entry(at, struct task_struct, sibling);

        if (!is_wanted(child, pid))
            continue;
        *zombie = child;
        if (child->state == TASK_ZOMBIE)
            return 1;
        result = 0;
    }
    return result;
}

struct task_struct *find_zombie(void)
{
    struct task_struct *zombie;

    return look(-1, &zombie) == 1 ? zombie : NULL;
}

long sys_wait4(int pid, int *status, int options, void *rusage)
{
    struct task_struct *child = NULL;
    int found = 0, error;

    if (options & WNOHANG)
        error = 0;
    else
        error = wait_event_interruptible(current->child_exit,
                                         look(pid, &child) != 0);
    if (error != 0)
        return error;
    found = look(pid, &child);
    if (found != 1)
        return found;
    if ((status != NULL && put_user(child->exit_code, status) != 0) ||
        (rusage != NULL && clear_user(rusage, RUSAGE_BYTES) != 0))
        return -EFAULT;
    pid = child->pid;
    release_task(child);
    return pid;
}

long sys_waitpid(int pid, int *status, int options)
{
    return sys_wait4(pid, status, options, NULL);
}
