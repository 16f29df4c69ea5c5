/*
 * The heap: first fit over memory from brk.
 *
 *      heap:  | header | caller's bytes ... | header | caller's bytes ... |
 *
 * A block is a header and the bytes after it; sizes are multiples of the
 * header's size and include it. Free blocks are on a list in the order of
 * their addresses. malloc() takes the first that is large enough and gives
 * back what it has too much; if there is none, the heap grows. free() puts the
 * block where it belongs by address and melts it with the neighbour before and
 * the one after, if they are free. So two free blocks never touch.
 */
#include <stdlib.h>

#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

struct block {
    size_t size;        /* in bytes, with this header */
    struct block *next; /* on the free list; not used while allocated */
};

/* The heap grows by so much at least: a system call for many small blocks. */
#define GROWTH 4096

static struct block *free_list;

static char *end_of(struct block *block)
{
    return (char *)block + block->size;
}

/* Puts a block onto the free list and melts it with its neighbours. */
static void insert(struct block *block)
{
    struct block *before = NULL, *after = free_list;

    while (after != NULL && after < block) {
        before = after;
        after = after->next;
    }
    block->next = after;
    if (after != NULL && end_of(block) == (char *)after) {
        block->size += after->size;
        block->next = after->next;
    }
    if (before == NULL) {
        free_list = block;
    } else if (end_of(before) == (char *)block) {
        before->size += block->size;
        before->next = block->next;
    } else {
        before->next = block;
    }
}

static int grow(size_t size)
{
    size_t growth = (size + GROWTH - 1) / GROWTH * GROWTH;
    struct block *block = sbrk((intptr_t)growth);

    if (block == (void *)-1)
        return -1;
    block->size = growth;
    insert(block);
    return 0;
}

/* The first free block of at least this size, off the list; NULL if none. */
static struct block *first_fit(size_t size)
{
    for (struct block **link = &free_list; *link != NULL;
         link = &(*link)->next) {
        struct block *block = *link;

        if (block->size < size)
            continue;
        if (block->size == size) {
            *link = block->next;
        } else {
            struct block *rest = (struct block *)((char *)block + size);

            rest->size = block->size - size;
            rest->next = block->next;
            *link = rest;
            block->size = size;
        }
        return block;
    }
    return NULL;
}

void *malloc(size_t nbytes)
{
    size_t unit = sizeof(struct block), size;
    struct block *block;

    if (nbytes > INTPTR_MAX - GROWTH - unit) {
        errno = ENOMEM;
        return NULL;
    }
    size = (nbytes + unit - 1) / unit * unit + unit;
    block = first_fit(size);
    if (block == NULL && grow(size) == 0)
        block = first_fit(size);
    return block != NULL ? block + 1 : NULL;
}

void free(void *memory)
{
    if (memory != NULL)
        insert((struct block *)memory - 1);
}

void *calloc(size_t count, size_t nbytes)
{
    void *memory;

    if (nbytes != 0 && count > SIZE_MAX / nbytes) {
        errno = ENOMEM;
        return NULL;
    }
    memory = malloc(count * nbytes);
    if (memory != NULL)
        memset(memory, 0, count * nbytes);
    return memory;
}

void *realloc(void *memory, size_t nbytes)
{
    size_t room;
    void *larger;

    if (memory == NULL)
        return malloc(nbytes);
    room = ((struct block *)memory)[-1].size - sizeof(struct block);
    if (room >= nbytes)
        return memory;
    larger = malloc(nbytes);
    if (larger == NULL)
        return NULL;
    memcpy(larger, memory, room);
    free(memory);
    return larger;
}
