/*
 * The kernel's last words: an oops, a panic, a BUG, a stub.
 *
 * The facts go into agent_crash_record, then as text to the console, then to
 * the host. The host knows the symbols and turns the addresses of the
 * backtrace into functions and lines; the console has the bare numbers.
 */
#include <kernel.h>

#include <agent.h>
#include <boot.h>
#include <fault.h>
#include <io.h>
#include <irq.h>
#include <mmzone.h>
#include <module.h>
#include <sched.h>
#include <string.h>
#include <trap.h>

static const char *const kind_names[] = {
    [CRASH_PANIC] = "Kernel panic",   [CRASH_BUG] = "BUG",
    [CRASH_STUB] = "Not implemented", [CRASH_OOPS] = "Oops",
    [CRASH_DOUBLE_FAULT] = "Oops",
};

static bool is_code(uint32_t eip)
{
    return (eip >= (uint32_t)_text && eip < (uint32_t)_etext) || in_module(eip);
}

static bool same_stack(uint32_t a, uint32_t b)
{
    return a / THREAD_SIZE == b / THREAD_SIZE;
}

/*
 * A frame pointer that can be followed: aligned, and in the stack that was in
 * use, or in the first task's, whose overflow shows with esp beyond it.
 */
static bool in_stack(uint32_t ebp)
{
    return ebp % 4 == 0 && ebp % THREAD_SIZE <= THREAD_SIZE - 8 &&
           (same_stack(ebp, (uint32_t)&init_task_union) ||
            (same_stack(ebp, agent_crash_record.esp) && ebp >= PAGE_OFFSET &&
             ebp < (uint32_t)high_memory));
}

/*
 * Follows the saved frame pointers: each frame has the caller's ebp and above
 * it the return address. Callers' frames lie higher, so it ends.
 */
static void record_backtrace(uint32_t eip, uint32_t ebp)
{
    uint32_t *trace = agent_crash_record.backtrace;
    unsigned int depth = 0;

    trace[depth++] = eip;
    while (depth < AGENT_BACKTRACE && in_stack(ebp)) {
        const uint32_t *frame = (const uint32_t *)ebp;

        if (!is_code(frame[1]))
            break;
        trace[depth++] = frame[1];
        if (frame[0] <= ebp)
            break;
        ebp = frame[0];
    }
}

static void print_record(void)
{
    const struct agent_crash *record = &agent_crash_record;

    printk("\n%s: %s\n", kind_names[record->kind], record->message);
    printk("eip %08x  esp %08x  ebp %08x  eflags %08x\n", record->eip,
           record->esp, record->ebp, record->eflags);
    if (record->kind == CRASH_OOPS) {
        printk("eax %08x  ebx %08x  ecx %08x  edx %08x\n", record->eax,
               record->ebx, record->ecx, record->edx);
        printk("esi %08x  edi %08x  cr2 %08x  error %08x\n", record->esi,
               record->edi, record->fault_address, record->error);
    }
    printk("Call trace:");
    for (int i = 0; i < AGENT_BACKTRACE && record->backtrace[i] != 0; i++)
        printk(" [<%08x>]", record->backtrace[i]);
    printk("\n");
}

__attribute__((noreturn)) static void stop(void)
{
    static bool stopping;

    local_irq_disable();
    if (stopping)
        halt();
    stopping = true;
    print_record();
    agent_report_crash();
    if (boot_option("exit-on-crash"))
        outb(1, DEBUG_EXIT_PORT);
    printk("System halted.\n");
    halt();
}

void crash(enum crash_kind kind, const char *format, ...)
{
    uint32_t *frame = __builtin_frame_address(0);
    va_list args;

    agent_crash_record = (struct agent_crash){
        .kind = kind,
        .eip = frame[1],
        .esp = (uint32_t)(frame + 2),
        .ebp = frame[0],
        .eflags = read_eflags(),
    };
    va_start(args, format);
    vsnprintf(agent_crash_record.message, sizeof(agent_crash_record.message),
              format, args);
    va_end(args);
    record_backtrace(frame[1], frame[0]);
    stop();
}

/* Where the page fault was that this is about. In a double fault there is no
 * current task, but the processor knows. */
static uint32_t fault_address(const struct pt_regs *regs)
{
    uint32_t address;

    if (regs->vector == VECTOR_PAGE_FAULT)
        return read_cr2();
    __asm__ volatile("mov %%cr2, %0" : "=r"(address));
    return address;
}

void oops(const struct pt_regs *regs, enum crash_kind kind, const char *what)
{
    agent_crash_record = (struct agent_crash){
        .kind = kind,
        .vector = regs->vector,
        .error = regs->error,
        .fault_address = fault_address(regs),
        .eip = regs->eip,
        .esp = user_mode(regs) || kind == CRASH_DOUBLE_FAULT
                   ? regs->esp
                   : (uint32_t)&regs->esp,
        .ebp = regs->ebp,
        .eflags = regs->eflags,
        .eax = regs->eax,
        .ebx = regs->ebx,
        .ecx = regs->ecx,
        .edx = regs->edx,
        .esi = regs->esi,
        .edi = regs->edi,
    };
    if (regs->vector == VECTOR_PAGE_FAULT)
        snprintf(agent_crash_record.message, sizeof(agent_crash_record.message),
                 "%s: %s of address %08x", what,
                 regs->error & 2 ? "write" : "read",
                 agent_crash_record.fault_address);
    else
        snprintf(agent_crash_record.message, sizeof(agent_crash_record.message),
                 "%s", what);
    record_backtrace(regs->eip, regs->ebp);
    stop();
}
