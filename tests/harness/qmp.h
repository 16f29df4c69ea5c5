/* QEMU's monitor protocol: stopping the machine and reading its registers. */
#ifndef HARNESS_QMP_H
#define HARNESS_QMP_H

#include <stdbool.h>
#include <stdint.h>

struct qmp {
    int fd;
    bool greeted;
    char buffer[16384];
    unsigned used;
};

/* False if QEMU does not answer. */
bool qmp_is_running(struct qmp *qmp, bool *running);
bool qmp_stop(struct qmp *qmp);
bool qmp_continue(struct qmp *qmp);

/* The value of a register as "info registers" names it ("CR3"; "HLT" is 1 while
 * the processor is halted). */
bool qmp_register(struct qmp *qmp, const char *name, uint32_t *value);

#endif
