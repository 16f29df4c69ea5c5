/* What the tests of lab 5 have in common. No tests. */
#include "accesses.h"

#include <string.h>

#define ACCESS_BYTES 4
#define CODE_AT      0x30000000u /* a page for code */

/* --- the kernel's --------------------------------------------------------- */

struct call copy_to_user_call(struct guest *guest, uaddr_t address,
                              uint32_t nbytes)
{
    return (struct call){
        .function = "copy_to_user",
        .args = {address, guest_symbol(guest, "probe_memory"), nbytes},
        .shown = text("copy_to_user(0x%08x, …, %u)", address, nbytes),
    };
}

struct call copy_from_user_call(struct guest *guest, uaddr_t address,
                                uint32_t nbytes)
{
    return (struct call){
        .function = "copy_from_user",
        .args = {guest_symbol(guest, "probe_memory"), address, nbytes},
        .shown = text("copy_from_user(…, 0x%08x, %u)", address, nbytes),
    };
}

struct call clear_user_call(uaddr_t address, uint32_t nbytes)
{
    return (struct call){
        .function = "clear_user",
        .args = {address, nbytes},
        .shown = text("clear_user(0x%08x, %u)", address, nbytes),
    };
}

void expect_left(struct guest *guest, struct call call, uint32_t left,
                 const char *hint)
{
    uint32_t seen = guest_call(guest, &call, NULL);

    expect(seen == left, .did = call_text(&call),
           .expected = text("%u: so many bytes are not copied", left),
           .seen = text("%u", seen), .hint = hint);
}

struct call kernel_write_call(gaddr_t address)
{
    return (struct call){
        .function = "memset",
        .args = {address, WORD % 256, ACCESS_BYTES},
        .shown = text("a write of the kernel's to 0x%08x", address),
    };
}

struct call kernel_read_call(struct guest *guest, gaddr_t address)
{
    return (struct call){
        .function = "memcpy",
        .args = {guest_symbol(guest, "probe_memory"), address, ACCESS_BYTES},
        .shown = text("a read of the kernel's from 0x%08x", address),
    };
}

void expect_oops(struct guest *guest, struct call call, gaddr_t address,
                 const char *hint)
{
    static const char what[] = "page fault";
    struct crash crash = guest_call_crashes(guest, &call);

    expect(crash.kind == CRASH_OOPS && crash.fault_address == address &&
               strncmp(crash.message, what, sizeof(what) - 1) == 0,
           .did = call_text(&call),
           .expected = text("an oops: \"page fault\" at 0x%08x", address),
           .seen = text("kind %u, \"%s\"", crash.kind, crash.message),
           .hint = hint);
}

/* --- a process's ---------------------------------------------------------- */

struct vma_view stack_of(const struct proc *proc)
{
    return vma_at(proc, USER_END - 1);
}

/* Machine code that is being written. */
struct code {
    unsigned char bytes[AGENT_USER_DATA];
    size_t n;
};

static void put(struct code *code, const void *bytes, size_t nbytes)
{
    memcpy(code->bytes + code->n, bytes, nbytes);
    code->n += nbytes;
}

/* An instruction of one byte that is followed by a word. */
static void put_with_word(struct code *code, unsigned char instruction,
                          uint32_t word)
{
    put(code, &instruction, 1);
    put(code, &word, sizeof(word));
}

static void begin(struct code *code, uaddr_t esp)
{
    code->n = 0;
    put(code, "\x89\xe6", 2);       /* mov %esp, %esi */
    put_with_word(code, 0xbc, esp); /* mov $esp, %esp */
}

static struct user_op end(struct code *code, struct proc *proc,
                          const char *shown)
{
    put(code, "\x89\xf4\xc3", 3); /* mov %esi, %esp; ret */
    if (vma_at(proc, CODE_AT).at == 0)
        user_mmap_at(proc, CODE_AT, PAGE_SIZE,
                     PROT_READ | PROT_WRITE | PROT_EXEC,
                     MAP_PRIVATE | MAP_FIXED);
    user_write(proc, CODE_AT, code->bytes, code->n);
    return op_shown_as(run_op(proc, CODE_AT), shown);
}

struct user_op load_at_op(struct proc *proc, uaddr_t esp, uaddr_t address)
{
    struct code code;

    begin(&code, esp);
    put_with_word(&code, 0xa0, address); /* mov address, %al */
    return end(&code, proc,
               text("process %u loads a byte from 0x%08x with esp 0x%08x",
                    proc->pid, address, esp));
}

struct user_op read_at_op(struct proc *proc, uaddr_t esp, int fd,
                          uaddr_t buffer, uint32_t nbytes)
{
    struct code code;

    begin(&code, esp);
    put_with_word(&code, 0xb8, NR_read);      /* mov $…, %eax */
    put_with_word(&code, 0xbb, (uint32_t)fd); /* mov $…, %ebx */
    put_with_word(&code, 0xb9, buffer);       /* mov $…, %ecx */
    put_with_word(&code, 0xba, nbytes);       /* mov $…, %edx */
    put(&code, "\xcd\x80", 2);                /* int $0x80 */
    return end(&code, proc,
               text("process %u, with esp 0x%08x: read(%d, 0x%08x, %u)",
                    proc->pid, esp, fd, buffer, nbytes));
}

/* --- areas with operations ------------------------------------------------ */

gaddr_t add_ops_area(const struct proc *space, uint32_t npages, uint32_t flags,
                     pfn_t page)
{
    gaddr_t vma = add_vma(space, START, START + npages * PAGE_SIZE, flags);

    set_probe_nopage(space->guest, page);
    set_vma_ops(space->guest, vma, probe_vm_ops(space->guest));
    return vma;
}

pfn_t full_page(struct guest *guest)
{
    pfn_t page = alloc_pages(guest, GFP_KERNEL, 0);
    unsigned char bytes[PAGE_SIZE];
    uint32_t word = WORD;

    memset(bytes, WORD % 256, sizeof(bytes));
    memcpy(bytes, &word, sizeof(word));
    guest_write(guest, address_of(page), bytes, sizeof(bytes));
    return page;
}

void expect_count(struct guest *guest, pfn_t page, int count, const char *hint)
{
    int seen = page_count(guest, page);

    expect(seen == count, .did = guest_last(guest),
           .expected = text("frame %ld has count %d", page, count),
           .seen = text("count %d", seen), .hint = hint);
}
