/*
 * What goes is taken off as a chain first, and given back when it is off.
 *
 * do_munmap() and exit_mmap() detach all areas of the range, so that nobody
 * finds them any more, and then walk along the chain. A cut that fails is
 * undone, so that not even an area in two pieces is left. do_brk() is a
 * do_mmap_pgoff() with MAP_FIXED.
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

static unsigned long npages_of(const struct vm_area_struct *vma)
{
    return (vma->vm_end - vma->vm_start) >> PAGE_SHIFT;
}

/* --- looking ------------------------------------------------------------- */

struct vm_area_struct *find_vma_prev(struct mm_struct *mm, unsigned long addr,
                                     struct vm_area_struct **pprev)
{
    struct vm_area_struct *found = NULL;
    rb_node_t *node = mm->mm_rb.rb_node;

    *pprev = NULL;
    while (node != NULL) {
        struct vm_area_struct *vma =
            rb_entry(node, struct vm_area_struct, vm_rb);

        if (addr < vma->vm_end) {
            found = vma;
            node = node->rb_left;
        } else {
            *pprev = vma;
            node = node->rb_right;
        }
    }
    return found;
}

struct vm_area_struct *find_vma(struct mm_struct *mm, unsigned long addr)
{
    struct vm_area_struct *vma = mm->mmap_cache, *prev;

    if (vma != NULL && vma->vm_start <= addr && addr < vma->vm_end)
        return vma;
    vma = find_vma_prev(mm, addr, &prev);
    if (vma != NULL)
        mm->mmap_cache = vma;
    return vma;
}

/* The first area that shares an address with [start, end), or NULL. */
static struct vm_area_struct *
find_overlap(struct mm_struct *mm, unsigned long start, unsigned long end)
{
    struct vm_area_struct *vma = find_vma(mm, start);

    return vma != NULL && vma->vm_start < end ? vma : NULL;
}

/* --- list and tree ------------------------------------------------------- */

/* Puts the area behind `prev` (NULL: first) on the list, and into the tree. */
static void link_area(struct mm_struct *mm, struct vm_area_struct *vma,
                      struct vm_area_struct *prev)
{
    struct vm_area_struct **next = prev == NULL ? &mm->mmap : &prev->vm_next;
    rb_node_t **link = &mm->mm_rb.rb_node, *parent = NULL;

    vma->vm_mm = mm;
    vma->vm_next = *next;
    *next = vma;
    while (*link != NULL) {
        parent = *link;
        if (vma->vm_start <
            rb_entry(parent, struct vm_area_struct, vm_rb)->vm_start)
            link = &parent->rb_left;
        else
            link = &parent->rb_right;
    }
    rb_link_node(&vma->vm_rb, parent, link);
    rb_insert_color(&vma->vm_rb, &mm->mm_rb);
    mm->map_count++;
}

/* Takes the area behind `prev` (NULL: the first) off both. */
static void unlink_area(struct mm_struct *mm, struct vm_area_struct *vma,
                        struct vm_area_struct *prev)
{
    struct vm_area_struct **link = prev == NULL ? &mm->mmap : &prev->vm_next;

    *link = vma->vm_next;
    rb_erase(&vma->vm_rb, &mm->mm_rb);
    if (mm->mmap_cache == vma)
        mm->mmap_cache = NULL;
    mm->map_count--;
}

void insert_vm_struct(struct mm_struct *mm, struct vm_area_struct *vma)
{
    struct vm_area_struct *prev;
    struct vm_area_struct *next = find_vma_prev(mm, vma->vm_start, &prev);

    BUG_ON(next != NULL && next->vm_start < vma->vm_end);
    link_area(mm, vma, prev);
}

/* --- cutting and merging ------------------------------------------------- */

