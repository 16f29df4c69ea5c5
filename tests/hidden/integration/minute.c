/*
 * Hidden tests of all components together: a minute of the guest's time, in
 * which processes work at random, fork, sleep and wake up, and programs run
 * beside them. Of each page there is a model on the host: what it was filled
 * with, and its first word, so what its bytes add up to.
 */
#include <criterion/criterion.h>
#include <string.h>

#include "clock.h"
#include "crowd.h"
#include "property.h"

#define MINUTE     60u /* seconds */
#define MS_PER_S   1000u
#define WORKERS    4u
#define WORK       550u /* pages of each */
#define BITE       40u  /* of one operation */
#define SUMMED     6u
#define TURNS      3u /* operations of each in a second */
#define FORK_EVERY 7u /* seconds */
#define WORD_BYTES 4u
#define ALL_ONES   0x01010101u

struct content {
    uint8_t fill;
    uint32_t word;
};

struct worker {
    struct proc *proc;
    struct content pages[WORK];
};

struct crew {
    struct guest *guest;
    struct random random;
    uaddr_t at; /* the same in all of them */
    struct worker workers[WORKERS];
    bool sleeps[WORKERS];
    struct proc *program;
};

/* --- what a worker does ----------------------------------------------------
 */

struct range {
    uint32_t first, n;
};

static struct range any_range(struct crew *crew, uint32_t most)
{
    struct range range = {.first = random_below(&crew->random, WORK)};
    uint32_t room = WORK - range.first;

    range.n = 1 + random_below(&crew->random, most < room ? most : room);
    return range;
}

static uaddr_t at_page(const struct crew *crew, uint32_t page)
{
    return crew->at + page * PAGE_SIZE;
}

static void fill(struct crew *crew, struct worker *worker)
{
    struct range range = any_range(crew, BITE);
    uint8_t byte = (uint8_t)random_next(&crew->random);

    user_fill(worker->proc, at_page(crew, range.first), range.n * PAGE_SIZE,
              byte);
    for (uint32_t i = 0; i < range.n; i++)
        worker->pages[range.first + i] =
            (struct content){byte, byte * ALL_ONES};
}

static void stamp(struct crew *crew, struct worker *worker)
{
    struct range range = any_range(crew, BITE);
    uint32_t value = (uint32_t)random_next(&crew->random);

    user_stamp(worker->proc, at_page(crew, range.first), range.n, value);
    for (uint32_t i = 0; i < range.n; i++)
        worker->pages[range.first + i].word = value + i;
}

static uint32_t sum_of(const struct content *page)
{
    uint32_t sum = (PAGE_SIZE - WORD_BYTES) * page->fill;

    for (uint32_t word = page->word; word != 0; word >>= 8)
        sum += word & 0xff;
    return sum;
}

static void check(const struct crew *crew, const struct worker *worker,
                  struct range range)
{
    uint32_t expected = 0;
    uint32_t seen =
        user_sum(worker->proc, at_page(crew, range.first), range.n * PAGE_SIZE);

    for (uint32_t i = 0; i < range.n; i++)
        expected += sum_of(&worker->pages[range.first + i]);
    expect(seen == expected, .did = guest_last(crew->guest),
           .expected = text("0x%x, the sum of what it wrote", expected),
           .seen = text("0x%x, after %u ms of the guest's time", seen,
                        clock_of(crew->guest) * MS_PER_S / HZ));
}

static void check_some(struct crew *crew, struct worker *worker)
{
    check(crew, worker, any_range(crew, SUMMED));
}

static void check_all(const struct crew *crew)
{
    for (uint32_t i = 0; i < WORKERS; i++) {
        for (uint32_t page = 0; page < WORK; page += BITE)
            check(
                crew, &crew->workers[i],
                (struct range){page, page + BITE < WORK ? BITE : WORK - page});
        expect_sound(crew->workers[i].proc);
    }
}

/* --- a second --------------------------------------------------------------
 */

