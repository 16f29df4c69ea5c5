/* Modules: loading them, and reading the kernel's list of them from RAM. */
#include "modules.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "guest_internal.h"
#include "process.h"
#include "record.h"

#define MAX_MODULES  64
#define MODE_CHARDEV 0020666u

/* Of scratch: where system calls find a name. */
#define NAME_OFFSET 0

/* --- the object ----------------------------------------------------------- */

struct object module_object(void)
{
    const char *path = harness_options()->module;
    struct object object = {NULL, 0};
    struct stat status;
    FILE *file;

    if (path == NULL)
        report_infra("the test needs a module: --module FILE");
    file = fopen(path, "rb");
    if (file == NULL || fstat(fileno(file), &status) != 0)
        report_infra("%s can't be read: %m", path);
    object.nbytes = (size_t)status.st_size;
    object.bytes = allocate(object.nbytes, 1);
    if (fread(object.bytes, 1, object.nbytes, file) != object.nbytes)
        report_infra("%s can't be read", path);
    fclose(file);
    return object;
}

/* --- by a process --------------------------------------------------------- */

int try_load(struct proc *proc, const struct object *object)
{
    uint32_t nbytes = (uint32_t)object->nbytes;
    uaddr_t image = user_pages(proc, object->nbytes / PAGE_SIZE + 1);
    int result;

    user_write(proc, image, object->bytes, nbytes);
    result = (int)user_do(op_shown_as(
        syscall_op(proc, NR_init_module, image, nbytes, 0),
        text("insmod of %s", object->nbytes == 0 ? "nothing" : "the module")));
    user_munmap(proc, image, (nbytes / PAGE_SIZE + 1) * PAGE_SIZE);
    return result;
}

void load_module(struct proc *proc)
{
    struct object object = module_object();
    int result = try_load(proc, &object);

    free(object.bytes);
    expect(result == 0, .did = "insmod of the module", .expected = "0",
           .seen = text("%d", result),
           .hint = "init_module() returns what module_init()'s function says");
}

int unload_module(struct proc *proc, const char *name)
{
    uaddr_t at = user_string(proc, NAME_OFFSET, name);

    return (int)user_do(op_shown_as(syscall_op(proc, NR_delete_module, at),
                                    text("rmmod %s", name)));
}

void make_char_device(struct proc *proc, const char *path, unsigned major,
                      unsigned minor)
{
    uaddr_t at = user_string(proc, NAME_OFFSET, path);

    expect_returns(
        syscall_op(proc, NR_mknod, at, MODE_CHARDEV, major << 8 | minor), 0,
        NULL);
}

/* --- without a process ---------------------------------------------------- */

#define WRITE_BYTES (AGENT_MAILBOX_BYTES - 4)

static gaddr_t call_kernel(struct guest *guest, const char *function,
                           uint32_t a, uint32_t b, uint32_t c)
{
    const struct call call = {.function = function, .args = {a, b, c}};

    return guest_call(guest, &call, NULL);
}

int try_place(struct guest *guest, const struct object *object, gaddr_t *module)
{
    gaddr_t image =
        call_kernel(guest, "vmalloc", (uint32_t)object->nbytes + 1, 0, 0);
    gaddr_t result = guest_symbol(guest, "probe_memory");
    int error;

    if (image == 0)
        report_infra("no memory for a module");
    for (size_t at = 0; at < object->nbytes; at += WRITE_BYTES) {
        size_t left = object->nbytes - at;

        guest_write(guest, image + (gaddr_t)at, object->bytes + at,
                    left < WRITE_BYTES ? left : WRITE_BYTES);
    }
    error = (int)call_kernel(guest, "module_load", image,
                             (uint32_t)object->nbytes, result);
    *module = error == 0 ? guest_u32(guest, result) : 0;
    call_kernel(guest, "vfree", image, 0, 0);
    return error;
}

void drop_module(struct guest *guest, gaddr_t module)
{
    call_kernel(guest, "module_free", module, 0, 0);
    if (guest->placed == module)
        guest->placed = 0;
}

void place_module(struct guest *guest)
{
    struct object object = module_object();
    int error = try_place(guest, &object, &guest->placed);

    free(object.bytes);
    expect(error == 0, .did = "lay the module out in memory", .expected = "0",
           .seen = text("%d", error),
           .hint = "it may use what kernel/ksyms.c exports, and nothing else");
}