int split_vma(struct mm_struct *mm, struct vm_area_struct *vma,
              unsigned long addr)
{
    struct vm_area_struct *upper;

    if (mm->map_count >= MAX_MAP_COUNT)
        return -ENOMEM;
    upper = kmem_cache_alloc(vm_area_cachep, GFP_KERNEL);
    if (upper == NULL)
        return -ENOMEM;
    *upper = *vma;
    upper->vm_start = addr;
    upper->vm_pgoff += (addr - vma->vm_start) >> PAGE_SHIFT;
    vma->vm_end = addr;
    link_area(mm, upper, vma);
    if (upper->vm_file != NULL)
        get_file(upper->vm_file);
    if (upper->vm_ops != NULL && upper->vm_ops->open != NULL)
        upper->vm_ops->open(upper);
    return 0;
}

static bool can_merge(const struct vm_area_struct *vma, unsigned long vm_flags)
{
    return vma != NULL && vma->vm_file == NULL && vma->vm_ops == NULL &&
           vma->vm_flags == vm_flags && !(vm_flags & VM_GROWSDOWN);
}

int vma_merge(struct mm_struct *mm, struct vm_area_struct *prev,
              unsigned long addr, unsigned long end, unsigned long vm_flags)
{
    struct vm_area_struct *next = prev == NULL ? mm->mmap : prev->vm_next;
    bool below = can_merge(prev, vm_flags) && prev->vm_end == addr;
    bool above = can_merge(next, vm_flags) && next->vm_start == end;

    if (below && above) {
        unlink_area(mm, next, prev);
        prev->vm_end = next->vm_end;
        kmem_cache_free(vm_area_cachep, next);
    } else if (below) {
        prev->vm_end = end;
    } else if (above) {
        next->vm_pgoff -= (next->vm_start - addr) >> PAGE_SHIFT;
        next->vm_start = addr;
    }
    return below || above;
}

/* --- mapping ------------------------------------------------------------- */

/* The lowest free `len` bytes from TASK_UNMAPPED_BASE on. */
static unsigned long first_fit(struct mm_struct *mm, unsigned long len)
{
    unsigned long addr = TASK_UNMAPPED_BASE;
    const struct vm_area_struct *vma = find_vma(mm, addr);

    while (addr <= TASK_SIZE - len) {
        if (vma == NULL || addr + len <= vma->vm_start)
            return addr;
        addr = vma->vm_end;
        vma = vma->vm_next;
    }
    return -ENOMEM;
}

unsigned long get_unmapped_area(unsigned long addr, unsigned long len,
                                unsigned long flags)
{
    if (flags & MAP_FIXED) {
        if (addr & ~PAGE_MASK)
            return -EINVAL;
        return len <= TASK_SIZE && addr <= TASK_SIZE - len
                   ? addr
                   : (unsigned long)-ENOMEM;
    }
    if (len > TASK_SIZE)
        return -ENOMEM;
    addr = PAGE_ALIGN(addr);
    if (addr != 0 && addr <= TASK_SIZE - len &&
        find_overlap(current->mm, addr, addr + len) == NULL)
        return addr;
    return first_fit(current->mm, len);
}

/* May current's address space have so many bytes more? */
static bool may_grow(unsigned long len)
{
    unsigned long limit = rlimit(RLIMIT_AS) >> PAGE_SHIFT;
    unsigned long npages = current->mm->total_vm + (len >> PAGE_SHIFT);

    return npages <= limit;
}

/* May the file be mapped like this? */
static int check_file(const struct file *file, unsigned long prot,
                      unsigned long flags)
{
    bool writes = (flags & MAP_SHARED) && (prot & PROT_WRITE);

    if (!(file->f_mode & FMODE_READ))
        return -EACCES;
    if (writes && !(file->f_mode & FMODE_WRITE))
        return -EACCES;
    if (file->f_op == NULL || file->f_op->mmap == NULL)
        return -ENODEV;
    return 0;
}

static unsigned long make_vm_flags(const struct file *file, unsigned long prot,
                                   unsigned long flags)
{
    unsigned long vm_flags = VM_MAY;

    if (prot & PROT_READ)
        vm_flags |= VM_READ;
    if (prot & PROT_WRITE)
        vm_flags |= VM_WRITE;
    if (prot & PROT_EXEC)
        vm_flags |= VM_EXEC;
    if (flags & MAP_SHARED) {
        vm_flags |= VM_SHARED | VM_MAYSHARE;
        if (file != NULL && !(file->f_mode & FMODE_WRITE))
            vm_flags &= ~VM_MAYWRITE;
    }
    return vm_flags;
}

