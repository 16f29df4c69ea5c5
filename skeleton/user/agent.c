/*
 * The user agent: does in ring 3 what the host says, one operation after the
 * other (agent_proto.h).
 *
 * The kernel maps this program in advance and eagerly, so everything that it
 * needs for itself is in it: its stack, a stack for signals, the operation, its
 * result. It calls no function of a library. Memory that an operation is about
 * is touched with one instruction where it matters which.
 *
 * A signal for a bad access is caught, once the host asked for that, on the
 * signals' stack: the handler notes what the kernel says of the access and lets
 * the process go on at agent_recover, which gives up the operation.
 */
#include <agent_proto.h>

#define PAGE_BYTES        4096
#define STACK_BYTES       (2 * PAGE_BYTES)
#define SIGNAL_BYTES      (2 * PAGE_BYTES)
#define NR_FORK           2
#define NR_SIGACTION      67
#define NR_SIGALTSTACK    186
#define SIGBUS            7
#define SIGSEGV           11
#define SA_RESTORER       0x04000000u
#define SA_ONSTACK        0x08000000u
#define SA_NODEFER        0x40000000u
#define SYSCALL_ARGUMENTS (1 + AGENT_MAX_ARGS) /* the number comes first */

/* What Linux i386 puts on a handler's stack, behind the signal's number. */
struct sigcontext {
    uint32_t gs, fs, es, ds;
    uint32_t edi, esi, ebp, esp, ebx, edx, ecx, eax;
    uint32_t trapno, err, eip, cs, eflags, esp_at_signal, ss;
    uint32_t fpstate, oldmask, cr2;
};

/* Of sigaction() and sigaltstack(), in Linux i386's order. */
struct old_sigaction {
    uint32_t handler, mask, flags, restorer;
};

struct signal_stack {
    uint32_t base, flags, nbytes;
};

static struct agent_user_op op, result;
static uint8_t scratch[AGENT_SCRATCH_BYTES]
    __attribute__((aligned(PAGE_BYTES), used));
static uint8_t signal_stack[SIGNAL_BYTES] __attribute__((aligned(16)));

/* Named in assembly. */
extern uint8_t agent_stack[STACK_BYTES];
extern uint32_t agent_recovery_esp, agent_foreign_esp;
uint8_t agent_stack[STACK_BYTES] __attribute__((aligned(16)));
uint32_t agent_recovery_esp; /* of agent_guarded() */
uint32_t agent_foreign_esp;  /* where esp was before an operation moved it */

void agent_main(void);
void agent_act(void);
void agent_handler(int signal, struct sigcontext context);

/* Makes the system call args[0] with the arguments args[1 … 6]. */
uint32_t agent_syscall(const uint32_t args[SYSCALL_ARGUMENTS]);

/* agent_act(): 0, or 1 if a signal ended it. */
uint32_t agent_guarded(void);

/* Where handlers return to, and where they let the process go on. */
extern const uint8_t agent_restorer[], agent_recover[];

__asm__(".section .text\n"
        ".globl _start\n"
        "_start:\n"
        "    mov $agent_stack + 8192, %esp\n"
        "    xor %ebp, %ebp\n"
        "    call agent_main\n"

        "agent_syscall:\n"
        "    push %ebp\n"
        "    push %ebx\n"
        "    push %esi\n"
        "    push %edi\n"
        "    mov 20(%esp), %eax\n"
        "    mov 4(%eax), %ebx\n"
        "    mov 8(%eax), %ecx\n"
        "    mov 12(%eax), %edx\n"
        "    mov 16(%eax), %esi\n"
        "    mov 20(%eax), %edi\n"
        "    mov 24(%eax), %ebp\n"
        "    mov (%eax), %eax\n"
        "    int $0x80\n"
        "    pop %edi\n"
        "    pop %esi\n"
        "    pop %ebx\n"
        "    pop %ebp\n"
        "    ret\n"

        "agent_guarded:\n"
        "    push %ebp\n"
        "    push %ebx\n"
        "    push %esi\n"
        "    push %edi\n"
        "    mov %esp, agent_recovery_esp\n"
        "    call agent_act\n"
        "    xor %eax, %eax\n"
        "1:  pop %edi\n"
        "    pop %esi\n"
        "    pop %ebx\n"
        "    pop %ebp\n"
        "    ret\n"
        "agent_recover:\n"
        "    mov agent_recovery_esp, %esp\n"
        "    cld\n"
        "    mov $1, %eax\n"
        "    jmp 1b\n"

        /* sigreturn() expects the stack as the handler found it. */
        "agent_restorer:\n"
        "    pop %eax\n"
        "    mov $119, %eax\n"
        "    int $0x80\n");

static uint32_t address_of(const void *pointer)
{
    return (uint32_t)(uintptr_t)pointer;
}

/* The compiler calls these for copies of structures. */
void *memcpy(void *to, const void *from, uint32_t nbytes);
void *memset(void *to, int byte, uint32_t nbytes);

void *memcpy(void *to, const void *from, uint32_t nbytes)
{
    void *at = to;

    __asm__ volatile("rep movsb"
                     : "+D"(at), "+S"(from), "+c"(nbytes)
                     :
                     : "memory");
    return to;
}

void *memset(void *to, int byte, uint32_t nbytes)
{
    void *at = to;

    __asm__ volatile("rep stosb"
                     : "+D"(at), "+c"(nbytes)
                     : "a"(byte)
                     : "memory");
    return to;
}

