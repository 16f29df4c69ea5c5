/*
 * Doubly linked circular lists with a head, as in Linux (include/linux/list.h).
 * The links live inside the listed structure; list_entry() gets back to it.
 */
#ifndef LIST_H
#define LIST_H

#include <types.h>

struct list_head {
    struct list_head *next, *prev;
};

#define LIST_HEAD_INIT(name)                                                   \
    {                                                                          \
        &(name), &(name)                                                       \
    }
#define LIST_HEAD(name) struct list_head name = LIST_HEAD_INIT(name)

/* The structure that the link `pointer` is the member `member` of. */
#define list_entry(pointer, type, member) container_of(pointer, type, member)

/* `position` walks the links; the body must not unlink it. */
#define list_for_each(position, head)                                          \
    for ((position) = (head)->next; (position) != (head);                      \
         (position) = (position)->next)

/* As list_for_each(); the body may unlink `position`. */
#define list_for_each_safe(position, following, head)                          \
    for ((position) = (head)->next, (following) = (position)->next;            \
         (position) != (head);                                                 \
         (position) = (following), (following) = (position)->next)

static inline void INIT_LIST_HEAD(struct list_head *head)
{
    head->next = head;
    head->prev = head;
}

static inline bool list_empty(const struct list_head *head)
{
    return head->next == head;
}

/* Puts `link`, which is on no list, between two neighbours. */
static inline void __list_add(struct list_head *link, struct list_head *before,
                              struct list_head *after)
{
    link->prev = before;
    link->next = after;
    before->next = link;
    after->prev = link;
}

/* Puts `link` first on the list: last in, first out. */
static inline void list_add(struct list_head *link, struct list_head *head)
{
    __list_add(link, head, head->next);
}

/* Puts `link` last on the list: first in, first out. */
static inline void list_add_tail(struct list_head *link, struct list_head *head)
{
    __list_add(link, head->prev, head);
}

/* Takes `link` off its list and leaves it pointing at itself. */
static inline void list_del_init(struct list_head *link)
{
    link->prev->next = link->next;
    link->next->prev = link->prev;
    INIT_LIST_HEAD(link);
}

/*
 * Takes `link` off its list. Its pointers become NULL, so that walking on
 * from a removed link faults at once instead of wandering through memory.
 */
static inline void list_del(struct list_head *link)
{
    link->prev->next = link->next;
    link->next->prev = link->prev;
    link->next = NULL;
    link->prev = NULL;
}

#endif
