/*
 * Segments, the interrupt table, the task state segments.
 *
 * Segments are flat; they exist because the processor wants them. A double
 * fault goes through a task gate, to a stack of its own: it mostly means that
 * the kernel stack overflowed into its guard page, so nothing can be pushed
 * there any more. Intel SDM volume 3, chapters 6 and 7.
 */
#include <trap.h>

#include <kernel.h>
#include <page.h>

#define GATE_INTERRUPT 0x8E00 /* present, ring 0, interrupts go off */
#define GATE_USER      0xEE00 /* the same, but processes may use it by int */
#define GATE_TASK      0x8500
#define TSS_BYTES      104
#define DF_STACK_BYTES 4096

struct descriptor {
    uint32_t low, high;
};

struct __attribute__((packed)) table_register {
    uint16_t limit;
    uint32_t base;
};

/* A task state segment as the processor defines it; unused fields unnamed. */
struct tss {
    uint32_t link, esp0, ss0, unused_rings[4];
    uint32_t cr3, eip, eflags;
    uint32_t eax, ecx, edx, ebx, esp, ebp, esi, edi;
    uint32_t es, cs, ss, ds, fs, gs, ldt;
    uint16_t trap, io_map; /* io_map beyond the segment: no ports for ring 3 */
};

static struct tss kernel_tss, df_tss;
static uint8_t df_stack[DF_STACK_BYTES];
static struct descriptor idt[256];
static struct descriptor gdt[9] = {
    [KERNEL_CS / 8] = {0x0000ffff, 0x00cf9a00},
    [KERNEL_DS / 8] = {0x0000ffff, 0x00cf9200},
    [USER_CS / 8] = {0x0000ffff, 0x00cffa00},
    [USER_DS / 8] = {0x0000ffff, 0x00cff200},
};

extern const uint32_t trap_stubs[256];
void double_fault_entry(void);
__attribute__((noreturn)) void double_fault(void);

static struct descriptor tss_descriptor(const struct tss *tss)
{
    uint32_t base = (uint32_t)tss;

    return (struct descriptor){
        .low = (base << 16) | (TSS_BYTES - 1),
        .high = (base & 0xff000000) | 0x8900 | (base >> 16 & 0xff),
    };
}

static struct descriptor gate(uint32_t selector, uint32_t entry, uint32_t type)
{
    return (struct descriptor){
        .low = selector << 16 | (entry & 0xffff),
        .high = (entry & 0xffff0000) | type,
    };
}

static void load_tables(void)
{
    struct table_register gdtr = {sizeof(gdt) - 1, (uint32_t)gdt};
    struct table_register idtr = {sizeof(idt) - 1, (uint32_t)idt};

    __asm__ volatile("lgdt %0\n\t"
                     "ljmp %1, $1f\n"
                     "1:\tmov %2, %%ds\n\t"
                     "mov %2, %%es\n\t"
                     "mov %2, %%fs\n\t"
                     "mov %2, %%gs\n\t"
                     "mov %2, %%ss\n\t"
                     "lidt %3\n\t"
                     "ltr %4"
                     :
                     : "m"(gdtr), "i"(KERNEL_CS), "r"(KERNEL_DS), "m"(idtr),
                       "r"((uint16_t)TSS_SEL)
                     : "memory");
}

static void double_fault_task_init(void)
{
    df_tss = (struct tss){
        .cr3 = __pa(swapper_pg_dir),
        .eip = (uint32_t)double_fault_entry,
        .eflags = 2,
        .esp = (uint32_t)(df_stack + DF_STACK_BYTES),
        .cs = KERNEL_CS,
        .ss = KERNEL_DS,
        .ds = KERNEL_DS,
        .es = KERNEL_DS,
        .io_map = TSS_BYTES,
    };
}

void trap_init(void)
{
    kernel_tss.ss0 = KERNEL_DS;
    kernel_tss.io_map = TSS_BYTES;
    double_fault_task_init();
    gdt[TSS_SEL / 8] = tss_descriptor(&kernel_tss);
    gdt[DF_TSS_SEL / 8] = tss_descriptor(&df_tss);
    for (int vector = 0; vector < 256; vector++)
        idt[vector] = gate(KERNEL_CS, trap_stubs[vector], GATE_INTERRUPT);
    idt[VECTOR_BREAKPOINT].high |= GATE_USER;
    idt[VECTOR_OVERFLOW].high |= GATE_USER;
    idt[VECTOR_SYSCALL].high |= GATE_USER;
    idt[VECTOR_DOUBLE_FAULT] = gate(DF_TSS_SEL, 0, GATE_TASK);
    load_tables();
}

void set_kernel_stack(unsigned long esp)
{
    kernel_tss.esp0 = esp;
}

void load_tls(const uint32_t descriptor[2])
{
    gdt[TLS_SEL / 8] = (struct descriptor){descriptor[0], descriptor[1]};
}

void double_fault(void)
{
    struct pt_regs regs = {
        .ebx = kernel_tss.ebx,
        .ecx = kernel_tss.ecx,
        .edx = kernel_tss.edx,
        .esi = kernel_tss.esi,
        .edi = kernel_tss.edi,
        .ebp = kernel_tss.ebp,
        .eax = kernel_tss.eax,
        .vector = VECTOR_DOUBLE_FAULT,
        .eip = kernel_tss.eip,
        .cs = kernel_tss.cs,
        .eflags = kernel_tss.eflags,
        .esp = kernel_tss.esp,
    };

    oops(&regs, CRASH_DOUBLE_FAULT,
         "double fault (did the kernel stack overflow?)");
}
