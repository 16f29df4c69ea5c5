/* Tasks and their address spaces, from RAM. */
#include "process.h"

#include <string.h>

#include "guest_internal.h"
#include "tasks.h"

#define MAX_TASKS  4096  /* on the list of all */
#define TASK_BYTES 8192u /* a task and its kernel stack, aligned to that */

/* --- tasks --------------------------------------------------------------- */

gaddr_t agent_task(struct guest *guest)
{
    return guest_symbol(guest, "init_task_union");
}

/* The head of the list is no task: it does not lie where tasks do. */
static bool is_task(gaddr_t node)
{
    return (node - TASK_TASKS) % TASK_BYTES == 0;
}

/*
 * Calls found(task, wanted) for each task until that is true: the task, or 0.
 * *n is how many tasks were looked at.
 */
static gaddr_t walk_tasks(struct guest *guest,
                          bool (*found)(struct guest *guest, gaddr_t task,
                                        uint32_t wanted),
                          uint32_t wanted, size_t *n)
{
    gaddr_t first = agent_task(guest) + TASK_TASKS, at = first;

    *n = 0;
    do {
        expect(*n < MAX_TASKS, .did = guest_last(guest),
               .expected = "a list of all tasks",
               .seen = "a list without an end");
        if (is_task(at)) {
            ++*n;
            if (found(guest, at - TASK_TASKS, wanted))
                return at - TASK_TASKS;
        }
        at = guest_u32(guest, at);
    } while (at != first);
    return 0;
}

static bool has_pid(struct guest *guest, gaddr_t task, uint32_t pid)
{
    return task_pid(guest, task) == pid;
}

static bool never(struct guest *guest, gaddr_t task, uint32_t unused)
{
    (void)guest;
    (void)task;
    (void)unused;
    return false;
}

gaddr_t find_task(struct guest *guest, uint32_t pid)
{
    size_t n;

    return walk_tasks(guest, has_pid, pid, &n);
}

size_t count_tasks(struct guest *guest)
{
    size_t n;

    walk_tasks(guest, never, 0, &n);
    return n;
}

gaddr_t task_of(const struct proc *proc)
{
    gaddr_t task = find_task(proc->guest, proc->pid);

    expect(task != 0, .did = guest_last(proc->guest),
           .expected = text("there is a task with pid %u", proc->pid),
           .seen = "there is none");
    return task;
}

static void write_word(struct guest *guest, gaddr_t address, uint32_t value)
{
    guest_write(guest, address, &value, sizeof(value));
}

void set_agent_rlimit(struct guest *guest, unsigned resource, uint32_t limit)
{
    write_word(guest, agent_task(guest) + TASK_RLIM + resource * 4, limit);
}

void set_rlimit(const struct proc *proc, unsigned resource, uint32_t limit)
{
    write_word(proc->guest, task_of(proc) + TASK_RLIM + resource * 4, limit);
}

uint32_t minor_faults(const struct proc *proc)
{
    return guest_u32(proc->guest, task_of(proc) + TASK_MIN_FLT);
}

uint32_t major_faults(const struct proc *proc)
{
    return guest_u32(proc->guest, task_of(proc) + TASK_MAJ_FLT);
}

/* --- the address space --------------------------------------------------- */

const char *proc_text(const struct proc *proc)
{
    if (proc->mm != 0)
        return "the address space";
    return text("process %u", proc->pid);
}

gaddr_t mm_of(const struct proc *proc)
{
    gaddr_t mm = proc->mm;

    guest_looks_at(proc->guest, proc);
    if (mm == 0)
        mm = guest_u32(proc->guest, task_of(proc) + TASK_MM);
    expect(mm != 0, .did = guest_last(proc->guest),
           .expected = text("%s has an address space", proc_text(proc)),
           .seen = "its mm is NULL");
    return mm;
}

struct mm_view mm_view(const struct proc *proc)
{
    struct guest *guest = proc->guest;
    gaddr_t mm = mm_of(proc);

    return (struct mm_view){
        .at = mm,
        .mmap = guest_u32(guest, mm + MM_MMAP),
        .mm_rb = guest_u32(guest, mm + MM_RB),
        .mmap_cache = guest_u32(guest, mm + MM_MMAP_CACHE),
        .pgd = guest_u32(guest, mm + MM_PGD),
        .mm_users = guest_u32(guest, mm + MM_USERS),
        .map_count = guest_u32(guest, mm + MM_MAP_COUNT),
        .start_brk = guest_u32(guest, mm + MM_START_BRK),
        .brk = guest_u32(guest, mm + MM_BRK),
        .start_stack = guest_u32(guest, mm + MM_START_STACK),
        .rss = guest_u32(guest, mm + MM_RSS),
        .total_vm = guest_u32(guest, mm + MM_TOTAL_VM),
    };
}

void expect_rss(const struct proc *proc, uint32_t npages, const char *hint)
{
    uint32_t rss = mm_view(proc).rss;

    expect(rss == npages, .did = guest_last(proc->guest),
           .expected = text("%s: rss is %u", proc_text(proc), npages),
           .seen = text("%u", rss), .hint = hint);
}

void expect_total_vm(const struct proc *proc, uint32_t npages, const char *hint)
{
    uint32_t total_vm = mm_view(proc).total_vm;

    expect(total_vm == npages, .did = guest_last(proc->guest),
           .expected = text("%s: total_vm is %u", proc_text(proc), npages),
           .seen = text("%u", total_vm), .hint = hint);
}

/* --- nothing may be lost -------------------------------------------------- */

/* Descriptors of slabs are objects of these. */
static bool holds_descriptors(const char *name)
{
    static const char *const names[] = {"size-32", "size-64", "size-128",
                                        "size-256"};

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        if (strcmp(names[i], name) == 0)
            return true;
    return false;
}

static void count_objects(struct guest *guest, struct stock *stock)
{
    gaddr_t cache;

    for (size_t i = 0; (cache = cache_at(guest, i)) != 0; i++) {
        const char *name = cache_name(guest, cache);

        if (holds_descriptors(name))
            continue;
        if (stock->ncaches == MAX_CACHES)
            report_infra("the kernel has more than %d caches", MAX_CACHES);
        stock->caches[stock->ncaches].name = name;
        stock->caches[stock->ncaches].inuse = cache_view(guest, cache).inuse;
        stock->ncaches++;
    }
}

struct stock stock_of(struct guest *guest)
{
    struct stock stock = {
        .pages = free_pages_in_ram(guest) + pages_in_slabs(guest),
        .ntasks = count_tasks(guest),
    };

    for (unsigned slot = 0; slot < SWAP_SLOTS; slot++)
        stock.swap_users += swap_users(guest, slot);
    count_objects(guest, &stock);
    return stock;
}

static void expect_as_many(struct guest *guest, const char *what, size_t before,
                           size_t now)
{
    expect(now == before, .did = guest_last(guest),
           .expected = text("as many %s as before: %zu", what, before),
           .seen = text("%zu", now),
           .hint = "what was taken is given back, on every way");
}

void expect_nothing_lost(struct guest *guest, const struct stock *before)
{
    struct stock now = stock_of(guest);

    expect_as_many(guest, "tasks", before->ntasks, now.ntasks);
    for (size_t i = 0; i < before->ncaches && i < now.ncaches; i++)
        expect_as_many(
            guest,
            text("objects of the cache \"%s\" in use", before->caches[i].name),
            before->caches[i].inuse, now.caches[i].inuse);
    expect_as_many(guest, "users of swap slots", before->swap_users,
                   now.swap_users);
    expect_as_many(guest, "pages, free or in slabs,", before->pages, now.pages);
}
