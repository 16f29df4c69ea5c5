/*
 * Calls that may sleep, each in a kernel task of its own, and the queues that
 * tasks sleep on. A list of calls is answered when no task can run any more, so
 * a thread that has not returned by then sleeps.
 */
#ifndef HARNESS_TASKS_H
#define HARNESS_TASKS_H

#include "guest.h"

/* A thread: its index in the kernel's agent_threads[]. */
typedef unsigned thread_t;

/* Makes the call in a thread, and waits until that has returned or sleeps. */
thread_t start_thread(struct guest *guest, const struct call *call);

/* The same for n calls at once, one after the other. */
void start_threads(struct guest *guest, const struct call *calls, size_t n,
                   thread_t *out);

/* What became of it. */
struct agent_thread thread_view(struct guest *guest, thread_t thread);

/* The thread's call must sleep; or must have returned: its value. */
void expect_sleeps(struct guest *guest, thread_t thread, const char *hint);
uint32_t expect_returned(struct guest *guest, thread_t thread,
                         const char *hint);

#define MAX_WAITING 64

/* Who is on a wait queue, by the order of the queue. */
struct waiting {
    size_t n;
    gaddr_t tasks[MAX_WAITING]; /* task_structs */
};

/* The queue with this name, from RAM. */
struct waiting waiting_on(struct guest *guest, const char *queue);

/* Fields of a task. */
uint32_t task_pid(struct guest *guest, gaddr_t task);
uint32_t task_state(struct guest *guest, gaddr_t task);

#endif
