/* Calls into the kernel: putting lists of them into the mailbox. */
#include <stdio.h>
#include <string.h>

#include "guest_internal.h"
#include "user.h"

static struct agent_calls *list_of(const struct guest *guest)
{
    return guest->mailbox;
}

const char *call_text(const struct call *call)
{
    if (call->shown != NULL)
        return call->shown;
    return text("%s(0x%x, 0x%x, …)", call->function, call->args[0],
                call->args[1]);
}

struct call in_context(struct call call, enum agent_context context)
{
    static const char *const places[] = {
        [AGENT_PROCESS] = "",
        [AGENT_ATOMIC] = " with interrupts off",
        [AGENT_INTERRUPT] = " in an interrupt handler",
        [AGENT_INTERRUPTED] = " while a timer fires",
        [AGENT_THREAD] = " in a task of its own",
    };

    call.context = context;
    call.shown = text("%s%s", call_text(&call), places[context]);
    return call;
}

/* The operation that a process is at. */
static const char *operation(const struct guest *guest)
{
    const struct agent_user_ops *list = guest->mailbox;
    uint32_t completed = list->completed;

    return completed < guest->nops ? guest->ops[completed].shown
                                   : "operations of processes";
}

const char *guest_doing(const struct guest *guest)
{
    uint32_t completed;

    if (guest->doing != NULL)
        return guest->doing;
    if (guest->ops != NULL)
        return operation(guest);
    if (guest->calls == NULL)
        return "nothing: the kernel was idle";
    completed = list_of(guest)->completed;
    if (completed >= guest->ncalls)
        return "a list of calls";
    return call_text(&guest->calls[completed]);
}

const char *guest_last(const struct guest *guest)
{
    return guest->last == NULL ? guest_doing(guest) : guest->last;
}

/* Values of calls before this batch are known: refs become plain values. */
static void put_call(struct guest *guest, const struct call *call, size_t start,
                     const struct agent_result *results, struct agent_call *out)
{
    out->function = guest_symbol(guest, call->function);
    out->context = (uint16_t)call->context;
    out->refs = 0;
    out->delay = call->delay;
    for (unsigned i = 0; i < AGENT_MAX_ARGS; i++) {
        bool is_ref = call->refs >> i & 1;

        out->args[i] = call->args[i];
        if (is_ref && call->args[i] < start)
            out->args[i] = results[call->args[i]].value;
        else if (is_ref) {
            out->args[i] -= (uint32_t)start;
            out->refs |= (uint16_t)(1u << i);
        }
    }
}

static void make_batch(struct guest *guest, const struct call *calls,
                       size_t start, size_t n, struct agent_result *results)
{
    struct agent_calls *list = list_of(guest);

    for (size_t i = 0; i < n; i++)
        put_call(guest, &calls[start + i], start, results, &list->calls[i]);
    list->completed = 0;
    list->nhandlers = 0;
    guest->calls = calls + start;
    guest->ncalls = n;
    guest_request(guest, AGENT_CALLS, (uint32_t)n);
    memcpy(results + start, list->results, n * sizeof(results[0]));
    guest->calls = NULL;
    guest->last = call_text(&calls[start + n - 1]);
    for (size_t i = 0; i < n; i++)
        report_add_instructions(results[start + i].cost);
}

void guest_calls(struct guest *guest, const struct call *calls, size_t n,
                 struct agent_result *results)
{
    for (size_t start = 0; start < n; start += AGENT_MAX_CALLS) {
        size_t left = n - start;

        make_batch(guest, calls, start,
                   left < AGENT_MAX_CALLS ? left : AGENT_MAX_CALLS, results);
    }
}

void guest_calls_checked(struct guest *guest, const struct call *calls,
                         size_t n, struct agent_result *results)
{
    guest_calls(guest, calls, n, results);
    for (size_t i = 0; i < n; i++)
        expect(results[i].interrupts, .did = call_text(&calls[i]),
               .expected = "the interrupt flag is as it was before the call",
               .seen = "it was changed",
               .hint = "local_irq_save() and local_irq_restore() come in "
                       "pairs, on every way out");
}

void guest_calls_interrupted(struct guest *guest, const struct call *calls,
                             size_t n, const struct call *handlers,
                             size_t nhandlers, struct agent_result *results)
{
    struct agent_calls *list = list_of(guest);

    if (n + nhandlers > AGENT_MAX_CALLS)
        report_infra("%zu calls do not fit in the mailbox", n + nhandlers);
    for (size_t i = 0; i < n; i++)
        put_call(guest, &calls[i], 0, results, &list->calls[i]);
    for (size_t i = 0; i < nhandlers; i++)
        put_call(guest, &handlers[i], 0, results, &list->calls[n + i]);
    list->completed = 0;
    list->nhandlers = (uint32_t)nhandlers;
    list->fired = 0;
    guest->calls = calls;
    guest->ncalls = n;
    guest_request(guest, AGENT_CALLS, (uint32_t)n);
    memcpy(results, list->results, (n + nhandlers) * sizeof(results[0]));
    guest->calls = NULL;
    guest->last = call_text(&calls[n - 1]);
}

uint32_t guest_call(struct guest *guest, const struct call *call,
                    uint32_t *cost)
{
    struct agent_result result;

    guest_calls_checked(guest, call, 1, &result);
    if (cost != NULL)
        *cost = result.cost;
    return result.value;
}

void guest_write(struct guest *guest, gaddr_t address, const void *bytes,
                 size_t nbytes)
{
    struct agent_transfer *transfer = guest->mailbox;

    if (nbytes > sizeof(transfer->data))
        report_infra("guest_write of %zu bytes", nbytes);
    transfer->address = address;
    memcpy(transfer->data, bytes, nbytes);
    guest->doing = "a write of the host's";
    guest_request(guest, AGENT_WRITE, (uint32_t)nbytes);
    guest->doing = NULL;
}

void expect_refused(struct guest *guest, gaddr_t address, const char *hint)
{
    expect(address == 0, .did = guest_last(guest), .expected = "NULL",
           .seen = text("0x%08x", address), .hint = hint);
}
