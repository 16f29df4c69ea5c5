/* The kernel agent (agent_proto.h): the host's hands in the guest. */
#ifndef AGENT_H
#define AGENT_H

#include <agent_proto.h>

/* Serves the host on COM2 for ever. Uses static memory only. */
__attribute__((noreturn)) void agent_run(void);

/* Tells the host of a crash, if it listens. The record is filled in. */
void agent_report_crash(void);
extern struct agent_crash agent_crash_record;

/* The agent's interrupt: makes the current call in a handler. */
void agent_interrupt(void);

/* The timer's interrupt: makes the next call of the list's handlers. */
void agent_timer_interrupt(void);

/* Yields until every other task sleeps. */
void let_others_run(void);

/* --- user agents: kernel/agent_user.c ------------------------------------ */

#define AGENT_MAX_USERS 1200 /* that are known, since the boot */

/* Does the operations, one after the other, and fills in how they ended. */
void agent_user_ops(struct agent_user_ops *list, unsigned int n);

/* Starts a user agent. */
void agent_spawn(struct agent_spawn *spawn);

/* A process ends: remembers how, if it is a user agent. */
void agent_user_exits(int pid, int exit_code);

#endif