/* An area that is on no list yet, or NULL. */
static struct vm_area_struct *make_area(unsigned long addr, unsigned long len,
                                        unsigned long vm_flags)
{
    struct vm_area_struct *vma = kmem_cache_alloc(vm_area_cachep, GFP_KERNEL);

    if (vma == NULL)
        return NULL;
    memset(vma, 0, sizeof(*vma));
    vma->vm_mm = current->mm;
    vma->vm_start = addr;
    vma->vm_end = addr + len;
    vma->vm_flags = vm_flags;
    vma->vm_page_prot = vm_get_page_prot(vm_flags);
    return vma;
}

/* Lets the file's owner, or shared memory, set up the new area. */
static int attach_file(struct vm_area_struct *vma, struct file *file)
{
    int error;

    if (file == NULL)
        return vma->vm_flags & VM_SHARED ? shmem_zero_setup(vma) : 0;
    get_file(file);
    vma->vm_file = file;
    error = file->f_op->mmap(file, vma);
    if (error != 0)
        fput(file);
    return error;
}

/* The last step of do_mmap_pgoff(): everything was checked, the range is
 * free. */
static int map_area(struct file *file, unsigned long addr, unsigned long len,
                    unsigned long vm_flags, unsigned long pgoff)
{
    struct mm_struct *mm = current->mm;
    struct vm_area_struct *vma, *prev;
    int error;

    find_vma_prev(mm, addr, &prev);
    if (file != NULL || (vm_flags & VM_SHARED) ||
        !vma_merge(mm, prev, addr, addr + len, vm_flags)) {
        vma = make_area(addr, len, vm_flags);
        if (vma == NULL)
            return -ENOMEM;
        vma->vm_pgoff = pgoff;
        error = attach_file(vma, file);
        if (error != 0) {
            kmem_cache_free(vm_area_cachep, vma);
            return error;
        }
        insert_vm_struct(mm, vma);
    }
    mm->total_vm += len >> PAGE_SHIFT;
    return 0;
}

unsigned long do_mmap_pgoff(struct file *file, unsigned long addr,
                            unsigned long len, unsigned long prot,
                            unsigned long flags, unsigned long pgoff)
{
    struct mm_struct *mm = current->mm;
    unsigned long type = flags & MAP_TYPE;
    int error;

    if (len == 0 || len > TASK_SIZE)
        return -EINVAL;
    len = PAGE_ALIGN(len);
    if (pgoff + (len >> PAGE_SHIFT) < pgoff)
        return -EINVAL;
    if (mm->map_count >= MAX_MAP_COUNT)
        return -ENOMEM;
    addr = get_unmapped_area(addr, len, flags);
    if (IS_ERR_VALUE(addr))
        return addr;
    if (type != MAP_SHARED && type != MAP_PRIVATE)
        return -EINVAL;
    error = file == NULL ? 0 : check_file(file, prot, flags);
    if (error == 0 && !may_grow(len))
        error = -ENOMEM;
    if (error == 0 && (flags & MAP_FIXED))
        error = do_munmap(mm, addr, len);
    if (error == 0)
        error =
            map_area(file, addr, len, make_vm_flags(file, prot, flags), pgoff);
    return error == 0 ? addr : (unsigned long)error;
}

/* --- unmapping ----------------------------------------------------------- */

/* Gives back all that an area holds. It is on no list any more. */
static void free_area(struct mm_struct *mm, struct vm_area_struct *vma)
{
    zap_page_range(mm, vma->vm_start, vma->vm_end - vma->vm_start);
    mm->total_vm -= npages_of(vma);
    if (vma->vm_ops != NULL && vma->vm_ops->close != NULL)
        vma->vm_ops->close(vma);
    if (vma->vm_file != NULL)
        fput(vma->vm_file);
    kmem_cache_free(vm_area_cachep, vma);
}

