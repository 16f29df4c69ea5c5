/*
 * Machine code for processes, which does several things in a row: nobody else
 * runs between them, so the processor forgets nothing.
 */
#ifndef LAB6_COW_PROGRAMS_H
#define LAB6_COW_PROGRAMS_H

#include "process.h"

/* fork(), and the parent at once stores the value at the address; the child. */
struct proc *fork_and_store(struct proc *parent, uaddr_t address,
                            uint32_t value);

/*
 * `n` times fork(): the child stores the value at the address and exits, the
 * parent waits for it. Children that never wait for the host cost no place in
 * the list of agents. The test fails if fork() fails.
 */
void fork_often(struct proc *parent, uint32_t n, uaddr_t address,
                uint32_t value);

/* fork() as an operation, for its cost. */
struct user_op fork_op(struct proc *parent);

/* The process that fork() made. */
struct proc *child_of(struct proc *parent, uint32_t pid);

#endif
