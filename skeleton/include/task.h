/* What the making, switching and ending of tasks share. */
#ifndef TASK_H
#define TASK_H

#include <sched.h>
#include <trap.h>

#define THREAD_ORDER 1 /* of a task's block of pages */
#define PID_MAX      32767
#define MAX_TASKS    4096 /* zombies included */

/* The registers of user mode are on top of every task's kernel stack, for that
 * is where the processor's stack pointer begins on the way into the kernel. */
static inline struct pt_regs *task_regs(struct task_struct *task)
{
    return (struct pt_regs *)((char *)task + THREAD_SIZE) - 1;
}

/* --- kernel/fork.c ------------------------------------------------------- */

/*
 * A new task that is on no list, with the parent's limits, signal actions and
 * name, and no files, folder, or address space: two pages, and a pid. NULL
 * without memory, or if there are MAX_TASKS already. May sleep.
 */
struct task_struct *task_alloc(const struct task_struct *parent);

/* Gives back the pages of a task that is on no list. */
void task_free(struct task_struct *task);

/* Makes it a child of `parent` that can run, and goes on in user mode with
 * task_regs(task). */
void task_start_user(struct task_struct *task, struct task_struct *parent);

/* --- kernel/sched.c ------------------------------------------------------ */

/* Lists a new task and lets it run. */
void task_enter(struct task_struct *task);

/* Called on the new stack after every switch; by thread_start, too. */
void schedule_tail(void);

/* Called by the timer: the time slice of the task that runs goes on. */
void scheduler_tick(void);

/* --- kernel/exit.c ------------------------------------------------------- */

/* Who gets the children of parents that have ended: the first process, or the
 * boot task. */
extern struct task_struct *child_reaper;

/* A zombie that its parent has no more use for goes. */
void release_task(struct task_struct *task);

/* A child of current that is a zombie, or NULL. */
struct task_struct *find_zombie(void);

/* --- kernel/exec.c ------------------------------------------------------- */

/* Arguments and environment, in kernel memory: NULL-terminated. */
struct exec_strings {
    const char *const *argv, *const *envp;
};

/*
 * Gives current the program at `path` to run, and the registers `regs` to begin
 * with. 0; or an error number, and nothing has changed. May sleep.
 */
int kernel_execve(const char *path, const struct exec_strings *strings,
                  struct pt_regs *regs);

/* --- arch/ --------------------------------------------------------------- */

/* Loads what the processor needs to know of the task that runs next, and saves
 * what is the current one's. arch/user.c. */
void switch_user_state(struct task_struct *from, struct task_struct *to);

/* Saves what is current's; loads it. */
void save_user_state(void);
void load_user_state(void);

/* A program begins: FPU and segments as after a reset. */
void reset_user_state(void);

/* Leaves the kernel with these registers, for good. arch/entry.S */
__attribute__((noreturn)) void enter_user_mode(struct pt_regs *regs);

/* Where a task begins that returns to user mode at once. arch/switch.S */
void user_start(void);

#endif
