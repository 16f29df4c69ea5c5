/*
 * Modules: parts of the kernel that are loaded while it runs. Linux 2.4
 * include/linux/module.h and kernel/module.c.
 *
 * A module is an ELF relocatable object for the i386, what `gcc -c` makes.
 * insmod hands its bytes to init_module(); the kernel lays its sections out in
 * vmalloc()ed memory, gives the symbols that it leaves undefined the values
 * that the kernel exports, and calls its init_module(). rmmod names it to
 * delete_module(), which calls its cleanup_module() and gives the memory back.
 *
 *     COMING  --init_module() returned 0-->  LIVE  --rmmod-->  GOING
 *
 * Only a module that is LIVE and has no users can be unloaded. Its users are
 * counted in use_count: by itself, or by the kernel through
 * file_operations.owner. Linux 2.4 has both ways, too.
 */
#ifndef MODULE_H
#define MODULE_H

#include <list.h>
#include <types.h>

#define MODULE_NAME_LEN    32        /* with the 0 */
#define MODULE_SYMBOL_LEN  60        /* the same */
#define MODULE_MAX_SYMBOLS 256       /* global ones that it defines */
#define MODULE_MAX_BYTES   (1 << 20) /* of the file, and of it in memory */

/* A global symbol that a module defines. */
struct module_symbol {
    unsigned long value;
    char name[MODULE_SYMBOL_LEN];
};

enum module_state {
    MODULE_COMING,
    MODULE_LIVE,
    MODULE_GOING
};

struct module {
    struct list_head list;
    char name[MODULE_NAME_LEN]; /* "map_driver" of map_driver.c */
    enum module_state state;
    int use_count;
    int (*init)(void);
    void (*cleanup)(void); /* NULL: it can't be unloaded */
    void *core;            /* its sections: from vmalloc() */
    unsigned long size;    /* of them, in bytes */
    struct module_symbol *symbols;
    unsigned int nsymbols;
};

/* --- for modules ---------------------------------------------------------- */

/*
 * Its own struct module. A symbol of that name is in no object: the loader
 * gives it its value. So these three are for modules only.
 */
extern struct module __this_module;
#define THIS_MODULE (&__this_module)

/* One user more, one less. While there are some it can't be unloaded. */
#define MOD_INC_USE_COUNT ((void)__this_module.use_count++)
#define MOD_DEC_USE_COUNT ((void)__this_module.use_count--)

/*
 * Name the functions that are called when the module has been loaded (0, or a
 * negative error number: then it is thrown out again, and has to leave nothing
 * behind) and before it is unloaded. Both may sleep.
 */
#define module_init(function)                                                  \
    int init_module(void);                                                     \
    int init_module(void) __attribute__((alias(#function)))
#define module_exit(function)                                                  \
    void cleanup_module(void);                                                 \
    void cleanup_module(void) __attribute__((alias(#function)))

/* --- for the kernel ------------------------------------------------------- */

/* All modules that are COMING, LIVE or GOING. */
extern struct list_head module_list;

/* What modules may use of the kernel: kernel/ksyms.c. */
struct kernel_symbol {
    unsigned long value;
    const char *name;
};

#define EXPORT_SYMBOL(name)                                                    \
    static const struct kernel_symbol ksymtab_##name                           \
        __attribute__((section("__ksymtab"), used)) = {(unsigned long)&(name), \
                                                       #name}

/* The exported symbol of that name, or NULL. */
const struct kernel_symbol *find_ksym(const char *name);

/*
 * A user more, for who is about to call into the module; false if it is on its
 * way in or out, and must not be called. And a user less. NULL stands for the
 * kernel itself, which nobody counts.
 */
bool try_inc_mod_count(struct module *module);
void dec_mod_count(struct module *module);

/* Is the address one of a module's? For backtraces; any context. */
bool in_module(unsigned long address);

/*
 * Makes a module of an object in memory, without calling it or listing it: 0;
 * -ENOEXEC if it is no module, -ENOENT if it needs symbols that are not
 * exported (each is named with printk()), -ENOMEM. kernel/module_load.c.
 */
int module_load(const char *image, unsigned long nbytes,
                struct module **result);

/* Frees a module that is not listed. NULL is allowed. */
void module_free(struct module *module);

/* The views /proc/modules and /proc/ksyms. */
struct seq_file;
void modules_show(struct seq_file *file);
void ksyms_show(struct seq_file *file);

#endif
