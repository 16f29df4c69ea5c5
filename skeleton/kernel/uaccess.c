/*
 * Users' memory from the kernel, and the exception table.
 *
 * The table has a pair of addresses for each instruction here that touches the
 * user's memory: where it is, and where to go on if its address turns out to be
 * bad. `rep movs` leaves in ecx how much it has not copied, which is the
 * result. Linux arch/i386/lib/usercopy.c, mm/extable.c.
 */
#include <uaccess.h>

#include <errno.h>
#include <fault.h>

struct exception_entry {
    uint32_t instruction, fixup;
};

extern const struct exception_entry __start_ex_table[], __stop_ex_table[];

bool fixup_exception(struct pt_regs *regs)
{
    for (const struct exception_entry *entry = __start_ex_table;
         (uint32_t)entry < (uint32_t)__stop_ex_table; entry++)
        if (entry->instruction == regs->eip) {
            regs->eip = entry->fixup;
            return true;
        }
    return false;
}

/* Words, then the last bytes. If a word fails, the bytes have still to be added
 * to what is left. */
#define BY_WORDS(instruction)                                                  \
    "1: rep " instruction "l\n\t"                                              \
    "mov %[rest], %%ecx\n"                                                     \
    "2: rep " instruction "b\n"                                                \
    "3:\n\t"                                                                   \
    ".section .text.fixup, \"ax\"\n"                                           \
    "4: lea (%[rest], %%ecx, 4), %%ecx\n\t"                                    \
    "jmp 3b\n\t"                                                               \
    ".previous\n\t"                                                            \
    ".section __ex_table, \"a\"\n\t"                                           \
    ".long 1b, 4b, 2b, 3b\n\t"                                                 \
    ".previous"

static unsigned long copy(void *to, const void *from, unsigned long nbytes)
{
    unsigned long left = nbytes / 4;

    __asm__ volatile(BY_WORDS("movs")
                     : "+c"(left), "+D"(to), "+S"(from)
                     : [rest] "r"(nbytes % 4)
                     : "memory");
    return left;
}

unsigned long copy_to_user(void *to, const void *from, unsigned long nbytes)
{
    return access_ok(to, nbytes) ? copy(to, from, nbytes) : nbytes;
}

unsigned long copy_from_user(void *to, const void *from, unsigned long nbytes)
{
    return access_ok(from, nbytes) ? copy(to, from, nbytes) : nbytes;
}

unsigned long clear_user(void *to, unsigned long nbytes)
{
    unsigned long left = nbytes / 4;

    if (!access_ok(to, nbytes))
        return nbytes;
    __asm__ volatile(BY_WORDS("stos")
                     : "+c"(left), "+D"(to)
                     : "a"(0), [rest] "r"(nbytes % 4)
                     : "memory");
    return left;
}

/* Copies up to and with the first 0. One byte at a time: what is behind it may
 * not be there. */
long strncpy_from_user(char *to, const char *from, long size)
{
    for (long i = 0; i < size; i++) {
        if (copy_from_user(&to[i], &from[i], 1) != 0)
            return -EFAULT;
        if (to[i] == '\0')
            return i;
    }
    if (size > 0)
        to[size - 1] = '\0';
    return size;
}
