/*
 * Areas of an address space: component `mmap`, mm/mmap.c, lab 4. Linux 2.4
 * mm/mmap.c; the structures are in mm.h.
 *
 * This holds at all times, for every address space:
 *
 *   - areas are whole pages, not empty, below TASK_SIZE, and don't overlap;
 *   - mm->mmap links them by rising address and mm->mm_rb has the same ones,
 *     mm->map_count counts them, mm->total_vm counts their pages;
 *   - mm->mmap_cache is NULL or one of them;
 *   - each area with a vm_file holds a use of it (get_file());
 *   - no page table entry outside the areas is present.
 *
 * An address space belongs to one task, and no function here may be called from
 * an interrupt. All but find_vma(), find_vma_prev() and get_unmapped_area() may
 * sleep. What fails leaves the areas, the counts and the contents as they were,
 * unless a contract says otherwise.
 */
#ifndef MMAP_H
#define MMAP_H

#include <mm.h>

/*
 * The first area that ends above `addr`, so the one that holds it or the next
 * one behind it; NULL if there is none. Tries mm->mmap_cache first and leaves
 * what it found there. Takes O(log n) steps for n areas.
 */
struct vm_area_struct *find_vma(struct mm_struct *mm, unsigned long addr);

/*
 * The same; *pprev is the area before it on mm->mmap, or NULL if it is the
 * first. If none ends above `addr`, *pprev is the last. O(log n).
 */
struct vm_area_struct *find_vma_prev(struct mm_struct *mm, unsigned long addr,
                                     struct vm_area_struct **pprev);

/*
 * Lists an area that overlaps no other: into mm->mmap and mm->mm_rb; sets its
 * vm_mm and counts it in map_count (but not in total_vm). One that does overlap
 * is a BUG. O(log n). Never sleeps.
 */
void insert_vm_struct(struct mm_struct *mm, struct vm_area_struct *vma);

/*
 * Cuts an area in two at `addr`, which is page-aligned and inside it. `vma`
 * remains the lower part; the upper one is a new area with the same flags and
 * file (one use of it more, vm_ops->open() called), its vm_pgoff moved on.
 * 0; -ENOMEM without memory, or if there are MAX_MAP_COUNT areas already.
 */
int split_vma(struct mm_struct *mm, struct vm_area_struct *vma,
              unsigned long addr);

/*
 * Tries to do without a new area for [addr, end), which is free: if an
 * anonymous area (no vm_file, no vm_ops) with exactly these vm_flags ends at
 * `addr` or begins at `end`, it is made larger; if both do, all becomes one
 * area. `prev` is the area before `addr`, or NULL. VM_GROWSDOWN areas are never
 * merged. 1 if it is done, 0 if a new area is needed. total_vm is the caller's
 * business. Never sleeps.
 */
int vma_merge(struct mm_struct *mm, struct vm_area_struct *prev,
              unsigned long addr, unsigned long end, unsigned long vm_flags);

/*
 * Where `len` bytes (a multiple of PAGE_SIZE, not 0) go in current->mm:
 *
 *   - MAP_FIXED in `flags`: at `addr`, whatever is there. -EINVAL if it is not
 *     page-aligned, -ENOMEM if the range ends above TASK_SIZE;
 *   - else at `addr`, rounded up to a page, if it is not 0, the range ends not
 *     above TASK_SIZE and is free;
 *   - else the lowest free range from TASK_UNMAPPED_BASE on (first fit).
 *     -ENOMEM if there is none.
 *
 * The address, or a negative error number as an unsigned long: IS_ERR_VALUE().
 */
unsigned long get_unmapped_area(unsigned long addr, unsigned long len,
                                unsigned long flags);

/* True for results that are error numbers, not addresses. */
#define IS_ERR_VALUE(result) ((unsigned long)(result) > (unsigned long)-1000L)

