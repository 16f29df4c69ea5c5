/*
 * User agents: processes that do in ring 3 what the host says (agent_proto.h).
 *
 * The first one's address space is made here, without areas' and page faults'
 * code, which may be what is tested: the program's segments lie in frames that
 * are there from the start. An agent that has no operation sleeps in
 * sys_agent_wait(), with the result of the last one on its kernel stack. To do
 * an operation the kernel's agent puts it there, wakes the process, and lets
 * all others run until none can.
 */
#include <agent.h>

#include <binfmts.h>
#include <elf.h>
#include <errno.h>
#include <files.h>
#include <highmem.h>
#include <io.h>
#include <irq.h>
#include <mmap.h>
#include <page_alloc.h>
#include <slab.h>
#include <string.h>
#include <syscalls.h>
#include <task.h>
#include <uaccess.h>

#define AGENT_PROGRAM "/sbin/agent"
#define AGENT_HEAP    0x08100000UL /* where it begins; the agent is below */
#define AGENT_STACK   4            /* pages of its stack's area */

/* What is known of a user agent, also when it has ended. */
struct user_agent {
    int pid;
    int exit_code;
    struct agent_user_op *op; /* while it waits: the result, then the next */
    uint32_t started;         /* when it was woken */
    bool exited;
    bool given;     /* it waits, and *op is the next operation */
    bool working;   /* on an operation */
    bool unclaimed; /* it waits, and *op is a result that nobody has seen */
};

static struct user_agent agents[AGENT_MAX_USERS];
static unsigned int nagents;

static struct user_agent *find_agent(int pid)
{
    for (unsigned int i = nagents; i > 0; i--)
        if (agents[i - 1].pid == pid)
            return &agents[i - 1];
    return NULL;
}

static struct user_agent *add_agent(int pid)
{
    if (nagents == AGENT_MAX_USERS)
        return NULL;
    agents[nagents].pid = pid;
    return &agents[nagents++];
}

void agent_user_exits(int pid, int exit_code)
{
    struct user_agent *agent = find_agent(pid);

    if (agent == NULL)
        return;
    agent->exited = true;
    agent->exit_code = exit_code;
    agent->op = NULL;
}

/* --- the agents' side ----------------------------------------------------- */

/* The caller; a child of an agent is one from its first call on. */
static struct user_agent *current_agent(void)
{
    struct user_agent *agent = find_agent(current->pid);

    if (agent == NULL && nagents > 0)
        agent = add_agent(current->pid);
    return agent;
}

static void wait_for_operation(struct user_agent *agent)
{
    while (!agent->given && !signal_pending()) {
        set_current_state(TASK_INTERRUPTIBLE);
        schedule();
    }
}

long sys_agent_wait(void *result, void *next)
{
    uint32_t now = rdtsc();
    struct user_agent *agent = current_agent();
    struct agent_user_op op;

    if (agent == NULL)
        return -ENOSYS;
    if (copy_from_user(&op, result, sizeof(op)) != 0)
        return -EFAULT;
    op.cost = now - agent->started;
    agent->unclaimed = agent->unclaimed || agent->working;
    agent->working = false;
    agent->op = &op;
    wait_for_operation(agent);
    agent->op = NULL;
    if (!agent->given)
        return -ERESTARTNOINTR;
    agent->given = false;
    agent->working = true;
    return copy_to_user(next, &op, sizeof(op)) != 0 ? -EFAULT : 0;
}

/* --- the kernel's agent's side -------------------------------------------- */

/* Children of the boot task's: those that were spawned, and orphans. */
static void reap(void)
{
    struct task_struct *zombie;

    while ((zombie = find_zombie()) != NULL)
        release_task(zombie);
}

static void run_others(void)
{
    let_others_run();
    reap();
}

static void claim_result(struct user_agent *agent, struct agent_user_op *op)
{
    uint32_t pid = op->pid, kind = op->kind;

    *op = *agent->op;
    op->pid = pid;
    op->kind = kind;
    agent->unclaimed = false;
}

static void tell_status(struct user_agent *agent, struct agent_user_op *op)
{
    if (agent->exited) {
        op->status = USER_EXITED;
        op->value = agent->exit_code;
    } else if (agent->op != NULL && agent->unclaimed) {
        claim_result(agent, op);
    } else {
        op->status = USER_SLEEPS;
    }
}

static void give(struct user_agent *agent, const struct agent_user_op *op)
{
    *agent->op = *op;
    agent->given = true;
    agent->started = rdtsc();
    wake_up_process(find_task_by_pid(agent->pid));
}

static void do_operation(struct agent_user_op *op)
{
    struct user_agent *agent = find_agent(op->pid);

    if (agent == NULL) {
        op->status = USER_NO_PROCESS;
        return;
    }
    if (!agent->exited && !agent->unclaimed && agent->op != NULL)
        give(agent, op);
    else if (!agent->exited && op->kind != USER_NOTHING) {
        op->status = USER_BUSY;
        return;
    }
    run_others();
    tell_status(agent, op);
}

