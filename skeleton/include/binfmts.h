/*
 * The first pages of a program's stack, made before there is an address space
 * to put them in. Linux include/linux/binfmts.h.
 *
 *     STACK_TOP
 *         8 bytes of zeros; the program's path; 16 "random" bytes
 *         texts of the environment and the arguments
 *         pairs of enum elf_aux                              (16-byte aligned
 *         NULL, pointers to the environment, by rising index   from esp on)
 *         NULL, pointers to the arguments
 *     esp argc
 */
#ifndef BINFMTS_H
#define BINFMTS_H

#include <mm.h>
#include <types.h>

#define STACK_TOP     TASK_SIZE
#define MAX_ARG_PAGES 32 /* arguments and environment together */

struct arg_pages {
    struct page *page[MAX_ARG_PAGES]; /* the last one ends at STACK_TOP */
    unsigned long esp;                /* what has been put there begins here */
};

/* Starts with nothing; gives back all pages that are still there. */
void arg_pages_init(struct arg_pages *args);
void arg_pages_free(struct arg_pages *args);

/* Puts bytes below what is there. 0; -E2BIG, -ENOMEM. May sleep. */
int arg_push(struct arg_pages *args, const void *bytes, size_t nbytes);

/* Where a text ends that begins at this address of the stack: behind its 0. */
unsigned long arg_text_end(const struct arg_pages *args, unsigned long address);

/* Makes `nbytes` of room below what is there, which begins at a multiple of 16
 * then; arg_store() fills it word by word. 0; -E2BIG, -ENOMEM. May sleep. */
int arg_make_room(struct arg_pages *args, size_t nbytes);
void arg_store(struct arg_pages *args, unsigned long address, uint32_t word);

/*
 * For a new address space: lists an area of anonymous memory; maps a page in
 * one, with the use of it that the caller has. 0, or -ENOMEM and nothing has
 * changed. May sleep.
 */
int setup_area(struct mm_struct *mm, unsigned long start, unsigned long end,
               unsigned long vm_flags);
int setup_page(struct mm_struct *mm, unsigned long address, struct page *page,
               unsigned long vm_flags);

/*
 * Makes the pages the stack of `mm`: an area that can grow, which holds them,
 * and entries in the page tables. 0 or -ENOMEM; then the pages that are in
 * `args` no more are `mm`'s. May sleep.
 */
int setup_arg_pages(struct mm_struct *mm, struct arg_pages *args);

#endif
