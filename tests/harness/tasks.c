/* Calls that may sleep. */
#include "tasks.h"

#define NO_THREAD (~0u)

void start_threads(struct guest *guest, const struct call *calls, size_t n,
                   thread_t *out)
{
    static struct call in_thread[AGENT_MAX_THREADS];
    static struct agent_result results[AGENT_MAX_THREADS];

    if (n > AGENT_MAX_THREADS)
        report_infra("%zu threads are too many", n);
    for (size_t i = 0; i < n; i++) {
        in_thread[i] = calls[i];
        in_thread[i].context = AGENT_THREAD;
        in_thread[i].shown =
            text("%s in a task of its own", call_text(&calls[i]));
    }
    guest_calls(guest, in_thread, n, results);
    for (size_t i = 0; i < n; i++) {
        out[i] = results[i].value;
        expect(out[i] < AGENT_MAX_THREADS, .did = in_thread[i].shown,
               .expected = "a task: two pages in a row are enough",
               .seen = "there could be none");
    }
}

thread_t start_thread(struct guest *guest, const struct call *call)
{
    thread_t thread = NO_THREAD;

    start_threads(guest, call, 1, &thread);
    return thread;
}

struct agent_thread thread_view(struct guest *guest, thread_t thread)
{
    struct agent_thread view;

    guest_copy(guest,
               guest_symbol(guest, "agent_threads") +
                   thread * (gaddr_t)sizeof(view),
               &view, sizeof(view));
    return view;
}

void expect_sleeps(struct guest *guest, thread_t thread, const char *hint)
{
    struct agent_thread view = thread_view(guest, thread);

    expect(!view.returned, .did = guest_last(guest),
           .expected = text("task %u sleeps in its call", view.pid),
           .seen = text("the call has returned 0x%08x", view.value),
           .hint = hint);
}

uint32_t expect_returned(struct guest *guest, thread_t thread, const char *hint)
{
    struct agent_thread view = thread_view(guest, thread);

    expect(view.returned, .did = guest_last(guest),
           .expected = text("task %u wakes up and its call returns", view.pid),
           .seen = "it sleeps", .hint = hint);
    expect(view.interrupts, .did = guest_last(guest),
           .expected =
               text("task %u's call returns with interrupts on, as they "
                    "were before",
                    view.pid),
           .seen = "they are off",
           .hint = "local_irq_save() and local_irq_restore() come in pairs");
    return view.value;
}

struct waiting waiting_on(struct guest *guest, const char *queue)
{
    gaddr_t head = guest_symbol(guest, queue) + WAIT_HEAD_LIST;
    gaddr_t at = guest_u32(guest, head);
    struct waiting waiting = {.n = 0};

    while (at != head) {
        expect(waiting.n < MAX_WAITING, .did = guest_last(guest),
               .expected = text("a list of tasks on %s", queue),
               .seen = "a list without an end");
        waiting.tasks[waiting.n++] =
            guest_u32(guest, at - WAIT_TASK_LIST + WAIT_TASK);
        at = guest_u32(guest, at);
    }
    return waiting;
}

uint32_t task_pid(struct guest *guest, gaddr_t task)
{
    return guest_u32(guest, task + TASK_PID);
}

uint32_t task_state(struct guest *guest, gaddr_t task)
{
    return guest_u32(guest, task + TASK_STATE);
}
