/*
 * Hidden tests of lab 8: processes that map, unmap, write, fork and exit at
 * random, against a model on the host. What is compared: what they read, the
 * users of the module, the users of each frame.
 */
#include <criterion/criterion.h>
#include <string.h>

#include "mapdrv.h"
#include "property.h"

#define PROCS      3u
#define WINDOW     16u /* pages of each process that may be mapped */
#define BASE       TASK_UNMAPPED_BASE
#define OPERATIONS 80

enum kind {
    MAP,
    UNMAP,
    STORE,
    FORK,
    KINDS = 8 /* the others store, too */
};

struct page {
    unsigned area; /* a number for each mmap(); 0: not mapped */
    unsigned page; /* of the buffer */
    bool touched;  /* it has an entry */
};

struct process {
    struct proc *proc;
    unsigned file; /* a number for each open(); children have their parent's */
    int fd;
    struct page pages[WINDOW];
};

struct model {
    struct guest *guest;
    struct buffer buffer;
    struct process processes[PROCS];
    uint32_t values[MAPDRV_PAGES]; /* the first words */
    unsigned nareas, nfiles;       /* that ever were */
};

static uaddr_t address_at(unsigned i)
{
    return BASE + i * PAGE_SIZE;
}

/* --- the model ------------------------------------------------------------ */

/* Areas that are next to each other have different numbers. */
static int areas_of_process(const struct process *process)
{
    int n = 0;

    for (unsigned i = 0; i < WINDOW; i++) {
        unsigned before = i == 0 ? 0 : process->pages[i - 1].area;

        n += process->pages[i].area != 0 && process->pages[i].area != before;
    }
    return n;
}

static int files_of(const struct model *model)
{
    int n = 0;

    for (unsigned i = 0; i < PROCS; i++) {
        bool seen = false;

        for (unsigned k = 0; k < i; k++)
            seen = seen || model->processes[k].file == model->processes[i].file;
        n += !seen;
    }
    return n;
}

static void expect_as_the_model(const struct model *model)
{
    int users[MAPDRV_PAGES], uses = files_of(model);

    for (unsigned i = 0; i < MAPDRV_PAGES; i++)
        users[i] = 1;
    for (unsigned p = 0; p < PROCS; p++) {
        const struct process *process = &model->processes[p];

        uses += areas_of_process(process);
        for (unsigned i = 0; i < WINDOW; i++)
            users[process->pages[i].page] += process->pages[i].touched;
    }
    expect_driver_uses(model->guest, uses, "open files, and areas");
    for (unsigned i = 0; i < MAPDRV_PAGES; i++) {
        int count = page_count(model->guest, model->buffer.frames[i]);

        expect(count == users[i], .did = guest_last(model->guest),
               .expected = text("page %u of the buffer: count %d", i, users[i]),
               .seen = text("%d", count),
               .hint = "vmalloc(), and each entry that has the frame");
    }
}

/* --- operations ----------------------------------------------------------- */

static void clear(struct process *process, unsigned first, unsigned n)
{
    for (unsigned i = first; i < first + n && i < WINDOW; i++)
        process->pages[i] = (struct page){.area = 0};
}

static void map(struct model *model, struct process *process, uint32_t a)
{
    unsigned first = a % WINDOW, page = a / WINDOW % MAPDRV_PAGES;
    unsigned n = 1 + a / (WINDOW * MAPDRV_PAGES) % (MAPDRV_PAGES - page);

    if (n > WINDOW - first)
        n = WINDOW - first;
    expect_returns(syscall_op(process->proc, NR_mmap2, address_at(first),
                              n * PAGE_SIZE, PROT_READ | PROT_WRITE,
                              MAP_SHARED | MAP_FIXED, (uint32_t)process->fd,
                              page),
                   address_at(first), "MAP_FIXED");
    clear(process, first, n);
    model->nareas++;
    for (unsigned i = 0; i < n; i++)
        process->pages[first + i] =
            (struct page){.area = model->nareas, .page = page + i};
}

static void unmap(struct process *process, uint32_t a)
{
    unsigned first = a % WINDOW, n = 1 + a / WINDOW % 4;

    user_munmap(process->proc, address_at(first), n * PAGE_SIZE);
    clear(process, first, n);
}

/* Through one of the pages that are mapped, if any; then all read it. */
static void store(struct model *model, struct process *process, uint32_t a)
{
    unsigned i = 0, at = a % WINDOW;
    struct page *page = &process->pages[at];

    while (page->area == 0 && ++i < WINDOW)
        page = &process->pages[at = (a + i) % WINDOW];
    if (page->area == 0)
        return;
    expect_loads(process->proc, address_at(at), model->values[page->page],
                 "what was written last, by anybody");
    model->values[page->page] = a;
    user_store(process->proc, address_at(at), a);
    page->touched = true;
}

/* The process ends; the next one's child takes its place. */
static void replace(struct model *model, unsigned p)
{
    struct process *process = &model->processes[p];
    const struct process *parent = &model->processes[(p + 1) % PROCS];

    user_exit(process->proc, 0);
    *process = *parent;
    process->proc = user_fork(parent->proc);
}

static void start(struct model *model, unsigned p)
{
    struct process *process = &model->processes[p];

    process->proc =
        p == 0 ? spawn_with_driver(model->guest) : user_spawn(model->guest);
    process->fd = user_open(process->proc, MAPFILE, O_RDWR);
    process->file = ++model->nfiles;
}

static void do_operation(struct model *model, const struct operation *operation)
{
    unsigned p = operation->b % PROCS;

    switch (operation->kind) {
    case MAP:
        map(model, &model->processes[p], operation->a);
        break;
    case UNMAP:
        unmap(&model->processes[p], operation->a);
        break;
    case FORK:
        replace(model, p);
        break;
    default:
        store(model, &model->processes[p], operation->a);
        break;
    }
}

/* --- the property --------------------------------------------------------- */

static struct operation generate(struct random *random)
{
    return (struct operation){
        .kind = random_below(random, KINDS),
        .a = (uint32_t)random_next(random),
        .b = (uint32_t)random_next(random),
    };
}

static void run(const struct operation *operations, size_t n)
{
    struct model model = {.guest = guest_boot(&machine_64mb, STAGE_USER)};

    for (unsigned p = 0; p < PROCS; p++)
        start(&model, p);
    model.buffer = driver_buffer(model.guest);
    for (unsigned i = 0; i < MAPDRV_PAGES; i++)
        memcpy(&model.values[i], MAPDRV_TEXT, sizeof(model.values[i]));
    for (size_t i = 0; i < n; i++) {
        do_operation(&model, &operations[i]);
        expect_as_the_model(&model);
    }
    for (unsigned p = 1; p < PROCS; p++)
        user_exit(model.processes[p].proc, 0);
    user_munmap(model.processes[0].proc, BASE, WINDOW * PAGE_SIZE);
    user_close(model.processes[0].proc, model.processes[0].fd);
    unload_driver(model.processes[0].proc);
}

static const char *describe(const struct operation *operation)
{
    static const char *const names[] = {"maps", "unmaps", "stores at",
                                        "ends, and is replaced by a child"};

    return text("process %u %s %u", operation->b % PROCS + 1,
                names[operation->kind < FORK + 1u ? operation->kind : STORE],
                operation->a % WINDOW);
}

Test(mapdrv, random_mappings_are_as_the_model_says)
{
    const struct property property = {
        .length = OPERATIONS,
        .generate = generate,
        .run = run,
        .describe = describe,
    };

    property_check(&property);
}
