/*
 * The page cache: the pages of files, in memory. Linux include/linux/pagemap.h.
 *
 *     inode->i_pages   [0]   [1]   [2]   …   [i_nslots - 1]
 *                       |    NULL   |
 *                      page       page       i_nrpages of them
 *
 * A page here is what read() and write() copy from and to, and what MAP_SHARED
 * mappings of the file map: there is one, and all see each other's changes. The
 * cache holds one use of each page. Pages are GFP_HIGHUSER. Where there is none
 * the file reads as zeros. i_nslots grows as it must, up to MAX_FILE_PAGES.
 *
 * No function here may be called from an interrupt; those that may make pages
 * or copy from and to users may sleep.
 */
#ifndef PAGEMAP_H
#define PAGEMAP_H

#include <fs.h>
#include <slab.h>

#define MAX_FILE_PAGES (MAX_OBJ_BYTES / sizeof(struct page *))
#define MAX_FILE_BYTES (MAX_FILE_PAGES * PAGE_SIZE)

/* Pages in the caches of all files, and how many there may be: half of the
 * memory, so that whoever fills it with files can still remove them. */
extern unsigned long page_cache_size, page_cache_limit;

/* Is it a file whose contents are its pages? (Those of /proc are not.) */
static inline bool has_page_cache(const struct inode *inode)
{
    return S_ISREG(inode->i_mode) && inode->i_private == NULL;
}

/* Page `index` of the file with a use counted for the caller, or NULL. */
struct page *find_get_page(const struct inode *inode, unsigned long index);

/*
 * Puts a page into the cache, which takes a use of its own. 0; -EEXIST if there
 * is one, -EFBIG beyond MAX_FILE_PAGES, -ENOMEM.
 */
int add_to_page_cache(struct page *page, struct inode *inode,
                      unsigned long index);

/* The same as find_get_page(); a missing one is made, full of zeros. 0, -EFBIG,
 * -ENOSPC (page_cache_limit), -ENOMEM. */
int grab_cache_page(struct inode *inode, unsigned long index,
                    struct page **result);

/* Takes the pages from `nbytes` on out of the cache, and zeroes the rest of the
 * one that it lies in. */
void truncate_inode_pages(struct inode *inode, unsigned long nbytes);

/* Makes a regular file `nbytes` long. 0, -EFBIG. */
int inode_truncate(struct inode *inode, unsigned long nbytes);

/* file_operations over the page cache. */
long generic_file_read(struct file *file, char *buffer, size_t nbytes,
                       long *pos);
long generic_file_write(struct file *file, const char *buffer, size_t nbytes,
                        long *pos);
int generic_file_mmap(struct file *file, struct vm_area_struct *vma);

/* The nopage() of file mappings: the cache's page itself; NOPAGE_SIGBUS beyond
 * the end of the file. */
struct page *filemap_nopage(struct vm_area_struct *vma, unsigned long address);

/* Copies from the page cache, or to it, for the kernel: bytes, or an error
 * number. Less at the end of the file. */
long inode_read(struct inode *inode, unsigned long offset, void *buffer,
                size_t nbytes);
long inode_write(struct inode *inode, unsigned long offset, const void *buffer,
                 size_t nbytes);

#endif
