/*
 * The page cache. Linux mm/filemap.c.
 *
 * A file's table of pages is an array that doubles when a page beyond its end
 * comes: finding a page is one step. read() and write() copy between users'
 * memory and the cache's pages, which they hold a use of while they may sleep;
 * a page that a truncation takes out of the cache meanwhile lives as long.
 */
#include <pagemap.h>

#include <errno.h>
#include <highmem.h>
#include <page_alloc.h>
#include <string.h>

#define MIN_SLOTS 8

unsigned long page_cache_size, page_cache_limit;

struct page *find_get_page(const struct inode *inode, unsigned long index)
{
    struct page *page = NULL;

    if (index < inode->i_nslots)
        page = inode->i_pages[index];
    if (page != NULL)
        get_page(page);
    return page;
}

/* Makes room for page `index` in the table. */
static int grow_table(struct inode *inode, unsigned long index)
{
    unsigned long nslots = MIN_SLOTS;
    struct page **pages;

    if (index >= MAX_FILE_PAGES)
        return -EFBIG;
    while (nslots <= index)
        nslots *= 2;
    pages = kmalloc(nslots * sizeof(struct page *), GFP_KERNEL);
    if (pages == NULL)
        return -ENOMEM;
    if (nslots <= inode->i_nslots) {
        kfree(pages); /* somebody else was faster */
        return 0;
    }
    memset(pages, 0, nslots * sizeof(struct page *));
    if (inode->i_nslots > 0)
        memcpy(pages, inode->i_pages, inode->i_nslots * sizeof(struct page *));
    kfree(inode->i_pages);
    inode->i_pages = pages;
    inode->i_nslots = nslots;
    return 0;
}

int add_to_page_cache(struct page *page, struct inode *inode,
                      unsigned long index)
{
    if (index >= inode->i_nslots) {
        int error = grow_table(inode, index);

        if (error != 0)
            return error;
    }
    if (inode->i_pages[index] != NULL)
        return -EEXIST;
    get_page(page);
    page->mapping = inode;
    page->index = index;
    inode->i_pages[index] = page;
    inode->i_nrpages++;
    page_cache_size++;
    return 0;
}

static void remove_from_page_cache(struct inode *inode, unsigned long index)
{
    struct page *page = inode->i_pages[index];

    inode->i_pages[index] = NULL;
    inode->i_nrpages--;
    page_cache_size--;
    page->mapping = NULL;
    ClearPageDirty(page);
    __free_page(page);
}

int grab_cache_page(struct inode *inode, unsigned long index,
                    struct page **result)
{
    struct page *page = find_get_page(inode, index);
    int error;

    *result = page;
    if (page != NULL)
        return 0;
    if (index >= MAX_FILE_PAGES)
        return -EFBIG;
    if (page_cache_size >= page_cache_limit)
        return -ENOSPC;
    page = alloc_page(GFP_HIGHUSER);
    if (page == NULL)
        return -ENOMEM;
    clear_user_highpage(page);
    error = add_to_page_cache(page, inode, index);
    if (error == 0) {
        *result = page;
        return 0;
    }
    __free_page(page);
    if (error != -EEXIST)
        return error;
    *result = find_get_page(inode, index);
    return *result != NULL ? 0 : -ENOMEM;
}

void truncate_inode_pages(struct inode *inode, unsigned long nbytes)
{
    unsigned long offset = nbytes & ~PAGE_MASK;
    struct page *page = find_get_page(inode, nbytes >> PAGE_SHIFT);

    if (page != NULL && offset > 0) {
        char *kaddr = kmap_atomic(page, KM_USER0);

        memset(kaddr + offset, 0, PAGE_SIZE - offset);
        kunmap_atomic(kaddr, KM_USER0);
    }
    if (page != NULL)
        __free_page(page);
    for (unsigned long i = PAGE_ALIGN(nbytes) >> PAGE_SHIFT;
         i < inode->i_nslots; i++)
        if (inode->i_pages[i] != NULL)
            remove_from_page_cache(inode, i);
}

int inode_truncate(struct inode *inode, unsigned long nbytes)
{
    if (nbytes > MAX_FILE_BYTES)
        return -EFBIG;
    if (nbytes < inode->i_size)
        truncate_inode_pages(inode, nbytes);
    inode->i_size = nbytes;
    return 0;
}

struct page *filemap_nopage(struct vm_area_struct *vma, unsigned long address)
{
    struct inode *inode = vma->vm_file->f_inode;
    unsigned long index =
        ((address - vma->vm_start) >> PAGE_SHIFT) + vma->vm_pgoff;
    struct page *page;

    if (index >= PAGE_ALIGN(inode->i_size) >> PAGE_SHIFT)
        return NOPAGE_SIGBUS;
    switch (grab_cache_page(inode, index, &page)) {
    case 0:
        return page;
    case -ENOMEM:
        return NOPAGE_OOM;
    default:
        return NOPAGE_SIGBUS;
    }
}

static struct vm_operations_struct generic_file_vm_ops = {
    .nopage = filemap_nopage,
};

int generic_file_mmap(struct file *file, struct vm_area_struct *vma)
{
    if (!S_ISREG(file->f_inode->i_mode))
        return -ENODEV;
    vma->vm_ops = &generic_file_vm_ops;
    return 0;
}
