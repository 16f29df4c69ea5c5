/* The functions of labs 5 and 6 by name; files and operations of areas that do
 * what the test says. */
#include "spaces.h"

#include <string.h>

#define PATH_AT 64 /* in probe_memory, behind the result */

static uint32_t call_now(struct guest *guest, struct call call)
{
    return guest_call(guest, &call, NULL);
}

/* --- lab 5 --------------------------------------------------------------- */

const char *fault_text(int vm_fault)
{
    switch (vm_fault) {
    case FAULT_OOM:
        return "VM_FAULT_OOM";
    case FAULT_SIGBUS:
        return "VM_FAULT_SIGBUS";
    case FAULT_MINOR:
        return "VM_FAULT_MINOR";
    case FAULT_MAJOR:
        return "VM_FAULT_MAJOR";
    default:
        return text("%d", vm_fault);
    }
}

void expect_vm_fault(struct guest *guest, int result, int expected,
                     const char *hint)
{
    expect(result == expected, .did = guest_last(guest),
           .expected = fault_text(expected), .seen = fault_text(result),
           .hint = hint);
}

static const char *access_name(bool write)
{
    return write ? "write" : "read";
}

struct call handle_mm_fault_call(const struct proc *space, gaddr_t vma,
                                 uaddr_t address, bool write)
{
    return (struct call){
        .function = "handle_mm_fault",
        .args = {mm_of(space), vma, address, write},
        .shown = text("handle_mm_fault(mm, vma, 0x%08x, %s)", address,
                      access_name(write)),
    };
}

int handle_mm_fault(const struct proc *space, gaddr_t vma, uaddr_t address,
                    bool write)
{
    return (int)call_now(space->guest,
                         handle_mm_fault_call(space, vma, address, write));
}

/* One of those that are given the entry, too. */
static int call_with_entry(const struct proc *space, const char *function,
                           gaddr_t vma, uaddr_t address, bool write)
{
    return (int)call_now(
        space->guest, (struct call){
                          .function = function,
                          .args = {mm_of(space), vma, address, write,
                                   pte_alloc(space, address)},
                          .shown = text("%s(mm, vma, 0x%08x, %s, pte)",
                                        function, address, access_name(write)),
                      });
}

int handle_pte_fault(const struct proc *space, gaddr_t vma, uaddr_t address,
                     bool write)
{
    return call_with_entry(space, "handle_pte_fault", vma, address, write);
}

int do_no_page(const struct proc *space, gaddr_t vma, uaddr_t address,
               bool write)
{
    return call_with_entry(space, "do_no_page", vma, address, write);
}

int do_anonymous_page(const struct proc *space, gaddr_t vma, uaddr_t address,
                      bool write)
{
    return call_with_entry(space, "do_anonymous_page", vma, address, write);
}

int expand_stack(const struct proc *space, gaddr_t vma, uaddr_t address)
{
    return (int)call_now(
        space->guest, (struct call){
                          .function = "expand_stack",
                          .args = {vma, address},
                          .shown = text("expand_stack(vma, 0x%08x)", address),
                      });
}

int vmalloc_fault(struct guest *guest, gaddr_t address)
{
    return (int)call_now(guest,
                         (struct call){
                             .function = "vmalloc_fault",
                             .args = {address},
                             .shown = text("vmalloc_fault(0x%08x)", address),
                         });
}

/* --- lab 6 --------------------------------------------------------------- */

struct call copy_page_range_call(const struct proc *dst, const struct proc *src,
                                 gaddr_t vma)
{
    struct vma_view view = vma_view(src->guest, vma);

    return (struct call){
        .function = "copy_page_range",
        .args = {mm_of(dst), mm_of(src), vma},
        .shown = text("copy_page_range(dst, src, [0x%08x, 0x%08x))", view.start,
                      view.end),
    };
}

int copy_page_range(const struct proc *dst, const struct proc *src, gaddr_t vma)
{
    return (int)call_now(src->guest, copy_page_range_call(dst, src, vma));
}

