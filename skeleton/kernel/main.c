/*
 * From the entry point to the agent or the first process.
 *
 * Everything that the agent needs is up before a line of a student's code
 * runs: console, traps, bootmem, page directory, mem_map. The rest of the boot
 * is a list of stages, walked one by one by whoever is in charge: the host
 * through the agent, or boot_walk_to() below for an interactive boot.
 */
#include <boot.h>

#include <agent.h>
#include <blkdev.h>
#include <bootmem.h>
#include <files.h>
#include <highmem.h>
#include <init.h>
#include <io.h>
#include <irq.h>
#include <mm.h>
#include <monitor.h>
#include <pgtable.h>
#include <pit.h>
#include <sched.h>
#include <slab.h>
#include <swap.h>
#include <trap.h>
#include <uart.h>

enum boot_stage boot_stage = STAGE_EARLY;

/* What the boot took so far, firmware included, waiting for the host left out;
 * the host reads it. */
unsigned long boot_instructions;

void start_kernel(unsigned long start_info);

static void slab_init(void)
{
    kmem_cache_init();
    kmem_cache_sizes_init();
}

static void proc_init(void)
{
    mm_caches_init();
    virtio_blk_init();
    fs_init();
}

/* Processes need nothing more: they may be started from here on. */
static void user_init(void)
{
}

static void swap_init(void)
{
    if (kernel_thread("kswapd", kswapd, NULL) < 0)
        panic("swap_init: no memory for kswapd, stage %d", boot_stage);
}

/* stages[i] brings the kernel from stage i to stage i + 1. */
static void (*const stages[])(void) = {
    mem_init, slab_init, page_address_init, proc_init, user_init, swap_init,
};

void boot_walk_to(enum boot_stage stage)
{
    while (boot_stage < stage && boot_stage < ARRAY_SIZE(stages)) {
        unsigned long start = rdtsc();

        stages[boot_stage]();
        boot_instructions += rdtsc() - start;
        boot_stage++;
    }
}

void start_kernel(unsigned long start_info)
{
    uart_init(COM1);
    uart_init(COM2);
    trap_init();
    pvh_read_start_info(start_info);
    bootmem_init();
    paging_init();
    pic_init();
    pit_arm(1);
    pic_unmask(PIT_IRQ);
    free_area_init();
    sched_init();
    local_irq_enable();
    boot_instructions = rdtsc();
    if (boot_option("agent"))
        agent_run();
    if (boot_option("monitor")) {
        boot_walk_to(STAGE_VMALLOC);
        monitor_run();
    }
    boot_walk_to(STAGE_USER);
    init_run();
}
