/*
 * Areas of an address space. This file is lab 4; the contract of what it offers
 * is include/mmap.h, the structures are in include/mm.h, and README.md tells
 * the story with pictures.
 *
 * An area is a promise to a process: which addresses it may use, for what, and
 * where the pages come from. Nothing is allocated here: pages come when they
 * are touched, and it is the page fault handler that asks find_vma() whether
 * they may. The areas of a program that has just started:
 *
 *     start     end       vm_flags  vm_file
 *     08048000  0804a000  r-x       the program, from page 0     text
 *     0804a000  0804b000  rw-       the program, from page 2     data
 *     0804b000  08060000  rwx       -                            bss and heap
 *     bffff000  c0000000  rwx       -, VM_GROWSDOWN              stack
 *
 * They are on a list and in a tree, both by rising address. The tree answers
 * "where?" in O(log n) steps, the list "what comes next?" in one:
 *
 *     mm->mmap -> [text] -> [data] -> [heap] ------> [stack] -> NULL
 *
 *     mm->mm_rb           [data]
 *                        /      \            mm->mmap_cache: what find_vma()
 *                   [text]      [stack]      found last; or NULL
 *                               /
 *                           [heap]
 *
 * What holds whenever a function here returns or sleeps, so what each may count
 * on and has to leave behind, for every mm_struct:
 *
 *   (1) An area is [vm_start, vm_end): whole pages, one at least, not above
 *       TASK_SIZE.
 *   (2) No two areas overlap. They may touch.
 *   (3) mm->mmap links the areas by rising address, and mm->mm_rb has the same
 *       ones by the same order.
 *   (4) mm->map_count is the number of areas, mm->total_vm that of their pages.
 *       (insert_vm_struct() and vma_merge() leave total_vm to their caller.)
 *   (5) mm->mmap_cache is NULL or one of the areas.
 *   (6) vm_mm is the mm, vm_page_prot is vm_get_page_prot(vm_flags).
 *   (7) An area with a vm_file holds one use of it: get_file(), fput().
 *   (8) No page outside of the areas is mapped.
 *
 * What fails leaves the areas, the counts and the contents as they were, unless
 * a contract says otherwise. So do first what may fail, then what can't.
 *
 * An address space belongs to one task, and the kernel is not preemptive:
 * nobody else changes it, not even while you sleep. But somebody may look at
 * it then (/proc/PID/maps), so never sleep with a list that is half changed.
 * What may sleep: kmem_cache_alloc(…, GFP_KERNEL), fput(), shmem_zero_setup(),
 * file->f_op->mmap(), vm_ops->open() and close().
 *
 * An area is a kmem_cache_alloc() from vm_area_cachep. There is no constructor:
 * what is in it is what its last user left.
 *
 * Each STUB below is a hole: replace the body, keep the name and the
 * parameters. Helpers of your own are welcome; make them static.
 */
#include <mmap.h>

#include <cow.h>
#include <errno.h>
#include <fs.h>
#include <kernel.h>
#include <page_alloc.h>
#include <sched.h>
#include <slab.h>
#include <string.h>

/*
 * The first area that ends above `addr`. That is the area that holds `addr`, if
 * there is one; else the next area above it; NULL if there is none. So a caller
 * who wants to know whether `addr` is mapped has to look at vm_start as well.
 *
 *            40000000    40003000           bffff000   c0000000
 *     -------|     A     |------------------|  stack   |-------
 *       ^     ^         ^ ^                ^            ^
 *       A     A         A stack        stack            NULL
 *
 * The end does not belong to an area: vm_end is the first address behind it.
 *
 * mm->mmap_cache comes first: programs touch the same area many times in a row.
 * It is the answer only if it *holds* addr: that it ends above addr is not
 * enough, since another area may lie between. What is found, holding addr or
 * not, is left there; if nothing is found, the cache stays as it is.
 *
 * The tree is walked by hand, with rb_entry(node, struct vm_area_struct,
 * vm_rb): rbtree.h shows the loop. On the way down to an address that no area
 * holds, the answer may be any of the areas that you came by: remember it.
 *
 * Context: a task. Never sleeps. Cost: O(log n) for n areas; a few instructions
 * if the cache has it.
 */
struct vm_area_struct *find_vma(struct mm_struct *mm, unsigned long addr)
{
    (void)mm;
    (void)addr;
    STUB("lab4-vma");
    return NULL;
}

