/*
 * The kernel agent: a small server on COM2 that does what the host says.
 *
 * It judges nothing and knows no test: it calls functions by address, reads
 * and writes memory, and walks the boot stages. All its memory is static, so
 * that it works before the page allocator does. See agent_proto.h.
 */
#include <agent.h>

#include <boot.h>
#include <io.h>
#include <irq.h>
#include <kernel.h>
#include <page.h>
#include <pit.h>
#include <sched.h>
#include <string.h>
#include <uart.h>

union agent_mailbox {
    struct agent_calls calls;
    struct agent_transfer transfer;
    struct agent_user_ops user_ops;
    struct agent_spawn spawn;
    uint8_t bytes[AGENT_MAILBOX_BYTES];
};

union agent_mailbox agent_mailbox __attribute__((aligned(PAGE_SIZE)));
struct agent_crash agent_crash_record;
struct agent_thread agent_threads[AGENT_MAX_THREADS];
static unsigned int nthreads;

static struct agent_frame frame; /* the request that is being served */
static uint32_t nonce;
static bool listening;

_Static_assert(sizeof(union agent_mailbox) == AGENT_MAILBOX_BYTES,
               "AGENT_MAX_CALLS calls fit in the mailbox");

static void send(enum agent_op op, enum agent_error status)
{
    struct agent_frame reply = {
        .magic = AGENT_MAGIC,
        .nonce = nonce,
        .seq = frame.seq,
        .op = op,
        .status = status,
    };
    const uint8_t *bytes = (const uint8_t *)&reply;

    for (size_t i = 0; i < sizeof(reply); i++)
        uart_put(COM2, bytes[i]);
}

static void receive(void)
{
    uint8_t *bytes = (uint8_t *)&frame;

    for (size_t i = 0; i < sizeof(frame); i++)
        bytes[i] = uart_get(COM2);
    uart_rest(COM2); /* the host sends no more before it has an answer */
}

void agent_report_crash(void)
{
    if (listening)
        send(AGENT_CRASH, AGENT_OK);
}

/* The calls that are being made, and the one that is next. */
static struct agent_calls *const list = &agent_mailbox.calls;
static unsigned int ncalls;

static uint32_t argument(const struct agent_call *call, unsigned int i)
{
    uint32_t arg = call->args[i];

    return call->refs >> i & 1 ? list->results[arg].value : arg;
}

static void get_arguments(const struct agent_call *call,
                          uint32_t args[AGENT_MAX_ARGS])
{
    for (unsigned int i = 0; i < AGENT_MAX_ARGS; i++)
        args[i] = argument(call, i);
}

static inline uint32_t call_function(uint32_t function,
                                     const uint32_t a[AGENT_MAX_ARGS])
{
    typedef uint32_t (*function_t)(uint32_t, uint32_t, uint32_t, uint32_t,
                                   uint32_t, uint32_t);

    return ((function_t)function)(a[0], a[1], a[2], a[3], a[4], a[5]);
}

/* Makes a call and takes its cost and its effect on interrupts. */
static void make_call(unsigned int index)
{
    const struct agent_call *call = &list->calls[index];
    struct agent_result *result = &list->results[index];
    uint32_t args[AGENT_MAX_ARGS];
    unsigned long before = read_eflags();
    uint64_t start;

    get_arguments(call, args);
    start = rdtsc();
    result->value = call_function(call->function, args);
    result->cost = (uint32_t)(rdtsc() - start);
    result->interrupts = (read_eflags() & EFLAGS_IF) == (before & EFLAGS_IF);
}

void agent_interrupt(void)
{
    make_call(list->completed);
}

void agent_timer_interrupt(void)
{
    unsigned int handler = list->fired++;

    if (handler < list->nhandlers)
        make_call(ncalls + handler);
}

/* Takes one instruction more for each one more of `ninstructions`. */
static void spin(uint32_t ninstructions)
{
    uint32_t loops = ninstructions / 2;

    if (loops > 0)
        __asm__ volatile("1: dec %0; jnz 1b" : "+r"(loops));
    if (ninstructions % 2 == 1)
        __asm__ volatile("nop");
}

/*
 * The timer fires a fixed number of instructions after it was armed. With
 * another delay each time, the host makes it fire at every point of a call.
 */
