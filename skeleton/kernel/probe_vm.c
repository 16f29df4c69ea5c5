/* A file and operations of areas for calls from outside. */
#include <probe_vm.h>

#include <sched.h>
#include <swap.h>

struct probe_vm probe_vm;

/* A swap area without a disk, from which no slot is handed out. */
static struct page *probe_swap_cache[PROBE_SWAP_SLOTS];
unsigned short probe_swap_map[PROBE_SWAP_SLOTS];

void probe_swap_area(void)
{
    swap_info[0] = (struct swap_info_struct){
        .flags = SWP_USED,
        .max = PROBE_SWAP_SLOTS,
        .swap_map = probe_swap_map,
        .cache = probe_swap_cache,
    };
}

unsigned long probe_swap_page(void)
{
    return get_swap_page().val;
}

static void note(const struct vm_area_struct *vma)
{
    probe_vm.vma = vma;
    probe_vm.start = vma->vm_start;
    probe_vm.end = vma->vm_end;
}

static void probe_open(struct vm_area_struct *vma)
{
    note(vma);
    probe_vm.opens++;
}

static void probe_close(struct vm_area_struct *vma)
{
    note(vma);
    probe_vm.closes++;
}

static struct page *probe_nopage(struct vm_area_struct *vma,
                                 unsigned long address)
{
    note(vma);
    probe_vm.nopages++;
    probe_vm.address = address;
    if (probe_vm.page != NOPAGE_SIGBUS && probe_vm.page != NOPAGE_OOM)
        probe_vm.page->count++;
    return probe_vm.page;
}

struct vm_operations_struct probe_vm_ops = {
    .open = probe_open,
    .close = probe_close,
    .nopage = probe_nopage,
};

static bool is_listed(const struct vm_area_struct *vma)
{
    const struct vm_area_struct *at = current->mm->mmap;

    while (at != NULL && at != vma)
        at = at->vm_next;
    return at != NULL;
}

static int probe_mmap(struct file *file, struct vm_area_struct *vma)
{
    (void)file;
    note(vma);
    probe_vm.mmaps++;
    probe_vm.listed = is_listed(vma);
    if (probe_vm.mmap_result == 0)
        vma->vm_ops = &probe_vm_ops;
    return probe_vm.mmap_result;
}

static const struct file_operations probe_file_operations = {
    .mmap = probe_mmap,
};

static const struct file_operations no_file_operations = {0};

/* The use that is counted here is never given back. */
struct file probe_file = {
    .f_op = &probe_file_operations,
    .f_count = 1,
    .f_mode = FMODE_READ | FMODE_WRITE,
};

struct file probe_file_without_mmap = {
    .f_op = &no_file_operations,
    .f_count = 1,
    .f_mode = FMODE_READ | FMODE_WRITE,
};
