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
#include <uaccess.h>

/* clone()'s flags: Linux's numbers. The lowest byte is the signal that tells
 * the parent of the child's end. */
#define CLONE_VM             0x00000100UL
#define CLONE_VFORK          0x00004000UL
#define CLONE_PARENT_SETTID  0x00100000UL
#define CLONE_CHILD_CLEARTID 0x00200000UL
#define CLONE_CHILD_SETTID   0x01000000UL
#define CLONE_FLAGS                                                            \
    (CLONE_VM | CLONE_VFORK | CLONE_PARENT_SETTID | CLONE_CHILD_CLEARTID |     \
     CLONE_CHILD_SETTID)

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

/* A copy of current that has not begun yet: 0 or an error number. */
static int clone_current(struct task_struct **result)
{
    struct task_struct *child;

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
    *result = child;
    return 0;
}

/* Tells the child its pid in its own memory, not in its parent's. As in Linux,
 * nothing happens if the address is bad. */
static void set_child_tid(const struct task_struct *child, int *address)
{
    struct mm_struct *mm = current->mm;

    use_mm(child->mm);
    put_user(child->pid, address);
    use_mm(mm);
}

/* Also vfork(): the child of a copy-on-write fork() costs little more. */
long sys_fork(void)
{
    struct task_struct *child;
    int pid, error = clone_current(&child);

    if (error != 0)
        return error;
    pid = child->pid;
    task_start_user(child, current);
    return pid;
}

/* Processes, no threads: who asks for the parent's memory until exec() gets a
 * copy. Nobody waits on child_tid for the child's end (CLEARTID), since nobody
 * shares that memory with it. */
long sys_clone(unsigned long flags, unsigned long esp, int *parent_tid,
               unsigned long tls, int *child_tid)
{
    struct task_struct *child;
    int pid, error;

    (void)tls;
    if ((flags & ~CLONE_FLAGS) != SIGCHLD ||
        (flags & (CLONE_VM | CLONE_VFORK)) == CLONE_VM)
        return -EINVAL;
    error = clone_current(&child);
    if (error != 0)
        return error;
    pid = child->pid;
    if (esp != 0)
        task_regs(child)->esp = esp;
    if (flags & CLONE_CHILD_SETTID)
        set_child_tid(child, child_tid);
    if (flags & CLONE_PARENT_SETTID)
        put_user(pid, parent_tid);
    task_start_user(child, current);
    return pid;
}
