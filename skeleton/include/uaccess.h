/*
 * Users' memory from the kernel. Linux include/asm-i386/uaccess.h.
 *
 * An address that a process passes to a system call may be anything. These
 * functions check that it lies below TASK_SIZE; then they just use it, and the
 * page fault handler does the rest: it brings in what is missing, or finds the
 * instruction in the exception table and lets it go on at its fixup
 * (fixup_exception()), which makes the function fail. So they may sleep, and
 * touch nothing that they were not asked to.
 */
#ifndef UACCESS_H
#define UACCESS_H

#include <errno.h>
#include <mm.h>
#include <types.h>

/* Is [address, address + nbytes) below TASK_SIZE? */
static inline bool access_ok(const void *address, unsigned long nbytes)
{
    return nbytes <= TASK_SIZE && (unsigned long)address <= TASK_SIZE - nbytes;
}

/* Each returns how many bytes were not copied: 0 if all is well. */
unsigned long copy_to_user(void *to, const void *from, unsigned long nbytes);
unsigned long copy_from_user(void *to, const void *from, unsigned long nbytes);
unsigned long clear_user(void *to, unsigned long nbytes);

/*
 * A string of at most size - 1 bytes and its 0: its length, -EFAULT, or
 * `size` if it is longer; the buffer is terminated nevertheless.
 */
long strncpy_from_user(char *to, const char *from, long size);

/* One value at the user's `pointer`: 0 or -EFAULT. */
#define put_user(value, pointer)                                               \
    ({                                                                         \
        __typeof__(*(pointer)) put_user_value = (value);                       \
        copy_to_user((pointer), &put_user_value, sizeof(put_user_value)) == 0  \
            ? 0                                                                \
            : -EFAULT;                                                         \
    })
#define get_user(variable, pointer)                                            \
    (copy_from_user(&(variable), (pointer), sizeof(*(pointer))) == 0           \
         ? 0                                                                   \
         : -EFAULT)

#endif
