/*
 * Address spaces without a process, and calls of the functions of labs 4 to 6
 * by name. From STAGE_PROC on:
 *
 *     struct guest *guest = guest_boot(&machine_64mb, STAGE_PROC);
 *     struct proc *space = new_space(guest);
 *     gaddr_t vma = add_vma(space, 0x40000000, 0x40004000, ANON_FLAGS);
 *
 *     expect_vma(space, find_vma(space, 0x40001000), vma, "it holds it");
 *     expect_sound(space);
 *
 * new_space() makes it current->mm of the agent's task, in which all calls run.
 * So current->mm functions (get_unmapped_area(), do_mmap_pgoff(), do_brk(),
 * sys_brk()) work on the space that was made, or entered, last.
 *
 * For each function f there is f_call(), the call alone, for lists and costs:
 *
 *     struct call call = find_vma_call(space, address);
 *     gaddr_t vma = guest_call(guest, &call, &cost);
 */
#ifndef HARNESS_SPACES_H
#define HARNESS_SPACES_H

#include "process.h"

/* Flags of private anonymous memory for reading and writing, of the same for
 * reading only, of shared anonymous memory, of a stack. */
#define ANON_FLAGS   (VM_READ | VM_WRITE | VM_MAY)
#define RO_FLAGS     (VM_READ | VM_MAY)
#define SHARED_FLAGS (VM_READ | VM_WRITE | VM_MAY | VM_SHARED | VM_MAYSHARE)
#define STACK_FLAGS  (VM_GROWSDOWN | VM_DATA_FLAGS)

/* --- address spaces ------------------------------------------------------ */

/* mm_alloc() and use_mm(). start_brk and brk are 0. */
struct proc *new_space(struct guest *guest);
/* use_mm() of another one; NULL: of none. */
void enter_space(struct guest *guest, const struct proc *space);
/* An mm_struct that is not entered. */
struct proc *space_at(struct guest *guest, gaddr_t mm);
/* Leaves it, and mmput(): the last user's exit_mmap()s it. */
void drop_space(struct proc *space);
/* Sets mm->start_brk and mm->brk. */
void set_heap(const struct proc *space, uaddr_t start_brk, uaddr_t brk);

/* --- areas --------------------------------------------------------------- */

/* A vm_area_struct that is not listed: from vm_area_cachep, zeroed but for
 * vm_mm, vm_start, vm_end, vm_flags, vm_page_prot. */
gaddr_t make_vma(const struct proc *space, uaddr_t start, uaddr_t end,
                 uint32_t flags);
/* make_vma(), insert_vm_struct(), and total_vm follows. */
gaddr_t add_vma(const struct proc *space, uaddr_t start, uaddr_t end,
                uint32_t flags);
/* n areas of `npages` pages each, `gap` pages apart, in one go; their
 * addresses in out[] unless it is NULL. */
void add_vmas(const struct proc *space, uaddr_t start, size_t n, size_t npages,
              size_t gap, gaddr_t *out);
/* Sets fields of an area. */
void set_vma_file(struct guest *guest, gaddr_t vma, gaddr_t file,
                  uint32_t pgoff);
void set_vma_ops(struct guest *guest, gaddr_t vma, gaddr_t ops);
void set_vma_flags(struct guest *guest, gaddr_t vma, uint32_t flags);
void set_mmap_cache(const struct proc *space, gaddr_t vma);

/* The area that was returned must be this one; 0: NULL. */
void expect_vma(const struct proc *space, gaddr_t vma, gaddr_t expected,
                const char *hint);

/* --- lab 4: mmap.h ------------------------------------------------------- */

/* vm_area_structs, 0 for NULL. */
gaddr_t find_vma(const struct proc *space, uaddr_t address);
gaddr_t find_vma_prev(const struct proc *space, uaddr_t address, gaddr_t *prev);
void insert_vm_struct(const struct proc *space, gaddr_t vma);
/* 0, or a negative error number. */
int split_vma(const struct proc *space, gaddr_t vma, uaddr_t address);
int vma_merge(const struct proc *space, gaddr_t prev, uaddr_t start,
              uaddr_t end, uint32_t flags);
int do_munmap(const struct proc *space, uaddr_t address, uint32_t nbytes);
void exit_mmap(const struct proc *space);
/* Addresses, or negative error numbers (is_error()). In current->mm. */
uint32_t get_unmapped_area(struct guest *guest, uaddr_t address,
                           uint32_t nbytes, uint32_t flags);
/* `file` is a struct file, or 0. do_mmap() is of anonymous memory, from page 0
 * on, anywhere; MAP_ANONYMOUS is added. */
uint32_t do_mmap(struct guest *guest, uint32_t nbytes, uint32_t prot,
                 uint32_t flags);
uint32_t do_mmap_at(struct guest *guest, uaddr_t address, uint32_t nbytes,
                    uint32_t prot, uint32_t flags);
struct mmap_args {
    gaddr_t file;
    uaddr_t address;
    uint32_t nbytes, prot, flags, pgoff;
};
uint32_t do_mmap_pgoff(struct guest *guest, const struct mmap_args *args);
uint32_t do_brk(struct guest *guest, uaddr_t address, uint32_t nbytes);
uint32_t sys_brk(struct guest *guest, uaddr_t end);

