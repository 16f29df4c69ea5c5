/* The model of a process's memory. No tests. */
#include "model.h"

#define PATH    "/tmp/file"
#define SPACING 32 /* pages between the beginnings of two areas */

const struct area_kind area_kinds[NR_AREAS] = {
    {12, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS},
    {4, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS},
    {4, PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS},
    {2, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS},
    {8, PROT_READ | PROT_WRITE, MAP_PRIVATE},
    {8, PROT_READ | PROT_WRITE, MAP_SHARED},
    {8, PROT_READ, MAP_SHARED},
};

uaddr_t address_in(uint32_t area, uint32_t page)
{
    return START + (area * SPACING + page) * PAGE_SIZE;
}

static bool is_file(uint32_t area)
{
    return !(area_kinds[area].flags & MAP_ANONYMOUS);
}

/* --- what an access does -------------------------------------------------- */

/* 0, or the signal. */
static int bring_in(struct model *model, uint32_t area, uint32_t page,
                    bool write)
{
    struct page_model *at = &model->pages[area][page];

    if (is_file(area) && page >= FILE_PAGES)
        return SIGBUS;
    if (is_file(area))
        model->major++;
    else
        model->minor++;
    at->word = 0;
    if (write && !(area_kinds[area].flags & MAP_SHARED))
        at->holds = OWN;
    else
        at->holds = is_file(area) ? FILES : ZEROS;
    at->writable = write;
    if (is_file(area))
        at->word = model->file[page];
    model->rss += at->holds != ZEROS;
    return 0;
}

int model_touch(struct model *model, uint32_t area, uint32_t page, bool write)
{
    struct page_model *at = &model->pages[area][page];
    bool shared = area_kinds[area].flags & MAP_SHARED;
    uint32_t prot = model->prot[area];

    if (write ? !(prot & PROT_WRITE)
              : at->holds == EMPTY && !(prot & (PROT_READ | PROT_EXEC)))
        return SIGSEGV;
    if (at->holds == EMPTY)
        return bring_in(model, area, page, write);
    if (!write || shared || at->writable)
        return 0;
    model->minor++;
    model->rss += at->holds == ZEROS;
    if (at->holds == FILES)
        at->word = model->file[page];
    at->holds = OWN;
    at->writable = true;
    return 0;
}

uint32_t model_word(const struct model *model, uint32_t area, uint32_t page)
{
    const struct page_model *at = &model->pages[area][page];

    return at->holds == FILES ? model->file[page] : at->word;
}

void model_set_word(struct model *model, uint32_t area, uint32_t page,
                    uint32_t word)
{
    if (area_kinds[area].flags & MAP_SHARED)
        model->file[page] = word;
    else
        model->pages[area][page].word = word;
}

static void map_areas(struct model *model)
{
    struct proc *proc = model->proc;
    uint32_t fd;

    user_make_stamped_file(proc, PATH, FILE_PAGES, 1);
    for (uint32_t i = 0; i < FILE_PAGES; i++)
        model->file[i] = 1 + i;
    fd = (uint32_t)user_open(proc, PATH, O_RDWR);
    for (uint32_t i = 0; i < NR_AREAS; i++) {
        model->prot[i] = area_kinds[i].prot;
        user_do(syscall_op(proc, NR_mmap2, address_in(i, 0),
                           area_kinds[i].npages * PAGE_SIZE, area_kinds[i].prot,
                           area_kinds[i].flags | MAP_FIXED, fd, 0));
    }
    model->fd = user_open(proc, "/tmp/out", O_RDWR | O_CREAT);
}

void model_begin(struct model *model, struct guest *guest)
{
    struct proc *proc = user_spawn(guest);

    *model = (struct model){.proc = proc};
    map_areas(model);
    user_catch(proc);
    user_do(load_at_op(proc, USER_END, proc->scratch));
    model->stack = stack_of(proc).start;
    model->lowest = model->stack - STACK_MORE * PAGE_SIZE;
    model->rss = mm_view(proc).rss;
    model->minor = minor_faults(proc);
    model->major = major_faults(proc);
}

/* --- looking -------------------------------------------------------------- */

static void check_page(const struct model *model, uint32_t area, uint32_t page)
{
    struct proc *proc = model->proc;
    uaddr_t at = address_in(area, page);

    switch (model->pages[area][page].holds) {
    case EMPTY:
        expect_empty(proc, at, NULL);
        return;
    case ZEROS:
        expect_zero_page(proc, at, NULL);
        return;
    case OWN:
        expect_users(proc, at, 1, "it is its own frame");
        break;
    case FILES:
        break;
    }
    expect_value(proc, at, model_word(model, area, page), NULL);
}

void expect_as_model(const struct model *model)
{
    struct proc *proc = model->proc;

    for (uint32_t area = 0; area < NR_AREAS; area++)
        for (uint32_t page = 0; page < area_kinds[area].npages; page++)
            check_page(model, area, page);
    expect_sound(proc);
    expect(stack_of(proc).start == model->stack, .did = guest_last(proc->guest),
           .expected = text("the stack begins at 0x%08x", model->stack),
           .seen = text("0x%08x", stack_of(proc).start));
    expect_rss(proc, model->rss, NULL);
    expect(minor_faults(proc) == model->minor &&
               major_faults(proc) == model->major,
           .did = guest_last(proc->guest),
           .expected =
               text("min_flt %u, maj_flt %u", model->minor, model->major),
           .seen = text("%u, %u", minor_faults(proc), major_faults(proc)));
}
