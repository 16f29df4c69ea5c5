/*
 * Hidden tests of all components together: processes that map, unmap, protect,
 * write, fork and end at random, while another one takes their memory away;
 * against a model on the host: what each process has in each page.
 */
#include <criterion/criterion.h>
#include <string.h>

#include "crowd.h"
#include "property.h"

#define OPERATIONS 300
#define LOOK_EVERY 40
#define MAX_PROCS  5
#define BASE       0x40000000u
#define WINDOW     48u /* pages from BASE on, in each process */
#define MOST_PAGES 12u /* of a range */
#define FILE_PAGES 24u
#define HOG_PAGES  2000u
#define HOG_BITE   400u
#define FILE_STAMP 1u /* of the file's first page */

enum kind {
    MAP,
    UNMAP,
    PROTECT,
    STORE,
    WRITE_FILE,
    FORK,
    EXIT,
    HOG,
};

enum content {
    NOTHING,
    ANONYMOUS,
    SHARED_FILE,
    PRIVATE_FILE, /* the file's, until the process writes */
};

struct page {
    enum content content;
    uint32_t prot;
    uint32_t of_file; /* page of the file */
    uint32_t value;   /* of its first word, if it is not the file's */
};

struct member {
    struct proc *proc;
    struct page pages[WINDOW];
};

struct model {
    struct guest *guest;
    struct member members[MAX_PROCS];
    size_t n;
    uint32_t file[FILE_PAGES];
    int fd; /* in all of them */
    struct proc *hog;
    uaddr_t hogged;
    uint32_t hog_next, hog_stamps[HOG_PAGES / HOG_BITE + 1];
    uint32_t next_value;
};

static uaddr_t address_of_nr(uint32_t page)
{
    return BASE + page * PAGE_SIZE;
}

static uint32_t value_of(const struct model *model, const struct page *page)
{
    bool is_files =
        page->content == SHARED_FILE || page->content == PRIVATE_FILE;

    return is_files ? model->file[page->of_file] : page->value;
}

/* The range of pages that an operation is about. */
static uint32_t first_of(const struct operation *operation)
{
    return operation->b % WINDOW;
}

static uint32_t count_of(const struct operation *operation)
{
    uint32_t n = 1 + operation->b / WINDOW % MOST_PAGES;
    uint32_t room = WINDOW - first_of(operation);

    return n < room ? n : room;
}

static uint32_t choice_of(const struct operation *operation)
{
    return operation->b / WINDOW / MOST_PAGES;
}

/* --- operations ------------------------------------------------------------
 */

static void map(struct model *model, struct member *member,
                const struct operation *operation)
{
    static const enum content contents[] = {ANONYMOUS, ANONYMOUS, SHARED_FILE,
                                            PRIVATE_FILE};
    static const uint32_t flags[] = {[ANONYMOUS] = MAP_PRIVATE | MAP_ANONYMOUS,
                                     [SHARED_FILE] = MAP_SHARED,
                                     [PRIVATE_FILE] = MAP_PRIVATE};
    uint32_t first = first_of(operation), n = count_of(operation);
    enum content content = contents[choice_of(operation) % 4];
    uint32_t pgoff = content == ANONYMOUS
                         ? 0
                         : choice_of(operation) % (FILE_PAGES - MOST_PAGES);
    int fd = content == ANONYMOUS ? -1 : model->fd;

    expect_returns(syscall_op(member->proc, NR_mmap2, address_of_nr(first),
                              n * PAGE_SIZE, RW, flags[content] | MAP_FIXED,
                              (uint32_t)fd, pgoff),
                   address_of_nr(first), "MAP_FIXED");
    for (uint32_t i = 0; i < n; i++)
        member->pages[first + i] = (struct page){content, RW, pgoff + i, 0};
}

static void unmap(struct model *model, struct member *member,
                  const struct operation *operation)
{
    uint32_t first = first_of(operation), n = count_of(operation);

    (void)model;
    user_munmap(member->proc, address_of_nr(first), n * PAGE_SIZE);
    memset(&member->pages[first], 0, n * sizeof(member->pages[0]));
}

