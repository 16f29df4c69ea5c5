/*
 * Shared anonymous memory: the pages of a file without links, which fork()'s
 * children find, too. Linux mm/shmem.c.
 */
#include <mm.h>

#include <errno.h>
#include <files.h>
#include <pagemap.h>

int shmem_zero_setup(struct vm_area_struct *vma)
{
    unsigned long nbytes = vma->vm_end - vma->vm_start;
    struct inode *inode = new_inode(S_IFREG | 0600);
    struct file *file = NULL;

    if (inode == NULL)
        return -ENOMEM;
    /* What the maps show is Linux's name for it. */
    if (nbytes <= MAX_FILE_BYTES &&
        inode_name(inode, root_inode, "dev/zero") == 0)
        file = file_alloc(inode, O_RDWR);
    if (file == NULL) {
        iput(inode);
        return -ENOMEM;
    }
    inode->i_size = nbytes;
    vma->vm_file = file;
    vma->vm_pgoff = 0;
    return generic_file_mmap(file, vma);
}
