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

#endif
