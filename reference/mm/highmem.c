/*
 * Getting at pages that are not in the direct map: kmap() with its slots,
 * kmap_atomic() with its, and the table of which page has which address.
 *
 *     pkmap_count   0 -kmap()-> 2 -kunmap()-> 1 -flush_all_zero_pkmaps()-> 0
 *
 * A slot with count 1 is mapped, has no users, and may still be in the TLB.
 * kmap() takes slots with count 0 only, going round; each time it comes to the
 * end, all slots with count 1 are unmapped for the price of one flush.
 *
 * The table of addresses is a hash table over static entries, one for each
 * slot:
 *
 *     buckets[hash(page)] -> entry -> entry       unused_entries -> entry -> …
 *
 * Counts and slots are only touched by tasks, and change hands only where one
 * sleeps. The table is read by interrupt handlers, too, so interrupts are off
 * while it is looked at or changed.
 */
#include <highmem.h>

#include <irq.h>
#include <kernel.h>
#include <list.h>
#include <sched.h>

#define HASH_BITS 7
/* 2^32 divided by the golden ratio: Knuth, volume 3, 6.4. */
#define HASH_FACTOR 0x9E3779B1U

/* A page that has an address; or an entry on unused_entries. */
struct page_address_entry {
    struct page *page;
    void *address;
    struct list_head list;
};

static struct page_address_entry entries[LAST_PKMAP];
static struct list_head buckets[1 << HASH_BITS];
static LIST_HEAD(unused_entries);

/* The slot that kmap() gave last. */
static unsigned int last_pkmap_nr;

void page_address_init(void)
{
    for (unsigned int i = 0; i < ARRAY_SIZE(buckets); i++)
        INIT_LIST_HEAD(&buckets[i]);
    for (unsigned int i = 0; i < ARRAY_SIZE(entries); i++)
        list_add_tail(&entries[i].list, &unused_entries);
}

static struct list_head *bucket_of(const struct page *page)
{
    uint32_t hash = (uint32_t)page_to_pfn(page) * HASH_FACTOR;

    return &buckets[hash >> (32 - HASH_BITS)];
}

/* The page's entry, or NULL. Interrupts are off. */
static struct page_address_entry *find_entry(const struct page *page)
{
    const struct list_head *bucket = bucket_of(page);
    struct list_head *at;

    list_for_each (at, bucket) {
        struct page_address_entry *entry =
            list_entry(at, struct page_address_entry, list);

        if (entry->page == page)
            return entry;
    }
    return NULL;
}

void *page_address(struct page *page)
{
    const struct page_address_entry *entry;
    void *address = NULL;
    unsigned long flags;

    if (!PageHighMem(page))
        return lowmem_page_address(page);
    local_irq_save(flags);
    entry = find_entry(page);
    if (entry != NULL)
        address = entry->address;
    local_irq_restore(flags);
    return address;
}

/* A new entry for the page. Interrupts are off. */
static struct page_address_entry *add_entry(struct page *page)
{
    struct page_address_entry *entry;

    BUG_ON(list_empty(&unused_entries));
    entry = list_entry(unused_entries.next, struct page_address_entry, list);
    list_del(&entry->list);
    entry->page = page;
    list_add(&entry->list, bucket_of(page));
    return entry;
}

static void remove_entry(struct page_address_entry *entry)
{
    list_del(&entry->list);
    list_add(&entry->list, &unused_entries);
}

void set_page_address(struct page *page, void *address)
{
    struct page_address_entry *entry;
    unsigned long flags;

    BUG_ON(!PageHighMem(page));
    local_irq_save(flags);
    entry = find_entry(page);
    if (address != NULL) {
        if (entry == NULL)
            entry = add_entry(page);
        entry->address = address;
    } else if (entry != NULL) {
        remove_entry(entry);
    }
    local_irq_restore(flags);
}

void flush_all_zero_pkmaps(void)
{
    for (unsigned int nr = 0; nr < LAST_PKMAP; nr++) {
        if (pkmap_count[nr] != 1)
            continue;
        set_page_address(pte_page(pkmap_page_table[nr]), NULL);
        pte_clear(&pkmap_page_table[nr]);
        pkmap_count[nr] = 0;
    }
    flush_tlb_all();
}

/* The first slot with count 0 from `nr` on, or LAST_PKMAP. */
static unsigned int find_slot_from(unsigned int nr)
{
    while (nr < LAST_PKMAP && pkmap_count[nr] != 0)
        nr++;
    return nr;
}

/* Maps the page in a free slot, with no users yet: its address, or NULL. */
static void *map_in_free_slot(struct page *page)
{
    unsigned int nr = find_slot_from(last_pkmap_nr + 1);

    if (nr == LAST_PKMAP) {
        flush_all_zero_pkmaps();
        nr = find_slot_from(0);
    }
    if (nr == LAST_PKMAP)
        return NULL;
    last_pkmap_nr = nr;
    pkmap_count[nr] = 1;
    set_pte(&pkmap_page_table[nr], mk_pte(page, PAGE_KERNEL));
    set_page_address(page, (void *)PKMAP_ADDR(nr));
    return (void *)PKMAP_ADDR(nr);
}

/* The page's address, the one that it has or a new one; NULL: no free slot. */
static void *try_to_map(struct page *page)
{
    void *address = page_address(page);

    return address != NULL ? address : map_in_free_slot(page);
}

void *kmap(struct page *page)
{
    void *address;

    BUG_ON(in_interrupt());
    if (!PageHighMem(page))
        return lowmem_page_address(page);
    /* Each time that we wake up, somebody may have mapped the page. */
    wait_event(pkmap_map_wait, (address = try_to_map(page)) != NULL);
    pkmap_count[PKMAP_NR(address)]++;
    return address;
}

void kunmap(struct page *page)
{
    void *address;

    BUG_ON(in_interrupt());
    if (!PageHighMem(page))
        return;
    address = page_address(page);
    BUG_ON(address == NULL);
    BUG_ON(pkmap_count[PKMAP_NR(address)] < 2);
    pkmap_count[PKMAP_NR(address)]--;
    if (pkmap_count[PKMAP_NR(address)] == 1)
        wake_up(&pkmap_map_wait);
}

/* The entry of a type's slot: addresses of fixed mappings go downwards. */
static pte_t *atomic_pte(enum km_type type)
{
    return kmap_pte - type;
}

void *kmap_atomic(struct page *page, enum km_type type)
{
    if (!PageHighMem(page))
        return lowmem_page_address(page);
    BUG_ON(!pte_none(*atomic_pte(type)));
    set_pte(atomic_pte(type), mk_pte(page, PAGE_KERNEL));
    return (void *)fix_to_virt(FIX_KMAP_BEGIN + type);
}

static bool in_direct_map(const void *address)
{
    return (unsigned long)address >= PAGE_OFFSET && address < high_memory;
}

void kunmap_atomic(void *address, enum km_type type)
{
    unsigned long slot = fix_to_virt(FIX_KMAP_BEGIN + type);

    if (in_direct_map(address))
        return;
    BUG_ON((unsigned long)address != slot);
    pte_clear(atomic_pte(type));
    flush_tlb_one(slot);
}
