/* Wait queues. Linux kernel/sched.c and kernel/fork.c. */
#include <wait.h>

#include <irq.h>

void init_waitqueue_head(wait_queue_head_t *queue)
{
    INIT_LIST_HEAD(&queue->task_list);
}

void add_wait_queue(wait_queue_head_t *queue, wait_queue_t *wait)
{
    unsigned long flags;

    local_irq_save(flags);
    list_add_tail(&wait->task_list, &queue->task_list);
    local_irq_restore(flags);
}

void remove_wait_queue(wait_queue_head_t *queue, wait_queue_t *wait)
{
    unsigned long flags;

    (void)queue;
    local_irq_save(flags);
    list_del(&wait->task_list);
    local_irq_restore(flags);
}

void wake_up(wait_queue_head_t *queue)
{
    struct list_head *at;
    unsigned long flags;

    local_irq_save(flags);
    list_for_each (at, &queue->task_list)
        wake_up_process(list_entry(at, wait_queue_t, task_list)->task);
    local_irq_restore(flags);
}
