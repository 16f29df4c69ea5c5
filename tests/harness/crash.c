/* The guest's last words, made readable. */
#include <stdio.h>
#include <string.h>

#include "guest_internal.h"

/* Text of the guest's: printable ASCII only, always terminated. */
static const char *clean(const char *from, size_t size)
{
    char *out = text("%.*s", (int)strnlen(from, size), from);

    for (char *at = out; *at != '\0'; at++)
        if (*at < ' ' || *at > '~')
            *at = '?';
    return out;
}

static const char *backtrace(struct guest *guest,
                             const struct agent_crash *crash)
{
    const char *out = "";

    for (int i = 0; i < AGENT_BACKTRACE && crash->backtrace[i] != 0; i++) {
        uint32_t address = crash->backtrace[i];
        const char *place = module_describe(guest, address);

        if (place == NULL)
            place = symbols_describe(guest->symbols, address, i > 0);
        out = text("%s\n  %s", out, place);
    }
    return out;
}

static const char *registers(const struct agent_crash *crash)
{
    return text("eip %08x esp %08x ebp %08x eflags %08x\n"
                "eax %08x ebx %08x ecx %08x edx %08x esi %08x edi %08x",
                crash->eip, crash->esp, crash->ebp, crash->eflags, crash->eax,
                crash->ebx, crash->ecx, crash->edx, crash->esi, crash->edi);
}

static struct agent_crash crash_record(struct guest *guest)
{
    struct agent_crash crash;

    guest_copy(guest, guest_symbol(guest, "agent_crash_record"), &crash,
               sizeof(crash));
    return crash;
}

void guest_crashed(struct guest *guest)
{
    struct agent_crash crash = crash_record(guest);
    struct verdict verdict = {.outcome = OUTCOME_CRASH};
    const char *message;

    message = clean(crash.message, sizeof(crash.message));
    verdict.claim = (struct claim){
        .did = guest_doing(guest),
        .expected = "it returns",
        .seen = message,
    };
    if (crash.kind == CRASH_STUB)
        verdict.outcome = OUTCOME_NOT_IMPLEMENTED;
    else
        verdict.oops = text("%s\n%s\nCall trace:%s", message, registers(&crash),
                            backtrace(guest, &crash));
    if (!guest->ready)
        report_infra("the kernel crashed before its agent was up: %s", message);
    guest_give_up(guest, &verdict);
}

/* --- crashes that a test wants ------------------------------------------- */

struct attempt {
    struct guest *guest;
    const struct call *call;
};

static void make_call(void *context)
{
    const struct attempt *attempt = context;

    guest_call(attempt->guest, attempt->call, NULL);
}

struct crash guest_call_crashes(struct guest *guest, const struct call *call)
{
    struct attempt attempt = {guest, call};
    struct verdict verdict = report_try(make_call, &attempt);
    struct agent_crash crash = crash_record(guest);

    expect(verdict.outcome != OUTCOME_PASS, .did = call_text(call),
           .expected = "a BUG or an oops: the kernel stops here",
           .seen = "it returned");
    /* Without a record, the machine was reset. */
    if (verdict.outcome != OUTCOME_CRASH || crash.kind == 0)
        report_verdict(&verdict);
    guest->calls = NULL;
    guest->last = call_text(call);
    return (struct crash){
        .kind = crash.kind,
        .fault_address = crash.fault_address,
        .message = clean(crash.message, sizeof(crash.message)),
    };
}

void expect_bug(struct guest *guest, const struct call *call, const char *hint)
{
    struct crash crash = guest_call_crashes(guest, call);

    expect(crash.kind == CRASH_BUG, .did = guest_last(guest),
           .expected = "a BUG", .seen = crash.message, .hint = hint);
}
