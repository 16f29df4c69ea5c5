/*
 * The given kernel's modules: loading, relocations, unresolved symbols, damaged
 * objects, users, unloading. The module is the one of --module: the reference's
 * map_driver.
 */
#include <criterion/criterion.h>
#include <elf.h>
#include <stdlib.h>
#include <string.h>

#include "modules.h"
#include "process.h"
#include "property.h"

#define NAME   "map_driver"
#define MAJOR  254
#define PAGES  10 /* MAPDRV_PAGES */
#define NODE   "/mapfile"
#define ROUNDS 50

static struct proc *spawn_with_module(struct guest *guest)
{
    struct proc *proc = user_spawn(guest);

    load_module(proc);
    make_char_device(proc, NODE, MAJOR, 0);
    return proc;
}

static void expect_result(struct guest *guest, int result, int expected)
{
    expect(result == expected, .did = guest_last(guest),
           .expected = text("%d", expected), .seen = text("%d", result));
}

static void expect_text(struct proc *proc, uaddr_t page, const char *expected)
{
    char seen[32] = "";

    user_read(proc, page, seen, sizeof(seen) - 1);
    expect(strcmp(seen, expected) == 0, .did = guest_last(proc->guest),
           .expected = expected, .seen = text("%s", seen));
}

Test(given, module_is_loaded_and_its_device_works)
{
    struct guest *guest = guest_boot(&machine_64mb, STAGE_USER);
    struct proc *proc = spawn_with_module(guest);
    int fd = user_open(proc, NODE, O_RDWR);
    uaddr_t pages = user_mmap_file(proc, PAGES * PAGE_SIZE,
                                   PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

    for (unsigned i = 0; i < PAGES; i++)
        expect_text(proc, pages + i * PAGE_SIZE,
                    text("hello world from page %u", i));
    expect_sound(proc);
    expect(find_module(guest, NAME).at != 0, .did = guest_last(guest),
           .expected = "the module is listed", .seen = "it is not");
}

Test(given, module_works_in_high_memory)
{
    struct guest *guest = guest_boot(&machine_1200mb, STAGE_USER);
    struct proc *proc = spawn_with_module(guest);
    int fd = user_open(proc, NODE, O_RDONLY);

    expect_text(proc,
                user_mmap_file(proc, PAGE_SIZE, PROT_READ, MAP_SHARED, fd, 3),
                "hello world from page 3");
}

Test(given, module_symbols_lie_in_its_memory)
{
    struct guest *guest = guest_boot(&machine_64mb, STAGE_USER);
    struct proc *proc = spawn_with_module(guest);
    struct module_view view = find_module(guest, NAME);
    static const char *const names[] = {"mapdrv_init", "mapdrv_exit",
                                        "map_nopage",  "vaddr_to_kaddr",
                                        "init_module", "cleanup_module"};

    (void)proc;
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        expect(guest_symbol(guest, names[i]) - view.core < view.size,
               .did = "insmod", .expected = text("%s in the module", names[i]),
               .seen = text("0x%08x", guest_symbol(guest, names[i])));
    expect(guest_symbol(guest, "init_module") ==
               guest_symbol(guest, "mapdrv_init"),
           .did = "insmod", .expected = "module_init() names mapdrv_init()",
           .seen = "another function");
}

Test(given, module_functions_can_be_called_by_name)
{
    struct guest *guest = guest_boot(&machine_64mb, STAGE_VMALLOC);
    const struct call vmalloc = {.function = "vmalloc", .args = {PAGE_SIZE}};
    gaddr_t at = guest_call(guest, &vmalloc, NULL);
    struct call call = {.function = "vaddr_to_kaddr", .args = {at + 5}};
    gaddr_t kaddr;

    place_module(guest);
    kaddr = guest_call(guest, &call, NULL);
    expect(kaddr - KERNEL_BASE == guest_translate(guest, at + 5).pa,
           .did = guest_last(guest), .expected = "as the MMU sees it",
           .seen = text("0x%08x", kaddr));
}

/* --- users ---------------------------------------------------------------- */

Test(given, module_in_use_is_not_unloaded)
{
    struct guest *guest = guest_boot(&machine_64mb, STAGE_USER);
    struct proc *proc = spawn_with_module(guest), *child;
    int fd = user_open(proc, NODE, O_RDWR);
    uaddr_t page;

    expect_module_uses(guest, NAME, 1, "a file");
    expect_result(guest, unload_module(proc, NAME), -EBUSY);
    page = user_mmap_file(proc, 3 * PAGE_SIZE, PROT_READ, MAP_SHARED, fd, 0);
    expect_module_uses(guest, NAME, 2, "a file and an area");
    user_close(proc, fd);
    expect_module_uses(guest, NAME, 2, "the area has the file");
    user_munmap(proc, page + PAGE_SIZE, PAGE_SIZE);
    expect_module_uses(guest, NAME, 3, "two areas");
    child = user_fork(proc);
    expect_module_uses(guest, NAME, 5, "and two of the child's");
    expect_text(child, page, "hello world from page 0");
    user_exit(child, 0);
    expect_result(guest, unload_module(proc, NAME), -EBUSY);
    user_munmap(proc, page, 3 * PAGE_SIZE);
    expect_module_uses(guest, NAME, 0, NULL);
    expect_result(guest, unload_module(proc, NAME), 0);
    expect_error(syscall_op(proc, NR_open, user_string(proc, 0, NODE), O_RDWR),
                 ENODEV, "the driver is gone");
}

Test(given, module_is_loaded_once)
{
    struct guest *guest = guest_boot(&machine_64mb, STAGE_USER);
    struct proc *proc = spawn_with_module(guest);
    struct object object = module_object();
    struct stock before = stock_of(guest);

    expect_result(guest, try_load(proc, &object), -EEXIST);
    expect_nothing_lost(guest, &before);
    expect_result(guest, unload_module(proc, NAME), 0);
    expect_result(guest, try_load(proc, &object), 0);
}

Test(given, nothing_is_lost_over_many_modules)
{
    struct guest *guest = guest_boot(&machine_64mb, STAGE_USER);
    struct proc *proc = spawn_with_module(guest);
    struct object object = module_object();
    struct stock before;

    expect_result(guest, unload_module(proc, NAME), 0);
    before = stock_of(guest);
    for (int i = 0; i < ROUNDS; i++) {
        int fd;

        expect_result(guest, try_load(proc, &object), 0);
        fd = user_open(proc, NODE, O_RDWR);
        user_close(proc, fd);
        expect_result(guest, unload_module(proc, NAME), 0);
    }
    expect_nothing_lost(guest, &before);
}

/* --- what is refused ------------------------------------------------------ */

Test(given, module_calls_with_bad_arguments_are_refused)
{
    struct guest *guest = guest_boot(&machine_64mb, STAGE_USER);
    struct proc *proc = user_spawn(guest);
    uaddr_t page = user_pages(proc, 1);
    struct stock before;

    expect_error(syscall_op(proc, NR_init_module, page, PAGE_SIZE), ENOEXEC,
                 "zeros");
    user_fill(proc, page, PAGE_SIZE, 0);
    before = stock_of(guest);
    expect_error(syscall_op(proc, NR_init_module, page, 0), ENOEXEC, NULL);
    expect_error(syscall_op(proc, NR_init_module, page, ~0u), ENOEXEC, NULL);
    expect_error(syscall_op(proc, NR_init_module, page, MODULE_MAX_BYTES + 1),
                 ENOEXEC, NULL);
    expect_error(syscall_op(proc, NR_init_module, page, PAGE_SIZE), ENOEXEC,
                 "zeros");
    expect_error(syscall_op(proc, NR_init_module, USER_END, PAGE_SIZE), EFAULT,
                 NULL);
    expect_error(syscall_op(proc, NR_init_module, 0, PAGE_SIZE), EFAULT, NULL);
    expect_error(syscall_op(proc, NR_delete_module, 0), EFAULT, NULL);
    expect_error(syscall_op(proc, NR_delete_module, page), ENOENT, "no name");
    user_fill(proc, page, PAGE_SIZE, 'x');
    expect_error(syscall_op(proc, NR_delete_module, page), ENOENT, "too long");
    expect_nothing_lost(guest, &before);
}

/* Where the first of these words is in the object. */
static uint8_t *find_word(const struct object *object, const char *word)
{
    uint8_t *at = memmem(object->bytes, object->nbytes, word, strlen(word) + 1);

    if (at == NULL)
        report_infra("the module has no %s", word);
    return at;
}

Test(given, module_with_unresolved_symbols_is_refused)
{
    struct guest *guest = guest_boot(&machine_64mb, STAGE_USER);
    struct proc *proc = user_spawn(guest);
    struct object object = module_object();
    struct stock before;

    /* Page tables of what was never mapped before stay. */
    expect_result(guest, try_load(proc, &object), 0);
    expect_result(guest, unload_module(proc, NAME), 0);
    before = stock_of(guest);
    memcpy(find_word(&object, "unregister_chrdev"), "vmalloc_to_page", 16);
    expect_result(guest, try_load(proc, &object), -ENOENT);
    expect_nothing_lost(guest, &before);
    expect(find_module(guest, NAME).at == 0, .did = guest_last(guest),
           .expected = "no module", .seen = "it is listed");
}

Test(given, module_without_its_init_function_is_refused)
{
    struct guest *guest = guest_boot(&machine_64mb, STAGE_USER);
    struct proc *proc = user_spawn(guest);
    struct object object = module_object();

    *find_word(&object, "init_module") = 'x';
    expect_result(guest, try_load(proc, &object), -ENOEXEC);
}

/* An error, or a module: never a crash. Nothing of it is run. */
static int place_and_drop(struct guest *guest, const struct object *object)
{
    gaddr_t module;
    int error = try_place(guest, object, &module);

    if (error == 0)
        drop_module(guest, module);
    expect(error <= 0 && error > -1000, .did = guest_last(guest),
           .expected = "0 or an error", .seen = text("%d", error));
    return error;
}

Test(given, truncated_modules_are_refused)
{
    struct guest *guest = guest_boot(&machine_64mb, STAGE_USER);
    struct object object = module_object();
    size_t whole = object.nbytes;
    struct stock before;

    place_and_drop(guest, &object);
    before = stock_of(guest);
    /* The table of sections is the last thing in it. */
    for (size_t n = 0; n < whole; n += 1 + n / 16) {
        object.nbytes = n;
        expect(place_and_drop(guest, &object) == -ENOEXEC,
               .did = text("load the first %zu bytes of %zu", n, whole),
               .expected = "-ENOEXEC", .seen = "another result");
    }
    expect_nothing_lost(guest, &before);
}

static uint32_t damage(struct random *random)
{
    static const uint32_t favourites[] = {
        0,      1,      2,          3,          4,          7,
        8,      9,      0xff,       0xfff1,     0xfff2,     0xffff,
        0x1000, 0x1001, 0x00100000, 0x7fffffff, 0x80000000, 0xffffffff,
        40,     100,    0xfffffffc, 0xfffff000};
    size_t n = sizeof(favourites) / sizeof(favourites[0]);

    return random_below(random, 3) == 0
               ? (uint32_t)random_next(random)
               : favourites[random_below(random, (uint32_t)n)];
}

static void damage_object(struct random *random, struct object *object)
{
    uint32_t n = 1 + random_below(random, 3);

    while (n-- > 0) {
        size_t nbytes = (size_t)1 << random_below(random, 3);
        size_t at = random_below(random, (uint32_t)(object->nbytes / 4)) * 4;
        uint32_t value = damage(random);

        memcpy(object->bytes + at, &value, nbytes);
    }
}

Test(given, damaged_modules_are_never_fatal)
{
    enum {
        TRIES = 1500
    };
    struct guest *guest = guest_boot(&machine_64mb, STAGE_USER);
    struct random random = random_of_test();
    struct object whole = module_object();
    struct object object = {allocate(whole.nbytes, 1), whole.nbytes};
    struct stock before;
    unsigned refused = 0;

    place_and_drop(guest, &whole);
    before = stock_of(guest);
    for (int i = 0; i < TRIES; i++) {
        memcpy(object.bytes, whole.bytes, whole.nbytes);
        damage_object(&random, &object);
        refused += place_and_drop(guest, &object) != 0;
    }
    expect_nothing_lost(guest, &before);
    expect(refused > TRIES / 10, .did = "load damaged modules",
           .expected = "many refused", .seen = text("%u", refused));
    free(object.bytes);
}
