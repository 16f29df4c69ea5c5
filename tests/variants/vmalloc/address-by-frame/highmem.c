/*
 * Each frame of high memory has a word for its address, in one large array.
 *
 * It costs 4 bytes a frame: 304 KB at 1200 MB of RAM. In return, to look is one
 * load and to note is one store, which an interrupt cannot come between.
 *
 * Slots are searched in one loop that goes round at most twice, and the atomic
 * slots' entries are found from their addresses.
 */
#include <highmem.h>

#include <irq.h>
#include <kernel.h>
#include <page_alloc.h>
#include <sched.h>
#include <string.h>

/* Indexed from the first frame of high memory. */
static void **addresses;

void page_address_init(void)
{
    unsigned long npages = max_mapnr - max_low_pfn;
    unsigned int order = 0;

    if (npages == 0)
        return;
    while ((unsigned long)PAGE_SIZE << order < npages * sizeof(*addresses))
        order++;
    addresses = (void **)__get_free_pages(GFP_KERNEL, order);
    if (addresses == NULL)
        panic("page_address_init: no block of order %u", order);
    memset(addresses, 0, npages * sizeof(*addresses));
}

static void **address_word(struct page *page)
{
    return &addresses[page_to_pfn(page) - max_low_pfn];
}

void *page_address(struct page *page)
{
    if (PageHighMem(page))
        return *address_word(page);
    return lowmem_page_address(page);
}

void set_page_address(struct page *page, void *address)
{
    *address_word(page) = address;
}

static void unmap_slot(unsigned int nr)
{
    *address_word(pte_page(pkmap_page_table[nr])) = NULL;
    pte_clear(&pkmap_page_table[nr]);
    pkmap_count[nr] = 0;
}

void flush_all_zero_pkmaps(void)
{
    for (unsigned int nr = 0; nr < LAST_PKMAP; nr++)
        if (pkmap_count[nr] == 1)
            unmap_slot(nr);
    flush_tlb_all();
}

/* A slot with count 0, or -1. */
static int find_slot(void)
{
    static unsigned int last;
    int left = LAST_PKMAP;

    while (left-- > 0) {
        last = (last + 1) % LAST_PKMAP;
        if (last == 0) {
            flush_all_zero_pkmaps();
            left = LAST_PKMAP - 1;
        }
        if (pkmap_count[last] == 0)
            return (int)last;
    }
    return -1;
}

/* True if it slept: then all that was known may have changed. */
static bool wait_for_slot(int *nr)
{
    DECLARE_WAITQUEUE(wait, current);
    bool slept = false;

    *nr = find_slot();
    if (*nr >= 0)
        return false;
    add_wait_queue(&pkmap_map_wait, &wait);
    set_current_state(TASK_UNINTERRUPTIBLE);
    *nr = find_slot();
    if (*nr < 0) {
        schedule();
        slept = true;
    }
    set_current_state(TASK_RUNNING);
    remove_wait_queue(&pkmap_map_wait, &wait);
    return slept;
}

void *kmap(struct page *page)
{
    int nr;

    BUG_ON(in_interrupt());
    if (!PageHighMem(page))
        return lowmem_page_address(page);
    do {
        if (*address_word(page) != NULL) {
            pkmap_count[PKMAP_NR(*address_word(page))]++;
            return *address_word(page);
        }
    } while (wait_for_slot(&nr));
    set_pte(&pkmap_page_table[nr], mk_pte(page, PAGE_KERNEL));
    *address_word(page) = (void *)PKMAP_ADDR(nr);
    pkmap_count[nr] = 2;
    return (void *)PKMAP_ADDR(nr);
}

void kunmap(struct page *page)
{
    void *address;
    int *count;

    BUG_ON(in_interrupt());
    if (!PageHighMem(page))
        return;
    address = page_address(page);
    if (address == NULL)
        BUG();
    count = &pkmap_count[PKMAP_NR(address)];
    if (*count < 2)
        BUG();
    if (--*count == 1)
        wake_up(&pkmap_map_wait);
}

static pte_t *entry_of(unsigned long address)
{
    return pte_offset(pgd_offset_k(address), address);
}

void *kmap_atomic(struct page *page, enum km_type type)
{
    unsigned long address = fix_to_virt(FIX_KMAP_BEGIN + type);

    if (!PageHighMem(page))
        return page_address(page);
    BUG_ON(!pte_none(*entry_of(address)));
    set_pte(entry_of(address), mk_pte(page, PAGE_KERNEL));
    flush_tlb_one(address);
    return (void *)address;
}

void kunmap_atomic(void *address, enum km_type type)
{
    unsigned long slot = fix_to_virt(FIX_KMAP_BEGIN + type);

    if ((unsigned long)address == slot) {
        pte_clear(entry_of(slot));
        flush_tlb_one(slot);
        return;
    }
    BUG_ON((unsigned long)address < PAGE_OFFSET || address >= high_memory);
}
