/*
 * From one kernel stack to another.
 *
 *     void switch_stacks(unsigned long *save_esp, unsigned long esp)
 *
 * Leaves what C expects a function to keep on the old stack, writes where that
 * is to *save_esp, and takes the same off the new stack. It returns to whoever
 * called it when that stack was left, or to thread_start for a new task.
 */
    .text
    .globl switch_stacks
switch_stacks:
    mov     4(%esp), %eax
    mov     8(%esp), %edx
    push    %ebp
    push    %ebx
    push    %esi
    push    %edi
    mov     %esp, (%eax)
    mov     %edx, %esp
    pop     %edi
    pop     %esi
    pop     %ebx
    pop     %ebp
    ret

/*
 * A new task begins here, with its function in ebx and the argument in esi
 * (new_stack() in kernel/fork.c). ebp is 0: its backtrace ends here.
 */
    .globl thread_start
thread_start:
    call    schedule_tail
    sti
    push    %esi
    call    *%ebx
    push    $0
    call    do_exit

/*
 * A task that goes to user mode at once begins here: struct pt_regs is above
 * esp, on top of its stack.
 */
    .globl user_start
user_start:
    call    schedule_tail
    mov     %esp, %ebx
    push    %ebx
    call    prepare_user_mode
    push    %ebx
    call    enter_user_mode

    .section .note.GNU-stack, "", @progbits
