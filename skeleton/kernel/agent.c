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
#include <string.h>
#include <uart.h>

union agent_mailbox {
    struct agent_calls calls;
    struct agent_transfer transfer;
    uint8_t bytes[AGENT_MAILBOX_BYTES];
};

union agent_mailbox agent_mailbox __attribute__((aligned(PAGE_SIZE)));
struct agent_crash agent_crash_record;

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
}

void agent_report_crash(void)
{
    if (listening)
        send(AGENT_CRASH, AGENT_OK);
}

/* The call that agent_interrupt() makes. */
static struct agent_call *current_call;
static struct agent_result *current_result;

static uint32_t argument(const struct agent_calls *list, unsigned int i)
{
    uint32_t arg = current_call->args[i];

    return current_call->refs >> i & 1 ? list->results[arg].value : arg;
}

/* Makes the current call and takes its cost and its effect on interrupts. */
static void make_call(void)
{
    typedef uint32_t (*function_t)(uint32_t, uint32_t, uint32_t, uint32_t,
                                   uint32_t, uint32_t);
    const struct agent_calls *list = &agent_mailbox.calls;
    function_t function = (function_t)current_call->function;
    uint32_t a[AGENT_MAX_ARGS];
    unsigned long before = read_eflags();
    uint64_t start;

    for (unsigned int i = 0; i < AGENT_MAX_ARGS; i++)
        a[i] = argument(list, i);
    start = rdtsc();
    current_result->value = function(a[0], a[1], a[2], a[3], a[4], a[5]);
    current_result->cost = (uint32_t)(rdtsc() - start);
    current_result->interrupts =
        (read_eflags() & EFLAGS_IF) == (before & EFLAGS_IF);
}

void agent_interrupt(void)
{
    make_call();
}

static void call_in_context(enum agent_context context)
{
    switch (context) {
    case AGENT_INTERRUPT:
        __asm__ volatile("int %0" : : "i"(VECTOR_AGENT) : "memory");
        break;
    case AGENT_ATOMIC:
        local_irq_disable();
        make_call();
        break;
    default:
        make_call();
    }
    local_irq_enable();
}

static bool valid_call(const struct agent_calls *list, unsigned int index)
{
    const struct agent_call *call = &list->calls[index];

    for (unsigned int i = 0; i < AGENT_MAX_ARGS; i++)
        if (call->refs >> i & 1 && call->args[i] >= index)
            return false;
    return true;
}

static enum agent_error serve_calls(void)
{
    struct agent_calls *list = &agent_mailbox.calls;

    if (frame.arg > AGENT_MAX_CALLS)
        return AGENT_BAD_ARG;
    for (list->completed = 0; list->completed < frame.arg; list->completed++) {
        if (!valid_call(list, list->completed))
            return AGENT_BAD_ARG;
        current_call = &list->calls[list->completed];
        current_result = &list->results[list->completed];
        call_in_context(current_call->context);
    }
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
