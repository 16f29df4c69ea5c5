/*
 * Getting at pages that are not in the direct map. This file is the second half
 * of lab 3; the contract of what it offers is include/highmem.h, page tables
 * and the TLB are in include/pgtable.h, sleeping and waking in include/wait.h,
 * and README.md tells the story with pictures.
 *
 * A page of high memory has a frame and a struct page, but no address. It gets
 * one for a while, in one of two windows near the end of the address space:
 *
 *     PKMAP_BASE                        FIXADDR_START          FIXADDR_TOP
 *     | 0 | 1 | 2 |     …     | 1023 |  … | KM_IRQ1 | … | KM_BOUNCE_READ | …
 *       kmap(): a slot that is free,        kmap_atomic(): the slot that one
 *       for as long as it takes             names, for a moment
 *
 * The page-table entry of kmap()'s slot n is pkmap_page_table[n], its address
 * PKMAP_ADDR(n). That of kmap_atomic()'s slot t is kmap_pte[-t], its address
 * fix_to_virt(FIX_KMAP_BEGIN + t): fixed mappings go downwards.
 *
 * To flush the TLB is expensive. So a slot of kmap() that has lost its last
 * user is left as it is, and 1024 of them are paid for with one flush:
 *
 *                        kmap()                  kmap()
 *     pkmap_count   0 ------------> 1 --> 2 <------------> 3, 4 …
 *                   ^   sets entry        |     kunmap()
 *                   |   and address       | kunmap(), the last one: wakes
 *                   |                     v those who wait for a slot
 *                   +-------------------- 1
 *                   flush_all_zero_pkmaps()
 *
 * A 1 is a mapping that nobody uses. kmap() of the same page finds it and makes
 * it a 2 again, at the same address and at no cost.
 *
 * Which address a page has is kept in a table of this file's own, by page, so
 * that struct page need not grow. At most LAST_PKMAP pages have one, so static
 * memory does. A hash table is good here: each page's entry is found through
 * the few that share its bucket.
 *
 *     bucket     0   -> (page 700, slot 3)
 *                1
 *                2   -> (page 33, slot 9) -> (page 161, slot 4)
 *                …
 *
 * What holds whenever a function here returns or sleeps:
 *
 *   (1) pkmap_count[n] is 0 exactly if pkmap_page_table[n] maps nothing.
 *   (2) It is 1 more than the slot has users, otherwise.
 *   (3) The page that slot n maps has the address PKMAP_ADDR(n), and no other
 *       page does. So no page is in two slots.
 *   (4) Of a slot with count 0, the TLB holds nothing.
 *   (5) Who waits for a slot is on pkmap_map_wait.
 *
 * The kernel is not preemptive, and interrupt handlers do not kmap(), so counts
 * and slots need no lock. But handlers may ask page_address(): they must never
 * find the table half changed (irq.h).
 *
 * Each STUB below is a hole: replace the body, keep the name and the
 * parameters. Helpers of your own are welcome; make them static.
 */
#include <highmem.h>

#include <irq.h>
#include <kernel.h>
#include <list.h>
#include <sched.h>

/*
 * Prepares the table of addresses: no page has one. Called once, at boot,
 * before any other function here, on machines without high memory, too.
 */
void page_address_init(void)
{
    STUB("lab3-vmalloc");
}

/*
 * The page's address, or NULL.
 *
 *     a page of the direct map      lowmem_page_address(page), always
 *     of high memory, with a slot   PKMAP_ADDR(slot), also if its users have
 *                                   left and it waits for the flush
 *     of high memory, without       NULL
 *
 * Context: any; interrupts are as they were afterwards.
 * Cost: a few steps on average, whether 1 page has an address or 1024, and
 * whichever pages these are. Frames that are a power of 2 apart are common, so
 * a hash that only looks at the lowest bits of the frame number will not do.
 */
void *page_address(struct page *page)
{
    (void)page;
    STUB("lab3-vmalloc");
    return NULL;
}

/*
 * From now on, `address` is what page_address() says of this page, which is not
 * in the direct map; with NULL, that it has none. If it had one already, the
 * new one takes its place. NULL for a page that has none changes nothing.
 *
 * Nothing is mapped here: that is up to the caller.
 *
 * Context: any; interrupts are as they were afterwards. Cost: as
 * page_address().
 */
