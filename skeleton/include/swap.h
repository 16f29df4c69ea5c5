/*
 * Swapping: component `swap`, mm/swapfile.c, mm/vmscan.c and mm/swap_in.c,
 * lab 7. Linux 2.4.0 mm/swapfile.c, mm/vmscan.c, mm/memory.c (do_swap_page).
 *
 * A swap area is a disk, cut into slots of a page each. A page that is out is
 * in a slot, and the page table has an entry that is not present, but not empty
 * either:
 *
 *      31                    8 7 6    1 0
 *     +-----------------------+-+------+-+
 *     |  offset: slot number  |0| type |0|     type: number of the swap area
 *     +-----------------------+-+------+-+     (bit 7 is _PAGE_PROTNONE)
 *
 * swap_map[offset] counts who needs the slot: each page-table entry that names
 * it, and the swap cache.
 *
 * The swap cache has pages that are in memory and have a slot at the same time:
 * on the way out, until nobody maps them any more and the disk has what they
 * have; on the way in, so that all who shared the page find the same frame
 * again, and so that a page that nobody has changed needn't be written twice. A
 * page of the cache holds one use of its frame and one of its slot, and is on
 * one of three lists:
 *
 *     active_list           somebody used it lately, or maps it
 *     inactive_dirty_list   nobody did; it may have to be written first
 *     zone's inactive_clean_list   nobody maps it, the disk has it: it can be
 *                           given away at once
 *
 *     process's page                                            free page
 *       | try_to_swap_out()                                        ^
 *       v                    page_launder()        reclaim_page()  |
 *     inactive_dirty ------------------> inactive_clean -----------+
 *       ^    | used again                   | used again
 *       |    v                              v
 *     active <------------------------------+
 *        refill_inactive()
 *
 * Only pages of processes' private memory are swapped out: not those of the
 * page cache, of shared areas, of the kernel, nor reserved ones. Reading and
 * writing may sleep; whoever wrote or read looks again at what may have changed
 * since.
 */
#ifndef SWAP_H
#define SWAP_H

#include <fault.h>
#include <mm.h>
#include <wait.h>

struct block_device;

typedef struct {
    unsigned long val; /* 0: none */
} swp_entry_t;

#define SWP_TYPE(entry)   ((entry).val >> 1 & 0x3f)
#define SWP_OFFSET(entry) ((entry).val >> 8)
#define SWP_ENTRY(type, slot)                                                  \
    ((swp_entry_t){(unsigned long)(type) << 1 | (unsigned long)(slot) << 8})

#define pte_to_swp_entry(pte_)   ((swp_entry_t){(pte_).pte})
#define swp_entry_to_pte(entry_) ((pte_t){(entry_).val})

/* --- swap areas ----------------------------------------------------------- */

#define MAX_SWAPFILES 8
#define SWAP_MAP_MAX  0x7fff /* users: it stays there for good */
#define SWAP_MAP_BAD  0x8000 /* no slot: the header, or a bad page */

#define SWP_USED    1 /* there is such an area */
#define SWP_WRITEOK 2 /* its slots may be handed out */

/* Area `type` is swap_info[type]. */
struct swap_info_struct {
    unsigned int flags; /* SWP_* */
    int prio;           /* higher ones are used first */
    struct block_device *bdev;
    unsigned long max;        /* slots, number 0 (the header) included */
    unsigned short *swap_map; /* max counts; 0: free. From vmalloc() */
    unsigned long nr_free;    /* slots that are free */
    unsigned long next;       /* where to look for a free one first */
    struct list_head list;    /* on swap_list, while SWP_WRITEOK */
    struct page **cache;      /* the swap cache's pages, by slot: given */
};

extern struct swap_info_struct swap_info[MAX_SWAPFILES];

/* The areas whose slots are handed out, by falling priority. */
extern struct list_head swap_list;

/* Free slots of all areas on swap_list, and all their slots. */
extern unsigned long nr_swap_pages, total_swap_pages;

/* Pages that came in from areas, and went out, since the boot. */
extern unsigned long pswpin, pswpout;

/*
 * The first page of a swap area, as mkswap writes it. Slots 1 to last_page may
 * be used, but for the bad ones.
 */
#define SWAP_MAGIC       "SWAPSPACE2"
#define SWAP_MAGIC_BYTES 10
#define SWAP_VERSION     1
#define MAX_BADPAGES     637

struct swap_header {
    char bootbits[1024];
    uint32_t version;
    uint32_t last_page;
    uint32_t nr_badpages;
    uint32_t padding[125];
    uint32_t badpages[MAX_BADPAGES];
    char reserved[2];
    char magic[SWAP_MAGIC_BYTES]; /* the last bytes of the page */
} __attribute__((packed));

