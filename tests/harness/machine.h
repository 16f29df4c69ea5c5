/* The machines that tests boot. */
#ifndef HARNESS_MACHINE_H
#define HARNESS_MACHINE_H

struct machine {
    const char *name;
    unsigned ram_mb;
};

extern const struct machine machine_8mb;    /* ZONE_DMA only */
extern const struct machine machine_64mb;   /* DMA and NORMAL */
extern const struct machine machine_1200mb; /* all three zones */

#endif
