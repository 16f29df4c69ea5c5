/*
 * Hidden tests of lab 6: random trees of processes that fork, write and exit,
 * against a model on the host: what each process has in each page.
 */
#include <criterion/criterion.h>

#include "process.h"
#include "property.h"

#define OPERATIONS 160
#define MAX_PROCS  12
#define NPRIVATE   6
#define NPAGES     8 /* the other two are shared by all */

enum kind {
    FORK,  /* a: the process */
    WRITE, /* a: the process; b: the page */
    READ,
    EXIT,
    NR_KINDS,
};

struct member {
    struct proc *proc;
    uint32_t words[NPRIVATE]; /* 0: never written */
};

struct model {
    struct guest *guest;
    struct member members[MAX_PROCS];
    size_t n;
    uaddr_t pages, shared; /* the same in all processes */
    uint32_t shared_words[NPAGES - NPRIVATE];
    uint32_t next_word;
};

static uaddr_t address_of_page(const struct model *model, unsigned page)
{
    return page < NPRIVATE ? model->pages + page * PAGE_SIZE
                           : model->shared + (page - NPRIVATE) * PAGE_SIZE;
}

static uint32_t *word_of(struct model *model, struct member *member,
                         unsigned page)
{
    return page < NPRIVATE ? &member->words[page]
                           : &model->shared_words[page - NPRIVATE];
}

/* --- the model against the kernel ---------------------------------------- */

/* Processes that map this frame at this page. */
static int users_of(const struct model *model, unsigned page, pfn_t pfn)
{
    int n = 0;

    for (size_t i = 0; i < model->n; i++)
        n += frame_of(model->members[i].proc, address_of_page(model, page)) ==
             pfn;
    return n;
}

static void check_page(struct model *model, struct member *member,
                       unsigned page)
{
    uaddr_t address = address_of_page(model, page);
    struct pte_view view = pte_view(member->proc, address);

    if (view.pfn == NO_PAGE)
        return;
    expect_value(member->proc, address, *word_of(model, member, page),
                 "somebody else's write, or none's");
    if (page >= NPRIVATE || view.pfn == zero_frame(model->guest))
        return;
    expect_users(member->proc, address, users_of(model, page, view.pfn),
                 "a use for each process that maps it");
    expect(!view.writable || users_of(model, page, view.pfn) == 1,
           .did = guest_last(model->guest),
           .expected = text("%s can't write to frame %ld, which others map",
                            proc_text(member->proc), view.pfn),
           .seen = pte_text(&view));
}

static void check(struct model *model)
{
    for (size_t i = 0; i < model->n; i++) {
        for (unsigned page = 0; page < NPAGES; page++)
            check_page(model, &model->members[i], page);
        expect_sound(model->members[i].proc);
    }
}

/* --- operations ---------------------------------------------------------- */

static void fork_one(struct model *model, const struct member *member)
{
    struct member child = *member;

    if (model->n == MAX_PROCS)
        return;
    child.proc = user_fork(member->proc);
    model->members[model->n++] = child;
}

static void write_one(struct model *model, struct member *member, unsigned page)
{
    uint32_t *word = word_of(model, member, page);

    *word = ++model->next_word;
    user_store(member->proc, address_of_page(model, page), *word);
}

static void exit_one(struct model *model, struct member *member)
{
    if (model->n == 1)
        return;
    user_exit(member->proc, 0);
    *member = model->members[--model->n];
}

static void do_one(struct model *model, const struct operation *operation)
{
    struct member *member = &model->members[operation->a % model->n];
    unsigned page = operation->b;

    switch (operation->kind) {
    case FORK:
        fork_one(model, member);
        break;
    case WRITE:
        write_one(model, member, page);
        break;
    case READ:
        expect_loads(member->proc, address_of_page(model, page),
                     *word_of(model, member, page), NULL);
        break;
    default:
        exit_one(model, member);
    }
}

static void run(const struct operation *operations, size_t n)
{
    struct guest *guest = guest_boot(&machine_64mb, STAGE_USER);
    struct model model = {.guest = guest, .n = 1};
    struct proc *first = user_spawn(guest);
    struct stock before;

    user_exit(first, 0);
    before = stock_of(guest);
    first = user_spawn(guest);
    model.members[0].proc = first;
    model.pages = user_pages(first, NPRIVATE);
    model.shared = user_mmap(first, (NPAGES - NPRIVATE) * PAGE_SIZE,
                             PROT_READ | PROT_WRITE, MAP_SHARED);
    for (size_t i = 0; i < n; i++) {
        do_one(&model, &operations[i]);
        check(&model);
    }
    while (model.n > 0)
        user_exit(model.members[--model.n].proc, 0);
    expect_nothing_lost(guest, &before);
}

static struct operation generate(struct random *random)
{
    static const enum kind kinds[] = {FORK,  FORK,  WRITE, WRITE,
                                      WRITE, WRITE, READ,  EXIT};

    return (struct operation){
        kinds[random_below(random, sizeof(kinds) / sizeof(kinds[0]))],
        random_below(random, MAX_PROCS),
        random_below(random, NPAGES),
    };
}

static const char *describe(const struct operation *operation)
{
    unsigned process = operation->a, page = operation->b;

    switch (operation->kind) {
    case FORK:
        return text("process %u forks", process);
    case WRITE:
        return text("process %u writes to page %u", process, page);
    case READ:
        return text("process %u reads page %u", process, page);
    default:
        return text("process %u exits", process);
    }
}

Test(cow, processes_agree_with_a_model)
{
    const struct property property = {
        .length = OPERATIONS,
        .generate = generate,
        .run = run,
        .describe = describe,
    };

    property_check(&property);
}