int do_wp_page(const struct proc *space, gaddr_t vma, uaddr_t address)
{
    struct pte_view view = pte_view(space, address);

    return (int)call_now(
        space->guest,
        (struct call){
            .function = "do_wp_page",
            .args = {mm_of(space), vma, address, view.entry, view.raw},
            .shown = text("do_wp_page(mm, vma, 0x%08x, pte, entry)", address),
        });
}

struct call zap_page_range_call(const struct proc *space, uaddr_t address,
                                uint32_t nbytes)
{
    return (struct call){
        .function = "zap_page_range",
        .args = {mm_of(space), address, nbytes},
        .shown = text("zap_page_range(mm, 0x%08x, 0x%x)", address, nbytes),
    };
}

void zap_page_range(const struct proc *space, uaddr_t address, uint32_t nbytes)
{
    call_now(space->guest, zap_page_range_call(space, address, nbytes));
}

/* --- files and operations ------------------------------------------------- */

gaddr_t probe_file(struct guest *guest)
{
    return guest_symbol(guest, "probe_file");
}

gaddr_t probe_file_without_mmap(struct guest *guest)
{
    return guest_symbol(guest, "probe_file_without_mmap");
}

gaddr_t probe_vm_ops(struct guest *guest)
{
    return guest_symbol(guest, "probe_vm_ops");
}

void set_file_mode(struct guest *guest, gaddr_t file, uint32_t f_mode)
{
    guest_write(guest, file + FILE_MODE, &f_mode, sizeof(f_mode));
}

int file_users(struct guest *guest, gaddr_t file)
{
    return (int)guest_u32(guest, file + FILE_COUNT);
}

static void set_probe(struct guest *guest, uint32_t field, uint32_t value)
{
    guest_write(guest, guest_symbol(guest, "probe_vm") + field, &value,
                sizeof(value));
}

void set_probe_mmap_result(struct guest *guest, int result)
{
    set_probe(guest, PROBE_VM_MMAP_RESULT, (uint32_t)result);
}

void set_probe_nopage(struct guest *guest, pfn_t pfn)
{
    set_probe(guest, PROBE_VM_PAGE, pfn == NO_PAGE ? 0 : page_of(guest, pfn));
}

void set_probe_nopage_oom(struct guest *guest)
{
    set_probe(guest, PROBE_VM_PAGE, ~0u); /* NOPAGE_OOM */
}

struct probe_vm_view probe_vm_view(struct guest *guest)
{
    gaddr_t at = guest_symbol(guest, "probe_vm");

    return (struct probe_vm_view){
        .opens = guest_u32(guest, at + PROBE_VM_OPENS),
        .closes = guest_u32(guest, at + PROBE_VM_CLOSES),
        .nopages = guest_u32(guest, at + PROBE_VM_NOPAGES),
        .mmaps = guest_u32(guest, at + PROBE_VM_MMAPS),
        .last_vma = guest_u32(guest, at + PROBE_VM_VMA),
        .last_address = guest_u32(guest, at + PROBE_VM_ADDRESS),
        .last_start = guest_u32(guest, at + PROBE_VM_START),
        .last_end = guest_u32(guest, at + PROBE_VM_END),
        .last_listed = guest_u32(guest, at + PROBE_VM_LISTED),
    };
}

gaddr_t open_file(struct guest *guest, const char *path, int flags)
{
    gaddr_t memory = guest_symbol(guest, "probe_memory");
    struct call call = {
        .function = "filp_open",
        .args = {memory + PATH_AT, (uint32_t)flags, 0644, memory},
        .shown = text("filp_open(\"%s\", 0%o)", path, flags),
    };
    int result;

    guest_write(guest, memory + PATH_AT, path, strlen(path) + 1);
    result = (int)guest_call(guest, &call, NULL);
    expect(result == 0, .did = call.shown, .expected = "an open file",
           .seen = result_text((uint32_t)result));
    return guest_u32(guest, memory);
}

void fput(struct guest *guest, gaddr_t file)
{
    call_now(guest, (struct call){
                        .function = "fput",
                        .args = {file},
                        .shown = "fput(file)",
                    });
}
