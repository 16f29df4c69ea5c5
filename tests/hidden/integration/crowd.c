/* Machines with less memory than their processes use. */
#include "crowd.h"

#include <sys/wait.h>

#define AT_ONCE 250u /* pages of one operation */

void swap_on_by_itself(struct guest *guest, unsigned disk)
{
    struct proc *proc = user_spawn(guest);

    swap_on(proc, disk, -1);
    user_exit(proc, 0);
}

struct guest *boot_short(uint32_t nslots)
{
    struct guest *guest = guest_boot(&machine_swap_8mb, STAGE_SWAP);

    if (nslots > 0)
        make_swap(guest, 0, nslots);
    else
        make_whole_swap(guest, 0);
    swap_on_by_itself(guest, 0);
    return guest;
}

static size_t share(size_t npages, size_t done)
{
    return npages - done < AT_ONCE ? npages - done : AT_ONCE;
}

void stamp_all(struct proc *proc, uaddr_t address, size_t npages,
               uint32_t value)
{
    for (size_t i = 0; i < npages; i += AT_ONCE)
        user_stamp(proc, address + (uaddr_t)i * PAGE_SIZE, share(npages, i),
                   value + (uint32_t)i);
}

void expect_all_stamped(struct proc *proc, uaddr_t address, size_t npages,
                        uint32_t value, const char *hint)
{
    for (size_t i = 0; i < npages; i += AT_ONCE)
        expect_stamped(proc, address + (uaddr_t)i * PAGE_SIZE, share(npages, i),
                       value + (uint32_t)i, hint);
}

void end_child(struct proc *parent, struct proc *child)
{
    user_exit(child, 0);
    user_wait(parent, child);
}

#define LINE_OFFSET 128u /* in scratch memory, behind the path and the list */
#define LIST_OFFSET 64u

struct user_op shell_op(struct proc *proc, const char *line)
{
    uaddr_t path = user_string(proc, 0, "/bin/sh");
    uaddr_t flag = user_string(proc, LIST_OFFSET / 2, "-c");
    uaddr_t text_at = user_string(proc, LINE_OFFSET, line);
    uaddr_t argv =
        user_bytes(proc, LIST_OFFSET, (uint32_t[]){path, flag, text_at, 0}, 16);

    return op_shown_as(syscall_op(proc, NR_execve, path, argv, argv + 12),
                       text("process %u: sh -c '%s'", proc->pid, line));
}

void expect_shell(struct proc *parent, const char *line)
{
    struct proc *child = user_fork(parent);
    struct user_result result = user_try(shell_op(child, line));

    expect(result.status == USER_EXITED && result.value == 0,
           .did = text("sh -c '%s'", line), .expected = "it exits with 0",
           .seen = text("status %d, 0x%x", (int)result.status, result.value));
    user_wait(parent, child);
}

static void expect_no_slots_used(struct guest *guest)
{
    uint32_t used = slots_in_use(guest, 0);

    expect(used == 0, .did = guest_last(guest),
           .expected = "all slots are free: no process is left",
           .seen = text("%u are in use", used),
           .hint = "every user of a slot gives it back once");
}

struct stock stock_at_rest(struct guest *guest)
{
    expect_no_slots_used(guest);
    return stock_of(guest);
}

void expect_all_back(struct guest *guest, const struct stock *before)
{
    expect_no_slots_used(guest);
    expect_nothing_lost(guest, before);
}

void expect_traffic(struct guest *guest, uint32_t writes, uint32_t reads)
{
    uint32_t w = disk_writes(guest, 0), r = disk_reads(guest, 0);

    expect(w >= writes && r >= reads, .did = guest_last(guest),
           .expected =
               text("at least %u pages went out, %u came back", writes, reads),
           .seen = text("%u went out, %u came back", w, r));
}
