/*
 * The list of caches, a view of it, and what becomes of callers' mistakes.
 */
#include <slab.h>

#include <irq.h>
#include <kernel.h>
#include <seq_file.h>

LIST_HEAD(cache_chain);

/* How often each mistake was reported, and the last one's object; the host
 * reads them. */
unsigned int slab_mistakes[NR_SLAB_MISTAKES];
const void *slab_mistake_object;

static const char *const mistake_texts[] = {
    [SLAB_DOUBLE_FREE] = "freed twice",
    [SLAB_FOREIGN] = "freed, but no object of this cache",
    [SLAB_OVERRUN] = "written beyond its bounds",
    [SLAB_USED_FREED] = "written after it was freed",
};

void slab_error(const kmem_cache_t *cachep, enum slab_mistake mistake,
                const void *object)
{
    BUG_ON(mistake >= NR_SLAB_MISTAKES);
    slab_mistakes[mistake]++;
    slab_mistake_object = object;
    printk("slab: %s, object %p: %s\n",
           cachep == NULL ? "unknown cache" : cachep->name, object,
           mistake_texts[mistake]);
}

struct counts {
    unsigned int slabs, objects_in_use;
};

static struct counts count(const struct list_head *list)
{
    struct counts counts = {0, 0};
    struct list_head *at;

    list_for_each (at, list) {
        counts.slabs++;
        counts.objects_in_use += list_entry(at, slab_t, list)->inuse;
    }
    return counts;
}

static void show_cache(struct seq_file *file, const kmem_cache_t *cachep)
{
    unsigned long flags;
    struct counts full, partial, empty;
    unsigned int slabs;

    local_irq_save(flags);
    full = count(&cachep->slabs_full);
    partial = count(&cachep->slabs_partial);
    empty = count(&cachep->slabs_free);
    local_irq_restore(flags);
    slabs = full.slabs + partial.slabs + empty.slabs;
    seq_printf(file, "%-19s %7u %7u %7lu %5u %6u %6u\n", cachep->name,
               full.objects_in_use + partial.objects_in_use,
               slabs * cachep->num, (unsigned long)cachep->objsize,
               full.slabs + partial.slabs, slabs, 1u << cachep->gfporder);
}

void slabinfo_show(struct seq_file *file)
{
    struct list_head *at;

    seq_printf(file, "%-19s %7s %7s %7s %5s %6s %6s\n", "cache", "in use",
               "objects", "bytes", "slabs", "in all", "pages");
    list_for_each (at, &cache_chain)
        show_cache(file, list_entry(at, kmem_cache_t, next));
}
