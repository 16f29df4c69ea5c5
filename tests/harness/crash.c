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

static const char *backtrace(const struct guest *guest,
                             const struct agent_crash *crash)
{
    const char *out = "";

    for (int i = 0; i < AGENT_BACKTRACE && crash->backtrace[i] != 0; i++)
        out =
            text("%s\n  %s", out,
                 symbols_describe(guest->symbols, crash->backtrace[i], i > 0));
    return out;
}

static const char *registers(const struct agent_crash *crash)
{
    return text("eip %08x esp %08x ebp %08x eflags %08x\n"
                "eax %08x ebx %08x ecx %08x edx %08x esi %08x edi %08x",
                crash->eip, crash->esp, crash->ebp, crash->eflags, crash->eax,
                crash->ebx, crash->ecx, crash->edx, crash->esi, crash->edi);
}

void guest_crashed(struct guest *guest)
{
    gaddr_t record = guest_symbol(guest, "agent_crash_record");
    struct agent_crash crash;
    struct verdict verdict = {.outcome = OUTCOME_CRASH};
    const char *message;

    guest_copy(guest, record, &crash, sizeof(crash));
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