/*
 * find_vma(), and the area before the one that it finds: *pprev, the one whose
 * vm_next the answer is. Who takes an area off the list, or puts one onto it,
 * needs it: the list has no links back.
 *
 *     mm->mmap -> A -> B -> C -> NULL
 *
 *     addr is             returned    *pprev
 *     below A, or in A    A           NULL
 *     behind A, or in B   B           A
 *     behind C            NULL        C, the last one
 *     no areas            NULL        NULL
 *
 * The cache can't know *pprev, so this one does not use it, and need not
 * change it.
 *
 * Context: a task. Never sleeps. Cost: O(log n); to walk the list is too slow.
 * (Each time you go right in the tree, the area that you leave lies before
 * addr.)
 */
struct vm_area_struct *find_vma_prev(struct mm_struct *mm, unsigned long addr,
                                     struct vm_area_struct **pprev)
{
    (void)mm;
    (void)addr;
    (void)pprev;
    STUB("lab4-vma");
    return NULL;
}

/*
 * Puts a new area into mm->mmap and mm->mm_rb, at its place; vm_mm becomes mm,
 * map_count counts it. The rest of the area is the caller's work, and so is
 * total_vm.
 *
 *     mm->mmap -> A ------> C -> NULL          A is find_vma_prev()'s *pprev
 *                   \-> B -/
 *
 *     mm->mm_rb      C                C        rb_link_node() hangs B below
 *                   /       ->       / …       the last node of the way down,
 *                  A                A          rb_insert_color() balances
 *                                    \
 *                                     B
 *
 * An area that overlaps another one is a BUG: BUG_ON(). One that only touches
 * it is fine. Nothing is merged here.
 *
 * Context: a task. Never sleeps. Cost: O(log n).
 */
void insert_vm_struct(struct mm_struct *mm, struct vm_area_struct *vma)
{
    (void)mm;
    (void)vma;
    STUB("lab4-vma");
}

/*
 * Cuts an area in two at `addr`. The pages stay where they are; only the
 * promise is written on two sheets.
 *
 *     split_vma(mm, vma, 0x40003000)      a file from page 5 on
 *
 *     before   | 40000000            vma             40007000 |  vm_pgoff 5
 *     after    | 40000000  vma  40003000 | 40003000  40007000 |
 *                vm_pgoff 5                vm_pgoff 8
 *
 * `vma` remains the lower part. The upper part is a new area, equal to it in
 * everything but its addresses and its vm_pgoff, which goes on where the lower
 * part ends. It holds a use of the file of its own, and once it is on the list,
 * vm_ops->open(), if there is one, is told that there is one area more.
 * map_count counts one more; total_vm does not change.
 *
 * 0. -ENOMEM, with nothing changed, if there are MAX_MAP_COUNT areas already or
 * kmem_cache_alloc() gives nothing.
 *
 * Preconditions: vma is listed, addr is page-aligned, vm_start < addr < vm_end.
 *
 * Context: a task. May sleep. Cost: O(log n).
 */
int split_vma(struct mm_struct *mm, struct vm_area_struct *vma,
              unsigned long addr)
{
    (void)mm;
    (void)vma;
    (void)addr;
    STUB("lab4-vma");
    return -ENOMEM;
}

/*
 * Tries to make room in the areas that are there for [addr, end), which is
 * free, instead of in a new one. `prev` is the area before addr, NULL if there
 * is none.
 *
 *     | prev |  new  | next |     a neighbour is a match if it is anonymous (no
 *            addr   end           vm_file, no vm_ops), its vm_flags are exactly
 *                                 these, it has no VM_GROWSDOWN, and it touches
 *
 *     prev matches   next matches
 *          no             no          nothing changes                returns 0
 *          yes            no          prev->vm_end is end                    1
 *          no             yes         next->vm_start is addr                 1
 *          yes            yes         prev goes on to next's end; next       1
 *                                     leaves list, tree, cache and
 *                                     map_count, and is freed
 *
 * Why may vm_start change while the area is in the tree? As long as nothing
 * overlaps, the order stays the same, and the tree knows only the order.
 * vm_pgoff of next goes down with vm_start, by as many pages.
 *
 * total_vm belongs to the caller, who knows how many pages come in addition.
 *
 * Context: a task. Never sleeps. Cost: a few instructions, O(log n) if an area
 * leaves the tree; prev and prev->vm_next are the only areas to look at.
 */
int vma_merge(struct mm_struct *mm, struct vm_area_struct *prev,
              unsigned long addr, unsigned long end, unsigned long vm_flags)
{
    (void)mm;
    (void)prev;
    (void)addr;
    (void)end;
    (void)vm_flags;
    STUB("lab4-vma");
    return 0;
}

