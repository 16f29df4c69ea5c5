/*
 * What the host must know of the kernel's structures: sizes, offsets, flags.
 *
 * Compiled for the guest but never linked: the build reads the assembly and
 * turns each marked line into a #define of layout.h.
 */
#include <agent_proto.h>
#include <blkdev.h>
#include <fault.h>
#include <fs.h>
#include <highmem.h>
#include <kernel.h>
#include <mm.h>
#include <module.h>
#include <page_alloc.h>
#include <probe.h>
#include <probe_vm.h>
#include <sched.h>
#include <slab.h>
#include <swap.h>
#include <vmalloc.h>
#include <wait.h>

#define LAYOUT(name, value)                                                    \
    __asm__ volatile("\n#layout " #name " %c0" : : "i"(value))

void layout(void);

void layout(void)
{
    LAYOUT(SIZEOF_PAGE, sizeof(struct page));
    LAYOUT(PAGE_COUNT, offsetof(struct page, count));
    LAYOUT(PAGE_FLAGS, offsetof(struct page, flags));
    LAYOUT(PAGE_ZONE, offsetof(struct page, zone));
    LAYOUT(PAGE_MAPPING, offsetof(struct page, mapping));

    LAYOUT(SIZEOF_ZONE, sizeof(zone_t));
    LAYOUT(ZONE_FREE_PAGES, offsetof(zone_t, free_pages));
    LAYOUT(ZONE_PAGES_MIN, offsetof(zone_t, pages_min));
    LAYOUT(ZONE_PAGES_LOW, offsetof(zone_t, pages_low));
    LAYOUT(ZONE_PAGES_HIGH, offsetof(zone_t, pages_high));
    LAYOUT(ZONE_NEED_BALANCE, offsetof(zone_t, need_balance));
    LAYOUT(ZONE_START_PFN, offsetof(zone_t, zone_start_pfn));
    LAYOUT(ZONE_SIZE, offsetof(zone_t, size));
    LAYOUT(ZONE_FREE_AREA, offsetof(zone_t, free_area));
    LAYOUT(SIZEOF_FREE_AREA, sizeof(free_area_t));
    LAYOUT(FREE_AREA_LIST, offsetof(free_area_t, free_list));

    LAYOUT(TASK_FLAGS, offsetof(struct task_struct, flags));
    LAYOUT(PF_MEMALLOC, PF_MEMALLOC);

    LAYOUT(PG_RESERVED, 1u << PG_reserved);
    LAYOUT(PG_REFERENCED, 1u << PG_referenced);
    LAYOUT(PG_DIRTY, 1u << PG_dirty);
    LAYOUT(GFP_DMA, GFP_DMA);
    LAYOUT(GFP_ATOMIC, GFP_ATOMIC);
    LAYOUT(GFP_KERNEL, GFP_KERNEL);
    LAYOUT(GFP_HIGHUSER, GFP_HIGHUSER);
    LAYOUT(GFP_WAIT, __GFP_WAIT);
    LAYOUT(GFP_HIGHMEM, __GFP_HIGHMEM);
    LAYOUT(MAX_ORDER, MAX_ORDER);

    LAYOUT(CRASH_PANIC, CRASH_PANIC);
    LAYOUT(CRASH_BUG, CRASH_BUG);
    LAYOUT(CRASH_STUB, CRASH_STUB);
    LAYOUT(CRASH_OOPS, CRASH_OOPS);
    LAYOUT(CRASH_DOUBLE_FAULT, CRASH_DOUBLE_FAULT);
}

void layout_vmalloc(void);

void layout_vmalloc(void)
{
    /* Addresses are too large for the assembler's decimal numbers, which have
     * a sign: page numbers instead. */
    LAYOUT(VM_STRUCT_FLAGS, offsetof(struct vm_struct, flags));
    LAYOUT(VM_STRUCT_ADDR, offsetof(struct vm_struct, addr));
    LAYOUT(VM_STRUCT_SIZE, offsetof(struct vm_struct, size));
    LAYOUT(VM_STRUCT_NEXT, offsetof(struct vm_struct, next));
    LAYOUT(VM_ALLOC, VM_ALLOC);
    LAYOUT(VMALLOC_OFFSET, VMALLOC_OFFSET);
    LAYOUT(VMALLOC_END_PAGE, VMALLOC_END >> PAGE_SHIFT);
    LAYOUT(PKMAP_BASE_PAGE, PKMAP_BASE >> PAGE_SHIFT);
    LAYOUT(LAST_PKMAP, LAST_PKMAP);
    LAYOUT(FIX_KMAP_BEGIN, FIX_KMAP_BEGIN);
    LAYOUT(FIX_LOCAL_APIC, FIX_LOCAL_APIC);
    LAYOUT(FIXADDR_TOP_PAGE, FIXADDR_TOP >> PAGE_SHIFT);
    LAYOUT(NR_FIXED_ADDRESSES, NR_FIXED_ADDRESSES);
    LAYOUT(KM_BOUNCE_READ, KM_BOUNCE_READ);
    LAYOUT(KM_USER0, KM_USER0);
    LAYOUT(KM_USER1, KM_USER1);
    LAYOUT(KM_IRQ0, KM_IRQ0);
    LAYOUT(KM_IRQ1, KM_IRQ1);
    LAYOUT(KM_TYPE_NR, KM_TYPE_NR);
    LAYOUT(PAGE_KERNEL, PAGE_KERNEL);
}

void layout_tasks(void);

void layout_tasks(void)
{
    LAYOUT(TASK_PID, offsetof(struct task_struct, pid));
    LAYOUT(TASK_COMM, offsetof(struct task_struct, comm));
    LAYOUT(TASK_COMM_LEN, TASK_COMM_LEN);
    LAYOUT(TASK_STATE, offsetof(struct task_struct, state));
    LAYOUT(TASK_STACK_END, offsetof(struct task_struct, stack_end));
    LAYOUT(TASK_TASKS, offsetof(struct task_struct, tasks));
    LAYOUT(TASK_MM, offsetof(struct task_struct, mm));
    LAYOUT(TASK_RLIM, offsetof(struct task_struct, rlim));
    LAYOUT(TASK_MIN_FLT, offsetof(struct task_struct, min_flt));
    LAYOUT(TASK_MAJ_FLT, offsetof(struct task_struct, maj_flt));
    LAYOUT(TASK_EXIT_CODE, offsetof(struct task_struct, exit_code));
    LAYOUT(TASK_RUNNING, TASK_RUNNING);
    LAYOUT(TASK_INTERRUPTIBLE, TASK_INTERRUPTIBLE);
    LAYOUT(TASK_ZOMBIE, TASK_ZOMBIE);
    LAYOUT(TASK_UNINTERRUPTIBLE, TASK_UNINTERRUPTIBLE);
    LAYOUT(WAIT_TASK, offsetof(wait_queue_t, task));
    LAYOUT(WAIT_TASK_LIST, offsetof(wait_queue_t, task_list));
    LAYOUT(WAIT_HEAD_LIST, offsetof(wait_queue_head_t, task_list));
}

void layout_slab(void);

void layout_slab(void)
{
    LAYOUT(CACHE_SLABS_FULL, offsetof(kmem_cache_t, slabs_full));
    LAYOUT(CACHE_SLABS_PARTIAL, offsetof(kmem_cache_t, slabs_partial));
    LAYOUT(CACHE_SLABS_FREE, offsetof(kmem_cache_t, slabs_free));
    LAYOUT(CACHE_OBJSIZE, offsetof(kmem_cache_t, objsize));
    LAYOUT(CACHE_NUM, offsetof(kmem_cache_t, num));
    LAYOUT(CACHE_GFPORDER, offsetof(kmem_cache_t, gfporder));
    LAYOUT(CACHE_NAME, offsetof(kmem_cache_t, name));
    LAYOUT(CACHE_NEXT, offsetof(kmem_cache_t, next));
    LAYOUT(CACHE_NAMELEN, CACHE_NAMELEN);
    LAYOUT(SIZEOF_SLAB, sizeof(slab_t));
    LAYOUT(SLAB_LIST, offsetof(slab_t, list));
    LAYOUT(SLAB_INUSE, offsetof(slab_t, inuse));
    LAYOUT(SIZEOF_BUFCTL, sizeof(kmem_bufctl_t));
    LAYOUT(L1_CACHE_BYTES, L1_CACHE_BYTES);
    LAYOUT(MAX_OBJ_BYTES, MAX_OBJ_BYTES);
    LAYOUT(PG_SLAB, 1u << PG_slab);

    LAYOUT(SLAB_DEBUG_FREE, SLAB_DEBUG_FREE);
    LAYOUT(SLAB_RED_ZONE, SLAB_RED_ZONE);
    LAYOUT(SLAB_POISON, SLAB_POISON);
    LAYOUT(SLAB_NO_REAP, SLAB_NO_REAP);
    LAYOUT(SLAB_HWCACHE_ALIGN, SLAB_HWCACHE_ALIGN);
    LAYOUT(SLAB_CACHE_DMA, SLAB_CACHE_DMA);
    LAYOUT(SLAB_DEBUG, SLAB_DEBUG);
    LAYOUT(CFLGS_OFF_SLAB, CFLGS_OFF_SLAB);
    LAYOUT(SLAB_CTOR_CONSTRUCTOR, SLAB_CTOR_CONSTRUCTOR);
    LAYOUT(SLAB_CTOR_ATOMIC, SLAB_CTOR_ATOMIC);
    LAYOUT(POISON_BYTE, POISON_BYTE);
    LAYOUT(POISON_END, POISON_END);
    LAYOUT(RED_MAGIC_FREE, RED_MAGIC_FREE);
    LAYOUT(RED_MAGIC_USED, RED_MAGIC_USED);
}

void layout_slab_mistakes(void);

void layout_slab_mistakes(void)
{
    LAYOUT(SLAB_DOUBLE_FREE, SLAB_DOUBLE_FREE);
    LAYOUT(SLAB_FOREIGN, SLAB_FOREIGN);
    LAYOUT(SLAB_OVERRUN, SLAB_OVERRUN);
    LAYOUT(SLAB_USED_FREED, SLAB_USED_FREED);
    LAYOUT(NR_SLAB_MISTAKES, NR_SLAB_MISTAKES);

    LAYOUT(PROBE_BYTES, PROBE_BYTES);
    LAYOUT(PROBE_FILL, PROBE_FILL);
    LAYOUT(PROBE_CALLS, PROBE_CALLS);
    LAYOUT(SIZEOF_PROBE_CALL, sizeof(struct probe_call));
    LAYOUT(PROBE_CALL_OBJECT, offsetof(struct probe_call, object));
    LAYOUT(PROBE_CALL_FLAGS, offsetof(struct probe_call, flags));
    LAYOUT(PROBE_LOG_NCALLS, offsetof(struct probe_log, ncalls));
    LAYOUT(PROBE_LOG_CALLS, offsetof(struct probe_log, calls));
}

void layout_disks(void);

void layout_disks(void)
{
    LAYOUT(SIZEOF_BLKDEV, sizeof(struct block_device));
    LAYOUT(BLKDEV_NSECTORS, offsetof(struct block_device, nsectors));
    LAYOUT(BLKDEV_READS, offsetof(struct block_device, reads));
    LAYOUT(BLKDEV_WRITES, offsetof(struct block_device, writes));
    LAYOUT(PAGE_SECTORS, PAGE_SECTORS);
    LAYOUT(VD_MAJOR, VD_MAJOR);
    LAYOUT(SIZEOF_BLK_FAULT, sizeof(struct blk_fault));
    LAYOUT(BLK_FAULT_FAILED, offsetof(struct blk_fault, failed));
    LAYOUT(MAX_BLK_FAULTS, MAX_BLK_FAULTS);
}

void layout_mm(void);

void layout_mm(void)
{
    LAYOUT(SIZEOF_MM, sizeof(struct mm_struct));
    LAYOUT(MM_MMAP, offsetof(struct mm_struct, mmap));
    LAYOUT(MM_RB, offsetof(struct mm_struct, mm_rb));
    LAYOUT(MM_MMAP_CACHE, offsetof(struct mm_struct, mmap_cache));
    LAYOUT(MM_PGD, offsetof(struct mm_struct, pgd));
    LAYOUT(MM_USERS, offsetof(struct mm_struct, mm_users));
    LAYOUT(MM_MAP_COUNT, offsetof(struct mm_struct, map_count));
    LAYOUT(MM_START_BRK, offsetof(struct mm_struct, start_brk));
    LAYOUT(MM_BRK, offsetof(struct mm_struct, brk));
    LAYOUT(MM_START_STACK, offsetof(struct mm_struct, start_stack));
    LAYOUT(MM_RSS, offsetof(struct mm_struct, rss));
    LAYOUT(MM_TOTAL_VM, offsetof(struct mm_struct, total_vm));

    LAYOUT(SIZEOF_VMA, sizeof(struct vm_area_struct));
    LAYOUT(VMA_MM, offsetof(struct vm_area_struct, vm_mm));
    LAYOUT(VMA_START, offsetof(struct vm_area_struct, vm_start));
    LAYOUT(VMA_END, offsetof(struct vm_area_struct, vm_end));
    LAYOUT(VMA_NEXT, offsetof(struct vm_area_struct, vm_next));
    LAYOUT(VMA_PAGE_PROT, offsetof(struct vm_area_struct, vm_page_prot));
    LAYOUT(VMA_FLAGS, offsetof(struct vm_area_struct, vm_flags));
    LAYOUT(VMA_RB, offsetof(struct vm_area_struct, vm_rb));
    LAYOUT(VMA_OPS, offsetof(struct vm_area_struct, vm_ops));
    LAYOUT(VMA_PGOFF, offsetof(struct vm_area_struct, vm_pgoff));
    LAYOUT(VMA_FILE, offsetof(struct vm_area_struct, vm_file));
    LAYOUT(VMA_PRIVATE_DATA, offsetof(struct vm_area_struct, vm_private_data));

    LAYOUT(RB_PARENT, offsetof(rb_node_t, rb_parent));
    LAYOUT(RB_COLOR, offsetof(rb_node_t, rb_color));
    LAYOUT(RB_RIGHT, offsetof(rb_node_t, rb_right));
    LAYOUT(RB_LEFT, offsetof(rb_node_t, rb_left));
    LAYOUT(RB_RED, RB_RED);
    LAYOUT(RB_BLACK, RB_BLACK);
}

void layout_mm_numbers(void);

void layout_mm_numbers(void)
{
    LAYOUT(VM_READ, VM_READ);
    LAYOUT(VM_WRITE, VM_WRITE);
    LAYOUT(VM_EXEC, VM_EXEC);
    LAYOUT(VM_SHARED, VM_SHARED);
    LAYOUT(VM_MAYREAD, VM_MAYREAD);
    LAYOUT(VM_MAYWRITE, VM_MAYWRITE);
    LAYOUT(VM_MAYEXEC, VM_MAYEXEC);
    LAYOUT(VM_MAYSHARE, VM_MAYSHARE);
    LAYOUT(VM_GROWSDOWN, VM_GROWSDOWN);
    LAYOUT(VM_AGENT, VM_AGENT);
    LAYOUT(VM_MAY, VM_MAY);
    LAYOUT(VM_DATA_FLAGS, VM_DATA_FLAGS);
    LAYOUT(MAX_MAP_COUNT, MAX_MAP_COUNT);
    LAYOUT(TASK_UNMAPPED_BASE, TASK_UNMAPPED_BASE);

    LAYOUT(PF_PROT, PF_PROT);
    LAYOUT(PF_WRITE, PF_WRITE);
    LAYOUT(PF_USER, PF_USER);
    LAYOUT(STACK_SLACK, STACK_SLACK);
    LAYOUT(SWAP_SLOTS, PROBE_SWAP_SLOTS);
}

void layout_files(void);

void layout_files(void)
{
    LAYOUT(SIZEOF_FILE, sizeof(struct file));
    LAYOUT(FILE_OPS, offsetof(struct file, f_op));
    LAYOUT(FILE_INODE, offsetof(struct file, f_inode));
    LAYOUT(INODE_NAME, offsetof(struct inode, i_name));
    LAYOUT(INODE_PARENT, offsetof(struct inode, i_parent));
    LAYOUT(FILE_COUNT, offsetof(struct file, f_count));
    LAYOUT(FILE_MODE, offsetof(struct file, f_mode));
    LAYOUT(FMODE_READ, FMODE_READ);
    LAYOUT(FMODE_WRITE, FMODE_WRITE);

    LAYOUT(PROBE_VM_OPENS, offsetof(struct probe_vm, opens));
    LAYOUT(PROBE_VM_CLOSES, offsetof(struct probe_vm, closes));
    LAYOUT(PROBE_VM_NOPAGES, offsetof(struct probe_vm, nopages));
    LAYOUT(PROBE_VM_MMAPS, offsetof(struct probe_vm, mmaps));
    LAYOUT(PROBE_VM_VMA, offsetof(struct probe_vm, vma));
    LAYOUT(PROBE_VM_ADDRESS, offsetof(struct probe_vm, address));
    LAYOUT(PROBE_VM_START, offsetof(struct probe_vm, start));
    LAYOUT(PROBE_VM_END, offsetof(struct probe_vm, end));
    LAYOUT(PROBE_VM_LISTED, offsetof(struct probe_vm, listed));
    LAYOUT(PROBE_VM_PAGE, offsetof(struct probe_vm, page));
    LAYOUT(PROBE_VM_MMAP_RESULT, offsetof(struct probe_vm, mmap_result));
}

void layout_modules(void);

void layout_modules(void)
{
    LAYOUT(MODULE_LIST, offsetof(struct module, list));
    LAYOUT(MODULE_NAME, offsetof(struct module, name));
    LAYOUT(MODULE_STATE, offsetof(struct module, state));
    LAYOUT(MODULE_USE_COUNT, offsetof(struct module, use_count));
    LAYOUT(MODULE_CORE, offsetof(struct module, core));
    LAYOUT(MODULE_SIZE, offsetof(struct module, size));
    LAYOUT(MODULE_SYMBOLS, offsetof(struct module, symbols));
    LAYOUT(MODULE_NSYMBOLS, offsetof(struct module, nsymbols));
    LAYOUT(MODULE_NAME_LEN, MODULE_NAME_LEN);
    LAYOUT(MODULE_MAX_BYTES, MODULE_MAX_BYTES);
    LAYOUT(MODULE_MAX_SYMBOLS, MODULE_MAX_SYMBOLS);
    LAYOUT(SIZEOF_MODULE_SYMBOL, sizeof(struct module_symbol));
    LAYOUT(MODULE_SYMBOL_VALUE, offsetof(struct module_symbol, value));
    LAYOUT(MODULE_SYMBOL_NAME, offsetof(struct module_symbol, name));
    LAYOUT(MODULE_SYMBOL_LEN, MODULE_SYMBOL_LEN);
}

void layout_swap(void);

void layout_swap(void)
{
    LAYOUT(SIZEOF_SWAP_INFO, sizeof(struct swap_info_struct));
    LAYOUT(SWAP_INFO_FLAGS, offsetof(struct swap_info_struct, flags));
    LAYOUT(SWAP_INFO_PRIO, offsetof(struct swap_info_struct, prio));
    LAYOUT(SWAP_INFO_MAX, offsetof(struct swap_info_struct, max));
    LAYOUT(SWAP_INFO_NR_FREE, offsetof(struct swap_info_struct, nr_free));
    LAYOUT(SWAP_INFO_MAP, offsetof(struct swap_info_struct, swap_map));
    LAYOUT(SWAP_MAP_BAD, SWAP_MAP_BAD);
    LAYOUT(SWAP_MAP_MAX, SWAP_MAP_MAX);
    LAYOUT(MAX_SWAPFILES, MAX_SWAPFILES);
    LAYOUT(MAX_NR_ZONES, MAX_NR_ZONES);
    LAYOUT(ZONE_INACTIVE_CLEAN, offsetof(zone_t, inactive_clean_pages));
    LAYOUT(ZONE_CLEAN_LIST, offsetof(zone_t, inactive_clean_list));
    LAYOUT(SWAP_INFO_BDEV, offsetof(struct swap_info_struct, bdev));
    LAYOUT(SWAP_INFO_NEXT, offsetof(struct swap_info_struct, next));
    LAYOUT(SWAP_INFO_LIST, offsetof(struct swap_info_struct, list));
    LAYOUT(SWAP_INFO_CACHE, offsetof(struct swap_info_struct, cache));
    LAYOUT(SWP_USED, SWP_USED);
    LAYOUT(SWP_WRITEOK, SWP_WRITEOK);
    LAYOUT(SWAP_CLUSTER_MAX, SWAP_CLUSTER_MAX);
    LAYOUT(DEF_PRIORITY, DEF_PRIORITY);
    LAYOUT(MAX_BADPAGES, MAX_BADPAGES);
    LAYOUT(PAGE_LIST, offsetof(struct page, list));
    LAYOUT(PAGE_INDEX, offsetof(struct page, index));
    LAYOUT(PG_SWAP_CACHE, 1u << PG_swap_cache);
    LAYOUT(PG_ACTIVE, 1u << PG_active);
    LAYOUT(PG_INACTIVE_DIRTY, 1u << PG_inactive_dirty);
    LAYOUT(PG_INACTIVE_CLEAN, 1u << PG_inactive_clean);
}
