/*
 * Modules as a test sees them: loaded by a process as insmod does, or put in
 * place without being started, and looked at from outside.
 *
 *     struct guest *guest = guest_boot(&machine_64mb, STAGE_USER);
 *     struct proc *proc = user_spawn(guest);
 *
 *     load_module(proc);                    // the one of --module
 *     const struct call call = {.function = "vaddr_to_kaddr", .args = {at}};
 *     guest_call(guest, &call, NULL);
 *     expect(unload_module(proc, "map_driver") == 0, …);
 *
 * From here on guest_symbol() and guest_call() know the module's global
 * symbols, too, as long as it is loaded; in backtraces they are named.
 *
 * load_module() runs the module's init function. A test of one function that
 * needs no other calls place_module() instead, from STAGE_VMALLOC on: then no
 * code of the module has run.
 */
#ifndef HARNESS_MODULES_H
#define HARNESS_MODULES_H

#include "user.h"

/* The bytes of an object. */
struct object {
    uint8_t *bytes;
    size_t nbytes;
};

/* A copy of the program's --module FILE, for the life of the test. */
struct object module_object(void);

/* init_module() of these bytes by the process: 0 or a negative error number. */
int try_load(struct proc *proc, const struct object *object);

/* The module of --module: the test fails unless that returns 0. */
void load_module(struct proc *proc);

/* delete_module() by the process: 0 or a negative error number. */
int unload_module(struct proc *proc, const char *name);

/*
 * Lays the object out in the kernel's memory, relocated, without listing or
 * starting it: the given module_load(), whose result this is. try_place() gives
 * *module, a struct module, if that is 0; drop_module() frees it.
 * place_module() is of --module, must succeed, and makes the symbols known. One
 * at a time.
 */
int try_place(struct guest *guest, const struct object *object,
              gaddr_t *module);
void drop_module(struct guest *guest, gaddr_t module);
void place_module(struct guest *guest);

/* struct module, as it is in RAM; .at is 0 if none is listed by that name. */
struct module_view {
    gaddr_t at;
    char name[MODULE_NAME_LEN];
    int uses;      /* use_count */
    gaddr_t core;  /* its sections, in vmalloc()ed memory */
    uint32_t size; /* of them, in bytes */
    gaddr_t symbols;
    uint32_t nsymbols;
};
struct module_view module_view(struct guest *guest, gaddr_t module);
struct module_view find_module(struct guest *guest, const char *name);

/* Its use count must be this. */
void expect_module_uses(struct guest *guest, const char *name, int uses,
                        const char *hint);

/* A node of a character device, made by the process with mknod(). */
void make_char_device(struct proc *proc, const char *path, unsigned major,
                      unsigned minor);

#endif