/* Of as many pages of the range as are mapped without a hole. */
static void protect(struct model *model, struct member *member,
                    const struct operation *operation)
{
    static const uint32_t prots[] = {RW, RW, PROT_READ, PROT_NONE};
    uint32_t first = first_of(operation), n = 0;
    uint32_t prot = prots[choice_of(operation) % 4];

    (void)model;
    while (n < count_of(operation) &&
           member->pages[first + n].content != NOTHING)
        member->pages[first + n++].prot = prot;
    if (n > 0)
        user_mprotect(member->proc, address_of_nr(first), n * PAGE_SIZE, prot);
}

/* To each page of the range that may be written. */
static void store(struct model *model, struct member *member,
                  const struct operation *operation)
{
    struct user_op ops[MOST_PAGES];
    size_t nops = 0;
    uint32_t first = first_of(operation);

    for (uint32_t i = first; i < first + count_of(operation); i++) {
        struct page *page = &member->pages[i];
        uint32_t value = ++model->next_value;

        if (page->content == NOTHING || !(page->prot & PROT_WRITE))
            continue;
        if (page->content == SHARED_FILE)
            model->file[page->of_file] = value;
        else
            *page = (struct page){ANONYMOUS, page->prot, 0, value};
        ops[nops++] = store_op(member->proc, address_of_nr(i), value);
    }
    user_do_all(model->guest, ops, nops, NULL);
}

static void write_file(struct model *model, struct member *member,
                       const struct operation *operation)
{
    uint32_t page = operation->b % FILE_PAGES, value = ++model->next_value;
    uaddr_t at = user_bytes(member->proc, 0, &value, sizeof(value));

    user_do(syscall_op(member->proc, NR_lseek, (uint32_t)model->fd,
                       page * PAGE_SIZE, 0));
    expect_returns(syscall_op(member->proc, NR_write, (uint32_t)model->fd, at,
                              sizeof(value)),
                   sizeof(value), NULL);
    model->file[page] = value;
}

static void fork_one(struct model *model, struct member *member,
                     const struct operation *operation)
{
    struct member *child = &model->members[model->n];

    (void)operation;
    if (model->n == MAX_PROCS)
        return;
    *child = *member;
    child->proc = user_fork(member->proc);
    model->n++;
}

static void exit_one(struct model *model, struct member *member,
                     const struct operation *operation)
{
    (void)operation;
    if (model->n == 1)
        return;
    user_exit(member->proc, 0);
    *member = model->members[--model->n];
}

/* The hog writes a bite of its pages, the next ones each time. */
static void hog(struct model *model, struct member *member,
                const struct operation *operation)
{
    uint32_t nr = model->hog_next++ % (HOG_PAGES / HOG_BITE);

    (void)member;
    (void)operation;
    model->hog_stamps[nr] = model->next_value += HOG_BITE;
    user_stamp(model->hog, model->hogged + nr * HOG_BITE * PAGE_SIZE, HOG_BITE,
               model->hog_stamps[nr]);
}

/* --- looking ---------------------------------------------------------------
 */

static void look_at(const struct model *model, const struct member *member,
                    uint32_t nr, const struct user_result *result)
{
    const struct page *page = &member->pages[nr];
    uint32_t value = value_of(model, page);

    if (page->content == NOTHING || page->prot == PROT_NONE) {
        expect(result->status == USER_FAULTED && result->signal == SIGSEGV,
               .did = text("%s reads at 0x%08x", proc_text(member->proc),
                           address_of_nr(nr)),
               .expected = "SIGSEGV",
               .seen = text("status %d", (int)result->status));
        return;
    }
    expect(result->status == USER_DONE && result->value == value,
           .did = text("%s reads at 0x%08x", proc_text(member->proc),
                       address_of_nr(nr)),
           .expected = text("0x%x, which was written there last", value),
           .seen = result->status == USER_DONE ? text("0x%x", result->value)
                                               : "a signal");
}

static void look_around(const struct model *model)
{
    struct user_op ops[MAX_PROCS * WINDOW];
    struct user_result results[MAX_PROCS * WINDOW];

    for (uint32_t i = 0; i < model->n * WINDOW; i++)
        ops[i] =
            load_op(model->members[i / WINDOW].proc, address_of_nr(i % WINDOW));
    for (size_t i = 0; i < model->n; i++)
        expect_sound(model->members[i].proc);
    user_ops(model->guest, ops, model->n * WINDOW, results);
    for (uint32_t i = 0; i < model->n * WINDOW; i++)
        look_at(model, &model->members[i / WINDOW], i % WINDOW, &results[i]);
    for (size_t i = 0; i < model->n; i++)
        expect_sound(model->members[i].proc);
}

