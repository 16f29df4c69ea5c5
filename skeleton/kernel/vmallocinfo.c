/* The list of vmalloc areas and the slots of kmap(), and a view of them. */
#include <highmem.h>
#include <vmalloc.h>

#include <seq_file.h>

struct vm_struct *vmlist;
int pkmap_count[LAST_PKMAP];
DECLARE_WAIT_QUEUE_HEAD(pkmap_map_wait);

static unsigned int slots_in_use(void)
{
    unsigned int n = 0;

    for (int i = 0; i < LAST_PKMAP; i++)
        n += pkmap_count[i] > 1;
    return n;
}

void vmallocinfo_show(struct seq_file *file)
{
    seq_printf(file, "vmalloc %08lx-%08lx\n", VMALLOC_START, VMALLOC_END);
    for (const struct vm_struct *area = vmlist; area != NULL; area = area->next)
        seq_printf(file, "%08lx-%08lx %8lu KB and a guard page\n",
                   (unsigned long)area->addr,
                   (unsigned long)area->addr + area->size - PAGE_SIZE,
                   (area->size - PAGE_SIZE) >> 10);
    seq_printf(file, "kmap slots in use: %u of %u\n", slots_in_use(),
               LAST_PKMAP);
}
