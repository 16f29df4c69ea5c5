/*
 * The first process of an interactive boot, and what the boot task does from
 * then on. Linux init/main.c.
 */
#include <init.h>

#include <boot.h>
#include <files.h>
#include <io.h>
#include <kernel.h>
#include <monitor.h>
#include <task.h>
#include <timer.h>
#include <tty.h>

#define CONSOLE "/dev/console"

static const char *const programs[] = {"/sbin/init", "/bin/init", "/bin/sh"};

/* The console as standard input, output and error output. */
static void open_console(void)
{
    struct file *file;

    if (filp_open(CONSOLE, O_RDWR, 0, &file) != 0)
        return;
    for (int i = 0; i < 3; i++) {
        get_file(file);
        if (fd_install(file, 0, false) < 0)
            fput(file);
    }
    fput(file);
}

static void become_process(void)
{
    struct task_struct *boot_task = &init_task_union.task;

    current->parent = boot_task;
    current->pgrp = current->pid;
    current->user_regs = task_regs(current);
    list_add_tail(&current->sibling, &boot_task->children);
    current->files = files_alloc();
    if (current->files == NULL)
        do_exit(SIGKILL);
    open_console();
    child_reaper = current;
}

static void run_init(void *program)
{
    static const char *const envp[] = {"HOME=/", "PATH=/bin:/sbin",
                                       "TERM=vt100", NULL};
    const char *const argv[] = {program, NULL};
    const struct exec_strings strings = {argv, envp};
    int error;

    become_process();
    error = kernel_execve(program, &strings, task_regs(current));
    if (error == 0)
        enter_user_mode(task_regs(current));
    printk("%s can't be run: error %d\n", (const char *)program, -error);
    do_exit(SIGKILL);
}

/* The first of the programs that the ramdisk has, or NULL. */
static const char *find_program(void)
{
    struct file *file;

    for (size_t i = 0; i < ARRAY_SIZE(programs); i++)
        if (filp_open(programs[i], O_RDONLY, 0, &file) == 0) {
            fput(file);
            return programs[i];
        }
    return NULL;
}

/* Waits for the first process, and for orphans once that has ended. */
static void wait_for(int pid)
{
    struct task_struct *zombie;
    int ended;

    do {
        wait_event(current->child_exit, find_zombie() != NULL);
        zombie = find_zombie();
        ended = zombie->pid;
        release_task(zombie);
    } while (ended != pid);
}

void power_off(void)
{
    outb(0, DEBUG_EXIT_PORT);
    printk("This machine has no isa-debug-exit device.\n");
}

void init_run(void)
{
    const char *program = find_program();
    int pid;

    if (program == NULL)
        monitor_run();
    pid = kernel_thread("init", run_init, (void *)program);
    if (pid < 0)
        panic("init_run: no memory for the first process, %d", pid);
    boot_walk_to(STAGE_SWAP); /* after it, so that it is number 1 */
    clock_start();
    tty_init();
    wait_for(pid);
    printk("The first process has ended. System halted.\n");
    power_off();
    halt();
}
