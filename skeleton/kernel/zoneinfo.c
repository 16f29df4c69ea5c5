/* Views of the zones and their free blocks. */
#include <seq_file.h>

#include <irq.h>
#include <page_alloc.h>

static unsigned int count_blocks(const free_area_t *area)
{
    struct list_head *at;
    unsigned int n = 0;
    unsigned long flags;

    local_irq_save(flags);
    list_for_each (at, &area->free_list)
        n++;
    local_irq_restore(flags);
    return n;
}

void buddyinfo_show(struct seq_file *file)
{
    seq_printf(file, "free blocks  order");
    for (int order = 0; order < MAX_ORDER; order++)
        seq_printf(file, " %6d", order);
    seq_printf(file, "\n");
    for (int i = 0; i < MAX_NR_ZONES; i++) {
        const zone_t *zone = &contig_page_data.node_zones[i];

        if (zone->size == 0)
            continue;
        seq_printf(file, "zone %-12s ", zone->name);
        for (int order = 0; order < MAX_ORDER; order++)
            seq_printf(file, " %6u", count_blocks(&zone->free_area[order]));
        seq_printf(file, "\n");
    }
}

void zoneinfo_show(struct seq_file *file)
{
    seq_printf(file, "zone     first frame   frames     free      min      low"
                     "     high\n");
    for (int i = 0; i < MAX_NR_ZONES; i++) {
        const zone_t *zone = &contig_page_data.node_zones[i];

        seq_printf(file, "%-8s %11lu %8lu %8lu %8lu %8lu %8lu\n", zone->name,
                   zone->zone_start_pfn, zone->size, zone->free_pages,
                   zone->pages_min, zone->pages_low, zone->pages_high);
    }
    seq_printf(file, "free pages in all: %u\n", nr_free_pages());
}
