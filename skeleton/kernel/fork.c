/*
 * New tasks: two pages each, with the task at the bottom.
 *
 * A task begins on a stack that looks as if it had been switched from: what
 * switch_stacks() takes off it, with the address to go to. A process has the
 * registers of user mode above that, and begins by leaving the kernel with
 * them. Linux kernel/fork.c.
 */
#include <task.h>

#include <errno.h>
#include <files.h>
#include <page_alloc.h>
#include <string.h>
#include <syscalls.h>

/* What switch_stacks() takes off a new task's stack. */
struct new_stack {
    unsigned long edi, esi, ebx, ebp;
    void (*start)(void);
};

void thread_start(void);

static unsigned int ntasks; /* that task_alloc() made */

/* There are fewer tasks than pids. */
static int new_pid(void)
{
    static int last_pid;

    do
        last_pid = last_pid < PID_MAX ? last_pid + 1 : 1;
    while (find_task_by_pid(last_pid) != NULL);
    return last_pid;
}

struct task_struct *task_alloc(const struct task_struct *parent)
{
    struct task_struct *task = NULL;

    if (ntasks < MAX_TASKS)
        task = (struct task_struct *)__get_free_pages(GFP_KERNEL, THREAD_ORDER);
    if (task == NULL)
        return NULL;
    ntasks++;
    memset(task, 0, sizeof(*task));
    memcpy(task->comm, parent->comm, sizeof(task->comm));
    memcpy(task->rlim, parent->rlim, sizeof(task->rlim));
    task->signal = parent->signal;
    task->signal.pending = 0;
    task->user = parent->user;
    task->pgrp = parent->pgrp;
    task->pid = new_pid();
    INIT_LIST_HEAD(&task->children);
    init_waitqueue_head(&task->child_exit);
    return task;
}

void task_free(struct task_struct *task)
{
    ntasks--;
    free_pages((unsigned long)task, THREAD_ORDER);
}

static void push_new_stack(struct task_struct *task, struct new_stack contents)
{
    struct new_stack *stack = (struct new_stack *)task_regs(task) - 1;

    *stack = contents;
    task->esp = (unsigned long)stack;
}

int kernel_thread(const char *name, void (*function)(void *), void *argument)
{
    struct task_struct *task = task_alloc(&init_task_union.task);

    if (task == NULL)
        return -ENOMEM;
    push_new_stack(task, (struct new_stack){
                             .ebx = (unsigned long)function,
                             .esi = (unsigned long)argument,
                             .start = thread_start,
                         });
    snprintf(task->comm, TASK_COMM_LEN, "%s", name);
    task_enter(task);
    return task->pid;
}

void task_start_user(struct task_struct *task, struct task_struct *parent)
{
    push_new_stack(task, (struct new_stack){.start = user_start});
    task->parent = parent;
    task->user_regs = task_regs(task);
    list_add_tail(&task->sibling, &parent->children);
    task_enter(task);
}

/* Gives the child copies of what the parent has: 0 or -ENOMEM. */
static int copy_process(struct task_struct *child)
{
    child->files = files_dup(current->files);
    if (child->files == NULL)
        return -ENOMEM;
    child->mm = dup_mm(current->mm);
    if (child->mm == NULL) {
        files_put(child->files);
        return -ENOMEM;
    }
    child->cwd = current->cwd;
    if (child->cwd != NULL)
        iget(child->cwd);
    return 0;
}

/* Also vfork(): the child of a copy-on-write fork() costs little more. */
long sys_fork(void)
{
    struct task_struct *child;
    int pid;

    save_user_state();
    child = task_alloc(current);
    if (child == NULL)
        return -EAGAIN;
    if (copy_process(child) != 0) {
        task_free(child);
        return -ENOMEM;
    }
    *task_regs(child) = *current->user_regs;
    task_regs(child)->eax = 0;
    pid = child->pid;
    task_start_user(child, current);
    return pid;
}