static void make_interrupted_call(void)
{
    uint32_t fired = list->fired;
    uint32_t delay = list->calls[list->completed].delay;
    uint16_t ticks = 1 + (delay >> AGENT_TICKS_SHIFT);

    delay &= (1U << AGENT_TICKS_SHIFT) - 1;
    pit_arm(ticks);
    spin(delay);
    make_call(list->completed);
    local_irq_enable();
    while (*(volatile uint32_t *)&list->fired == fired)
        continue;
}

static void run_thread(void *argument)
{
    struct agent_thread *thread = argument;

    thread->value = call_function(thread->function, thread->args);
    thread->interrupts = (read_eflags() & EFLAGS_IF) != 0;
    thread->returned = 1;
}

void let_others_run(void)
{
    while (others_can_run())
        yield();
}

/* Starts a task for the call, and goes on when it has returned or sleeps. */
static void start_thread(unsigned int index)
{
    struct agent_thread *thread = &agent_threads[nthreads];
    int pid = -1;

    if (nthreads < AGENT_MAX_THREADS) {
        thread->function = list->calls[index].function;
        get_arguments(&list->calls[index], thread->args);
        pid = kernel_thread("agent", run_thread, thread);
    }
    list->results[index] = (struct agent_result){.value = ~0U, .interrupts = 1};
    if (pid < 0)
        return;
    thread->pid = (uint32_t)pid;
    list->results[index].value = nthreads++;
    let_others_run();
}

static void call_in_context(enum agent_context context)
{
    switch (context) {
    case AGENT_INTERRUPT:
        __asm__ volatile("int %0" : : "i"(VECTOR_AGENT) : "memory");
        break;
    case AGENT_INTERRUPTED:
        make_interrupted_call();
        break;
    case AGENT_THREAD:
        start_thread(list->completed);
        break;
    case AGENT_ATOMIC:
        local_irq_disable();
        make_call(list->completed);
        break;
    default:
        make_call(list->completed);
    }
    local_irq_enable();
}

static bool valid_call(unsigned int index)
{
    const struct agent_call *call = &list->calls[index];

    for (unsigned int i = 0; i < AGENT_MAX_ARGS; i++)
        if (call->refs >> i & 1 && call->args[i] >= index)
            return false;
    return true;
}

static enum agent_error serve_calls(void)
{
    ncalls = frame.arg;
    if (ncalls > AGENT_MAX_CALLS || list->nhandlers > AGENT_MAX_CALLS - ncalls)
        return AGENT_BAD_ARG;
    for (unsigned int i = 0; i < ncalls + list->nhandlers; i++)
        if (!valid_call(i))
            return AGENT_BAD_ARG;
    for (list->completed = 0; list->completed < ncalls; list->completed++)
        call_in_context(list->calls[list->completed].context);
    let_others_run();
    return AGENT_OK;
}

static enum agent_error serve_transfer(bool write)
{
    struct agent_transfer *transfer = &agent_mailbox.transfer;

    if (frame.arg > sizeof(transfer->data))
        return AGENT_BAD_ARG;
    if (write)
        memcpy((void *)transfer->address, transfer->data, frame.arg);
    else
        memcpy(transfer->data, (void *)transfer->address, frame.arg);
    return AGENT_OK;
}

static enum agent_error serve_user_ops(void)
{
    if (boot_stage < STAGE_USER || frame.arg > AGENT_MAX_USER_OPS)
        return AGENT_BAD_ARG;
    agent_user_ops(&agent_mailbox.user_ops, frame.arg);
    return AGENT_OK;
}

static enum agent_error serve_spawn(void)
{
    if (boot_stage < STAGE_USER)
        return AGENT_BAD_ARG;
    agent_spawn(&agent_mailbox.spawn);
    return AGENT_OK;
}

static enum agent_error serve(void)
{
    switch (frame.op) {
    case AGENT_HELLO:
        nonce = frame.nonce;
        return AGENT_OK;
    case AGENT_STAGE:
        boot_walk_to(frame.arg);
        return AGENT_OK;
    case AGENT_CALLS:
        return serve_calls();
    case AGENT_READ:
    case AGENT_WRITE:
        return serve_transfer(frame.op == AGENT_WRITE);
    case AGENT_USER:
        return serve_user_ops();
    case AGENT_SPAWN:
        return serve_spawn();
    default:
        return AGENT_BAD_OP;
    }
}

void agent_run(void)
{
    listening = true;
    send(AGENT_READY, AGENT_OK);
    for (;;) {
        receive();
        if (frame.magic != AGENT_MAGIC)
            panic("agent: bad frame, magic %x", frame.magic);
        send(frame.op, serve());
    }
}
