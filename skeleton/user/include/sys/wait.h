/* Waiting for children, and what their status says. */
#ifndef SYS_WAIT_H
#define SYS_WAIT_H

#include <sys/types.h>

#define WNOHANG 1

#define WTERMSIG(status)    ((status)&0x7f)
#define WIFEXITED(status)   (WTERMSIG(status) == 0)
#define WEXITSTATUS(status) ((status) >> 8 & 0xff)
#define WIFSIGNALED(status) (!WIFEXITED(status))

/* pid -1: any child. 0 with WNOHANG if none has ended yet. */
pid_t waitpid(pid_t pid, int *status, int options);

#endif
