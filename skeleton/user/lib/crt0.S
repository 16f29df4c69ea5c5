/*
 * Where a program begins. The kernel has put argc, the arguments, NULL, the
 * environment and NULL onto the stack; esp points to argc.
 */
    .globl _start
_start:
    xorl %ebp, %ebp             /* the outermost frame, for a debugger */
    movl %esp, %eax
    andl $-16, %esp
    subl $12, %esp
    pushl %eax
    call start_program          /* doesn't return */

    .section .note.GNU-stack, "", @progbits