void agent_handler(int signal, struct sigcontext context)
{
    volatile struct sigcontext *frame = &context;

    result.signal = (uint32_t)signal;
    result.fault_address = frame->cr2;
    result.fault_error = frame->err;
    result.fault_eip = frame->eip;
    frame->eip = address_of(agent_recover);
    frame->esp = agent_recovery_esp;
}

/* --- operations ---------------------------------------------------------- */

static uint32_t load(uint32_t address, uint32_t nbytes)
{
    uint32_t value = 0;

    if (nbytes == 1)
        __asm__ volatile("movb (%1), %b0" : "+q"(value) : "r"(address));
    else if (nbytes == 2)
        __asm__ volatile("movw (%1), %w0" : "+r"(value) : "r"(address));
    else
        __asm__ volatile("movl (%1), %0" : "+r"(value) : "r"(address));
    return value;
}

static void store(uint32_t address, uint32_t nbytes, uint32_t value)
{
    if (nbytes == 1)
        __asm__ volatile("movb %b0, (%1)"
                         :
                         : "q"(value), "r"(address)
                         : "memory");
    else if (nbytes == 2)
        __asm__ volatile("movw %w0, (%1)"
                         :
                         : "r"(value), "r"(address)
                         : "memory");
    else
        __asm__ volatile("movl %0, (%1)"
                         :
                         : "r"(value), "r"(address)
                         : "memory");
}

static uint32_t sum(uint32_t address, uint32_t nbytes)
{
    uint32_t total = 0;

    for (uint32_t i = 0; i < nbytes; i++)
        total += load(address + i, 1);
    return total;
}

static void stamp(uint32_t address, uint32_t npages, uint32_t value)
{
    for (uint32_t i = 0; i < npages; i++)
        store(address + i * PAGE_BYTES, 4, value + i);
}

static uint32_t unstamped(uint32_t address, uint32_t npages, uint32_t value)
{
    uint32_t n = 0;

    for (uint32_t i = 0; i < npages; i++)
        n += load(address + i * PAGE_BYTES, 4) != value + i;
    return n;
}

static void push(uint32_t esp, uint32_t value)
{
    __asm__ volatile("mov %%esp, agent_foreign_esp\n"
                     "    mov %0, %%esp\n"
                     "    push %1\n"
                     "    mov agent_foreign_esp, %%esp"
                     :
                     : "r"(esp), "r"(value)
                     : "memory");
}

static void pusha(uint32_t esp)
{
    __asm__ volatile("mov %%esp, agent_foreign_esp\n"
                     "    mov %0, %%esp\n"
                     "    pusha\n"
                     "    mov agent_foreign_esp, %%esp"
                     :
                     : "r"(esp)
                     : "memory");
}

static uint32_t call(uint32_t address)
{
    uint32_t value = address;

    __asm__ volatile("call *%0"
                     : "+a"(value)
                     :
                     : "ebx", "ecx", "edx", "esi", "edi", "memory", "cc");
    return value;
}

static void catch_signal(uint32_t signal, uint32_t handler)
{
    const struct old_sigaction action = {
        .handler = handler, /* 0: what happens by default */
        .flags = SA_ONSTACK | SA_NODEFER | SA_RESTORER,
        .restorer = address_of(agent_restorer),
    };

    agent_syscall((const uint32_t[SYSCALL_ARGUMENTS]){NR_SIGACTION, signal,
                                                      address_of(&action)});
}

static void catch_faults(uint32_t on)
{
    const struct signal_stack stack = {address_of(signal_stack), 0,
                                       SIGNAL_BYTES};
    uint32_t handler = on ? address_of((const void *)agent_handler) : 0;

    agent_syscall((const uint32_t[SYSCALL_ARGUMENTS]){NR_SIGALTSTACK,
                                                      address_of(&stack)});
    catch_signal(SIGSEGV, handler);
    catch_signal(SIGBUS, handler);
}

static void act_on_memory(const uint32_t *args)
{
    switch (op.kind) {
    case USER_WRITE:
        memcpy((void *)args[0], op.data, args[1]);
        break;
    case USER_READ:
        memcpy(result.data, (const void *)args[0], args[1]);
        break;
    case USER_FILL:
        memset((void *)args[0], (int)args[2], args[1]);
        break;
    case USER_SUM:
        result.value = sum(args[0], args[1]);
        break;
    case USER_STAMP:
        stamp(args[0], args[1], args[2]);
        break;
    case USER_UNSTAMPED:
        result.value = unstamped(args[0], args[1], args[2]);
        break;
    }
}

void agent_act(void)
{
    const uint32_t *args = op.args;

    switch (op.kind) {
    case USER_LOAD:
        result.value = load(args[0], args[1]);
        break;
    case USER_STORE:
        store(args[0], args[1], args[2]);
        break;
    case USER_PUSH:
        push(args[0], args[1]);
        break;
    case USER_PUSHA:
        pusha(args[0]);
        break;
    case USER_CALL:
        result.value = call(args[0]);
        break;
    case USER_SYSCALL:
        result.value = agent_syscall(args);
        break;
    case USER_FORK:
        result.value =
            agent_syscall((const uint32_t[SYSCALL_ARGUMENTS]){NR_FORK});
        break;
    case USER_CATCH:
        catch_faults(args[0]);
        break;
    default:
        act_on_memory(args);
        break;
    }
}

/* Each result tells where scratch is: the first is of no operation. */
void agent_main(void)
{
    const uint32_t wait[SYSCALL_ARGUMENTS] = {
        __NR_agent_wait, address_of(&result), address_of(&op)};

    for (;;) {
        result.args[0] = address_of(scratch);
        agent_syscall(wait);
        result = op;
        result.value = 0;
        result.status = agent_guarded() ? USER_FAULTED : USER_DONE;
    }
}