/* Gives back all areas of a chain that is on no list any more. */
static void free_chain(struct mm_struct *mm, struct vm_area_struct *vma)
{
    while (vma != NULL) {
        struct vm_area_struct *next = vma->vm_next;

        free_area(mm, vma);
        vma = next;
    }
}

/* Undoes split_vma(): `vma` is again what it and the one above are now. */
static void join(struct mm_struct *mm, struct vm_area_struct *vma)
{
    struct vm_area_struct *upper = vma->vm_next;

    unlink_area(mm, upper, vma);
    vma->vm_end = upper->vm_end;
    if (upper->vm_ops != NULL && upper->vm_ops->close != NULL)
        upper->vm_ops->close(upper);
    if (upper->vm_file != NULL)
        fput(upper->vm_file);
    kmem_cache_free(vm_area_cachep, upper);
}

/* Lets an area begin at `addr`, if one reaches across it. */
static int cut_at(struct mm_struct *mm, unsigned long addr)
{
    struct vm_area_struct *vma = find_vma(mm, addr);

    if (vma == NULL || vma->vm_start >= addr)
        return 0;
    return split_vma(mm, vma, addr);
}

/* Takes the areas behind `prev` that begin below `end` off list and tree. */
static struct vm_area_struct *
detach(struct mm_struct *mm, struct vm_area_struct *prev, unsigned long end)
{
    struct vm_area_struct **from = prev == NULL ? &mm->mmap : &prev->vm_next;
    struct vm_area_struct *first = *from, **last = from;

    while (*last != NULL && (*last)->vm_start < end) {
        rb_erase(&(*last)->vm_rb, &mm->mm_rb);
        mm->map_count--;
        last = &(*last)->vm_next;
    }
    if (last == from)
        return NULL;
    mm->mmap_cache = NULL;
    *from = *last;
    *last = NULL;
    return first;
}

int do_munmap(struct mm_struct *mm, unsigned long addr, unsigned long len)
{
    unsigned long end = addr + PAGE_ALIGN(len);
    struct vm_area_struct *prev;
    int before = mm->map_count, error;

    if (addr & ~PAGE_MASK || len == 0 || len > TASK_SIZE ||
        addr > TASK_SIZE - PAGE_ALIGN(len))
        return -EINVAL;
    error = cut_at(mm, addr);
    if (error != 0)
        return error;
    error = cut_at(mm, end);
    find_vma_prev(mm, addr, &prev);
    if (error != 0) {
        if (mm->map_count > before)
            join(mm, prev);
        return error;
    }
    free_chain(mm, detach(mm, prev, end));
    return 0;
}

void exit_mmap(struct mm_struct *mm)
{
    struct vm_area_struct *all = mm->mmap;

    mm->mmap = NULL;
    mm->mmap_cache = NULL;
    mm->mm_rb = RB_ROOT;
    mm->map_count = 0;
    free_chain(mm, all);
}

/* --- the heap ------------------------------------------------------------ */

unsigned long do_brk(unsigned long addr, unsigned long len)
{
    if (len == 0)
        return addr;
    if (len > TASK_SIZE || addr > TASK_SIZE - PAGE_ALIGN(len))
        return -EINVAL;
    return do_mmap_pgoff(NULL, addr, len, PROT_READ | PROT_WRITE | PROT_EXEC,
                         MAP_PRIVATE | MAP_FIXED, 0);
}

unsigned long sys_brk(unsigned long brk)
{
    struct mm_struct *mm = current->mm;
    unsigned long end = PAGE_ALIGN(brk), old_end = PAGE_ALIGN(mm->brk);

    if (brk < mm->start_brk || brk > TASK_SIZE ||
        brk - mm->start_brk > rlimit(RLIMIT_DATA))
        return mm->brk;
    if (end < old_end && do_munmap(mm, end, old_end - end) != 0)
        return mm->brk;
    if (end > old_end && (find_overlap(mm, old_end, end) != NULL ||
                          do_brk(old_end, end - old_end) != old_end))
        return mm->brk;
    mm->brk = brk;
    return brk;
}
