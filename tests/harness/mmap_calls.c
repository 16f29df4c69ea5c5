/* The functions of lab 4 by name. */
#include "spaces.h"

static uint32_t call_now(struct guest *guest, struct call call)
{
    return guest_call(guest, &call, NULL);
}

/* --- calls of lab 4 ------------------------------------------------------ */

struct call find_vma_call(const struct proc *space, uaddr_t address)
{
    return (struct call){
        .function = "find_vma",
        .args = {mm_of(space), address},
        .shown = text("find_vma(mm, 0x%08x)", address),
    };
}

struct call find_vma_prev_call(const struct proc *space, uaddr_t address)
{
    return (struct call){
        .function = "find_vma_prev",
        .args = {mm_of(space), address,
                 guest_symbol(space->guest, "probe_memory")},
        .shown = text("find_vma_prev(mm, 0x%08x, &prev)", address),
    };
}

struct call insert_vm_struct_call(const struct proc *space, gaddr_t vma)
{
    struct vma_view view = vma_view(space->guest, vma);

    return (struct call){
        .function = "insert_vm_struct",
        .args = {mm_of(space), vma},
        .shown = text("insert_vm_struct(mm, [0x%08x, 0x%08x))", view.start,
                      view.end),
    };
}

struct call split_vma_call(const struct proc *space, gaddr_t vma,
                           uaddr_t address)
{
    struct vma_view view = vma_view(space->guest, vma);

    return (struct call){
        .function = "split_vma",
        .args = {mm_of(space), vma, address},
        .shown = text("split_vma(mm, [0x%08x, 0x%08x), 0x%08x)", view.start,
                      view.end, address),
    };
}

struct call vma_merge_call(const struct proc *space, gaddr_t prev,
                           uaddr_t start, uaddr_t end, uint32_t flags)
{
    return (struct call){
        .function = "vma_merge",
        .args = {mm_of(space), prev, start, end, flags},
        .shown =
            text("vma_merge(mm, %s, 0x%08x, 0x%08x, %s)",
                 prev == 0 ? "NULL" : "prev", start, end, vm_flags_text(flags)),
    };
}

struct call do_munmap_call(const struct proc *space, uaddr_t address,
                           uint32_t nbytes)
{
    return (struct call){
        .function = "do_munmap",
        .args = {mm_of(space), address, nbytes},
        .shown = text("do_munmap(mm, 0x%08x, 0x%x)", address, nbytes),
    };
}

struct call exit_mmap_call(const struct proc *space)
{
    return (struct call){
        .function = "exit_mmap",
        .args = {mm_of(space)},
        .shown = "exit_mmap(mm)",
    };
}

struct call get_unmapped_area_call(uaddr_t address, uint32_t nbytes,
                                   uint32_t flags)
{
    return (struct call){
        .function = "get_unmapped_area",
        .args = {address, nbytes, flags},
        .shown = text("get_unmapped_area(0x%08x, 0x%x, %s)", address, nbytes,
                      flags & MAP_FIXED ? "MAP_FIXED" : text("0x%x", flags)),
    };
}

struct call do_mmap_pgoff_call(const struct mmap_args *args)
{
    return (struct call){
        .function = "do_mmap_pgoff",
        .args = {args->file, args->address, args->nbytes, args->prot,
                 args->flags, args->pgoff},
        .shown = text("do_mmap_pgoff(%s, 0x%08x, 0x%x, prot 0x%x, flags 0x%x, "
                      "%u)",
                      args->file == 0 ? "NULL" : "file", args->address,
                      args->nbytes, args->prot, args->flags, args->pgoff),
    };
}

struct call do_brk_call(uaddr_t address, uint32_t nbytes)
{
    return (struct call){
        .function = "do_brk",
        .args = {address, nbytes},
        .shown = text("do_brk(0x%08x, 0x%x)", address, nbytes),
    };
}

struct call sys_brk_call(uaddr_t end)
{
    return (struct call){
        .function = "sys_brk",
        .args = {end},
        .shown = text("sys_brk(0x%08x)", end),
    };
}

/* --- calls that are made at once ------------------------------------------ */

gaddr_t find_vma(const struct proc *space, uaddr_t address)
{
    return call_now(space->guest, find_vma_call(space, address));
}

gaddr_t find_vma_prev(const struct proc *space, uaddr_t address, gaddr_t *prev)
{
    gaddr_t vma = call_now(space->guest, find_vma_prev_call(space, address));

    *prev = guest_u32(space->guest, guest_symbol(space->guest, "probe_memory"));
    return vma;
}

void insert_vm_struct(const struct proc *space, gaddr_t vma)
{
    call_now(space->guest, insert_vm_struct_call(space, vma));
}

int split_vma(const struct proc *space, gaddr_t vma, uaddr_t address)
{
    return (int)call_now(space->guest, split_vma_call(space, vma, address));
}

int vma_merge(const struct proc *space, gaddr_t prev, uaddr_t start,
              uaddr_t end, uint32_t flags)
{
    return (int)call_now(space->guest,
                         vma_merge_call(space, prev, start, end, flags));
}

int do_munmap(const struct proc *space, uaddr_t address, uint32_t nbytes)
{
    return (int)call_now(space->guest, do_munmap_call(space, address, nbytes));
}

void exit_mmap(const struct proc *space)
{
    call_now(space->guest, exit_mmap_call(space));
}

uint32_t get_unmapped_area(struct guest *guest, uaddr_t address,
                           uint32_t nbytes, uint32_t flags)
{
    return call_now(guest, get_unmapped_area_call(address, nbytes, flags));
}

uint32_t do_mmap_pgoff(struct guest *guest, const struct mmap_args *args)
{
    return call_now(guest, do_mmap_pgoff_call(args));
}

uint32_t do_mmap_at(struct guest *guest, uaddr_t address, uint32_t nbytes,
                    uint32_t prot, uint32_t flags)
{
    return do_mmap_pgoff(guest, &(struct mmap_args){
                                    .address = address,
                                    .nbytes = nbytes,
                                    .prot = prot,
                                    .flags = flags | MAP_ANONYMOUS,
                                });
}

uint32_t do_mmap(struct guest *guest, uint32_t nbytes, uint32_t prot,
                 uint32_t flags)
{
    return do_mmap_at(guest, 0, nbytes, prot, flags);
}

uint32_t do_brk(struct guest *guest, uaddr_t address, uint32_t nbytes)
{
    return call_now(guest, do_brk_call(address, nbytes));
}

uint32_t sys_brk(struct guest *guest, uaddr_t end)
{
    return call_now(guest, sys_brk_call(end));
}