/* --- mm/swapfile.c -------------------------------------------------------- */

/*
 * Hands out a free slot, its count 1; the entry 0 if there is none. Of the
 * areas on swap_list with a free slot those of the highest priority are used;
 * areas of the same priority take turns, slot by slot. Within an area slots are
 * handed out by rising number from the last one on, then from the start again,
 * so that pages that go out together lie together. Any context; never sleeps.
 */
swp_entry_t get_swap_page(void);

/*
 * One user of the slot more. At SWAP_MAP_MAX the count stays, up and down, so
 * that nobody's slot is ever taken away. 1; 0 if there is no such slot, or it
 * is free. Any context.
 */
int swap_duplicate(swp_entry_t entry);

/* One user less; the last one frees the slot. One that is no slot, or free, is
 * reported with printk(), and nothing happens. Any context. */
void swap_free(swp_entry_t entry);

/*
 * The system call: uses the device at `path` (a user's string) for swapping.
 * `flags` with SWAP_FLAG_PREFER: its low 15 bits are the priority; without, it
 * gets one below all that were given so far, from -1 downwards.
 *
 * swap_open_device()'s errors (no such device); -EBUSY if it is an area
 * already; -EPERM if there are MAX_SWAPFILES; -EINVAL if its first page has no
 * SWAP_MAGIC, another version, or numbers that can't be: last_page 0 or beyond
 * the device's end, more than MAX_BADPAGES bad pages, a bad page that is not
 * one of 1 to last_page; -EIO; -ENOMEM. Nothing is left behind then. 0:
 * swap_cache_init() was called, the area is on swap_list, and counted.
 */
#define SWAP_FLAG_PREFER    0x8000
#define SWAP_FLAG_PRIO_MASK 0x7fff
long sys_swapon(const char *path, int flags);

/*
 * The system call: gives the area up. From here on no slot of it is handed out;
 * each page that is in it is brought in and put into all page tables that name
 * it; then the area goes. -EINVAL if `path` is no area; -ENOMEM if there is no
 * memory for all of them, or -EIO: then the area is used as before, and what
 * was brought in stays in.
 */
long sys_swapoff(const char *path);

/* --- mm/vmscan.c ---------------------------------------------------------- */

/*
 * Takes the page of one entry, which is present, from its process: its use is
 * dropped, rss follows, the entry becomes that of a slot, and the address is
 * flushed. 1; 0 if the page stays:
 *
 *   - reserved, of the page cache (page->mapping), of a shared area, or of the
 *     user agent's (VM_AGENT);
 *   - accessed since the last look (pte_young()): the entry becomes old, and
 * the page stays this time;
 *   - it has no slot yet, and there is none.
 *
 * A page that is not in the swap cache gets a slot and goes there, dirty, onto
 * inactive_dirty_list. One that is there already has its slot; it becomes dirty
 * if the entry is, and goes onto inactive_dirty_list if it was active. Never
 * sleeps.
 */
int try_to_swap_out(struct mm_struct *mm, struct vm_area_struct *vma,
                    unsigned long address, pte_t *pte);

/*
 * Looks at some present entries of all address spaces in turn, each from where
 * it stopped last (mm->swap_address), and tries to swap them out: the rss of
 * each divided by 2^priority, and at least one, but no more when
 * SWAP_CLUSTER_MAX of one have gone. How many pages went. Never sleeps.
 */
int swap_out(unsigned int priority);

/*
 * Looks at active_list from its oldest end, its length divided by 2^priority
 * pages, and at least one: a page that is PageReferenced() or mapped by
 * somebody (more than one use) stays, as the youngest, no longer referenced;
 * others go to inactive_dirty_list. How many went. Never sleeps.
 */
int refill_inactive(unsigned int priority);

/*
 * Goes through inactive_dirty_list, from its oldest end: a page that is
 * referenced or mapped becomes active; one whose slot nobody but the cache uses
 * any more is freed; a dirty one is written (rw_swap_page()); what is clean
 * goes to its zone's inactive_clean_list. A page that can't be written stays
 * dirty, and becomes active. Nothing is written that is clean. How many are
 * clean or free now. Writing may sleep.
 */
int page_launder(void);

/*
 * Takes the oldest page of the zone's inactive_clean_list that is still unused
 * and clean out of the swap cache, and gives it to the caller, with one use;
 * its slot keeps what it has. Pages that were used again become active, dirty
 * ones inactive_dirty. NULL if there is none. Never sleeps.
 */
struct page *reclaim_page(zone_t *zone);

