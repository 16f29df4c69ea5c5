/* The machines that tests boot. */
#ifndef HARNESS_MACHINE_H
#define HARNESS_MACHINE_H

#define MAX_DISKS 2

struct machine {
    const char *name;
    unsigned ram_mb;
    unsigned disk_mb[MAX_DISKS]; /* vda, vdb; 0: there is none */
};

extern const struct machine machine_8mb;    /* ZONE_DMA only */
extern const struct machine machine_64mb;   /* DMA and NORMAL */
extern const struct machine machine_1200mb; /* all three zones */

/* The same with disks, which are all zeros at first. */
extern const struct machine machine_swap_8mb;    /* one of 32 MB */
extern const struct machine machine_swap_64mb;   /* two of 64 MB */
extern const struct machine machine_swap_1200mb; /* two of 64 MB */

#endif
