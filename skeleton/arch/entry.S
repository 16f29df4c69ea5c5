/*
 * Entry points of exceptions and interrupts.
 *
 * Every vector gets a stub that pushes an error code (unless the processor
 * did) and its number, and goes on in trap_common, which completes struct
 * pt_regs and calls trap_dispatch(). trap_stubs[] has the stubs' addresses.
 */
#include <asm.h>

    .text
    .macro trap_stub vector
trap_\vector:
    .if !(\vector == 8 || (\vector >= 10 && \vector <= 14) || \vector == 17)
    push    $0
    .endif
    push    $\vector
    jmp     trap_common
    .endm

    .altmacro
    .macro trap_stub_value vector
    trap_stub \vector
    .endm
    .set    i, 0
    .rept   256
    trap_stub_value %i
    .set    i, i + 1
    .endr

trap_common:
    push    %es
    push    %ds
    push    %eax
    push    %ebp
    push    %edi
    push    %esi
    push    %edx
    push    %ecx
    push    %ebx
    mov     $KERNEL_DS, %eax
    mov     %eax, %ds
    mov     %eax, %es
    cld
    push    %esp
    call    trap_dispatch
    add     $4, %esp
leave_kernel:
    pop     %ebx
    pop     %ecx
    pop     %edx
    pop     %esi
    pop     %edi
    pop     %ebp
    pop     %eax
1:  pop     %ds
2:  pop     %es
    add     $8, %esp            /* vector and error code */
3:  iret

/*
 * ds, es and ss may name the segment that a process has made for itself, and
 * taken away since. Then ds or es becomes 0, and ss the segment of all: it
 * can't be 0. Nothing else that iret restores can be wrong.
 */
bad_ds:
    movl    $0, (%esp)
    jmp     1b
bad_es:
    movl    $0, (%esp)
    jmp     2b
bad_iret:
    movl    $USER_DS, 16(%esp)
    iret

    .section __ex_table, "a"
    .long   1b, bad_ds
    .long   2b, bad_es
    .long   3b, bad_iret
    .previous

/*
 *     void enter_user_mode(struct pt_regs *regs)
 *
 * `regs` are on top of the kernel stack: nothing that is in use is lost.
 */
    .globl enter_user_mode
enter_user_mode:
    cli
    mov     4(%esp), %esp
    jmp     leave_kernel

/*
 * The double fault's task starts here, on its own stack: nothing to save, the
 * interrupted state is in the kernel's TSS.
 */
    .globl double_fault_entry
double_fault_entry:
    call    double_fault

    .section .rodata
    .align 4
    .globl trap_stubs
trap_stubs:
    .macro trap_address vector
    .long   trap_\vector
    .endm
    .set    i, 0
    .rept   256
    trap_address %i
    .set    i, i + 1
    .endr

    .section .note.GNU-stack, "", @progbits