/*
 * Frees some pages: launders, reclaims, swaps out, with rising effort, until it
 * has freed SWAP_CLUSTER_MAX pages or can't free any more. 1 if it freed any,
 * else 0. May sleep. Called by try_to_free_pages() and kswapd().
 */
#define SWAP_CLUSTER_MAX 32
#define DEF_PRIORITY     6 /* the least effort: 1/64 of what there is */
int do_try_to_free_pages(void);

/*
 * The kernel's task that keeps memory free: as long as a zone has fewer free
 * pages than its pages_high, and freeing helps, it frees; else it sleeps on
 * kswapd_wait, until wakeup_kswapd(). Runs with PF_MEMALLOC. Never returns.
 */
void kswapd(void *unused);
extern wait_queue_head_t kswapd_wait;

/* --- mm/swap_in.c --------------------------------------------------------- */

/*
 * Brings the page of a swap entry back: from the swap cache, or the disk
 * (read_swap_cache()). The entry becomes present, accessed, read-only; it holds
 * a use of the frame in place of one of the slot, and rss counts it; the page
 * becomes active. For a write the page table entry is made writable and dirty:
 * if nobody else uses the page or its slot, it leaves the swap cache
 * (exclusive_swap_page()); else by do_wp_page().
 *
 * VM_FAULT_MINOR if it was in the cache, VM_FAULT_MAJOR if it was read,
 * VM_FAULT_OOM, or VM_FAULT_SIGBUS if the disk fails; the entry is as it was
 * then (if do_wp_page() has no memory, it may be present, read-only). Whoever
 * slept looks whether the entry still is what it was: if not, it stays as it is
 * now, and the result is VM_FAULT_MINOR.
 */
enum vm_fault do_swap_page(struct mm_struct *mm, struct vm_area_struct *vma,
                           unsigned long address, pte_t *pte, pte_t entry,
                           bool write_access);

/* --- the swap cache: given, kernel/swap_state.c --------------------------- */

/* Makes the cache of a new area. 0 or -ENOMEM. And takes it down. */
int swap_cache_init(struct swap_info_struct *area);
void swap_cache_exit(struct swap_info_struct *area);

/* Puts a page into the cache, which takes a use of the page, and the caller's
 * use of the slot. It is on none of the lists yet. Any context. */
void add_to_swap_cache(struct page *page, swp_entry_t entry);

/* Takes it out, off its list, gives back both uses; it is not dirty any more.
 */
void delete_from_swap_cache(struct page *page);

/* The page of a slot, with a use counted for the caller, or NULL. */
struct page *lookup_swap_cache(swp_entry_t entry);

/*
 * The same; a page that is not in memory is read. 0, -ENOMEM or -EIO, or
 * -EINVAL if there is no such slot any more. *was_read (if not NULL): true if
 * the disk was asked. May sleep.
 */
int read_swap_cache(swp_entry_t entry, struct page **result, bool *was_read);

/* Is the swap cache the only one, beside the caller (who holds one use), that
 * uses the page, and the only one that uses its slot? */
bool exclusive_swap_page(const struct page *page);

/* Does nobody but the swap cache use the page's slot? */
bool swap_slot_is_orphan(const struct page *page);

/* Writes a page of the swap cache to its slot, or reads it. 0 or -EIO. May
 * sleep; the caller holds a use. */
int rw_swap_page(struct page *page, bool write);

/* A page, a slot less: what is left only in the swap cache leaves it. For page
 * tables that are taken down. Any context. */
void free_page_and_swap_cache(struct page *page);
void free_swap_and_cache(swp_entry_t entry);

/* The device at a user's path: 0, -ENOENT, -ENOTBLK, … */
int swap_open_device(const char *path, struct block_device **result);
unsigned long swap_device_pages(const struct block_device *bdev);
/* One page of a device. 0 or -EIO. May sleep. */
int swap_device_rw(struct block_device *bdev, unsigned long index,
                   struct page *page, bool write);

/* --- the lists: given, kernel/lru.c --------------------------------------- */

extern struct list_head active_list, inactive_dirty_list;
extern unsigned long nr_active_pages, nr_inactive_dirty_pages;

/* The address spaces, by mm->mmlist. */
extern struct list_head init_mmlist;

/* Each puts a page of the swap cache onto a list, as the youngest, taking it
 * off the one that it is on. The oldest is at the list's end (prev). */
void activate_page(struct page *page);
void deactivate_page(struct page *page); /* onto inactive_dirty_list */
void page_is_clean(struct page *page);   /* onto its zone's clean list */
void lru_cache_del(struct page *page);   /* onto none */

#endif