/*
 * Maps `len` bytes, rounded up to pages, of `file` from page `pgoff` on, or of
 * anonymous memory if `file` is NULL, into current->mm. Nothing is read or
 * allocated yet: pages come when they are touched. `prot` is PROT_*, `flags`
 * MAP_*; where it goes: get_unmapped_area().
 *
 * Checks, in this order:
 *   -EINVAL  len is 0 or more than TASK_SIZE; pgoff + pages overflows
 *   -ENOMEM  there are MAX_MAP_COUNT areas already
 *   (the errors of get_unmapped_area())
 *   -EINVAL  flags have neither MAP_SHARED nor MAP_PRIVATE, or both
 *   -EACCES  the file was not opened for reading; or MAP_SHARED, PROT_WRITE and
 *            it was not opened for writing
 *   -ENODEV  the file has no mmap operation
 *   -ENOMEM  total_vm would be above RLIMIT_AS (what MAP_FIXED will replace is
 *            counted, too)
 *
 * With MAP_FIXED, what was mapped there is unmapped; only after these checks.
 * vm_flags: VM_READ, VM_WRITE, VM_EXEC by prot; VM_MAY bits: see mm.h;
 * VM_SHARED and VM_MAYSHARE with MAP_SHARED. A private anonymous area is merged
 * with its neighbours if it can be (vma_merge()). For a file, the area holds a
 * use of it and file->f_op->mmap(file, vma) is called before the area is
 * listed; if that fails, its error is returned and nothing is left of the area.
 * (The range of MAP_FIXED stays unmapped then.) For anonymous memory with
 * MAP_SHARED, shmem_zero_setup(vma) is called in the same way: it gives the
 * area a file of its own, whose pages all who inherit the area share.
 *
 * Returns the address, or a negative error number as an unsigned long.
 */
unsigned long do_mmap_pgoff(struct file *file, unsigned long addr,
                            unsigned long len, unsigned long prot,
                            unsigned long flags, unsigned long pgoff);

/*
 * Unmaps [addr, addr + len), len rounded up to pages: areas inside go, areas
 * that reach into it are cut, one that reaches beyond both ends becomes two.
 * Parts where nothing is mapped are no error. Pages are given back by
 * zap_page_range(); for an area that goes as a whole vm_ops->close() is called
 * and the use of its file dropped.
 *
 * 0; -EINVAL if addr is not page-aligned, len is 0, or the range ends above
 * TASK_SIZE; -ENOMEM if a split fails: nothing is unmapped then, though an area
 * may be in two pieces that are together what it was.
 */
int do_munmap(struct mm_struct *mm, unsigned long addr, unsigned long len);

/*
 * Makes [addr, addr + len) anonymous private memory with VM_DATA_FLAGS in
 * current->mm, in place of whatever is there; addr is page-aligned, len is
 * rounded up to pages. For exec() and sys_brk(). Merged with neighbours if it
 * can be. `addr`, or as an unsigned long: -EINVAL if the range ends above
 * TASK_SIZE, -ENOMEM if total_vm would be above RLIMIT_AS, or without memory,
 * or with MAX_MAP_COUNT areas. len 0 does nothing and returns addr.
 */
unsigned long do_brk(unsigned long addr, unsigned long len);

/*
 * The system call: moves the end of current's heap to `brk`, and returns where
 * it is then. That is the old end if it can't be done: below start_brk; the
 * heap larger than RLIMIT_DATA (bytes from start_brk on); the new pages meet
 * another area; or do_brk() or do_munmap() fails. Pages above the new end are
 * unmapped; the end itself may lie within a page.
 */
unsigned long sys_brk(unsigned long brk);

/*
 * Takes down all areas of an address space that nobody uses any more: their
 * close() is called, their pages are zapped, uses of files dropped, the
 * structures freed. mmap, mm_rb, mmap_cache, map_count, total_vm are empty and
 * 0 then. Page tables are the caller's business (mmput()).
 */
void exit_mmap(struct mm_struct *mm);

#endif
