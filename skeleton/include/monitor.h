/* The kernel monitor: a prompt on the console, until there is a shell. */
#ifndef MONITOR_H
#define MONITOR_H

__attribute__((noreturn)) void monitor_run(void);

#endif
