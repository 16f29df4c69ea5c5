/*
 * What of a process stays in the processor while the kernel runs: the FPU, fs
 * and gs, and a segment of its own that thread-local variables are found by.
 * Linux arch/i386/kernel/process.c, ldt.c.
 */
#include <task.h>

#include <errno.h>
#include <string.h>
#include <syscalls.h>
#include <uaccess.h>

#define FXSAVE_FCW   0 /* bytes into fxsave's image: x87 control word */
#define FXSAVE_MXCSR 24
#define FCW_DEFAULT  0x037f /* all x87 exceptions masked, extended precision */
#define MXCSR_MASKED 0x1f80 /* all SSE exceptions masked */
#define MXCSR_VALID  0xffbf /* loading any other bit is an exception */

#define TLS_INDEX         (TLS_SEL / 8)
#define USER_DATA_SEGMENT 0xf200 /* present, ring 3, data, writable */

/* struct user_desc's flags, and where each goes in a descriptor's high word. */
#define DESC_32BIT     0x01
#define DESC_READ_ONLY 0x08
#define DESC_PAGES     0x10
#define DESC_ABSENT    0x20
#define HIGH_WRITABLE  (1u << 9)
#define HIGH_PRESENT   (1u << 15)
#define HIGH_32BIT     (1u << 22)
#define HIGH_PAGES     (1u << 23)

/* set_thread_area()'s description of a segment: Linux i386. */
struct user_desc {
    uint32_t entry_number; /* ~0: any */
    uint32_t base, limit, flags;
};

/* fs or gs may name a segment that the process has taken away since: then it
 * becomes 0. */
#define load_segment(name, value)                                              \
    __asm__ volatile("1: mov %0, %%" name "\n"                                 \
                     "2:\n\t"                                                  \
                     ".section .text.fixup, \"ax\"\n"                          \
                     "3: movl $0, %0\n\t"                                      \
                     "jmp 1b\n\t"                                              \
                     ".previous\n\t"                                           \
                     ".section __ex_table, \"a\"\n\t"                          \
                     ".long 1b, 3b\n\t"                                        \
                     ".previous"                                               \
                     : "+r"(value))

static void save(struct user_state *state)
{
    __asm__ volatile("fxsave %0" : "=m"(state->fpu));
    __asm__ volatile("mov %%fs, %0" : "=r"(state->fs));
    __asm__ volatile("mov %%gs, %0" : "=r"(state->gs));
}

static void load(const struct user_state *state)
{
    uint32_t fs = state->fs, gs = state->gs;

    load_tls(state->tls);
    load_segment("fs", fs);
    load_segment("gs", gs);
    __asm__ volatile("fxrstor %0" : : "m"(state->fpu));
}

void switch_user_state(struct task_struct *from, struct task_struct *to)
{
    set_kernel_stack((unsigned long)to + THREAD_SIZE);
    if (from->mm != NULL)
        save(&from->user);
    if (to->mm != NULL) {
        switch_mm(to->mm);
        load(&to->user);
    }
}

void save_user_state(void)
{
    save(&current->user);
}

/* The image may be the process's own, from a signal's frame. */
void load_user_state(void)
{
    *(uint32_t *)&current->user.fpu[FXSAVE_MXCSR] &= MXCSR_VALID;
    load(&current->user);
}

void reset_user_state(void)
{
    struct user_state *state = &current->user;

    memset(state, 0, sizeof(*state));
    *(uint16_t *)&state->fpu[FXSAVE_FCW] = FCW_DEFAULT;
    *(uint32_t *)&state->fpu[FXSAVE_MXCSR] = MXCSR_MASKED;
    load(state);
}

static void describe(const struct user_desc *desc, uint32_t descriptor[2])
{
    uint32_t high = USER_DATA_SEGMENT;

    if (desc->flags & DESC_READ_ONLY)
        high &= ~HIGH_WRITABLE;
    if (desc->flags & DESC_ABSENT)
        high &= ~HIGH_PRESENT;
    if (desc->flags & DESC_32BIT)
        high |= HIGH_32BIT;
    if (desc->flags & DESC_PAGES)
        high |= HIGH_PAGES;
    descriptor[0] = desc->base << 16 | (desc->limit & 0xffff);
    descriptor[1] = (desc->base & 0xff000000) | (desc->base >> 16 & 0xff) |
                    (desc->limit & 0xf0000) | high;
}

long sys_set_thread_area(struct user_desc *description)
{
    struct user_desc desc;

    if (copy_from_user(&desc, description, sizeof(desc)) != 0)
        return -EFAULT;
    if (desc.entry_number != TLS_INDEX && desc.entry_number != ~0U)
        return -EINVAL;
    describe(&desc, current->user.tls);
    load_tls(current->user.tls);
    return put_user(TLS_INDEX, &description->entry_number);
}
