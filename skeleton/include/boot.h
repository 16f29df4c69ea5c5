/*
 * How the machine was handed to us, and walking the boot stages.
 */
#ifndef BOOT_H
#define BOOT_H

#include <agent_proto.h>
#include <types.h>

/* A range of usable RAM, in bytes, half-open. */
struct ram_range {
    uint64_t start, end;
};

#define MAX_RAM_RANGES 16

struct boot_info {
    struct ram_range ram[MAX_RAM_RANGES];
    unsigned int nranges;
    unsigned long initrd_start, initrd_end; /* physical; equal: none */
    char command_line[1024];
};

extern struct boot_info boot_info;

/*
 * Copies what the PVH start info at physical address `start_info` says.
 * Panics if it isn't one. Before paging_init(): the boot mapping must reach it.
 */
void pvh_read_start_info(unsigned long start_info);

/* True if the command line has the word `name`. */
bool boot_option(const char *name);

/* Walks the kernel up to `stage`; stages that it has passed do nothing. */
void boot_walk_to(enum boot_stage stage);

/* The stage that it has reached. */
extern enum boot_stage boot_stage;

/* Top of the image in memory, and of its parts (kernel.lds). */
extern char _text[], _etext[], _erodata[], _end[];

#endif
