/* A new program's stack, page by page. Linux fs/exec.c (copy_strings). */
#include <binfmts.h>

#include <errno.h>
#include <highmem.h>
#include <mmap.h>
#include <page_alloc.h>
#include <sched.h>
#include <slab.h>
#include <string.h>

#define STACK_BASE (STACK_TOP - MAX_ARG_PAGES * PAGE_SIZE)

void arg_pages_init(struct arg_pages *args)
{
    memset(args, 0, sizeof(*args));
    args->esp = STACK_TOP;
}

void arg_pages_free(struct arg_pages *args)
{
    for (int i = 0; i < MAX_ARG_PAGES; i++)
        if (args->page[i] != NULL)
            __free_page(args->page[i]);
}

static struct page *page_at(const struct arg_pages *args, unsigned long address)
{
    return args->page[(address - STACK_BASE) >> PAGE_SHIFT];
}

/* Sees to it that there are pages from `esp` to what is there already. */
static int extend(struct arg_pages *args, unsigned long esp)
{
    for (unsigned long at = esp & PAGE_MASK; at < STACK_TOP; at += PAGE_SIZE) {
        struct page **page = &args->page[(at - STACK_BASE) >> PAGE_SHIFT];

        if (*page != NULL)
            break;
        *page = alloc_page(GFP_HIGHUSER);
        if (*page == NULL)
            return -ENOMEM;
        clear_user_highpage(*page);
    }
    args->esp = esp;
    return 0;
}

int arg_make_room(struct arg_pages *args, size_t nbytes)
{
    if (args->esp - STACK_BASE < nbytes + 16)
        return -E2BIG;
    return extend(args, (args->esp - nbytes) & ~15UL);
}

static void write_bytes(struct arg_pages *args, unsigned long address,
                        const char *bytes, size_t nbytes)
{
    while (nbytes > 0) {
        unsigned long in_page = address % PAGE_SIZE;
        size_t n = nbytes < PAGE_SIZE - in_page ? nbytes : PAGE_SIZE - in_page;
        char *at = kmap_atomic(page_at(args, address), KM_USER0);

        memcpy(at + in_page, bytes, n);
        kunmap_atomic(at, KM_USER0);
        address += n;
        bytes += n;
        nbytes -= n;
    }
}

int arg_push(struct arg_pages *args, const void *bytes, size_t nbytes)
{
    int error;

    if (args->esp - STACK_BASE < nbytes)
        return -E2BIG;
    error = extend(args, args->esp - nbytes);
    if (error == 0)
        write_bytes(args, args->esp, bytes, nbytes);
    return error;
}

void arg_store(struct arg_pages *args, unsigned long address, uint32_t word)
{
    write_bytes(args, address, (const char *)&word, sizeof(word));
}

unsigned long arg_text_end(const struct arg_pages *args, unsigned long address)
{
    for (;;) {
        unsigned long in_page = address % PAGE_SIZE;
        size_t n = PAGE_SIZE - in_page, length;
        char *at = kmap_atomic(page_at(args, address), KM_USER0);

        length = strnlen(at + in_page, n);
        kunmap_atomic(at, KM_USER0);
        if (length < n)
            return address + length + 1;
        address += n;
    }
}

int setup_area(struct mm_struct *mm, unsigned long start, unsigned long end,
               unsigned long vm_flags)
{
    struct vm_area_struct *vma = kmem_cache_alloc(vm_area_cachep, GFP_KERNEL);

    if (vma == NULL)
        return -ENOMEM;
    *vma = (struct vm_area_struct){
        .vm_mm = mm,
        .vm_start = start,
        .vm_end = end,
        .vm_flags = vm_flags,
        .vm_page_prot = vm_get_page_prot(vm_flags),
    };
    insert_vm_struct(mm, vma);
    mm->total_vm += (end - start) >> PAGE_SHIFT;
    return 0;
}

int setup_page(struct mm_struct *mm, unsigned long address, struct page *page,
               unsigned long vm_flags)
{
    pte_t entry = mk_pte(page, vm_get_page_prot(vm_flags));
    pte_t *pte = pte_alloc(mm, address);

    if (pte == NULL)
        return -ENOMEM;
    if (vm_flags & VM_WRITE)
        entry = pte_mkdirty(pte_mkwrite(entry));
    set_pte(pte, entry);
    mm->rss++;
    return 0;
}

int setup_arg_pages(struct mm_struct *mm, struct arg_pages *args)
{
    const unsigned long flags = VM_GROWSDOWN | VM_DATA_FLAGS;
    unsigned long start = args->esp & PAGE_MASK;
    int error = setup_area(mm, start, STACK_TOP, flags);

    mm->start_stack = args->esp;
    for (unsigned long at = start; error == 0 && at < STACK_TOP;
         at += PAGE_SIZE) {
        struct page **page = &args->page[(at - STACK_BASE) >> PAGE_SHIFT];

        error = setup_page(mm, at, *page, flags);
        if (error == 0)
            *page = NULL;
    }
    return error;
}