/*
 * Says where `len` bytes go in current->mm. Nothing is changed: to map them, or
 * to unmap what is there, is the caller's business.
 *
 *     40000000  40002000  40003000  40005000  40008000  40009000
 *     |    A    |  1 page |    B    | 3 pages |    C    |   free …
 *
 *     addr 0, 1 page                  40002000    the lowest gap: first fit
 *     addr 0, 2 pages                 40005000    the lowest that is enough
 *     addr 0, 4 pages                 40009000    behind the last area
 *     addr 0x40005001, 2 pages        40006000    rounded up: free, so granted
 *     addr 0x40005001, 3 pages        40005000    C is in the way: first fit
 *     addr 0x40004000, 3 pages, FIXED 40004000    whatever is there
 *
 * First fit begins at TASK_UNMAPPED_BASE and ends at TASK_SIZE; the gap before
 * the first area that lies there counts, and that behind the last, too. An area
 * may reach over TASK_UNMAPPED_BASE from below.
 *
 * With MAP_FIXED: -EINVAL if addr is not page-aligned, -ENOMEM if the range
 * ends above TASK_SIZE. Without: -ENOMEM if there is no place. `addr` is then
 * but a wish: one that can't be met is no error. The result is an address or an
 * error number as an unsigned long; IS_ERR_VALUE() tells which.
 *
 * Mind the sums: addr + len may be more than 32 bits, and then it is small.
 * TASK_SIZE - len can't be, once you know that len <= TASK_SIZE.
 *
 * Precondition: len is a multiple of PAGE_SIZE, not 0.
 *
 * Context: a task. Never sleeps. Cost: O(log n) for a wish that can be met;
 * first fit may walk along the areas above TASK_UNMAPPED_BASE, once.
 */
unsigned long get_unmapped_area(unsigned long addr, unsigned long len,
                                unsigned long flags)
{
    (void)addr;
    (void)len;
    (void)flags;
    STUB("lab4-vma");
    return -ENOMEM;
}

/*
 * mmap(): promises current `len` bytes of a file from its page `pgoff` on, or
 * of zeros if file is NULL. Returns where; no page is read or allocated.
 *
 * First the checks, in this order; the first that fails is the answer:
 *
 *     1. len 0, or above TASK_SIZE                               -EINVAL
 *        (then it is rounded up to pages: not before)
 *     2. pgoff + pages is more than an unsigned long holds       -EINVAL
 *     3. MAX_MAP_COUNT areas are there already                   -ENOMEM
 *     4. get_unmapped_area()                                     its error
 *     5. flags & MAP_TYPE is not MAP_SHARED, and not MAP_PRIVATE -EINVAL
 *     6. a file without FMODE_READ; or MAP_SHARED, PROT_WRITE
 *        and a file without FMODE_WRITE                          -EACCES
 *     7. a file without f_op->mmap (or without f_op)             -ENODEV
 *     8. total_vm + pages is above rlimit(RLIMIT_AS) bytes       -ENOMEM
 *
 * Then the work:
 *
 *     - MAP_FIXED: what is in the way is unmapped; its error is the answer.
 *     - Private anonymous memory: vma_merge(), and perhaps no area is needed.
 *       Who is `prev`? What has just been unmapped is not.
 *     - Else a new area, or -ENOMEM, and its origin:
 *           a file                  holds a use of it, and f_op->mmap(file,
 *                                   vma) sets vm_ops
 *           none, but MAP_SHARED    shmem_zero_setup(vma) sets vm_file, with
 *                                   a use counted, and vm_ops
 *       If one of these fails, its error is the answer and nothing is left of
 *       the area: neither its use of the file nor its memory. (But what
 *       MAP_FIXED has unmapped stays unmapped.)
 *     - Only then is it listed: f_op->mmap() must not find it on mm->mmap.
 *     - total_vm grows by the pages, merged or not.
 *
 * vm_flags of the area:
 *
 *     PROT_READ, PROT_WRITE, PROT_EXEC    VM_READ, VM_WRITE, VM_EXEC
 *     always                              VM_MAYREAD, VM_MAYWRITE, VM_MAYEXEC
 *     MAP_SHARED                          VM_SHARED, VM_MAYSHARE
 *     MAP_SHARED of a file without        no VM_MAYWRITE
 *     FMODE_WRITE
 *
 * No limit is RLIM_INFINITY, ~0, and 4 GB don't fit into 32 bits: compare
 * numbers of pages.
 *
 * Context: a task with an mm. May sleep.
 */
unsigned long do_mmap_pgoff(struct file *file, unsigned long addr,
                            unsigned long len, unsigned long prot,
                            unsigned long flags, unsigned long pgoff)
{
    (void)file;
    (void)addr;
    (void)len;
    (void)prot;
    (void)flags;
    (void)pgoff;
    STUB("lab4-vma");
    return -ENOMEM;
}

