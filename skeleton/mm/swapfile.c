/*
 * Swap areas and their slots. This file is the first third of lab 7; the
 * contract of what it offers is include/swap.h, the swap cache is given
 * (kernel/swap_state.c), and README.md tells the story with pictures.
 *
 * A swap area is a disk, cut into pages. The first one is the header, all
 * others are slots, and swap_map[] has a count for each: how many need what is
 * in it.
 *
 *     disk        | header | slot 1 | slot 2 | slot 3 | slot 4 |  bad   |
 *     swap_map       8000      2        0        1        3       8000
 *                              |       free      |        |
 *          two entries: parent and child      one entry   two entries, and the
 *                                                         swap cache
 *
 * A page-table entry that is not present, and not empty, names a slot, and the
 * area whose slot it is:
 *
 *     SWP_ENTRY(1, 7)   =   7 << 8 | 1 << 1   =   00000702
 *
 * swap_list has the areas whose slots may be handed out, best first:
 *
 *     swap_list -> vdb (5) -> vdc (5) -> vda (-1)        in brackets: prio
 *
 * What holds whenever a function here returns or sleeps, so what each may count
 * on and has to leave behind:
 *
 *   (1) swap_map[slot] is the number of page-table entries, in all address
 *       spaces, that name the slot, and one more if the swap cache has it.
 *       (Others may hold a use for a moment.) A count that has once been
 *       SWAP_MAP_MAX tells nothing any more, and stays. SWAP_MAP_BAD is no
 *       count.
 *   (2) area->nr_free is the number of zeros in area->swap_map.
 *   (3) swap_list has the areas with SWP_WRITEOK and no others, by falling
 *       priority.
 *   (4) nr_swap_pages is the sum of nr_free of the areas on swap_list;
 *       total_swap_pages that of max - 1.
 *   (5) Nobody is given a slot that somebody else still needs.
 *   (6) What fails has changed nothing; but sys_swapoff() may leave in memory
 *       what it has brought in so far.
 *
 * An interrupt handler may ask for a slot, or give one back: what the first
 * three functions do to counts and lists, they do with interrupts off, and the
 * caller finds its interrupt flag as it was (irq.h). The two system calls may
 * sleep: reading a page does, asking for memory does. Meanwhile others run, and
 * slots come and go.
 *
 * Each STUB below is a hole: replace the body, keep the name and the
 * parameters. Helpers of your own are welcome; make them static.
 */
#include <swap.h>

#include <errno.h>
#include <kernel.h>

/*
 * Hands out a free slot: the entry that names it. Its count is 1, the caller's
 * use. The entry 0 if there is none.
 *
 * Which area: of those on swap_list with a free slot, one of the highest
 * priority. Areas of the same priority take turns, slot by slot: whoever has
 * given one comes after its equals.
 *
 *     swap_list           A (5)  B (5)  C (-1)       A and B are free, of C
 *     get_swap_page()     A, slot 1                    slots 3 and 4
 *     get_swap_page()     B, slot 1
 *     get_swap_page()     A, slot 2                  and so on, until A and B
 *     get_swap_page()     C, slot 3                    are full
 *
 * Which slot: area->next, or the next free one after it; behind the last slot
 * the search goes on at slot 1. area->next is then the one behind it.
 *
 *     slot              1  2  3  4  5  6  7        max is 8
 *     swap_map          1  0  0  2  0  1  0        next is 5
 *     handed out                    1     2
 *                          3  4                    then there are none
 *
 * So pages that go out one after the other lie side by side, and a disk doesn't
 * like anything better. That slot 2 was free before 5 doesn't matter.
 *
 * Context: any. Never sleeps. Cost: as many steps as it takes to find a free
 * slot; an area that has none is passed over by its nr_free.
 */
swp_entry_t get_swap_page(void)
{
    STUB("lab7-swap");
    return (swp_entry_t){0};
}

/*
 * One user more for the slot: an entry that was copied, for instance. 1 if that
 * is so; 0, and nothing has changed, if there is no such slot, or it is free.
 *
 *     swap_map[slot]    before     0     1     7fff     8000
 *                       after      0     2     7fff     8000
 *                       returns    0     1     1        0
 *
 * At SWAP_MAP_MAX, 7fff, the count has no room for more: it stays for good, and
 * so does the slot, until swapoff. Better a slot less than somebody's page
 * gone.
 *
 * "No such slot" is an area that isn't there, a number from max on, the header,
 * or a bad page. An entry has 6 bits for the area: compare with MAX_SWAPFILES
 * before you look into swap_info[]. An area that is being given up by swapoff
 * still has its slots.
 *
 * Context: any. Never sleeps. Cost: a few instructions.
 */
int swap_duplicate(swp_entry_t entry)
{
    (void)entry;
    STUB("lab7-swap");
    return 0;
}

