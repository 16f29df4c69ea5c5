/*
 * What the tests of lab 5 have in common: accesses of the kernel's to users'
 * memory, by instructions that the exception table knows and by others, and
 * accesses of a process with its stack pointer where the test wants it.
 */
#ifndef LAB5_ACCESSES_H
#define LAB5_ACCESSES_H

#include "areas.h"
#include "spaces.h"

#define START 0x40000000u /* where these tests map memory */
#define WORD  0x11223344u

/* --- the kernel's, in the address space that is entered ------------------- */

/* How many bytes were not copied, 0 if all is well: copy_to_user(address,
 * probe_memory, nbytes) and so on. */
struct call copy_to_user_call(struct guest *guest, uaddr_t address,
                              uint32_t nbytes);
struct call copy_from_user_call(struct guest *guest, uaddr_t address,
                                uint32_t nbytes);
struct call clear_user_call(uaddr_t address, uint32_t nbytes);

/* The call must say that so many bytes were not copied. */
void expect_left(struct guest *guest, struct call call, uint32_t left,
                 const char *hint);

/* A write and a read of four bytes that the exception table does not know. */
struct call kernel_write_call(gaddr_t address);
struct call kernel_read_call(struct guest *guest, gaddr_t address);

/* The call must be an oops: a page fault at the address. The machine ends. */
void expect_oops(struct guest *guest, struct call call, gaddr_t address,
                 const char *hint);

/* --- a process's, with esp anywhere --------------------------------------- */

/* The process's stack area. */
struct vma_view stack_of(const struct proc *proc);

/* Needs a page for code, where it writes what is then done: a byte is loaded,
 * or the system call read(fd, buffer, nbytes) is made, while esp is `esp`. */
struct user_op load_at_op(struct proc *proc, uaddr_t esp, uaddr_t address);
struct user_op read_at_op(struct proc *proc, uaddr_t esp, int fd,
                          uaddr_t buffer, uint32_t nbytes);

/* --- areas with operations ------------------------------------------------ */

/* An area of so many pages at START, whose nopage() gives this page. */
gaddr_t add_ops_area(const struct proc *space, uint32_t npages, uint32_t flags,
                     pfn_t page);

/* A page that holds WORD at its beginning and byte WORD % 256 elsewhere. */
pfn_t full_page(struct guest *guest);

/* A page must have so many users. */
void expect_count(struct guest *guest, pfn_t page, int count, const char *hint);

#endif
