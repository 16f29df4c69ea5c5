/*
 * What modules may use of the kernel. Linux kernel/ksyms.c.
 *
 * Drivers register themselves, allocate, copy and talk. What finds the frame
 * behind a vmalloc() address is not here on purpose: lab 8 has it walk the page
 * tables.
 */
#include <module.h>

#include <fs.h>
#include <highmem.h>
#include <irq.h>
#include <kernel.h>
#include <page_alloc.h>
#include <sched.h>
#include <slab.h>
#include <string.h>
#include <uaccess.h>
#include <vmalloc.h>
#include <wait.h>

/* string.h; compilers call the first four on their own */
EXPORT_SYMBOL(memset);
EXPORT_SYMBOL(memcpy);
EXPORT_SYMBOL(memmove);
EXPORT_SYMBOL(memcmp);
EXPORT_SYMBOL(strlen);
EXPORT_SYMBOL(strnlen);
EXPORT_SYMBOL(strcmp);
EXPORT_SYMBOL(strncmp);
EXPORT_SYMBOL(strchr);
EXPORT_SYMBOL(strstr);
EXPORT_SYMBOL(strtoul);

/* kernel.h; crash is panic(), BUG() and STUB() */
EXPORT_SYMBOL(printk);
EXPORT_SYMBOL(snprintf);
EXPORT_SYMBOL(vsnprintf);
EXPORT_SYMBOL(crash);

/* tasks, sleeping and waking */
EXPORT_SYMBOL(init_task_union);
EXPORT_SYMBOL(irq_depth);
EXPORT_SYMBOL(schedule);
EXPORT_SYMBOL(wake_up_process);
EXPORT_SYMBOL(init_waitqueue_head);
EXPORT_SYMBOL(add_wait_queue);
EXPORT_SYMBOL(remove_wait_queue);
EXPORT_SYMBOL(wake_up);

/* memory */
EXPORT_SYMBOL(mem_map);
EXPORT_SYMBOL(max_mapnr);
EXPORT_SYMBOL(high_memory);
EXPORT_SYMBOL(contig_page_data);
EXPORT_SYMBOL(swapper_pg_dir);
EXPORT_SYMBOL(alloc_pages);
EXPORT_SYMBOL(__alloc_pages);
EXPORT_SYMBOL(__free_pages);
EXPORT_SYMBOL(__get_free_pages);
EXPORT_SYMBOL(get_zeroed_page);
EXPORT_SYMBOL(free_pages);
EXPORT_SYMBOL(kmalloc);
EXPORT_SYMBOL(kfree);
EXPORT_SYMBOL(vmalloc);
EXPORT_SYMBOL(__vmalloc);
EXPORT_SYMBOL(vfree);
EXPORT_SYMBOL(kmap);
EXPORT_SYMBOL(kunmap);

/* files and users' memory */
EXPORT_SYMBOL(register_chrdev);
EXPORT_SYMBOL(unregister_chrdev);
EXPORT_SYMBOL(no_llseek);
EXPORT_SYMBOL(generic_file_llseek);
EXPORT_SYMBOL(copy_to_user);
EXPORT_SYMBOL(copy_from_user);
EXPORT_SYMBOL(clear_user);
EXPORT_SYMBOL(strncpy_from_user);