/*
 * One user less for the slot. The last one's makes it free: area->nr_free is
 * one more, and nr_swap_pages, too, if the area is on swap_list (invariant 4).
 *
 *     swap_map[slot]    before     2     1     7fff
 *                       after      1     0     7fff
 *                                     free
 *
 * A slot that nobody uses, or none at all (see above), is a caller's mistake:
 * it is reported with printk(), and nothing else happens. Taken on trust, a
 * count of 0 would become ffff.
 *
 * Context: any. Never sleeps. Cost: a few instructions.
 */
void swap_free(swp_entry_t entry)
{
    (void)entry;
    STUB("lab7-swap");
}

/*
 * The system call swapon(): from now on the kernel swaps to the disk at `path`.
 *
 *   1. swap_open_device() finds the disk, or says why not.
 *   2. -EBUSY if an area has this disk already; -EPERM if all of swap_info[]
 *      are used. Take one, and let it be seen that it is taken (SWP_USED, bdev)
 *      before you do what sleeps: two may call swapon() at the same time.
 *   3. Read the disk's first page (swap_device_rw() into a page of your own;
 *      GFP_KERNEL gives one that has an address): -EIO if that fails.
 *   4. Is it the header of a swap area? Else -EINVAL:
 *
 *        magic         are its last ten bytes SWAPSPACE2? There is no 0 at
 *                      their end
 *        version       SWAP_VERSION
 *        last_page     at least 1, and a page of the disk: less than
 *                      swap_device_pages()
 *        nr_badpages   at most MAX_BADPAGES
 *        badpages[]    the first nr_badpages of them: 1 to last_page each
 *
 *      It is data from outside: believe no number before you have compared it.
 *   5. The area: max is last_page + 1. swap_map has max counts, from vmalloc(),
 *      which doesn't clear them: SWAP_MAP_BAD for the header and the bad pages,
 *      0 for others. nr_free is how many are free; next is 1.
 *      swap_cache_init(). -ENOMEM without memory for any of this.
 *   6. The priority. `flags` with SWAP_FLAG_PREFER: its low 15 bits
 *      (SWAP_FLAG_PRIO_MASK). Else the next of -1, -2, -3 and so on; a call
 *      that fails uses none of them up.
 *   7. SWP_WRITEOK, onto swap_list behind all of its priority or a higher one,
 *      and counted (invariants 3 and 4).
 *
 *     a disk of 8 pages, last_page 7, bad pages: 3
 *
 *     slot          0     1  2  3     4  5  6  7
 *     swap_map      8000  0  0  8000  0  0  0  0     max 8, nr_free 6
 *
 * Returns 0. After an error everything is as it was: no memory less, the place
 * in swap_info[] free again.
 *
 * Context: a task. May sleep.
 */
long sys_swapon(const char *path, int flags)
{
    (void)path;
    (void)flags;
    STUB("lab7-swap");
    return -ENOMEM;
}

/*
 * The system call swapoff(): everything that is on this disk comes back, and
 * the area goes.
 *
 * First: off swap_list, no more SWP_WRITEOK, no longer counted. From here on it
 * hands out nothing, or it would never become empty. Then, for each slot that
 * has users:
 *
 *   1. read_swap_cache() gets its page, with a use for you, from wherever it
 *      is. This may sleep. -EINVAL: the slot has become free meanwhile, and all
 *      is well. -ENOMEM, -EIO: see below.
 *   2. Whoever names the slot gets the page. Walk all address spaces
 *      (init_mmlist), their areas, the entries of each; a missing page table
 *      has none. An entry that is exactly this slot becomes present, read-only
 *      as vm_page_prot says, and dirty, since soon there is no other copy. It
 *      holds a use of the frame now and none of the slot, and rss counts it.
 *   3. The page leaves the swap cache (delete_from_swap_cache()), if it is
 *      still in it for this slot. So entries that map it already, and name no
 *      slot, are cared for as well.
 *   4. Your own use goes.
 *
 *     slot 9: parent and child have it, the child has it in memory already
 *
 *                    parent      child       swap_map[9]    frame's count
 *     before         00000900    03f51025    2              2
 *     step 1         00000900    03f51025    2              3
 *     step 2         03f51065    03f51025    1              4
 *     step 3         03f51065    03f51025    0              3
 *     step 4         03f51065    03f51025    0              2
 *
 *     (before: the cache holds one of each; 65 is 25 and dirty)
 *
 * Nothing sleeps between 1 and 3, so nobody can copy an entry that you have
 * passed. At the end the area's memory is given back, and its place in
 * swap_info[] is free.
 *
 * swap_open_device()'s errors; -EINVAL if no area has this disk, or if it is
 * being given up already by somebody who sleeps. -ENOMEM or -EIO if a page
 * can't be brought in: then the area is used again as before, on swap_list and
 * counted, and what came in stays in. Returns 0 else.
 *
 * Context: a task. May sleep. Cost: each slot in use may cost a walk over all
 * page tables. Linux 2.4 does it the same way; it happens rarely.
 */
long sys_swapoff(const char *path)
{
    (void)path;
    STUB("lab7-swap");
    return -ENOMEM;
}
