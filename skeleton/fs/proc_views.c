/* Views of the whole kernel that belong to no other part. Linux
 * fs/proc/proc_misc.c. */
#include <proc.h>

#include <blkdev.h>
#include <page_alloc.h>
#include <pagemap.h>
#include <swap.h>
#include <timer.h>

#define KB(npages) ((unsigned long)(npages) << (PAGE_SHIFT - 10))

/* Frames of a zone that belong to the page allocator or its users. */
static unsigned long pages_managed(const zone_t *zone)
{
    unsigned long n = 0;

    for (unsigned long i = 0; i < zone->size; i++)
        n += !PageReserved(zone->zone_mem_map + i);
    return n;
}

void meminfo_show(struct seq_file *file)
{
    const zone_t *zones = contig_page_data.node_zones;
    unsigned long high = pages_managed(&zones[ZONE_HIGHMEM]);
    unsigned long low =
        pages_managed(&zones[ZONE_DMA]) + pages_managed(&zones[ZONE_NORMAL]);
    unsigned long high_free = zones[ZONE_HIGHMEM].free_pages;
    unsigned long low_free =
        zones[ZONE_DMA].free_pages + zones[ZONE_NORMAL].free_pages;

    seq_printf(file, "MemTotal:  %10lu kB\n", KB(low + high));
    seq_printf(file, "MemFree:   %10lu kB\n", KB(low_free + high_free));
    seq_printf(file, "Cached:    %10lu kB\n", KB(page_cache_size));
    seq_printf(file, "HighTotal: %10lu kB\n", KB(high));
    seq_printf(file, "HighFree:  %10lu kB\n", KB(high_free));
    seq_printf(file, "LowTotal:  %10lu kB\n", KB(low));
    seq_printf(file, "LowFree:   %10lu kB\n", KB(low_free));
    seq_printf(file, "SwapTotal: %10lu kB\n", KB(total_swap_pages));
    seq_printf(file, "SwapFree:  %10lu kB\n", KB(nr_swap_pages));
}

void version_show(struct seq_file *file)
{
    seq_printf(file, "mmgrade teaching kernel, i386, in the image of "
                     "Linux 2.4\n");
}

void uptime_show(struct seq_file *file)
{
    seq_printf(file, "%lu.%02lu\n", jiffies / HZ, jiffies % HZ * 100 / HZ);
}

/* What has been counted since the boot. Disks: in KB, as Linux has it. */
void vmstat_show(struct seq_file *file)
{
    unsigned long reads = 0, writes = 0;

    for (unsigned int i = 0; i < nr_blkdevs; i++) {
        reads += blkdevs[i].reads;
        writes += blkdevs[i].writes;
    }
    seq_printf(file, "pgpgin %lu\npgpgout %lu\n", KB(reads), KB(writes));
    seq_printf(file, "pswpin %lu\npswpout %lu\n", pswpin, pswpout);
}

/* The areas in the order in which they are used. */
void swaps_show(struct seq_file *file)
{
    struct list_head *at;

    seq_printf(file, "%-16s %10s %10s %8s\n", "device", "kB", "used",
               "priority");
    list_for_each (at, &swap_list) {
        const struct swap_info_struct *area =
            list_entry(at, struct swap_info_struct, list);

        seq_printf(file, "/dev/%-11s %10lu %10lu %8d\n", area->bdev->name,
                   KB(area->max - 1), KB(area->max - 1 - area->nr_free),
                   area->prio);
    }
}
