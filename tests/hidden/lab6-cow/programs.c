/* Machine code for processes. */
#include "programs.h"

#include <string.h>

struct proc *child_of(struct proc *parent, uint32_t pid)
{
    struct proc *child = allocate(1, sizeof(*child));

    *child = *parent;
    child->pid = pid;
    return child;
}

struct user_op fork_op(struct proc *parent)
{
    return (struct user_op){
        .proc = parent,
        .kind = USER_FORK,
        .shown = text("process %u: fork()", parent->pid),
    };
}

/* Puts words of the test's into code, at these offsets. */
static void patch(uint8_t *code, size_t offset, uint32_t word)
{
    memcpy(code + offset, &word, sizeof(word));
}

/* Runs code on a page of its own, which is written before. */
static uint32_t run_code(struct proc *proc, const uint8_t *code, size_t nbytes,
                         const char *shown)
{
    uaddr_t page = user_pages(proc, 1);

    user_write(proc, page, code, nbytes);
    return user_do(op_shown_as(run_op(proc, page), shown));
}

struct proc *fork_and_store(struct proc *parent, uaddr_t address,
                            uint32_t value)
{
    uint8_t code[] = {
        0xb8, 2,    0, 0, 0,                /*    mov $2, %eax: fork */
        0xcd, 0x80,                         /*    int $0x80 */
        0x85, 0xc0,                         /*    test %eax, %eax */
        0x74, 10,                           /*    jz 1f */
        0xc7, 0x05, 0, 0, 0, 0, 0, 0, 0, 0, /* movl $value, address */
        0xc3,                               /* 1: ret */
    };
    int32_t pid;

    patch(code, 13, address);
    patch(code, 17, value);
    pid = (int32_t)run_code(
        parent, code, sizeof(code),
        text("process %u: fork(), and at once a store of 0x%x at 0x%08x",
             parent->pid, value, address));
    expect(pid > 0, .did = guest_last(parent->guest),
           .expected = "a child process", .seen = text("error %d", pid));
    return child_of(parent, (uint32_t)pid);
}

void fork_often(struct proc *parent, uint32_t n, uaddr_t address,
                uint32_t value)
{
    uint8_t code[] = {
        0xbe, 0,    0, 0, 0,                /*    mov $n, %esi */
        0xb8, 2,    0, 0, 0,                /* 1: mov $2, %eax: fork */
        0xcd, 0x80,                         /*    int $0x80 */
        0x85, 0xc0,                         /*    test %eax, %eax */
        0x78, 20,                           /*    js 2f */
        0x74, 19,                           /*    jz 3f */
        0x89, 0xc3,                         /*    mov %eax, %ebx */
        0x31, 0xc9,                         /*    xor %ecx, %ecx */
        0x31, 0xd2,                         /*    xor %edx, %edx */
        0xb8, 7,    0, 0, 0,                /*    mov $7, %eax: waitpid */
        0xcd, 0x80,                         /*    int $0x80 */
        0x4e,                               /*    dec %esi */
        0x75, 0xe3,                         /*    jnz 1b */
        0x89, 0xf0,                         /*    mov %esi, %eax */
        0xc3,                               /* 2: ret */
        0xc7, 0x05, 0, 0, 0, 0, 0, 0, 0, 0, /* 3: movl $value, address */
        0xb8, 1,    0, 0, 0,                /*    mov $1, %eax: exit */
        0x31, 0xdb,                         /*    xor %ebx, %ebx */
        0xcd, 0x80,                         /*    int $0x80 */
    };
    int32_t error;

    patch(code, 1, n);
    patch(code, 39, address);
    patch(code, 43, value);
    error = (int32_t)run_code(
        parent, code, sizeof(code),
        text("process %u: %u times fork(); the child stores at 0x%08x and "
             "exits, the parent waits for it",
             parent->pid, n, address));
    expect(error == 0, .did = guest_last(parent->guest),
           .expected = "each fork() succeeds", .seen = text("error %d", error));
}
