/*
 * A guest's life: boot, frames to and from the agent, crashes, the end.
 *
 * Whatever comes from the guest is untrusted: a frame that is not the answer to
 * the last request is a protocol error, and fails the test.
 */
#include "guest.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "guest_internal.h"
#include "record.h"

#define POLL_MS      10
#define CALL_CPU_NS  1500000000ull  /* a request's share of CPU time */
#define CALL_WALL_NS 60000000000ull /* backstop, for a stuck host */
#define HALT_WALL_NS 500000000ull   /* before, and between, two looks */

static uint64_t now(void)
{
    struct timespec time;

    clock_gettime(CLOCK_MONOTONIC, &time);
    return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

/*
 * Takes what the console says, so that the guest never waits for us. Nobody
 * is shown it (THREATS: it can hold what the host asked) but under a debugger.
 */
static void drain_console(struct guest *guest)
{
    char chunk[4096];
    ssize_t got = read(guest->qemu.console, chunk, sizeof(chunk));

    if (got > 0 && harness_options()->gdb != NULL)
        fwrite(chunk, 1, (size_t)got, stdout);
}

enum wait_end {
    WAIT_DONE,
    WAIT_TIMEOUT,
    WAIT_ENDED, /* QEMU is gone */
};

/* How long the guest has been busy with a request. */
struct watch {
    uint64_t cpu, wall; /* when it began */
    uint64_t halted;    /* when it was first seen halted; 0: it was not */
    uint32_t steps;     /* of its disks, then */
};

/* Grows with each transfer of a disk, and is odd while there is one. */
static uint32_t disk_steps(struct guest *guest)
{
    if (guest->machine->disk_mb[0] == 0)
        return 0;
    return guest_u32(guest, guest_symbol(guest, "blk_steps"));
}

/* Halted, and no disk is going to wake it. */
static bool is_halted(struct guest *guest)
{
    uint32_t steps = disk_steps(guest), halted = 0;

    return steps % 2 == 0 && qmp_register(&guest->qmp, "HLT", &halted) &&
           halted && disk_steps(guest) == steps;
}

/*
 * A guest that owes an answer and is halted sleeps for good. It is asked
 * twice: QEMU's answer to the first question comes after it has delivered
 * what may wake the guest.
 */
static bool sleeps_for_good(struct guest *guest, struct watch *watch)
{
    uint64_t time = now();

    if (time - watch->wall < HALT_WALL_NS ||
        (watch->halted != 0 && time - watch->halted < HALT_WALL_NS))
        return false;
    if (!is_halted(guest)) {
        watch->halted = 0;
    } else if (watch->halted == 0 || watch->steps != disk_steps(guest)) {
        watch->halted = now();
        watch->steps = disk_steps(guest);
    } else {
        return true;
    }
    return false;
}

static bool out_of_time(struct guest *guest, struct watch *watch)
{
    if (harness_options()->gdb != NULL)
        return false;
    return qemu_cpu_time(&guest->qemu) - watch->cpu > CALL_CPU_NS ||
           now() - watch->wall > CALL_WALL_NS ||
           (guest->ready && sleeps_for_good(guest, watch));
}

/* Reads exactly `nbytes` of the agent's line within the limits. */
static enum wait_end read_agent(struct guest *guest, void *to, size_t nbytes)
{
    struct watch watch = {qemu_cpu_time(&guest->qemu), now(), 0, 0};
    size_t done = 0;

    while (done < nbytes) {
        struct pollfd wait[] = {
            {.fd = guest->qemu.agent, .events = POLLIN},
            {.fd = guest->qemu.console, .events = POLLIN},
        };
        int ready = poll(wait, 2, POLL_MS);

        if (ready < 0 && errno != EINTR)
            return WAIT_ENDED;
        if (wait[1].revents & POLLIN)
            drain_console(guest);
        if (wait[0].revents != 0) {
            ssize_t got =
                read(guest->qemu.agent, (char *)to + done, nbytes - done);

            if (got <= 0)
                return WAIT_ENDED;
            done += (size_t)got;
        } else if (out_of_time(guest, &watch)) {
            return WAIT_TIMEOUT;
        }
    }
    return WAIT_DONE;
}

__attribute__((noreturn)) static void protocol_error(struct guest *guest,
                                                     const char *what)
{
    struct verdict verdict = {
        .outcome = OUTCOME_FAIL,
        .claim = {.did = guest_doing(guest),
                  .expected = "the kernel leaves the line to the host alone",
                  .seen = what,
                  .hint = "COM2 belongs to the agent; the code under test has "
                          "no business there"},
    };

    guest_give_up(guest, &verdict);
}

void guest_give_up(struct guest *guest, const struct verdict *verdict)
{
    qemu_end(&guest->qemu);
    report_verdict(verdict);
}

__attribute__((noreturn)) static void hung(struct guest *guest)
{
    struct verdict verdict = {
        .outcome = OUTCOME_TIMEOUT,
        .claim = {.did = guest_doing(guest),
                  .expected = "it returns",
                  .seen = "no answer within the time limit",
                  .hint = "a loop that never ends, or a processor that was "
                          "halted"},
        .hung_in = guest_doing(guest),
    };

    if (!guest->ready)
        report_infra("the kernel did not come up within the time limit; "
                     "`mmgrade doctor` checks the toolchain and QEMU");
    guest_give_up(guest, &verdict);
}

/* QEMU is gone. Only if it went by itself has the guest anything to do with it.
 */
__attribute__((noreturn)) static void ended(struct guest *guest)
{
    struct verdict verdict = {
        .outcome = OUTCOME_CRASH,
        .claim = {.did = guest_doing(guest),
                  .expected = "it returns",
                  .seen = "the machine reset itself: an exception that could "
                          "not even be reported (triple fault)"},
    };
    enum qemu_end end = qemu_wait(&guest->qemu);

    if (!guest->ready)
        report_infra("QEMU (%s) ended before the kernel was up; `mmgrade "
                     "doctor` says more",
                     harness_options()->qemu);
    if (end == QEMU_BROKEN)
        report_infra("QEMU was killed, or failed, during %s",
                     guest_doing(guest));
    if (end == QEMU_CPU_TIME) {
        verdict.outcome = OUTCOME_TIMEOUT;
        verdict.claim.seen = "the machine used up its CPU time";
        verdict.hung_in = guest_doing(guest);
    }
    guest_give_up(guest, &verdict);
}

static void send_frame(struct guest *guest, enum agent_op op, uint32_t arg)
{
    struct agent_frame frame = {
        .magic = AGENT_MAGIC,
        .seq = ++guest->seq,
        .nonce = guest->nonce,
        .op = op,
        .arg = arg,
    };

    if (send(guest->qemu.agent, &frame, sizeof(frame), MSG_NOSIGNAL) !=
        sizeof(frame))
        ended(guest);
}

/* Takes the next frame; a crash ends the test here. */
static struct agent_frame receive_frame(struct guest *guest)
{
    struct agent_frame frame;

    switch (read_agent(guest, &frame, sizeof(frame))) {
    case WAIT_TIMEOUT:
        hung(guest);
    case WAIT_ENDED:
        ended(guest);
    case WAIT_DONE:
        break;
    }
    if (frame.magic != AGENT_MAGIC || frame.nonce != guest->nonce ||
        frame.seq != guest->seq)
        protocol_error(guest, "bytes on it that are no answer of the agent's");
    if (frame.op == AGENT_CRASH)
        guest_crashed(guest);
    return frame;
}

/*
 * A tripwire, not a proof: code that rewrites the given kernel, to answer in
 * the agent's place, is caught unless it puts back what was there.
 */
static void check_code(struct guest *guest)
{
    const struct code *code = &guest->code;
    struct verdict verdict = {
        .outcome = OUTCOME_FAIL,
        .claim = {.did = guest_last(guest),
                  .expected = "the kernel's code stays as it was linked",
                  .seen = "it was overwritten",
                  .hint = "a wild pointer into the kernel's image"},
    };

    if (harness_options()->gdb == NULL &&
        memcmp(guest->ram + code->pa, code->bytes, code->nbytes) != 0)
        guest_give_up(guest, &verdict);
}

void guest_request(struct guest *guest, enum agent_op op, uint32_t arg)
{
    struct agent_frame frame;

    guest_continue(guest);
    send_frame(guest, op, arg);
    frame = receive_frame(guest);
    if (frame.op != op)
        protocol_error(guest, "an answer to another request");
    if (frame.status != AGENT_OK)
        protocol_error(guest, "a refusal of a request that is in order");
    check_code(guest);
}

static void map_ram(struct guest *guest)
{
    uint32_t mailbox = guest_symbol(guest, "agent_mailbox") - KERNEL_BASE;

    guest->ram_bytes = (uint64_t)guest->machine->ram_mb << 20;
    guest->ram =
        mmap(NULL, guest->ram_bytes, PROT_READ, MAP_SHARED, guest->qemu.ram, 0);
    guest->mailbox = mmap(NULL, AGENT_MAILBOX_BYTES, PROT_READ | PROT_WRITE,
                          MAP_SHARED, guest->qemu.ram, mailbox);
    if (guest->ram == MAP_FAILED || guest->mailbox == MAP_FAILED)
        report_infra("guest RAM can't be mapped: %s", strerror(errno));
}

/*
 * Under a debugger the machine stands still before the test's first step, and
 * goes on when the debugger says so.
 */
static void stop_for_debugger(struct guest *guest)
{
    if (harness_options()->gdb == NULL)
        return;
    if (!qmp_stop(&guest->qmp))
        report_infra("QEMU does not stop the machine for the debugger");
    fprintf(stderr, "The machine waits for gdb on port %s.\n",
            harness_options()->gdb);
}

static struct guest *running;

/*
 * A guest that waits for requests keeps a processor busy. At the end of a
 * test it has to go before Criterion does its own work.
 */
static void kill_all(void)
{
    for (struct guest *guest = running; guest != NULL; guest = guest->next)
        qemu_kill(&guest->qemu);
}

/* Of the machine that was booted last. */
static size_t draw_running(struct picture *out, size_t max)
{
    if (running == NULL || !running->ready)
        return 0;
    return guest_pictures(running, out, max);
}

static void forget(struct guest *guest)
{
    struct guest **link = &running;

    while (*link != guest)
        link = &(*link)->next;
    *link = guest->next;
}

struct guest *guest_boot(const struct machine *machine, enum boot_stage stage)
{
    struct guest *guest = calloc(1, sizeof(*guest));
    uint32_t nonce;

    if (guest == NULL || getrandom(&nonce, sizeof(nonce), 0) != sizeof(nonce))
        report_infra("no memory for a guest");
    guest->machine = machine;
    guest->symbols = symbols_open(harness_options()->symbols);
    if (guest->symbols == NULL)
        report_infra("%s is not a kernel with symbols",
                     harness_options()->symbols);
    guest->code = symbols_code(guest->symbols);
    if (guest->code.nbytes == 0 ||
        guest->code.pa + guest->code.nbytes > machine->ram_mb << 20)
        report_infra("%s has no code", harness_options()->symbols);
    guest->next = running;
    running = guest;
    report_at_end(kill_all);
    report_draw_by(draw_running);
    report_add_machine();
    qemu_start(machine, stage >= STAGE_PROC, &guest->qemu);
    guest->qmp.fd = guest->qemu.qmp;
    map_ram(guest);
    if (receive_frame(guest).op != AGENT_READY)
        report_infra("the kernel's agent did not say that it is ready");
    guest->ready = true;
    guest->nonce = nonce;
    guest_request(guest, AGENT_HELLO, 0);
    stop_for_debugger(guest);
    guest_walk_to(guest, stage);
    return guest;
}

void guest_walk_to(struct guest *guest, enum boot_stage stage)
{
    static const char *const stages[] = {
        [STAGE_EARLY] = "booting",
        [STAGE_BUDDY] = "mem_init(): handing free pages to __free_pages()",
        [STAGE_SLAB] = "kmem_cache_init() and kmem_cache_sizes_init()",
        [STAGE_VMALLOC] = "page_address_init()",
        [STAGE_PROC] = "proc_init(): files and address spaces",
        [STAGE_USER] = "the first process",
        [STAGE_SWAP] = "kswapd",
    };

    guest->doing = stages[stage];
    if (stage > STAGE_EARLY)
        guest_request(guest, AGENT_STAGE, stage);
    guest->doing = NULL;
}

void guest_end(struct guest *guest)
{
    if (guest == NULL)
        return;
    forget(guest);
    qemu_end(&guest->qemu);
    munmap((void *)guest->ram, guest->ram_bytes);
    munmap(guest->mailbox, AGENT_MAILBOX_BYTES);
    disks_unmap(guest);
    symbols_close(guest->symbols);
    free(guest);
}

void guest_end_all(void)
{
    while (running != NULL)
        guest_end(running);
}
