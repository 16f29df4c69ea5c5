/*
 * The numbers of the system calls that the library makes: Linux's for the i386.
 * The number goes into eax, the arguments go into ebx, ecx, edx, esi, edi, ebp;
 * int 0x80 enters the kernel, which leaves the result in eax.
 */
#ifndef SYS_SYSCALL_H
#define SYS_SYSCALL_H

#define SYS_exit          1
#define SYS_fork          2
#define SYS_read          3
#define SYS_write         4
#define SYS_open          5
#define SYS_close         6
#define SYS_waitpid       7
#define SYS_unlink        10
#define SYS_execve        11
#define SYS_chdir         12
#define SYS_mknod         14
#define SYS_lseek         19
#define SYS_getpid        20
#define SYS_kill          37
#define SYS_mkdir         39
#define SYS_rmdir         40
#define SYS_pipe          42
#define SYS_brk           45
#define SYS_ioctl         54
#define SYS_dup2          63
#define SYS_getppid       64
#define SYS_sigaction     67
#define SYS_swapon        87
#define SYS_reboot        88
#define SYS_munmap        91
#define SYS_ftruncate     93
#define SYS_stat          106
#define SYS_fstat         108
#define SYS_swapoff       115
#define SYS_sigreturn     119
#define SYS_uname         122
#define SYS_mprotect      125
#define SYS_init_module   128
#define SYS_delete_module 129
#define SYS_getdents      141
#define SYS_msync         144
#define SYS_sched_yield   158
#define SYS_nanosleep     162
#define SYS_getcwd        183
#define SYS_mmap2         192

#ifndef __ASSEMBLER__
/*
 * Makes the system call with up to six arguments. Returns the kernel's result,
 * or -1 with errno set.
 */
long syscall(long number, ...);
#endif

#endif