void agent_user_ops(struct agent_user_ops *list, unsigned int n)
{
    for (list->completed = 0; list->completed < n; list->completed++)
        do_operation(&list->ops[list->completed]);
}

/* --- the first agent's address space -------------------------------------- */

static unsigned long segment_flags(const struct elf_segment *segment)
{
    return VM_AGENT | VM_MAY | VM_READ |
           ((segment->p_flags & ELF_W) ? VM_WRITE : VM_EXEC);
}

/* Reads what the file has for the page at `at` of the address space. */
static int read_page(struct file *file, const struct elf_segment *segment,
                     struct page *page, unsigned long at)
{
    unsigned long from = at > segment->p_vaddr ? at : segment->p_vaddr;
    unsigned long end = segment->p_vaddr + segment->p_filesz;
    unsigned long to = at + PAGE_SIZE < end ? at + PAGE_SIZE : end;
    char *frame;
    long n;

    clear_user_highpage(page);
    if (from >= to)
        return 0;
    frame = kmap(page);
    n = kernel_read(file, from - segment->p_vaddr + segment->p_offset,
                    frame + from % PAGE_SIZE, to - from);
    kunmap(page);
    if (n < 0)
        return (int)n;
    return (unsigned long)n == to - from ? 0 : -EIO;
}

static int map_page(struct mm_struct *mm, struct file *file,
                    const struct elf_segment *segment, unsigned long at)
{
    struct page *page = alloc_page(GFP_HIGHUSER);
    int error;

    if (page == NULL)
        return -ENOMEM;
    error = read_page(file, segment, page, at);
    if (error == 0)
        error = setup_page(mm, at, page, segment_flags(segment));
    if (error != 0)
        __free_page(page);
    return error;
}

static int load_segment(struct mm_struct *mm, struct file *file,
                        const struct elf_segment *segment)
{
    unsigned long start = segment->p_vaddr & PAGE_MASK;
    unsigned long end = PAGE_ALIGN(segment->p_vaddr + segment->p_memsz);
    int error;

    if (end > AGENT_HEAP)
        return -ENOEXEC;
    error = setup_area(mm, start, end, segment_flags(segment));
    for (unsigned long at = start; error == 0 && at < end; at += PAGE_SIZE)
        error = map_page(mm, file, segment, at);
    return error;
}

static int load_agent(struct mm_struct *mm, struct file *file,
                      struct pt_regs *regs)
{
    struct elf_program *program = kmalloc(sizeof(*program), GFP_KERNEL);
    int error = program == NULL ? -ENOMEM : elf_read(file, program);

    for (unsigned int i = 0; error == 0 && i < program->header.e_phnum; i++)
        if (program->segments[i].p_type == ELF_LOAD)
            error = load_segment(mm, file, &program->segments[i]);
    if (error == 0)
        regs->eip = program->header.e_entry;
    kfree(program);
    mm->start_brk = AGENT_HEAP;
    mm->brk = AGENT_HEAP;
    mm->start_stack = STACK_TOP;
    if (error == 0)
        error = setup_area(mm, STACK_TOP - AGENT_STACK * PAGE_SIZE, STACK_TOP,
                           VM_GROWSDOWN | VM_DATA_FLAGS);
    return error;
}

/* Gives a new task what a process has. What it got before an error is taken
 * back by put_task(). */
static int fill_task(struct task_struct *task)
{
    struct pt_regs *regs = task_regs(task);
    struct file *file;
    int error;

    set_user_regs(regs, 0, STACK_TOP); /* where it begins, the program says */
    task->files = files_alloc();
    task->mm = mm_alloc();
    if (task->files == NULL || task->mm == NULL)
        return -ENOMEM;
    error = filp_open(AGENT_PROGRAM, O_RDONLY, 0, &file);
    if (error != 0)
        return error;
    error = load_agent(task->mm, file, regs);
    fput(file);
    return error;
}

static void put_task(struct task_struct *task)
{
    files_put(task->files);
    mmput(task->mm);
    task_free(task);
}

static int spawn(void)
{
    struct task_struct *task = task_alloc(current);
    int error;

    if (task == NULL)
        return -ENOMEM;
    snprintf(task->comm, TASK_COMM_LEN, "agent");
    task->pgrp = task->pid;
    error = fill_task(task);
    if (error == 0 && add_agent(task->pid) == NULL)
        error = -EAGAIN;
    if (error != 0) {
        put_task(task);
        return error;
    }
    task_start_user(task, current);
    return task->pid;
}

/* Its first result, which nobody asked for, says where its scratch memory is.
 */
void agent_spawn(struct agent_spawn *reply)
{
    int pid = spawn();
    const struct user_agent *agent;

    reply->pid = pid;
    reply->scratch = 0;
    if (pid < 0)
        return;
    run_others();
    agent = find_agent(pid);
    if (agent->op != NULL)
        reply->scratch = agent->op->args[0];
}