void set_page_address(struct page *page, void *address)
{
    (void)page;
    (void)address;
    STUB("lab3-vmalloc");
}

/*
 * Gives the page an address for as long as the caller needs it, until kunmap(),
 * and returns it.
 *
 *   1. A page of the direct map has one: that is all.
 *   2. So has a page that is in a slot already. Its slot gets one user more.
 *   3. Else a slot with count 0 is looked for, from the one behind the slot
 *      that was given last. When the search comes round to slot 0,
 *      flush_all_zero_pkmaps() turns each 1 into a 0 first. Then the page is
 *      mapped with PAGE_KERNEL, gets its address and its first user. (Another
 *      order will do as well, as long as it does not flush for every slot.)
 *   4. If all slots have users: sleep on pkmap_map_wait, TASK_UNINTERRUPTIBLE,
 *      until kunmap() wakes us, then start again at 2: while we slept, another
 *      task may have mapped this very page, or have been quicker to take the
 *      slot.
 *
 *     given last: slot 1022. slots  0  1  2  …  1022  1023
 *                                   2  1  3  …  2     1
 *     kmap(new page)
 *       1023: a 1 won't do; comes round, flush
 *                                   2  0  3  …  2     0
 *       0: has a user; 1: taken     2  2  3  …  2     0
 *
 * wait.h says in which order a task has to put itself on a queue, change its
 * state, look, and sleep.
 *
 * Never fails. Context: a task; in an interrupt it is a BUG, even if the page
 * has an address. May sleep.
 */
void *kmap(struct page *page)
{
    (void)page;
    STUB("lab3-vmalloc");
    return NULL;
}

/*
 * Ends one use that began with kmap(). If it was the last one, the page stays
 * mapped, count 1, and those who sleep on pkmap_map_wait are woken: there is a
 * slot to be had. Nothing is flushed.
 *
 *     pkmap_count    3 -> 2     the page has another user
 *                    2 -> 1     it has none: wake_up()
 *                    1          it had none: BUG
 *
 * For a page of the direct map, nothing happens. A page that has no address
 * was not kmapped: BUG.
 *
 * Context: a task; in an interrupt it is a BUG, whatever the page. Does not
 * sleep.
 */
void kunmap(struct page *page)
{
    (void)page;
    STUB("lab3-vmalloc");
}

/*
 * Makes the slots free that are mapped but have no users: for each with count
 * 1, the page loses its address, the page-table entry is cleared, and the count
 * becomes 0. Then the whole TLB is flushed, once. Slots with users are not
 * touched.
 *
 *     before    2  1  3  1  0
 *     after     2  0  3  0  0
 *
 * Context: a task. Does not sleep.
 */
void flush_all_zero_pkmaps(void)
{
    STUB("lab3-vmalloc");
}

/*
 * Gives the page an address without ever sleeping: maps it with PAGE_KERNEL in
 * the slot that belongs to `type`. A page of the direct map has an address
 * already, and the slot is not used then.
 *
 *     kmap_atomic(page, KM_USER0)    ... *address ...    kunmap_atomic(address,
 *                                                                     KM_USER0)
 *
 * In between the caller does not sleep. An interrupt handler in between uses
 * another type, KM_IRQ0 for instance: that is what the types are for. So a
 * slot that maps something already is a BUG.
 *
 * The page may be kmapped at the same time. This is another address of it, of
 * which page_address() knows nothing.
 *
 * Context: any. Cost: a few instructions.
 */
void *kmap_atomic(struct page *page, enum km_type type)
{
    (void)page;
    (void)type;
    STUB("lab3-vmalloc");
    return NULL;
}

/*
 * Ends what kmap_atomic(page, type) began and gave `address` for: clears the
 * slot's page-table entry and flushes this one address from the TLB.
 *
 * An address in the direct map needs nothing. Any other that is not that of
 * the type's slot is a BUG: it is another type's, or none of kmap_atomic()'s.
 *
 * Context: any. Cost: a few instructions.
 */
void kunmap_atomic(void *address, enum km_type type)
{
    (void)address;
    (void)type;
    STUB("lab3-vmalloc");
}
