/*
 * Registers first, and takes the number back without memory; a file keeps the
 * buffer in private_data; the area's page is found by counting backwards from
 * its end.
 */
#include <map_driver.h>

#include <errno.h>
#include <kernel.h>
#include <module.h>
#include <page_alloc.h>
#include <string.h>
#include <vmalloc.h>

static char *pages;
static int number;

static void users(int more)
{
    __this_module.use_count += more;
}

int mapdrv_open(struct inode *inode, struct file *file)
{
    (void)inode;
    file->private_data = pages;
    users(+1);
    return 0;
}

int mapdrv_release(struct inode *inode, struct file *file)
{
    (void)inode;
    file->private_data = NULL;
    users(-1);
    return 0;
}

void mapdrv_vopen(struct vm_area_struct *vma)
{
    (void)vma;
    users(+1);
}

void mapdrv_vclose(struct vm_area_struct *vma)
{
    (void)vma;
    users(-1);
}

static const pte_t *find_entry(unsigned long address)
{
    pgd_t *directory = pgd_offset_k(address);

    if (address < VMALLOC_START || address >= VMALLOC_END ||
        pgd_none(*directory))
        return NULL;
    return pte_offset(directory, address);
}

unsigned long vaddr_to_kaddr(unsigned long address)
{
    const pte_t *entry = find_entry(address);

    if (entry == NULL || !pte_present(*entry))
        return 0;
    return (unsigned long)__va(entry->pte & PAGE_MASK) |
           (address & (PAGE_SIZE - 1));
}

static unsigned long pages_of(const struct vm_area_struct *vma)
{
    return (vma->vm_end - vma->vm_start) >> PAGE_SHIFT;
}

struct page *map_nopage(struct vm_area_struct *vma, unsigned long address)
{
    unsigned long left = (vma->vm_end - 1 - address) >> PAGE_SHIFT;
    unsigned long index = vma->vm_pgoff + pages_of(vma) - 1 - left;
    struct page *page = NOPAGE_SIGBUS;

    if (index >= MAPDRV_PAGES)
        return page;
    page = virt_to_page(
        vaddr_to_kaddr((unsigned long)pages + (index << PAGE_SHIFT)));
    page->count++;
    return page;
}

static bool is_in_buffer(const struct vm_area_struct *vma)
{
    unsigned long left = MAPDRV_PAGES;

    if (vma->vm_pgoff > left)
        return false;
    left -= vma->vm_pgoff;
    return pages_of(vma) <= left;
}

static struct vm_operations_struct area_operations = {
    mapdrv_vopen, mapdrv_vclose, map_nopage};

int mapdrv_mmap(struct file *file, struct vm_area_struct *vma)
{
    int error = vma->vm_flags & VM_SHARED ? 0 : -EINVAL;

    (void)file;
    if (error == 0 && !is_in_buffer(vma))
        error = -ENXIO;
    if (error == 0) {
        vma->vm_ops = &area_operations;
        vma->vm_ops->open(vma);
    }
    return error;
}

static struct file_operations file_operations;

int mapdrv_init(void)
{
    file_operations.open = mapdrv_open;
    file_operations.release = mapdrv_release;
    file_operations.mmap = mapdrv_mmap;
    number = register_chrdev(0, MAPDRV_NAME, &file_operations);
    if (number < 0)
        return number;
    pages = __vmalloc(MAPDRV_BYTES, GFP_KERNEL);
    if (pages == NULL) {
        unregister_chrdev((unsigned int)number, MAPDRV_NAME);
        return -ENOMEM;
    }
    for (int i = MAPDRV_PAGES - 1; i >= 0; i--) {
        memset(pages + i * PAGE_SIZE, 0, PAGE_SIZE);
        snprintf(pages + i * PAGE_SIZE, PAGE_SIZE, MAPDRV_TEXT, i);
    }
    return 0;
}

void mapdrv_exit(void)
{
    unregister_chrdev((unsigned int)number, MAPDRV_NAME);
    vfree(pages);
}

module_init(mapdrv_init);
module_exit(mapdrv_exit);
