/*
 * Entry from the hypervisor by the PVH note: 32-bit protected mode, flat
 * segments, paging off, interrupts off, ebx = struct hvm_start_info
 * (xen/include/public/arch-x86/hvm/start_info.h in Xen's sources).
 *
 * Maps the first BOOT_MAP bytes twice with 4 MB pages, at 0 and at
 * PAGE_OFFSET, turns paging on, leaves the low mapping behind and calls
 * start_kernel(). paging_init() later builds the real page directory.
 */
#include <asm.h>

#define PGD_ENTRY(va)   (((va) >> 22) * 4)
#define PHYS(symbol)    ((symbol) - PAGE_OFFSET)
#define LARGE_PAGE_RW   0x83    /* present, writable, 4 MB */
#define BOOT_CHUNKS     4       /* 16 MB: image, bss and bootmem bitmap */

    .section .note.pvh, "a", @note
    .align 4
    .long 4, 4, 18              /* name size, value size, XEN_ELFNOTE_PHYS32 */
    .asciz "Xen"
    .long PHYS(pvh_entry)

    .section .head.text, "ax", @progbits
    .globl pvh_entry
pvh_entry:
    cld
    cli
    mov     $PHYS(boot_pg_dir), %edi
    mov     $LARGE_PAGE_RW, %eax
    mov     $BOOT_CHUNKS, %ecx
1:  mov     %eax, (%edi)
    mov     %eax, PGD_ENTRY(PAGE_OFFSET)(%edi)
    add     $0x400000, %eax
    add     $4, %edi
    loop    1b

    mov     %cr4, %eax
    or      $(CR4_PSE | CR4_FXSR), %eax
    mov     %eax, %cr4
    mov     $PHYS(boot_pg_dir), %eax
    mov     %eax, %cr3
    mov     %cr0, %eax
    or      $(CR0_PG | CR0_WP | CR0_NE | CR0_MP), %eax
    mov     %eax, %cr0
    mov     $high_half, %eax
    jmp     *%eax

high_half:
    mov     $init_stack_end, %esp
    xor     %ebp, %ebp          /* the backtrace ends here */
    push    %ebx                /* physical address of hvm_start_info */
    call    start_kernel        /* does not return */
    hlt

    .section .bss.page_aligned, "aw", @nobits
    .align PAGE_SIZE
    .globl boot_pg_dir
boot_pg_dir:
    .skip PAGE_SIZE

/*
 * The first task's two pages: struct task_struct at the bottom, the kernel
 * stack above it. current() finds the task by rounding esp down, so the
 * union is aligned to its size. The page below is a guard that
 * paging_init() unmaps.
 */
    .align THREAD_SIZE
    .skip THREAD_SIZE - PAGE_SIZE
    .globl init_stack_guard
init_stack_guard:
    .skip PAGE_SIZE
    .globl init_task_union
init_task_union:
    .skip THREAD_SIZE
init_stack_end:

    .section .note.GNU-stack, "", @progbits
