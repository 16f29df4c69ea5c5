/* New tasks: two pages each, with the task at the bottom. Linux kernel/fork.c.
 */
#include <sched.h>

#include <errno.h>
#include <kernel.h>
#include <page_alloc.h>
#include <string.h>
#include <task.h>

static int last_pid;

/* What switch_stacks() takes off a new task's stack. */
struct new_stack {
    unsigned long edi, esi, ebx, ebp;
    void (*start)(void);
};

void thread_start(void);

int kernel_thread(const char *name, void (*function)(void *), void *argument)
{
    union task_union *task =
        (union task_union *)__get_free_pages(GFP_KERNEL, THREAD_ORDER);
    struct new_stack *stack;

    if (task == NULL)
        return -ENOMEM;
    memset(task, 0, sizeof(task->task));
    stack = (struct new_stack *)((char *)task + THREAD_SIZE) - 1;
    *stack = (struct new_stack){
        .ebx = (unsigned long)function,
        .esi = (unsigned long)argument,
        .start = thread_start,
    };
    task->task.esp = (unsigned long)stack;
    task->task.pid = ++last_pid;
    snprintf(task->task.comm, TASK_COMM_LEN, "%s", name);
    task_enter(&task->task);
    return task->task.pid;
}
