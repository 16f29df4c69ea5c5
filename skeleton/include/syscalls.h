/*
 * The system calls, as the table in kernel/syscall.c has them. The numbers are
 * in unistd.h. Each returns a result or a negative error number; pointers are
 * the user's, and must go through uaccess.h. All run in the calling process's
 * context with interrupts on, and may sleep.
 */
#ifndef SYSCALLS_H
#define SYSCALLS_H

#include <types.h>

struct iovec;
struct k_sigaction;
struct mmap_arg_struct;
struct old_sigaction;
struct pollfd;
struct pt_regs;
struct timespec;
struct user_desc;

/* What a call returns to ask for being made again once a signal's handler has
 * run. User mode never sees these. */
#define ERESTARTSYS    512 /* unless the handler is without SA_RESTART: EINTR */
#define ERESTARTNOINTR 513 /* in any case */
#define ERESTARTNOHAND 514 /* only if there is no handler: else EINTR */

/* Serves the call in regs->eax; its result goes there, too. */
void system_call(struct pt_regs *regs);

/* --- processes: kernel/fork.c, exit.c, exec.c, ids.c ---------------------- */

long sys_fork(void);
long sys_clone(unsigned long flags, unsigned long esp, int *parent_tid,
               unsigned long tls, int *child_tid);
long sys_exit(int status);
long sys_waitpid(int pid, int *status, int options);
long sys_wait4(int pid, int *status, int options, void *rusage);
long sys_execve(const char *name, char **argv, char **envp);
long sys_getpid(void);
long sys_getppid(void);
long sys_getuid(void);
long sys_setpgid(int pid, int pgrp);
long sys_getpgid(int pid);
long sys_getpgrp(void);
long sys_set_tid_address(int *address);
long sys_set_thread_area(struct user_desc *description);
long sys_uname(void *buffer);
long sys_reboot(unsigned long magic1, unsigned long magic2,
                unsigned long command);
long sys_getrlimit(unsigned int resource, unsigned long *limits);
long sys_setrlimit(unsigned int resource, const unsigned long *limits);
long sys_agent_wait(void *result, void *next);

/* --- modules: kernel/module.c --------------------------------------------- */

/*
 * Loads the object of `nbytes` at `image`: 0. -ENOEXEC if it is no module or
 * has more than MODULE_MAX_BYTES, -ENOENT if it needs symbols that are not
 * exported, -EEXIST if there is one of this name, -EFAULT, -ENOMEM, or what its
 * init function says. Linux 2.6's form; `args` is ignored.
 */
long sys_init_module(const void *image, unsigned long nbytes, const char *args);

/* Unloads the module: 0; -ENOENT if there is none, -EBUSY if it has users, is
 * on its way in or out, or has no cleanup function; -EFAULT. */
long sys_delete_module(const char *name);

/* --- time: kernel/timer.c ------------------------------------------------- */

long sys_sched_yield(void);
long sys_nanosleep(const struct timespec *request, struct timespec *rest);
long sys_time(long *seconds);
long sys_times(void *buffer);
long sys_clock_gettime(int clock, struct timespec *time);
long sys_gettimeofday(void *time, void *zone);

/* --- signals: kernel/signal.c, sigreturn.c -------------------------------- */

long sys_kill(int pid, int sig);
long sys_tkill(int pid, int sig);
long sys_tgkill(int group, int pid, int sig);
long sys_signal(int sig, unsigned long handler);
long sys_sigaction(int sig, const struct old_sigaction *action,
                   struct old_sigaction *old);
long sys_rt_sigaction(int sig, const struct k_sigaction *action,
                      struct k_sigaction *old, size_t nbytes);
long sys_sigprocmask(int how, const unsigned long *set, unsigned long *old);
long sys_rt_sigprocmask(int how, const unsigned long *set, unsigned long *old,
                        size_t nbytes);
long sys_sigpending(unsigned long *set);
long sys_rt_sigpending(unsigned long *set, size_t nbytes);
long sys_sigaltstack(const void *stack, void *old);
long sys_sigreturn(void);
long sys_rt_sigreturn(void);
long sys_pause(void);
long sys_rt_sigsuspend(const unsigned long *set, size_t nbytes);

/* --- memory: mm/mmap.c (sys_brk: mmap.h), kernel/mmap_calls.c, mprotect.c - */

long sys_old_mmap(const struct mmap_arg_struct *args);
long sys_mmap2(unsigned long addr, unsigned long len, unsigned long prot,
               unsigned long flags, unsigned long fd, unsigned long pgoff);
long sys_munmap(unsigned long addr, unsigned long len);
long sys_mprotect(unsigned long addr, unsigned long len, unsigned long prot);
long sys_msync(unsigned long addr, unsigned long len, int flags);

/* --- files: fs/ ----------------------------------------------------------- */

long sys_open(const char *name, int flags, unsigned int mode);
long sys_openat(int folder, const char *name, int flags, unsigned int mode);
long sys_creat(const char *name, unsigned int mode);
long sys_close(unsigned int fd);
long sys_read(unsigned int fd, char *buffer, size_t nbytes);
long sys_write(unsigned int fd, const char *buffer, size_t nbytes);
long sys_readv(unsigned int fd, const struct iovec *vector, unsigned long n);
long sys_writev(unsigned int fd, const struct iovec *vector, unsigned long n);
long sys_lseek(unsigned int fd, long offset, unsigned int whence);
long sys_llseek(unsigned int fd, unsigned long high, unsigned long low,
                uint64_t *result, unsigned int whence);
long sys_dup(unsigned int fd);
long sys_dup2(unsigned int fd, unsigned int new_fd);
long sys_pipe(int *fds);
long sys_pipe2(int *fds, int flags);
long sys_ioctl(unsigned int fd, unsigned int command, unsigned long argument);
long sys_fcntl(unsigned int fd, unsigned int command, unsigned long argument);
long sys_poll(struct pollfd *fds, unsigned int n, int milliseconds);
long sys_stat(const char *name, void *buffer);
long sys_lstat(const char *name, void *buffer);
long sys_fstat(unsigned int fd, void *buffer);
long sys_stat64(const char *name, void *buffer);
long sys_lstat64(const char *name, void *buffer);
long sys_fstat64(unsigned int fd, void *buffer);
long sys_fstatat64(int folder, const char *name, void *buffer, int flags);
long sys_access(const char *name, int mode);
long sys_chdir(const char *name);
long sys_getcwd(char *buffer, unsigned long nbytes);
long sys_mkdir(const char *name, unsigned int mode);
long sys_rmdir(const char *name);
long sys_unlink(const char *name);
long sys_rename(const char *name, const char *new_name);
long sys_mknod(const char *name, unsigned int mode, unsigned long dev);
long sys_chmod(const char *name, unsigned int mode);
long sys_getdents(unsigned int fd, void *entries, unsigned int nbytes);
long sys_getdents64(unsigned int fd, void *entries, unsigned int nbytes);
long sys_sync(void);
long sys_umask(unsigned int mask);
long sys_truncate(const char *name, unsigned long nbytes);
long sys_ftruncate(unsigned int fd, unsigned long nbytes);

#endif
