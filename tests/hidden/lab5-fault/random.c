/*
 * Hidden tests of lab 5: random accesses of a process, and of the kernel to its
 * memory, against a model on the host.
 */
#include <criterion/criterion.h>

#include "model.h"
#include "property.h"

#define OPERATIONS 500
#define LOOK_EVERY 50 /* operations between two looks at all pages */
#define SLACK      32 /* STACK_SLACK */
#define NR_time    13

enum kind {
    LOAD,
    STORE,
    KERNEL_READ,
    KERNEL_WRITE,
    PROTECT,
    PUSH,
    FAR_LOAD
};

/* --- operations ----------------------------------------------------------- */

static void expect_signal(struct model *model, struct user_op op, int signal,
                          uint32_t error)
{
    uaddr_t address = op.args[0];

    (void)model;
    if (signal == SIGBUS)
        expect_sigbus(op, address, "beyond the end of the file");
    else
        expect_segv(op, address, error, "the area does not allow it");
}

static void load(struct model *model, uint32_t area, uint32_t page)
{
    uaddr_t at = address_in(area, page);
    int signal = model_touch(model, area, page, false);

    if (signal == 0)
        expect_loads(model->proc, at, model_word(model, area, page), NULL);
    else
        expect_signal(model, load_op(model->proc, at), signal, PF_USER);
}

static void store(struct model *model, uint32_t area, uint32_t page,
                  uint32_t word)
{
    uaddr_t at = address_in(area, page);
    bool there = model->pages[area][page].holds != EMPTY;
    int signal = model_touch(model, area, page, true);

    if (signal == 0) {
        user_store(model->proc, at, word);
        model_set_word(model, area, page, word);
    } else {
        expect_signal(model, store_op(model->proc, at, word), signal,
                      PF_USER | PF_WRITE | (there ? PF_PROT : 0));
    }
}

/* write() of a word; it goes to the beginning of another file. */
static void kernel_read(struct model *model, uint32_t area, uint32_t page)
{
    int signal = model_touch(model, area, page, false);
    struct user_op op = syscall_op(model->proc, NR_write, (uint32_t)model->fd,
                                   address_in(area, page), sizeof(uint32_t));

    if (signal == 0)
        expect_returns(op, sizeof(uint32_t), NULL);
    else
        expect_error(op, EFAULT, NULL);
}

/* time() at the beginning of the world: the word becomes 0. */
static void kernel_write(struct model *model, uint32_t area, uint32_t page)
{
    int signal = model_touch(model, area, page, true);
    struct user_op op =
        syscall_op(model->proc, NR_time, address_in(area, page));

    if (signal == 0) {
        expect_returns(op, 0, NULL);
        model_set_word(model, area, page, 0);
    } else {
        expect_error(op, EFAULT, NULL);
    }
}

static void protect(struct model *model, uint32_t prot)
{
    user_mprotect(model->proc, address_in(0, 0),
                  area_kinds[0].npages * PAGE_SIZE, prot);
    model->prot[0] = prot;
    for (uint32_t i = 0; i < area_kinds[0].npages; i++)
        model->pages[0][i].writable = false;
}

/* esp is `offset` bytes above the lowest address that the stack may have. */
static void push(struct model *model, uint32_t offset)
{
    uaddr_t at = model->lowest + offset / 4 * 4;
    uint32_t page = offset / 4 * 4 / PAGE_SIZE;

    user_push(model->proc, at + 4, offset);
    expect_value(model->proc, at, offset, NULL);
    if (at < model->stack)
        model->stack = at - at % PAGE_SIZE;
    if (!model->pushed[page]) {
        model->rss++;
        model->minor++;
    }
    model->pushed[page] = true;
}

/* Below the stack, and below esp by more than pusha would be. */
static void far_load(struct model *model, uint32_t offset)
{
    uaddr_t at = model->stack - 1 - offset % (8 * PAGE_SIZE);

    expect_segv(load_at_op(model->proc, at + SLACK + 1, at), at, PF_USER,
                "far below esp");
}

static void operate(struct model *model, const struct operation *operation)
{
    uint32_t area = operation->a % NR_AREAS;
    uint32_t page = operation->a / NR_AREAS % area_kinds[area].npages;

    switch ((enum kind)operation->kind) {
    case LOAD:
        load(model, area, page);
        break;
    case STORE:
        store(model, area, page, operation->b);
        break;
    case KERNEL_READ:
        kernel_read(model, area, page);
        break;
    case KERNEL_WRITE:
        kernel_write(model, area, page);
        break;
    case PROTECT:
        protect(model, operation->b % 2 ? PROT_READ : PROT_READ | PROT_WRITE);
        break;
    case PUSH:
        push(model, operation->b % (STACK_MORE * PAGE_SIZE));
        break;
    case FAR_LOAD:
        far_load(model, operation->b);
        break;
    }
}

/* --- the property --------------------------------------------------------- */

static void run_on(const struct machine *machine,
                   const struct operation *operations, size_t n)
{
    static struct model model;

    model_begin(&model, guest_boot(machine, STAGE_USER));
    for (size_t i = 0; i < n; i++) {
        operate(&model, &operations[i]);
        if (i % LOOK_EVERY == LOOK_EVERY - 1 || i + 1 == n)
            expect_as_model(&model);
    }
}

static void run_on_64mb(const struct operation *operations, size_t n)
{
    run_on(&machine_64mb, operations, n);
}

static void run_on_1200mb(const struct operation *operations, size_t n)
{
    run_on(&machine_1200mb, operations, n);
}

/* Most operations are of the first four kinds. */
static struct operation generate(struct random *random)
{
    static const uint8_t some[] = {LOAD,    LOAD,        STORE,
                                   STORE,   KERNEL_READ, KERNEL_WRITE,
                                   PROTECT, PUSH,        FAR_LOAD};
    uint32_t which = random_below(random, sizeof(some));

    return (struct operation){some[which], random_below(random, 1u << 16),
                              random_below(random, 1u << 30)};
}

static const char *describe(const struct operation *operation)
{
    uint32_t area = operation->a % NR_AREAS;
    uint32_t page = operation->a / NR_AREAS % area_kinds[area].npages;
    static const char *const names[] = {
        [LOAD] = "load from",
        [STORE] = "store to",
        [KERNEL_READ] = "write() from",
        [KERNEL_WRITE] = "time() to",
    };

    switch ((enum kind)operation->kind) {
    case PROTECT:
        return text("mprotect() of area 0: %s",
                    operation->b % 2 ? "read" : "read and write");
    case PUSH:
        return text("push, %u bytes above the lowest stack",
                    operation->b % (STACK_MORE * PAGE_SIZE));
    case FAR_LOAD:
        return "load below the stack, far below esp";
    default:
        return text("%s area %u, page %u", names[operation->kind], area, page);
    }
}

Test(fault, accesses_agree_with_a_model_on_64_mb)
{
    const struct property property = {
        .length = OPERATIONS,
        .generate = generate,
        .run = run_on_64mb,
        .describe = describe,
    };

    property_check(&property);
}

Test(fault, accesses_agree_with_a_model_on_1200_mb)
{
    const struct property property = {
        .length = OPERATIONS,
        .generate = generate,
        .run = run_on_1200mb,
        .describe = describe,
    };

    property_check(&property);
}
