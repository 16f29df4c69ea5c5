/* The way into the kernel and, after a signal handler, back to it. */
#include <sys/syscall.h>

/* The kernel returns -4095 to -1 for errors, and nothing else in that range. */
#define MAX_ERRNO 4095

/* long syscall(long number, ...): the arguments are on the stack. */
    .globl syscall
syscall:
    pushl %ebp
    pushl %edi
    pushl %esi
    pushl %ebx
    movl 20(%esp), %eax
    movl 24(%esp), %ebx
    movl 28(%esp), %ecx
    movl 32(%esp), %edx
    movl 36(%esp), %esi
    movl 40(%esp), %edi
    movl 44(%esp), %ebp
    int $0x80
    popl %ebx
    popl %esi
    popl %edi
    popl %ebp
    cmpl $-MAX_ERRNO, %eax
    jb 1f
    negl %eax
    movl %eax, errno
    movl $-1, %eax
1:  ret

/*
 * A handler returns here with the signal's number on the stack, above it what
 * the kernel has saved; sigreturn goes on where the signal came in between.
 */
    .globl signal_restorer
signal_restorer:
    popl %eax
    movl $SYS_sigreturn, %eax
    int $0x80

    .section .note.GNU-stack, "", @progbits
