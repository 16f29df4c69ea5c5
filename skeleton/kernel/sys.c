/*
 * Small system calls: who a process is, what it may use, what the system is.
 * There is one user, who may do everything. Linux kernel/sys.c.
 */
#include <syscalls.h>

#include <errno.h>
#include <files.h>
#include <init.h>
#include <task.h>
#include <uaccess.h>

#define UTSNAME_BYTES 65 /* of each text */

/* So that nobody switches off by mistake: Linux's numbers. */
#define REBOOT_MAGIC1    0xfee1deadUL
#define REBOOT_MAGIC2    672274793UL
#define REBOOT_POWER_OFF 0x4321fedcUL

struct utsname {
    char sysname[UTSNAME_BYTES], nodename[UTSNAME_BYTES];
    char release[UTSNAME_BYTES], version[UTSNAME_BYTES];
    char machine[UTSNAME_BYTES], domainname[UTSNAME_BYTES];
};

static const struct utsname system_name = {
    "Linux", "mmgrade", "2.4.37-mmgrade", "#1", "i686", "(none)",
};

long sys_uname(void *buffer)
{
    if (copy_to_user(buffer, &system_name, sizeof(system_name)) != 0)
        return -EFAULT;
    return 0;
}

/* The machine can be switched off, and nothing else. */
long sys_reboot(unsigned long magic1, unsigned long magic2,
                unsigned long command)
{
    if (magic1 != REBOOT_MAGIC1 || magic2 != REBOOT_MAGIC2 ||
        command != REBOOT_POWER_OFF)
        return -EINVAL;
    power_off();
    return -EIO;
}

long sys_getpid(void)
{
    return current->pid;
}

long sys_getppid(void)
{
    return current->parent->pid;
}

/* Also of the group, and the effective ones. */
long sys_getuid(void)
{
    return 0;
}

long sys_set_tid_address(int *address)
{
    (void)address;
    return current->pid;
}

/* --- process groups ------------------------------------------------------- */

long sys_getpgrp(void)
{
    return current->pgrp;
}

long sys_getpgid(int pid)
{
    const struct task_struct *task = pid == 0 ? current : find_task_by_pid(pid);

    return task == NULL || task->parent == NULL ? -ESRCH : task->pgrp;
}

/* Of current or one of its children. */
long sys_setpgid(int pid, int pgrp)
{
    struct task_struct *task = pid == 0 ? current : find_task_by_pid(pid);

    if (pgrp < 0)
        return -EINVAL;
    if (task == NULL || (task != current && task->parent != current))
        return -ESRCH;
    task->pgrp = pgrp == 0 ? task->pid : pgrp;
    return 0;
}

/* --- limits ----------------------------------------------------------------
 */

/* `limits` are two: what holds, and how far it may be raised, which is what
 * holds or all there is. */
long sys_getrlimit(unsigned int resource, unsigned long *limits)
{
    unsigned long values[2];

    if (resource >= RLIM_NLIMITS)
        return -EINVAL;
    values[0] = current->rlim[resource];
    values[1] = resource == RLIMIT_NOFILE ? NR_OPEN : RLIM_INFINITY;
    return copy_to_user(limits, values, sizeof(values)) != 0 ? -EFAULT : 0;
}

long sys_setrlimit(unsigned int resource, const unsigned long *limits)
{
    unsigned long values[2];

    if (resource >= RLIM_NLIMITS)
        return -EINVAL;
    if (copy_from_user(values, limits, sizeof(values)) != 0)
        return -EFAULT;
    if (values[0] > values[1] ||
        (resource == RLIMIT_NOFILE && values[0] > NR_OPEN))
        return -EINVAL;
    current->rlim[resource] = values[0];
    return 0;
}
