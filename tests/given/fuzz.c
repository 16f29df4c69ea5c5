/*
 * The given kernel under processes that do anything: system calls by random
 * numbers with random arguments, some of which make sense. A process may get an
 * error or a signal; the kernel goes on, and when all have ended nothing is
 * lost.
 */
#include <criterion/criterion.h>

#include "process.h"
#include "property.h"

#define ROUNDS    40
#define CALLS     200 /* of a process, one round */
#define NR_CALLS  332 /* beyond the last number */
#define NR_reboot 88
#define NR_tkill  238
#define NR_tgkill 270

static uint32_t pick(struct random *random, const uint32_t *from, size_t n)
{
    return from[random_below(random, (uint32_t)n)];
}

/* Numbers that bugs like. */
static uint32_t number(struct random *random)
{
    static const uint32_t favourites[] = {
        0,          1,          2,          3,          4,
        7,          16,         0xfff,      0x1000,     0x1001,
        0x10000,    0x400000,   0x7fffffff, 0x80000000, 0xbffff000,
        0xbfffffff, 0xc0000000, 0xfffff000, 0xfffffff0, 0xffffffff,
    };

    switch (random_below(random, 4)) {
    case 0:
        return (uint32_t)random_next(random);
    case 1:
        return random_below(random, 64);
    default:
        return pick(random, favourites,
                    sizeof(favourites) / sizeof(favourites[0]));
    }
}

static uint32_t argument(struct random *random, const struct proc *proc)
{
    switch (random_below(random, 4)) {
    case 0:
        return proc->scratch + random_below(random, SCRATCH_BYTES);
    case 1:
        return 0x40000000 + random_below(random, 64) * PAGE_SIZE;
    default:
        return number(random);
    }
}

/* What would end the machine, or the other processes. */
static bool is_unfair(uint32_t nr)
{
    return nr == NR_reboot || nr == NR_kill || nr == NR_tkill ||
           nr == NR_tgkill;
}

static struct user_op random_call(struct random *random, struct proc *proc)
{
    uint32_t args[AGENT_MAX_ARGS], nr;

    do
        nr = random_below(random, NR_CALLS);
    while (is_unfair(nr));
    for (int i = 0; i < AGENT_MAX_ARGS; i++)
        args[i] = argument(random, proc);
    return syscall_args_op(proc, nr, args);
}

/* Something for names, sets and structures to be read from. */
static void fill_scratch(struct random *random, struct proc *proc)
{
    static const char *const words[] = {
        "/tmp/a", "/bin/cat", "/dev/zero", "..", "/proc/self/maps", "/tmp/a/b"};

    for (uint32_t at = 0; at + 64 <= SCRATCH_BYTES; at += 64)
        user_string(proc, at, words[random_below(random, 6)]);
}

static void kill_process(struct guest *guest, struct proc *killer,
                         struct proc *proc)
{
    if (find_task(guest, proc->pid) != 0)
        user_try(syscall_op(killer, NR_kill, proc->pid, SIGKILL));
}

/* One process, until it has done enough, sleeps or has ended. */
static void play(struct random *random, struct proc *killer)
{
    struct guest *guest = killer->guest;
    struct proc *proc = user_spawn(guest);
    struct user_result result = {.status = USER_DONE};

    fill_scratch(random, proc);
    for (int i = 0; i < CALLS && result.status == USER_DONE; i++)
        result = user_try(random_call(random, proc));
    kill_process(guest, killer, proc);
}

static void remove_files(struct proc *proc)
{
    static const char *const names[] = {"/tmp/a/b", "/tmp/a", "/tmp/b"};

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        user_try(syscall_op(proc, NR_unlink, user_string(proc, 0, names[i])));
}

Test(given, random_system_calls_do_no_harm)
{
    struct guest *guest = guest_boot(&machine_64mb, STAGE_USER);
    struct random random = random_of_test();
    struct proc *killer = user_spawn(guest);

    for (int i = 0; i < ROUNDS; i++)
        play(&random, killer);
    remove_files(killer);
    expect(user_syscall(killer, NR_getpid) == (int32_t)killer->pid,
           .did = guest_last(guest), .expected = "the others live",
           .seen = "another pid");
}
