/*
 * Constants that assembly and C share. No C in here.
 */
#ifndef ASM_H
#define ASM_H

#define PAGE_SHIFT  12
#define PAGE_SIZE   4096
#define PAGE_OFFSET 0xC0000000

#define THREAD_SIZE 8192 /* a task's structure and its kernel stack */

/* Segment selectors: index in the GDT times 8, plus privilege level. */
#define KERNEL_CS  0x10
#define KERNEL_DS  0x18
#define USER_CS    0x23
#define USER_DS    0x2B
#define TSS_SEL    0x30
#define DF_TSS_SEL 0x38
#define TLS_SEL    0x43 /* a process's own: set_thread_area() */

#define CR0_MP  0x00000002 /* there is an FPU */
#define CR0_NE  0x00000020 /* its errors are exceptions */
#define CR0_WP  0x00010000 /* ring 0 honours read-only pages */
#define CR0_PG  0x80000000
#define CR4_PSE 0x00000010 /* 4 MB pages */
#define CR4_FXSR                                                               \
    0x00000600 /* SSE is saved by fxsave; its errors: exceptions               \
                */

#define VECTOR_DOUBLE_FAULT 8
#define VECTOR_IRQ0         0x20 /* the PIC's sixteen lines */
#define VECTOR_AGENT        0xF0 /* the agent's own interrupt, raised by int */

#endif
