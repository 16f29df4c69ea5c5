/*
 * System calls: from a number to a function. Linux arch/i386/kernel/entry.S.
 *
 * The registers of user mode hold up to six arguments. All are passed on, and
 * each function takes as many of them as it has: the caller clears the stack.
 */
#include <syscalls.h>

#include <agent_proto.h>
#include <errno.h>
#include <mmap.h>
#include <sched.h>
#include <swap.h>
#include <trap.h>
#include <unistd.h>

typedef long (*syscall_t)(uint32_t, uint32_t, uint32_t, uint32_t, uint32_t,
                          uint32_t);

#define CALL(name, function) [__NR_##name] = (void (*)(void))(function)

static void (*const sys_call_table[])(void) = {
    CALL(exit, sys_exit),
    CALL(fork, sys_fork),
    CALL(read, sys_read),
    CALL(write, sys_write),
    CALL(open, sys_open),
    CALL(close, sys_close),
    CALL(waitpid, sys_waitpid),
    CALL(creat, sys_creat),
    CALL(unlink, sys_unlink),
    CALL(execve, sys_execve),
    CALL(chdir, sys_chdir),
    CALL(time, sys_time),
    CALL(mknod, sys_mknod),
    CALL(chmod, sys_chmod),
    CALL(lseek, sys_lseek),
    CALL(getpid, sys_getpid),
    CALL(getuid, sys_getuid),
    CALL(pause, sys_pause),
    CALL(access, sys_access),
    CALL(sync, sys_sync),
    CALL(kill, sys_kill),
    CALL(rename, sys_rename),
    CALL(mkdir, sys_mkdir),
    CALL(rmdir, sys_rmdir),
    CALL(dup, sys_dup),
    CALL(pipe, sys_pipe),
    CALL(times, sys_times),
    CALL(brk, sys_brk),
    CALL(getgid, sys_getuid),
    CALL(signal, sys_signal),
    CALL(geteuid, sys_getuid),
    CALL(getegid, sys_getuid),
    CALL(ioctl, sys_ioctl),
    CALL(fcntl, sys_fcntl),
    CALL(setpgid, sys_setpgid),
    CALL(umask, sys_umask),
    CALL(dup2, sys_dup2),
    CALL(getppid, sys_getppid),
    CALL(getpgrp, sys_getpgrp),
    CALL(sigaction, sys_sigaction),
    CALL(sigpending, sys_sigpending),
    CALL(setrlimit, sys_setrlimit),
    CALL(getrlimit, sys_getrlimit),
    CALL(gettimeofday, sys_gettimeofday),
    CALL(swapon, sys_swapon),
    CALL(reboot, sys_reboot),
    CALL(mmap, sys_old_mmap),
    CALL(munmap, sys_munmap),
    CALL(truncate, sys_truncate),
    CALL(ftruncate, sys_ftruncate),
    CALL(stat, sys_stat),
    CALL(lstat, sys_lstat),
    CALL(fstat, sys_fstat),
    CALL(wait4, sys_wait4),
    CALL(swapoff, sys_swapoff),
    CALL(sigreturn, sys_sigreturn),
    CALL(clone, sys_clone),
    CALL(uname, sys_uname),
    CALL(mprotect, sys_mprotect),
    CALL(sigprocmask, sys_sigprocmask),
    CALL(init_module, sys_init_module),
    CALL(delete_module, sys_delete_module),
    CALL(getpgid, sys_getpgid),
    CALL(_llseek, sys_llseek),
    CALL(getdents, sys_getdents),
    CALL(msync, sys_msync),
    CALL(readv, sys_readv),
    CALL(writev, sys_writev),
    CALL(sched_yield, sys_sched_yield),
    CALL(nanosleep, sys_nanosleep),
    CALL(poll, sys_poll),
    CALL(rt_sigreturn, sys_rt_sigreturn),
    CALL(rt_sigaction, sys_rt_sigaction),
    CALL(rt_sigprocmask, sys_rt_sigprocmask),
    CALL(rt_sigpending, sys_rt_sigpending),
    CALL(rt_sigsuspend, sys_rt_sigsuspend),
    CALL(getcwd, sys_getcwd),
    CALL(sigaltstack, sys_sigaltstack),
    CALL(vfork, sys_fork),
    CALL(ugetrlimit, sys_getrlimit),
    CALL(mmap2, sys_mmap2),
    CALL(truncate64, sys_truncate),
    CALL(ftruncate64, sys_ftruncate),
    CALL(stat64, sys_stat64),
    CALL(lstat64, sys_lstat64),
    CALL(fstat64, sys_fstat64),
    CALL(getuid32, sys_getuid),
    CALL(getgid32, sys_getuid),
    CALL(geteuid32, sys_getuid),
    CALL(getegid32, sys_getuid),
    CALL(getdents64, sys_getdents64),
    CALL(fcntl64, sys_fcntl),
    CALL(gettid, sys_getpid),
    CALL(tkill, sys_tkill),
    CALL(set_thread_area, sys_set_thread_area),
    CALL(exit_group, sys_exit),
    CALL(set_tid_address, sys_set_tid_address),
    CALL(clock_gettime, sys_clock_gettime),
    CALL(tgkill, sys_tgkill),
    CALL(openat, sys_openat),
    CALL(fstatat64, sys_fstatat64),
    CALL(pipe2, sys_pipe2),
    CALL(agent_wait, sys_agent_wait),
};

void system_call(struct pt_regs *regs)
{
    uint32_t nr = regs->eax;
    void (*function)(void) = NULL;

    regs->error = nr;
    if (nr < ARRAY_SIZE(sys_call_table))
        function = sys_call_table[nr];
    if (function == NULL)
        regs->eax = -ENOSYS;
    else
        regs->eax = ((syscall_t)function)(regs->ebx, regs->ecx, regs->edx,
                                          regs->esi, regs->edi, regs->ebp);
}
