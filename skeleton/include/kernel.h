/*
 * Saying things and giving up.
 */
#ifndef KERNEL_H
#define KERNEL_H

#include <types.h>

/*
 * Prints to the console. %d %i %u %x %X %p %s %c %%, with l, ll, a width,
 * 0 and -. Any context.
 */
__attribute__((format(printf, 1, 2))) void printk(const char *format, ...);

/* Formats as printk() into at most `size` bytes, always terminated. */
__attribute__((format(printf, 3, 4))) int snprintf(char *buffer, size_t size,
                                                   const char *format, ...);
int vsnprintf(char *buffer, size_t size, const char *format, va_list args);

/* Why the kernel stopped. Known to the host (agent_proto.h). */
enum crash_kind {
    CRASH_PANIC = 1,    /* panic(): an invariant of the kernel's is broken */
    CRASH_BUG,          /* BUG(): so is a caller's duty */
    CRASH_STUB,         /* STUB(): a student's hole was called */
    CRASH_OOPS,         /* an exception in the kernel */
    CRASH_DOUBLE_FAULT, /* most often the kernel stack overflowed */
};

/* Reports to console and host with a backtrace, and stops the machine. */
__attribute__((noreturn, format(printf, 2, 3))) void
crash(enum crash_kind kind, const char *format, ...);

/* For a broken invariant of the kernel's own. Worded "function: what, value".
 */
#define panic(...) crash(CRASH_PANIC, __VA_ARGS__)

#define BUG()                                                                  \
    crash(CRASH_BUG, "kernel BUG at %s:%d in %s", __FILE__, __LINE__, __func__)
#define BUG_ON(condition)                                                      \
    do {                                                                       \
        if (condition)                                                         \
            crash(CRASH_BUG, "kernel BUG at %s:%d in %s: %s", __FILE__,        \
                  __LINE__, __func__, #condition);                             \
    } while (0)

/* Marks a hole that the student fills in: says which, and stops. */
#define STUB(lab) crash(CRASH_STUB, "%s is not written yet (%s)", __func__, lab)

#endif
