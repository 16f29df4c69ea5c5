/* Letting time pass: the given clock_pass(). */
#include "clock.h"

#define MS_PER_S    1000u
#define NS_PER_MS   1000000u
#define MS_PER_TICK (MS_PER_S / HZ)

void pass_time(struct guest *guest, uint32_t ticks)
{
    const struct call call = {
        .function = "clock_pass",
        .args = {ticks},
        .shown = text("%u ms pass", ticks * MS_PER_TICK),
    };
    uint32_t cost;

    guest_call(guest, &call, &cost);
    report_add_instructions(0 - (uint64_t)cost);
}

uint32_t clock_of(struct guest *guest)
{
    return guest_u32(guest, guest_symbol(guest, "jiffies"));
}

void user_sleep(struct proc *proc, uint32_t ms)
{
    const uint32_t time[2] = {ms / MS_PER_S, ms % MS_PER_S * NS_PER_MS};
    uaddr_t at = user_bytes(proc, 0, time, sizeof(time));
    struct user_result result =
        user_try(op_shown_as(syscall_op(proc, NR_nanosleep, at, 0),
                             text("process %u sleeps %u ms", proc->pid, ms)));

    expect(result.status == USER_SLEEPS, .did = guest_last(proc->guest),
           .expected = "it sleeps",
           .seen = text("status %d, 0x%x", (int)result.status, result.value));
}

static void expect_state(struct proc *proc, enum agent_user_status status,
                         const char *expected)
{
    const char *last = guest_last(proc->guest);
    struct user_result result = user_collect(proc);

    expect(result.status == status && result.value == 0, .did = last,
           .expected = text("process %u %s", proc->pid, expected),
           .seen = text("status %d, 0x%x", (int)result.status, result.value));
}

void expect_awake(struct proc *proc)
{
    expect_state(proc, USER_DONE, "is awake");
}

void expect_asleep(struct proc *proc)
{
    expect_state(proc, USER_SLEEPS, "sleeps");
}
