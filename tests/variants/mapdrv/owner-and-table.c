/*
 * The kernel counts the files, by file_operations.owner; the frames are looked
 * up once, when the module begins, and kept in a table.
 */
#include <map_driver.h>

#include <errno.h>
#include <kernel.h>
#include <module.h>
#include <page_alloc.h>
#include <string.h>
#include <vmalloc.h>

static struct driver {
    char *pages;
    struct page *frames[MAPDRV_PAGES];
    unsigned int major;
} driver;

int mapdrv_open(struct inode *inode, struct file *file)
{
    (void)inode;
    (void)file;
    return 0;
}

int mapdrv_release(struct inode *inode, struct file *file)
{
    (void)inode;
    (void)file;
    return 0;
}

void mapdrv_vopen(struct vm_area_struct *vma)
{
    (void)vma;
    __this_module.use_count += 1;
}

void mapdrv_vclose(struct vm_area_struct *vma)
{
    (void)vma;
    __this_module.use_count -= 1;
}

unsigned long vaddr_to_kaddr(unsigned long address)
{
    const unsigned long *table;
    unsigned long entry;

    if (address - VMALLOC_START >= VMALLOC_END - VMALLOC_START)
        return 0;
    entry = swapper_pg_dir[address / LARGE_PAGE_SIZE].pgd;
    if ((entry & _PAGE_PRESENT) == 0)
        return 0;
    table = __va(entry & PAGE_MASK);
    entry = table[address % LARGE_PAGE_SIZE / PAGE_SIZE];
    if ((entry & _PAGE_PRESENT) == 0)
        return 0;
    return PAGE_OFFSET + (entry & PAGE_MASK) + address % PAGE_SIZE;
}

struct page *map_nopage(struct vm_area_struct *vma, unsigned long address)
{
    unsigned long page = (address - vma->vm_start) / PAGE_SIZE;

    if (vma->vm_pgoff >= MAPDRV_PAGES || page >= MAPDRV_PAGES - vma->vm_pgoff)
        return NOPAGE_SIGBUS;
    page += vma->vm_pgoff;
    get_page(driver.frames[page]);
    return driver.frames[page];
}

int mapdrv_mmap(struct file *file, struct vm_area_struct *vma)
{
    static struct vm_operations_struct operations;
    unsigned long npages = (vma->vm_end - vma->vm_start) / PAGE_SIZE;
    unsigned long end = vma->vm_pgoff + npages;

    (void)file;
    if ((vma->vm_flags & VM_SHARED) == 0)
        return -EINVAL;
    if (end < npages || end > MAPDRV_PAGES)
        return -ENXIO;
    operations.open = mapdrv_vopen;
    operations.close = mapdrv_vclose;
    operations.nopage = map_nopage;
    vma->vm_ops = &operations;
    vma->vm_private_data = &driver;
    __this_module.use_count += 1;
    return 0;
}

static const struct file_operations operations = {
    .owner = THIS_MODULE,
    .mmap = mapdrv_mmap,
    .open = mapdrv_open,
    .release = mapdrv_release,
};

static void fill(int i)
{
    char *page = driver.pages + i * PAGE_SIZE;
    int length = snprintf(page, PAGE_SIZE, MAPDRV_TEXT, i);

    memset(page + length, 0, PAGE_SIZE - length);
    driver.frames[i] = virt_to_page(vaddr_to_kaddr((unsigned long)page));
}

int mapdrv_init(void)
{
    int result;

    driver.pages = __vmalloc(MAPDRV_BYTES, GFP_KERNEL);
    if (driver.pages == NULL)
        return -ENOMEM;
    for (int i = 0; i < MAPDRV_PAGES; i++)
        fill(i);
    result = register_chrdev(0, MAPDRV_NAME, &operations);
    if (result < 0) {
        vfree(driver.pages);
        return result;
    }
    driver.major = (unsigned int)result;
    return 0;
}

void mapdrv_exit(void)
{
    vfree(driver.pages);
    unregister_chrdev(driver.major, MAPDRV_NAME);
}

module_init(mapdrv_init);
module_exit(mapdrv_exit);
