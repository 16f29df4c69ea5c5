/*
 * Free slots are on a stack, so kmap() finds one in a step; last in, first out.
 *
 * When the stack is empty, flush_all_zero_pkmaps() puts all slots on it that
 * have no users. Only if there are none the caller sleeps.
 *
 * Addresses are in a hash table with open addressing, twice as large as what
 * may be in it: a page is at the place that its hash says or, if that is taken,
 * at the next one that was free. To take one out, those behind it that are not
 * where they would like to be are moved up, so there are no holes on the way to
 * anybody.
 */
#include <highmem.h>

#include <irq.h>
#include <kernel.h>
#include <sched.h>

#define PLACES (2 * LAST_PKMAP)

static struct {
    struct page *page; /* NULL: free */
    void *address;
} places[PLACES];

static unsigned int free_slots[LAST_PKMAP];
static unsigned int nfree_slots;

void page_address_init(void)
{
    for (unsigned int nr = LAST_PKMAP; nr > 0; nr--)
        free_slots[nfree_slots++] = nr - 1;
}

static unsigned int wanted_place(const struct page *page)
{
    unsigned long pfn = page_to_pfn(page);

    return (pfn * 2654435761UL >> 16) % PLACES;
}

/* Where the page is, or would be put. Interrupts are off. */
static unsigned int find_place(const struct page *page)
{
    unsigned int at = wanted_place(page);

    while (places[at].page != NULL && places[at].page != page)
        at = (at + 1) % PLACES;
    return at;
}

/* Frees a place and closes the gap. Interrupts are off. */
static void vacate(unsigned int gap)
{
    unsigned int at = gap;

    for (;;) {
        unsigned int from_wanted;

        at = (at + 1) % PLACES;
        if (places[at].page == NULL)
            break;
        from_wanted = (at - wanted_place(places[at].page)) % PLACES;
        if (from_wanted >= (at - gap) % PLACES) {
            places[gap] = places[at];
            gap = at;
        }
    }
    places[gap].page = NULL;
}

void *page_address(struct page *page)
{
    unsigned long flags;
    unsigned int at;
    void *address;

    if (!PageHighMem(page))
        return lowmem_page_address(page);
    local_irq_save(flags);
    at = find_place(page);
    address = places[at].page != NULL ? places[at].address : NULL;
    local_irq_restore(flags);
    return address;
}

void set_page_address(struct page *page, void *address)
{
    unsigned long flags;
    unsigned int at;

    local_irq_save(flags);
    at = find_place(page);
    if (address != NULL) {
        places[at].page = page;
        places[at].address = address;
    } else if (places[at].page != NULL) {
        vacate(at);
    }
    local_irq_restore(flags);
}

void flush_all_zero_pkmaps(void)
{
    for (unsigned int nr = LAST_PKMAP; nr-- > 0;) {
        if (pkmap_count[nr] != 1)
            continue;
        pkmap_count[nr] = 0;
        set_page_address(pte_page(pkmap_page_table[nr]), NULL);
        pte_clear(&pkmap_page_table[nr]);
        free_slots[nfree_slots++] = nr;
    }
    flush_tlb_all();
}

static void sleep_until_woken(void)
{
    DECLARE_WAITQUEUE(wait, current);

    set_current_state(TASK_UNINTERRUPTIBLE);
    add_wait_queue(&pkmap_map_wait, &wait);
    schedule();
    remove_wait_queue(&pkmap_map_wait, &wait);
}

/* Maps a page that has no address yet in the slot on top of the stack. */
static void map_page(struct page *page)
{
    unsigned int nr = free_slots[--nfree_slots];

    set_pte(&pkmap_page_table[nr], mk_pte(page, PAGE_KERNEL));
    pkmap_count[nr] = 1;
    set_page_address(page, (void *)PKMAP_ADDR(nr));
}

/*
 * Slots are given back by tasks only, and no other task runs between the look
 * at the stack and schedule(), so no wake-up is lost.
 */
void *kmap(struct page *page)
{
    void *address;

    BUG_ON(in_interrupt());
    if (!PageHighMem(page))
        return lowmem_page_address(page);
    while ((address = page_address(page)) == NULL) {
        if (nfree_slots == 0)
            flush_all_zero_pkmaps();
        if (nfree_slots == 0)
            sleep_until_woken();
        else
            map_page(page);
    }
    pkmap_count[PKMAP_NR(address)]++;
    return address;
}

void kunmap(struct page *page)
{
    unsigned int nr;

    BUG_ON(in_interrupt());
    if (!PageHighMem(page))
        return;
    BUG_ON(page_address(page) == NULL);
    nr = PKMAP_NR(page_address(page));
    BUG_ON(pkmap_count[nr] <= 1);
    pkmap_count[nr]--;
    if (pkmap_count[nr] == 1 && waitqueue_active(&pkmap_map_wait))
        wake_up(&pkmap_map_wait);
}

void *kmap_atomic(struct page *page, enum km_type type)
{
    pte_t *entry = kmap_pte - type;

    if (!PageHighMem(page))
        return lowmem_page_address(page);
    BUG_ON(pte_present(*entry));
    set_pte(entry, mk_pte(page, PAGE_KERNEL));
    return (void *)fix_to_virt(FIX_KMAP_BEGIN + type);
}

void kunmap_atomic(void *address, enum km_type type)
{
    if (address >= (void *)PAGE_OFFSET && address < high_memory)
        return;
    BUG_ON(address != (void *)fix_to_virt(FIX_KMAP_BEGIN + type));
    pte_clear(kmap_pte - type);
    flush_tlb_one((unsigned long)address);
}