struct call find_vma_call(const struct proc *space, uaddr_t address);
/* *pprev is the first word of probe_memory. */
struct call find_vma_prev_call(const struct proc *space, uaddr_t address);
struct call insert_vm_struct_call(const struct proc *space, gaddr_t vma);
struct call split_vma_call(const struct proc *space, gaddr_t vma,
                           uaddr_t address);
struct call vma_merge_call(const struct proc *space, gaddr_t prev,
                           uaddr_t start, uaddr_t end, uint32_t flags);
struct call do_munmap_call(const struct proc *space, uaddr_t address,
                           uint32_t nbytes);
struct call exit_mmap_call(const struct proc *space);
struct call get_unmapped_area_call(uaddr_t address, uint32_t nbytes,
                                   uint32_t flags);
struct call do_mmap_pgoff_call(const struct mmap_args *args);
struct call do_brk_call(uaddr_t address, uint32_t nbytes);
struct call sys_brk_call(uaddr_t end);

/* True for results that are error numbers. "-ENOMEM", …, or a number. */
bool is_error(uint32_t result);
const char *result_text(uint32_t result);

/* The last call's result must be this address, or this error (ENOMEM, …). */
void expect_address(struct guest *guest, uint32_t result, uaddr_t address,
                    const char *hint);
void expect_fails(struct guest *guest, uint32_t result, int error,
                  const char *hint);
/* It must be 0. */
void expect_ok(struct guest *guest, int result, const char *hint);

/* --- lab 5: fault.h; a vma's address is what find_vma() gives --------------
 */

/* enum vm_fault. The pte that the functions are given is pte_alloc()'s, and
 * where they want the entry, what is in the page table. */
#define FAULT_OOM    (-1)
#define FAULT_SIGBUS 0
#define FAULT_MINOR  1
#define FAULT_MAJOR  2

int handle_mm_fault(const struct proc *space, gaddr_t vma, uaddr_t address,
                    bool write);
int handle_pte_fault(const struct proc *space, gaddr_t vma, uaddr_t address,
                     bool write);
int do_no_page(const struct proc *space, gaddr_t vma, uaddr_t address,
               bool write);
int do_anonymous_page(const struct proc *space, gaddr_t vma, uaddr_t address,
                      bool write);
int expand_stack(const struct proc *space, gaddr_t vma, uaddr_t address);
int vmalloc_fault(struct guest *guest, gaddr_t address);

/* --- lab 6: cow.h -------------------------------------------------------- */

/* 0 or a negative error number. */
int copy_page_range(const struct proc *dst, const struct proc *src,
                    gaddr_t vma);
int do_wp_page(const struct proc *space, gaddr_t vma, uaddr_t address);
void zap_page_range(const struct proc *space, uaddr_t address, uint32_t nbytes);

struct call handle_mm_fault_call(const struct proc *space, gaddr_t vma,
                                 uaddr_t address, bool write);
struct call copy_page_range_call(const struct proc *dst, const struct proc *src,
                                 gaddr_t vma);
struct call zap_page_range_call(const struct proc *space, uaddr_t address,
                                uint32_t nbytes);

const char *fault_text(int vm_fault); /* "VM_FAULT_MINOR", … */
/* The last call's result must be this one. */
void expect_vm_fault(struct guest *guest, int result, int expected,
                     const char *hint);

/* --- files and operations of the host's making (probe_vm.h) --------------- */

/*
 * probe_file: a struct file with one use, which f_op->mmap accepts by setting
 * vm_ops to probe_vm_ops, or refuses. Its modes are FMODE_READ | FMODE_WRITE at
 * first. probe_vm_ops counts its calls; nopage() gives what it was told to.
 */
gaddr_t probe_file(struct guest *guest);
gaddr_t probe_vm_ops(struct guest *guest);
gaddr_t probe_file_without_mmap(struct guest *guest);
void set_file_mode(struct guest *guest, gaddr_t file, uint32_t f_mode);
int file_users(struct guest *guest, gaddr_t file); /* f_count */

/* f_op->mmap() of probe_file returns this from here on: 0 or -E…. */
void set_probe_mmap_result(struct guest *guest, int result);

/* nopage() gives this page (NO_PAGE: NOPAGE_SIGBUS), with a use counted; or
 * NOPAGE_OOM. */
void set_probe_nopage(struct guest *guest, pfn_t pfn);
void set_probe_nopage_oom(struct guest *guest);

/* What the operations were called for since the boot. */
struct probe_vm_view {
    uint32_t opens, closes, nopages, mmaps;
    gaddr_t last_vma;             /* of the last call of any of them */
    uaddr_t last_address;         /* nopage()'s */
    uaddr_t last_start, last_end; /* the area, at that time */
    uint32_t last_listed; /* 1: find_vma() knew it when mmap() was called */
};
struct probe_vm_view probe_vm_view(struct guest *guest);

/* A file of the ramdisk, opened by the kernel (filp_open()): a struct file with
 * one use. fput() gives it back. */
gaddr_t open_file(struct guest *guest, const char *path, int flags);
void fput(struct guest *guest, gaddr_t file);

#endif