/* --- views ---------------------------------------------------------------- */

struct module_view module_view(struct guest *guest, gaddr_t module)
{
    struct module_view view = {
        .at = module,
        .uses = (int)guest_u32(guest, module + MODULE_USE_COUNT),
        .core = guest_u32(guest, module + MODULE_CORE),
        .size = guest_u32(guest, module + MODULE_SIZE),
        .symbols = guest_u32(guest, module + MODULE_SYMBOLS),
        .nsymbols = guest_u32(guest, module + MODULE_NSYMBOLS),
    };

    guest_copy(guest, module + MODULE_NAME, view.name, sizeof(view.name));
    view.name[sizeof(view.name) - 1] = '\0';
    if (view.nsymbols > MODULE_MAX_SYMBOLS)
        view.nsymbols = 0;
    return view;
}

/* The modules that are known, the placed one first; how many. */
static size_t list_modules(struct guest *guest, gaddr_t *modules)
{
    gaddr_t head = symbols_find(guest->symbols, "module_list");
    gaddr_t at = head == 0 ? 0 : guest_u32(guest, head);
    size_t n = 0;

    if (guest->placed != 0)
        modules[n++] = guest->placed;
    for (; at != head && n < MAX_MODULES; at = guest_u32(guest, at))
        modules[n++] = at - MODULE_LIST;
    return n;
}

struct module_view find_module(struct guest *guest, const char *name)
{
    gaddr_t modules[MAX_MODULES];
    size_t n = list_modules(guest, modules);

    for (size_t i = 0; i < n; i++) {
        struct module_view view = module_view(guest, modules[i]);

        if (view.at != guest->placed && strcmp(view.name, name) == 0)
            return view;
    }
    return (struct module_view){.at = 0};
}

void expect_module_uses(struct guest *guest, const char *name, int uses,
                        const char *hint)
{
    struct module_view view = find_module(guest, name);

    expect(view.at != 0, .did = guest_last(guest),
           .expected = text("the module %s", name), .seen = "none");
    expect(view.uses == uses, .did = guest_last(guest),
           .expected = text("%s has %d users", name, uses),
           .seen = text("%d", view.uses), .hint = hint);
}

/* --- symbols -------------------------------------------------------------- */

static gaddr_t symbol_value(struct guest *guest, gaddr_t symbol, char *name)
{
    guest_copy(guest, symbol + MODULE_SYMBOL_NAME, name, MODULE_SYMBOL_LEN);
    name[MODULE_SYMBOL_LEN - 1] = '\0';
    return guest_u32(guest, symbol + MODULE_SYMBOL_VALUE);
}

gaddr_t module_symbol(struct guest *guest, const char *name)
{
    gaddr_t modules[MAX_MODULES];
    size_t n = list_modules(guest, modules);
    char found[MODULE_SYMBOL_LEN];

    for (size_t i = 0; i < n; i++) {
        struct module_view view = module_view(guest, modules[i]);

        for (uint32_t k = 0; k < view.nsymbols; k++) {
            gaddr_t value = symbol_value(
                guest, view.symbols + k * SIZEOF_MODULE_SYMBOL, found);

            if (strcmp(found, name) == 0)
                return value;
        }
    }
    return 0;
}

/* The symbol of the module that the address lies behind, closest. */
static const char *describe(struct guest *guest, const struct module_view *view,
                            gaddr_t address)
{
    char name[MODULE_SYMBOL_LEN], best[MODULE_SYMBOL_LEN] = "?";
    gaddr_t start = view->core;

    for (uint32_t k = 0; k < view->nsymbols; k++) {
        gaddr_t value =
            symbol_value(guest, view->symbols + k * SIZEOF_MODULE_SYMBOL, name);

        if (value > address || value < start)
            continue;
        start = value;
        memcpy(best, name, sizeof(best));
    }
    return text("%s+0x%x [%s]", best, address - start, view->name);
}

const char *module_describe(struct guest *guest, gaddr_t address)
{
    gaddr_t modules[MAX_MODULES];
    size_t n = list_modules(guest, modules);

    for (size_t i = 0; i < n; i++) {
        struct module_view view = module_view(guest, modules[i]);

        if (address - view.core < view.size)
            return describe(guest, &view, address);
    }
    return NULL;
}
