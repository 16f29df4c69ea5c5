/*
 * Inodes: making and freeing them, folders' lists of entries, paths.
 *
 * An inode holds a use of the folder that it is, or was, in; so the way from an
 * inode to the root can be walked at any time. Inode numbers only rise, and a
 * folder's entries are listed in that order: a number is a place in the list
 * that stays right whatever comes and goes.
 */
#include <fs.h>

#include <errno.h>
#include <files.h>
#include <kernel.h>
#include <page_alloc.h>
#include <pagemap.h>
#include <proc.h>
#include <slab.h>
#include <string.h>

#define ROOT_INO 2 /* as on every Unix */

struct inode *root_inode;

static kmem_cache_t *inode_cachep;
static unsigned long last_ino = ROOT_INO - 1;

void inode_init(void)
{
    inode_cachep = kmem_cache_create("inode_cache", sizeof(struct inode), 0,
                                     SLAB_HWCACHE_ALIGN, NULL, NULL);
    if (inode_cachep == NULL)
        panic("inode_init: no cache of inodes, %u pages free", nr_free_pages());
}

struct inode *new_inode(unsigned int mode)
{
    struct inode *inode = kmem_cache_alloc(inode_cachep, GFP_KERNEL);

    if (inode == NULL)
        return NULL;
    memset(inode, 0, sizeof(*inode));
    inode->i_ino = ++last_ino;
    inode->i_mode = mode;
    inode->i_count = 1;
    INIT_LIST_HEAD(&inode->i_children);
    INIT_LIST_HEAD(&inode->i_sibling);
    return inode;
}

void iget(struct inode *inode)
{
    inode->i_count++;
}

void iput(struct inode *inode)
{
    while (inode != NULL && --inode->i_count == 0 && inode->i_nlink == 0) {
        struct inode *parent = inode->i_parent;

        truncate_inode_pages(inode, 0);
        kfree(inode->i_pages);
        kfree(inode->i_name);
        kmem_cache_free(inode_cachep, inode);
        inode = parent;
    }
}

int inode_name(struct inode *inode, struct inode *folder, const char *name)
{
    size_t nbytes = strlen(name) + 1;

    inode->i_name = kmalloc(nbytes, GFP_KERNEL);
    if (inode->i_name == NULL)
        return -ENOMEM;
    memcpy(inode->i_name, name, nbytes);
    inode->i_parent = folder;
    iget(folder);
    return 0;
}

void inode_link(struct inode *inode)
{
    inode->i_nlink = S_ISDIR(inode->i_mode) ? 2 : 1;
    list_add_tail(&inode->i_sibling, &inode->i_parent->i_children);
}

void inode_unlink(struct inode *inode)
{
    inode->i_nlink = 0;
    list_del_init(&inode->i_sibling);
}

struct inode *inode_child(struct inode *folder, const char *name)
{
    struct list_head *at;

    list_for_each (at, &folder->i_children) {
        struct inode *inode = list_entry(at, struct inode, i_sibling);

        if (strcmp(inode->i_name, name) == 0) {
            iget(inode);
            return inode;
        }
    }
    return NULL;
}

/* Puts `text` before `at`, as much of it as there is room for. */
static char *prepend(char *start, char *at, const char *text)
{
    size_t nbytes = strlen(text);

    if (nbytes > (size_t)(at - start))
        nbytes = at - start;
    return memcpy(at - nbytes, text, nbytes);
}

char *inode_path(const struct inode *inode, char *buffer, size_t size)
{
    char *at = buffer + size - 1;

    *at = '\0';
    if (inode == root_inode || inode->i_name == NULL)
        return prepend(buffer, at, inode == root_inode ? "/" : "(no name)");
    if (inode->i_nlink == 0 && inode->i_ino < PROC_PID_BASE)
        at = prepend(buffer, at, " (deleted)");
    for (; inode != NULL && inode->i_name != NULL; inode = inode->i_parent) {
        at = prepend(buffer, at, inode->i_name);
        at = prepend(buffer, at, "/");
    }
    return at;
}