/* A worker ends, and the child of another one takes its place. */
static void replace_one(struct crew *crew)
{
    uint32_t to = random_below(&crew->random, WORKERS);
    uint32_t from =
        (to + 1 + random_below(&crew->random, WORKERS - 1)) % WORKERS;
    struct worker *old = &crew->workers[to];

    user_exit(old->proc, 0);
    *old = crew->workers[from];
    old->proc = user_fork(crew->workers[from].proc);
    expect_sound(old->proc);
}

static void work(struct crew *crew)
{
    static void (*const does[])(struct crew *, struct worker *) = {
        fill, stamp, stamp, check_some};
    uint32_t first = random_below(&crew->random, WORKERS);

    for (uint32_t i = 0; i < TURNS * WORKERS; i++)
        does[random_below(&crew->random, sizeof(does) / sizeof(does[0]))](
            crew, &crew->workers[(first + i) % WORKERS]);
}

/* Most go to sleep, each for a time of its own, so that it is awake when the
 * second is over. */
static void go_to_sleep(struct crew *crew)
{
    for (uint32_t i = 0; i < WORKERS; i++) {
        crew->sleeps[i] = random_below(&crew->random, WORKERS) != 0;
        if (crew->sleeps[i])
            user_sleep(crew->workers[i].proc,
                       1 + random_below(&crew->random, MS_PER_S - 20));
    }
}

static void wake_up(const struct crew *crew)
{
    for (uint32_t i = 0; i < WORKERS; i++)
        if (crew->sleeps[i])
            expect_awake(crew->workers[i].proc);
}

/* A program that works and sleeps on its own; it takes three seconds. */
static void start_program(struct crew *crew)
{
    static const char *const lines[] = {
        "sleep 1; sort /etc/words | uniq | wc; sleep 1; memhog 2; ls | wc",
        "sleep 1; memhog 3 | wc; sleep 1; cat /etc/words | grep a | sort | wc",
    };
    const char *line =
        lines[random_below(&crew->random, sizeof(lines) / sizeof(lines[0]))];
    struct user_result result;

    crew->program = user_spawn(crew->guest);
    result = user_try(shell_op(crew->program, line));
    expect(result.status == USER_SLEEPS, .did = guest_last(crew->guest),
           .expected = "it sleeps", .seen = text("status %d", result.status));
}

static void await_program(struct crew *crew)
{
    struct user_result result = user_collect(crew->program);

    crew->program = NULL;
    expect(result.status == USER_EXITED && result.value == 0,
           .did = guest_last(crew->guest),
           .expected = "the program has ended, with 0",
           .seen = text("status %d, 0x%x", result.status, result.value));
}

#define PROGRAM_EVERY 4u

static void live_a_second(struct crew *crew, uint32_t second)
{
    if (second % PROGRAM_EVERY == 0)
        start_program(crew);
    work(crew);
    if (second % FORK_EVERY == FORK_EVERY - 1)
        replace_one(crew);
    go_to_sleep(crew);
    pass_time(crew->guest, HZ);
    wake_up(crew);
    if (second % PROGRAM_EVERY == PROGRAM_EVERY - 1)
        await_program(crew);
}

static void live(struct crew *crew, uint32_t nseconds)
{
    for (uint32_t i = 0; i < WORKERS; i++) {
        struct worker *worker = &crew->workers[i];

        worker->proc = user_spawn(crew->guest);
        crew->at = user_pages(worker->proc, WORK);
        memset(worker->pages, 0, sizeof(worker->pages));
    }
    for (uint32_t second = 0; second < nseconds; second++)
        live_a_second(crew, second);
    check_all(crew);
    for (uint32_t i = 0; i < WORKERS; i++)
        user_exit(crew->workers[i].proc, 0);
}

Test(integration, a_minute_of_random_work)
{
    static struct crew crew;
    struct stock before;

    crew.guest = boot_short(0);
    crew.random = random_of_test();
    live(&crew, PROGRAM_EVERY);
    before = stock_at_rest(crew.guest);
    live(&crew, MINUTE);
    expect(clock_of(crew.guest) == (PROGRAM_EVERY + MINUTE) * HZ,
           .did = guest_last(crew.guest), .expected = "a minute has passed",
           .seen = text("%u ticks", clock_of(crew.guest)));
    expect_traffic(crew.guest, RAM, RAM);
    expect_all_back(crew.guest, &before);
}