/*
 * munmap(): after it, nothing of [addr, addr + len) is mapped. len is rounded
 * up to pages. How an area may lie to the range, marked below:
 *
 *                     addr         end
 *     ================|############|================
 *               | A   .   |        .                    keeps its lower part
 *                     . | B |      .                    goes as a whole
 *                     .         | C . |                 keeps its upper part
 *          | D        .            .       |            becomes two
 *
 * One call may meet any number of areas, and gaps between them; that there is
 * nothing in a gap, or nothing at all, is no error.
 *
 * What goes is given back, in an order that matters:
 *
 *     off the list, the tree and mmap_cache; total_vm and map_count follow
 *     zap_page_range()      pages that it maps; it never sleeps
 *     vm_ops->close()       if there is one: whoever is behind it may still
 *                           look at the area and its vm_file
 *     fput()                if there is a vm_file
 *     kmem_cache_free()     nobody may look any more
 *
 * The part that remains above the range begins further on in its file:
 * vm_pgoff.
 *
 * 0. -EINVAL if addr is not page-aligned, len is 0, or the range ends above
 * TASK_SIZE. To cut may need a new area, as with D, and that may fail: -ENOMEM,
 * and then *nothing* is unmapped, not even what could be. (If an area was cut
 * already and stays in two pieces that are together what it was, that is all
 * right.)
 *
 * It works on `mm`, whoever is current.
 *
 * Context: a task. May sleep. Cost: O(log n) for each area that it meets, and
 * what it costs to give back their pages.
 */
int do_munmap(struct mm_struct *mm, unsigned long addr, unsigned long len)
{
    (void)mm;
    (void)addr;
    (void)len;
    STUB("lab4-vma");
    return -ENOMEM;
}

/*
 * Anonymous private memory with VM_DATA_FLAGS at exactly [addr, addr + len) of
 * current->mm: what mmap() does with MAP_FIXED, in short. exec() makes a
 * program's bss with it, sys_brk() its heap, and since both are alike and
 * touch, they are one area (vma_merge()).
 *
 *                                     | data |
 *     do_brk(0x0804b000, 0x4000)      | data |   bss    |             exec()
 *     do_brk(0x0804f000, 0x11000)     | data |   bss        heap   |  sys_brk()
 *
 * What is mapped there goes first, but not before the checks. `addr`; or, as an
 * unsigned long, -EINVAL if the range ends above TASK_SIZE; -ENOMEM if
 * MAX_MAP_COUNT areas are there, if total_vm would be above RLIMIT_AS, or
 * without memory. len is rounded up to pages; len 0 does nothing and returns
 * addr, whatever that is.
 *
 * Precondition: addr is page-aligned.
 *
 * Context: a task with an mm. May sleep.
 */
unsigned long do_brk(unsigned long addr, unsigned long len)
{
    (void)addr;
    (void)len;
    STUB("lab4-vma");
    return -ENOMEM;
}

/*
 * The system call: the heap, [start_brk, brk), shall end at `brk`. The kernel
 * thinks in pages, the program in bytes: the pages of the heap are those up to
 * PAGE_ALIGN(mm->brk), and only if *that* changes is there anything to do.
 *
 *     start_brk 0804e02c, brk 0804e02c     (the rest of the page is bss)
 *
 *     sys_brk(0)            0804e02c    below start_brk: the way to ask
 *     sys_brk(0x0804e800)   0804e800    the same page: nothing to map
 *     sys_brk(0x0804f001)   0804f001    do_brk(0804f000, 1 page)
 *     sys_brk(0x0804f000)   0804f000    that page is unmapped again
 *
 * Returns where the end is afterwards: `brk`, or the old end if it can't be
 * done, never an error number. It can't if brk is below start_brk; if brk -
 * start_brk is above rlimit(RLIMIT_DATA) bytes; if the new pages meet another
 * area (a heap never replaces a mapping, and do_brk() would); or if do_brk() or
 * do_munmap() fails. Nothing has changed then.
 *
 * brk is whatever the program passed: PAGE_ALIGN(0xffffffff) is 0.
 *
 * Context: a task with an mm. May sleep.
 */
unsigned long sys_brk(unsigned long brk)
{
    (void)brk;
    STUB("lab4-vma");
    return 0;
}

/*
 * The end of an address space: mmput() calls it when the last user has left.
 * Every area goes as in do_munmap(): pages, close(), the use of its file, the
 * structure.
 *
 *     mmap NULL, mm_rb RB_ROOT, mmap_cache NULL, map_count 0, total_vm 0
 *
 * Page tables are freed by the caller afterwards, and the mm_struct, too: what
 * is still mapped then is lost.
 *
 * It works on `mm`, which need not be current->mm.
 *
 * Context: a task. May sleep. Cannot fail: there is nobody to tell.
 */
void exit_mmap(struct mm_struct *mm)
{
    (void)mm;
    STUB("lab4-vma");
}
