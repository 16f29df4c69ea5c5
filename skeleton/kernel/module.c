/*
 * Modules: the list of them, their users, loading and unloading. What is in
 * their files is module_load.c's business.
 *
 * A module is listed before its init function runs, so that a second one of the
 * same name is refused though the first sleeps there, and until its cleanup
 * function has returned.
 */
#include <module.h>

#include <errno.h>
#include <seq_file.h>
#include <slab.h>
#include <string.h>
#include <syscalls.h>
#include <uaccess.h>
#include <vmalloc.h>

LIST_HEAD(module_list);

#define for_each_module(module)                                                \
    for (struct list_head *at = module_list.next;                              \
         at != &module_list &&                                                 \
         ((module) = list_entry(at, struct module, list), true);               \
         at = at->next)

static struct module *find_module(const char *name)
{
    struct module *module;

    for_each_module(module) if (strcmp(module->name, name) == 0) return module;
    return NULL;
}

bool in_module(unsigned long address)
{
    const struct module *module;

    for_each_module(module) if (address - (unsigned long)module->core <
                                module->size) return true;
    return false;
}

/* --- users ---------------------------------------------------------------- */

bool try_inc_mod_count(struct module *module)
{
    if (module == NULL)
        return true;
    if (module->state != MODULE_LIVE)
        return false;
    module->use_count++;
    return true;
}

void dec_mod_count(struct module *module)
{
    if (module != NULL)
        module->use_count--;
}

/* --- loading -------------------------------------------------------------- */

void module_free(struct module *module)
{
    if (module == NULL)
        return;
    vfree(module->core);
    kfree(module->symbols);
    kfree(module);
}

static void throw_out(struct module *module)
{
    list_del(&module->list);
    module_free(module);
}

/* Lists the module and calls its init function. It is freed if that fails. */
static int start(struct module *module)
{
    int error;

    if (find_module(module->name) != NULL) {
        module_free(module);
        return -EEXIST;
    }
    list_add(&module->list, &module_list);
    error = module->init();
    if (error == 0) {
        module->state = MODULE_LIVE;
        return 0;
    }
    throw_out(module);
    return error < 0 ? error : -EBUSY;
}

long sys_init_module(const void *image, unsigned long nbytes, const char *args)
{
    struct module *module = NULL;
    char *copy;
    int error;

    (void)args; /* there are no parameters */
    if (nbytes == 0 || nbytes > MODULE_MAX_BYTES)
        return -ENOEXEC;
    copy = vmalloc(nbytes);
    if (copy == NULL)
        return -ENOMEM;
    error = copy_from_user(copy, image, nbytes) == 0
                ? module_load(copy, nbytes, &module)
                : -EFAULT;
    vfree(copy);
    return error != 0 ? error : start(module);
}

long sys_delete_module(const char *name)
{
    char text[MODULE_NAME_LEN];
    struct module *module;
    long length = strncpy_from_user(text, name, sizeof(text));

    if (length < 0)
        return length;
    module = length < (long)sizeof(text) ? find_module(text) : NULL;
    if (module == NULL)
        return -ENOENT;
    if (module->state != MODULE_LIVE || module->use_count != 0 ||
        module->cleanup == NULL)
        return -EBUSY;
    module->state = MODULE_GOING;
    module->cleanup();
    throw_out(module);
    return 0;
}

/* --- views ---------------------------------------------------------------- */

void modules_show(struct seq_file *file)
{
    const struct module *module;

    for_each_module(module) seq_printf(file, "%-20s %7lu %3d\n", module->name,
                                       module->size, module->use_count);
}

extern const struct kernel_symbol __start_ksymtab[], __stop_ksymtab[];

const struct kernel_symbol *find_ksym(const char *name)
{
    const struct kernel_symbol *symbol = __start_ksymtab;

    while (symbol != __stop_ksymtab && strcmp(symbol->name, name) != 0)
        symbol++;
    return symbol != __stop_ksymtab ? symbol : NULL;
}

void ksyms_show(struct seq_file *file)
{
    const struct module *module;

    for_each_module(module) for (unsigned int i = 0; i < module->nsymbols; i++)
        seq_printf(file, "%08lx %s\t[%s]\n", module->symbols[i].value,
                   module->symbols[i].name, module->name);
    for (const struct kernel_symbol *symbol = __start_ksymtab;
         symbol != __stop_ksymtab; symbol++)
        seq_printf(file, "%08lx %s\n", symbol->value, symbol->name);
}