static void look_at_hog(const struct model *model)
{
    for (uint32_t nr = 0; nr < HOG_PAGES / HOG_BITE; nr++)
        expect_stamped(model->hog, model->hogged + nr * HOG_BITE * PAGE_SIZE,
                       HOG_BITE, model->hog_stamps[nr],
                       "pages that went out come back as they were");
    expect_sound(model->hog);
}

/* --- a run -----------------------------------------------------------------
 */

/* Makes what stays in any case, and is no loss. */
static void warm_up(struct guest *guest)
{
    struct proc *proc = user_spawn(guest);

    user_make_stamped_file(proc, "/model", 1, 0);
    user_do(syscall_op(proc, NR_unlink, user_string(proc, 0, "/model")));
    user_exit(proc, 0);
}

static void set_up(struct model *model)
{
    struct proc *first = user_spawn(model->guest);

    model->n = 1;
    model->members[0].proc = first;
    user_make_stamped_file(first, "/model", FILE_PAGES, FILE_STAMP);
    for (uint32_t i = 0; i < FILE_PAGES; i++)
        model->file[i] = FILE_STAMP + i;
    model->next_value = FILE_STAMP + FILE_PAGES;
    model->fd = user_open(first, "/model", O_RDWR);
    user_catch(first);
    model->hog = user_spawn(model->guest);
    model->hogged = user_pages(model->hog, HOG_PAGES);
    while (model->hog_next < HOG_PAGES / HOG_BITE)
        hog(model, NULL, NULL);
}

static void tear_down(struct model *model)
{
    struct proc *last = model->members[0].proc;

    user_do(syscall_op(last, NR_unlink, user_string(last, 0, "/model")));
    while (model->n > 0)
        user_exit(model->members[--model->n].proc, 0);
    user_exit(model->hog, 0);
}

static void run(const struct operation *operations, size_t n)
{
    static void (*const does[])(struct model *, struct member *,
                                const struct operation *) = {
        [MAP] = map,
        [UNMAP] = unmap,
        [PROTECT] = protect,
        [STORE] = store,
        [WRITE_FILE] = write_file,
        [FORK] = fork_one,
        [EXIT] = exit_one,
        [HOG] = hog,
    };
    static struct model model;
    struct stock before;

    memset(&model, 0, sizeof(model));
    model.guest = boot_short(0);
    warm_up(model.guest);
    before = stock_at_rest(model.guest);
    set_up(&model);
    for (size_t i = 0; i < n; i++) {
        does[operations[i].kind](
            &model, &model.members[operations[i].a % model.n], &operations[i]);
        if (i % LOOK_EVERY == LOOK_EVERY - 1)
            look_around(&model);
    }
    look_around(&model);
    look_at_hog(&model);
    tear_down(&model);
    expect_all_back(model.guest, &before);
}

static struct operation generate(struct random *random)
{
    static const enum kind kinds[] = {MAP,   MAP,   UNMAP, PROTECT,
                                      STORE, STORE, STORE, WRITE_FILE,
                                      FORK,  EXIT,  HOG,   HOG};

    return (struct operation){
        kinds[random_below(random, sizeof(kinds) / sizeof(kinds[0]))],
        random_below(random, MAX_PROCS * (MAX_PROCS - 1)),
        random_below(random, WINDOW * MOST_PAGES * 4 * FILE_PAGES),
    };
}

static const char *describe(const struct operation *operation)
{
    static const char *const names[] = {
        [MAP] = "mmap()s",
        [UNMAP] = "munmap()s",
        [PROTECT] = "mprotect()s",
        [STORE] = "writes to",
        [WRITE_FILE] = "write()s to the file",
        [FORK] = "forks",
        [EXIT] = "exits",
        [HOG] = "(the hog takes memory)",
    };

    if (operation->kind == HOG || operation->kind == FORK ||
        operation->kind == EXIT || operation->kind == WRITE_FILE)
        return text("process %u %s", operation->a, names[operation->kind]);
    return text("process %u %s %u pages from page %u on (%u)", operation->a,
                names[operation->kind], count_of(operation),
                first_of(operation), choice_of(operation));
}

Test(integration, processes_agree_with_a_model)
{
    const struct property property = {
        .length = OPERATIONS,
        .generate = generate,
        .run = run,
        .describe = describe,
    };

    property_check(&property);
}
