/*
 * A device whose memory processes map, as a module. The contract is in
 * map_driver.h; Linux 2.4 drivers/char/ has relatives of it.
 *
 * The frames of the buffer have a use each, which vmalloc() took and vfree()
 * gives back. What a process maps has another one, which map_nopage() counts
 * and the kernel drops with the page-table entry. So even frames that are
 * mapped by many are freed once, by the last.
 */
#include <map_driver.h>

#include <errno.h>
#include <kernel.h>
#include <module.h>
#include <page_alloc.h>
#include <string.h>
#include <vmalloc.h>

static char *buffer;
static int major;

/* --- files ---------------------------------------------------------------- */

int mapdrv_open(struct inode *inode, struct file *file)
{
    (void)inode;
    (void)file;
    MOD_INC_USE_COUNT;
    return 0;
}

int mapdrv_release(struct inode *inode, struct file *file)
{
    (void)inode;
    (void)file;
    MOD_DEC_USE_COUNT;
    return 0;
}

/* --- mappings ------------------------------------------------------------- */

void mapdrv_vopen(struct vm_area_struct *vma)
{
    (void)vma;
    MOD_INC_USE_COUNT;
}

void mapdrv_vclose(struct vm_area_struct *vma)
{
    (void)vma;
    MOD_DEC_USE_COUNT;
}

unsigned long vaddr_to_kaddr(unsigned long address)
{
    pgd_t *directory;
    pte_t entry;

    if (address < VMALLOC_START || address >= VMALLOC_END)
        return 0;
    directory = pgd_offset_k(address);
    if (pgd_none(*directory))
        return 0;
    entry = *pte_offset(directory, address);
    if (!pte_present(entry))
        return 0;
    return (unsigned long)lowmem_page_address(pte_page(entry)) +
           (address & ~PAGE_MASK);
}

struct page *map_nopage(struct vm_area_struct *vma, unsigned long address)
{
    unsigned long index =
        vma->vm_pgoff + ((address - vma->vm_start) >> PAGE_SHIFT);
    unsigned long kaddr = 0;
    struct page *page;

    if (index < MAPDRV_PAGES)
        kaddr = vaddr_to_kaddr((unsigned long)buffer + index * PAGE_SIZE);
    if (kaddr == 0)
        return NOPAGE_SIGBUS;
    page = virt_to_page(kaddr);
    get_page(page);
    return page;
}

static struct vm_operations_struct mapdrv_vm_ops = {
    .open = mapdrv_vopen,
    .close = mapdrv_vclose,
    .nopage = map_nopage,
};

int mapdrv_mmap(struct file *file, struct vm_area_struct *vma)
{
    unsigned long npages = (vma->vm_end - vma->vm_start) >> PAGE_SHIFT;

    (void)file;
    if (!(vma->vm_flags & VM_SHARED))
        return -EINVAL;
    if (vma->vm_pgoff >= MAPDRV_PAGES || npages > MAPDRV_PAGES - vma->vm_pgoff)
        return -ENXIO;
    vma->vm_ops = &mapdrv_vm_ops;
    mapdrv_vopen(vma);
    return 0;
}

/* --- the module ----------------------------------------------------------- */

static const struct file_operations mapdrv_fops = {
    .mmap = mapdrv_mmap,
    .open = mapdrv_open,
    .release = mapdrv_release,
};

int mapdrv_init(void)
{
    buffer = __vmalloc(MAPDRV_BYTES, GFP_KERNEL);
    if (buffer == NULL)
        return -ENOMEM;
    memset(buffer, 0, MAPDRV_BYTES);
    for (int i = 0; i < MAPDRV_PAGES; i++)
        snprintf(buffer + i * PAGE_SIZE, PAGE_SIZE, MAPDRV_TEXT, i);
    major = register_chrdev(0, MAPDRV_NAME, &mapdrv_fops);
    if (major >= 0)
        return 0;
    vfree(buffer);
    return major;
}

void mapdrv_exit(void)
{
    unregister_chrdev((unsigned int)major, MAPDRV_NAME);
    vfree(buffer);
}

module_init(mapdrv_init);
module_exit(mapdrv_exit);
