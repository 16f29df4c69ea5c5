/* The module of lab 8: calls of its functions, and its buffer from outside. */
#include "mapdrv.h"

#include <stdlib.h>
#include <string.h>

#include "guest_internal.h"

#define TEXT_BYTES  64      /* more than any text of a page */
#define NAME_OFFSET 0       /* of scratch */
#define FILE_OFFSET 1024    /* the same */
#define FILE_BYTES  1024u   /* that are read at once */
#define FILE_MOST   16384u  /* of a view of /proc */
#define OTHER       "other" /* a driver's name */
#define MAX_MAJOR   255u

/* --- calls ---------------------------------------------------------------- */

static uint32_t call_shown(struct guest *guest, const char *function,
                           uint32_t a, uint32_t b, const char *shown)
{
    const struct call call = {
        .function = function, .args = {a, b}, .shown = shown};

    return guest_call(guest, &call, NULL);
}

struct guest *boot_placed(const struct machine *machine, enum boot_stage stage)
{
    struct guest *guest = guest_boot(machine, stage);

    place_module(guest);
    return guest;
}

int mapdrv_init(struct guest *guest)
{
    return (int)call_shown(guest, "mapdrv_init", 0, 0, "mapdrv_init()");
}

void mapdrv_exit(struct guest *guest)
{
    call_shown(guest, "mapdrv_exit", 0, 0, "mapdrv_exit()");
}

void init_driver(struct guest *guest)
{
    int result = mapdrv_init(guest);

    expect(result == 0, .did = guest_last(guest), .expected = "0",
           .seen = text("%d", result),
           .hint = "the major number that register_chrdev() gives is no error");
}

struct call vaddr_to_kaddr_call(gaddr_t address)
{
    return (struct call){
        .function = "vaddr_to_kaddr",
        .args = {address},
        .shown = text("vaddr_to_kaddr(0x%08x)", address),
    };
}

gaddr_t vaddr_to_kaddr(struct guest *guest, gaddr_t address)
{
    const struct call call = vaddr_to_kaddr_call(address);

    return guest_call(guest, &call, NULL);
}

void expect_kaddr(struct guest *guest, gaddr_t address, pfn_t pfn,
                  const char *hint)
{
    gaddr_t kaddr = vaddr_to_kaddr(guest, address);
    gaddr_t expected = address_of(pfn) + address % PAGE_SIZE;

    expect(kaddr == expected, .did = guest_last(guest),
           .expected = text("0x%08x: frame 0x%lx, offset 0x%x", expected, pfn,
                            address % PAGE_SIZE),
           .seen = text("0x%08x", kaddr), .hint = hint);
}

void expect_no_kaddr(struct guest *guest, gaddr_t address, const char *hint)
{
    gaddr_t kaddr = vaddr_to_kaddr(guest, address);

    expect(kaddr == 0, .did = guest_last(guest), .expected = "0",
           .seen = text("0x%08x", kaddr), .hint = hint);
}

gaddr_t make_mapping(const struct proc *space, uaddr_t start, size_t npages,
                     uint32_t flags, uint32_t pgoff)
{
    gaddr_t vma =
        make_vma(space, start, start + (uaddr_t)(npages * PAGE_SIZE), flags);

    set_vma_file(space->guest, vma, probe_file(space->guest), pgoff);
    return vma;
}

static const char *mapping_text(struct guest *guest, gaddr_t vma)
{
    struct vma_view view = vma_view(guest, vma);

    return text("%s area [0x%08x, 0x%08x) from page %u on",
                view.flags & VM_SHARED ? "shared" : "private", view.start,
                view.end, view.pgoff);
}

int mapdrv_mmap(struct guest *guest, gaddr_t vma)
{
    return (int)call_shown(
        guest, "mapdrv_mmap", probe_file(guest), vma,
        text("mapdrv_mmap(file, %s)", mapping_text(guest, vma)));
}

void mapdrv_vopen(struct guest *guest, gaddr_t vma)
{
    call_shown(guest, "mapdrv_vopen", vma, 0, "mapdrv_vopen(vma)");
}

void mapdrv_vclose(struct guest *guest, gaddr_t vma)
{
    call_shown(guest, "mapdrv_vclose", vma, 0, "mapdrv_vclose(vma)");
}

pfn_t map_nopage(struct guest *guest, gaddr_t vma, uaddr_t address)
{
    return pfn_of_page(guest,
                       call_shown(guest, "map_nopage", vma, address,
                                  text("map_nopage(%s, 0x%08x)",
                                       mapping_text(guest, vma), address)));
}

void expect_placed_uses(struct guest *guest, int uses, const char *hint)
{
    int seen = module_view(guest, guest->placed).uses;

    expect(seen == uses, .did = guest_last(guest),
           .expected = text("the module has %d users", uses),
           .seen = text("%d", seen), .hint = hint);
}

/* --- loaded --------------------------------------------------------------- */

struct proc *spawn_with_driver(struct guest *guest)
{
    struct proc *proc = user_spawn(guest);

    load_module(proc);
    make_char_device(proc, MAPFILE, MAPDRV_MAJOR, 0);
    return proc;
}

void expect_driver_uses(struct guest *guest, int uses, const char *hint)
{
    expect_module_uses(guest, MAPDRV_MODULE, uses, hint);
}

void unload_driver(struct proc *proc)
{
    int result = unload_module(proc, MAPDRV_MODULE);

    expect(result == 0, .did = guest_last(proc->guest), .expected = "0",
           .seen = text("%d", result),
           .hint = "a module without users can be unloaded");
}

void expect_busy(struct proc *proc, const char *hint)
{
    int result = unload_module(proc, MAPDRV_MODULE);

    expect(result == -EBUSY, .did = guest_last(proc->guest),
           .expected = "-EBUSY", .seen = text("%d", result), .hint = hint);
}

uaddr_t map_shared(struct proc *proc, int fd, size_t npages, uint32_t pgoff)
{
    return user_mmap_file(proc, (uint32_t)npages * PAGE_SIZE,
                          PROT_READ | PROT_WRITE, MAP_SHARED, fd, pgoff);
}

void expect_user_text(struct proc *proc, uaddr_t address, unsigned page)
{
    char seen[TEXT_BYTES] = "";
    const char *expected = text(MAPDRV_TEXT, page);

    user_read(proc, address, seen, sizeof(seen) - 1);
    expect(strcmp(seen, expected) == 0, .did = guest_last(proc->guest),
           .expected = text("\"%s\"", expected), .seen = text("\"%s\"", seen));
}

void expect_frames(struct proc *proc, uaddr_t address, size_t npages,
                   const struct buffer *buffer, uint32_t pgoff)
{
    for (size_t i = 0; i < npages; i++) {
        uaddr_t at = address + (uaddr_t)(i * PAGE_SIZE);
        pfn_t pfn = expect_mapped_page(proc, at, NULL);

        expect(pfn == buffer->frames[pgoff + i], .did = guest_last(proc->guest),
               .expected =
                   text("%s has at 0x%08x frame 0x%lx, which the "
                        "kernel has at 0x%08x",
                        proc_text(proc), at, buffer->frames[pgoff + i],
                        (gaddr_t)(buffer->at + (pgoff + i) * PAGE_SIZE)),
               .seen = text("frame 0x%lx", pfn),
               .hint = "both see the same frames; nothing is copied");
    }
}

/* As much of the file as fits; its bytes. */
static size_t read_file(struct proc *proc, const char *path, char *to,
                        size_t size)
{
    int fd = user_open(proc, path, O_RDONLY);
    uaddr_t buffer = proc->scratch + FILE_OFFSET;
    size_t nbytes = 0;
    int32_t n = 1;

    while (n > 0 && nbytes + FILE_BYTES < size) {
        n = user_syscall(proc, NR_read, (uint32_t)fd, buffer, FILE_BYTES);
        if (n > 0)
            user_read(proc, buffer, to + nbytes, (size_t)n);
        nbytes += n > 0 ? (size_t)n : 0;
    }
    user_close(proc, fd);
    return nbytes;
}

bool file_says(struct proc *proc, const char *path, const char *what)
{
    char *contents = allocate(FILE_MOST, 1);
    bool says;

    contents[read_file(proc, path, contents, FILE_MOST - 1)] = '\0';
    says = strstr(contents, what) != NULL;
    free(contents);
    return says;
}

/* --- the buffer ----------------------------------------------------------- */

pfn_t kernel_frame(struct guest *guest, gaddr_t address)
{
    gaddr_t directory = guest_symbol(guest, "swapper_pg_dir");
    uint32_t table =
        guest_u32(guest, directory + address / TABLE_BYTES * sizeof(uint32_t));
    uint32_t entry = 0;

    if (table & PTE_PRESENT)
        entry = guest_u32(guest, KERNEL_BASE + table / PAGE_SIZE * PAGE_SIZE +
                                     address % TABLE_BYTES / PAGE_SIZE *
                                         sizeof(uint32_t));
    return entry & PTE_PRESENT ? (pfn_t)(entry / PAGE_SIZE) : NO_PAGE;
}

static bool is_buffer(struct guest *guest, const struct area *area)
{
    return area->size == MAPDRV_BYTES + PAGE_SIZE &&
           area->addr != find_module(guest, MAPDRV_MODULE).core &&
           (guest->placed == 0 ||
            area->addr != module_view(guest, guest->placed).core);
}

static size_t find_buffers(struct guest *guest, gaddr_t *at)
{
    struct areas areas = areas_of(guest);
    size_t n = 0;

    for (size_t i = 0; i < areas.n; i++) {
        if (!is_buffer(guest, &areas.list[i]))
            continue;
        *at = areas.list[i].addr;
        n++;
    }
    free(areas.list);
    return n;
}

size_t count_buffers(struct guest *guest)
{
    gaddr_t at;

    return find_buffers(guest, &at);
}

struct buffer driver_buffer(struct guest *guest)
{
    struct buffer buffer;
    size_t n = find_buffers(guest, &buffer.at);

    expect(n == 1, .did = guest_last(guest),
           .expected =
               text("one area of %u bytes, from __vmalloc()", MAPDRV_BYTES),
           .seen = text("%zu", n));
    for (unsigned i = 0; i < MAPDRV_PAGES; i++) {
        buffer.frames[i] = kernel_frame(guest, buffer.at + i * PAGE_SIZE);
        expect(buffer.frames[i] != NO_PAGE, .did = guest_last(guest),
               .expected = text("page %u of the buffer is mapped", i),
               .seen = "it is not");
    }
    return buffer;
}

static void expect_page_text(struct guest *guest, pfn_t frame, unsigned page)
{
    const char *expected = text(MAPDRV_TEXT, page);
    size_t length = strlen(expected), i = length;
    char bytes[PAGE_SIZE];

    guest_copy_physical(guest, (uint32_t)frame * PAGE_SIZE, bytes, PAGE_SIZE);
    expect(memcmp(bytes, expected, length) == 0, .did = guest_last(guest),
           .expected =
               text("page %u of the buffer begins with \"%s\"", page, expected),
           .seen = text("\"%.*s\"", TEXT_BYTES, bytes));
    while (i < PAGE_SIZE && bytes[i] == 0)
        i++;
    expect(
        i == PAGE_SIZE, .did = guest_last(guest),
        .expected = text("page %u of the buffer: zeros behind the text", page),
        .seen = text("0x%02x at %zu", i < PAGE_SIZE ? bytes[i] & 0xff : 0, i),
        .hint = "vmalloc() gives memory as its last user left it");
}

void expect_texts(struct guest *guest, const struct buffer *buffer)
{
    for (unsigned i = 0; i < MAPDRV_PAGES; i++)
        expect_page_text(guest, buffer->frames[i], i);
}

void expect_buffer_users(struct guest *guest, const struct buffer *buffer,
                         int users, const char *hint)
{
    for (unsigned i = 0; i < MAPDRV_PAGES; i++) {
        int count = page_count(guest, buffer->frames[i]);

        expect(count == users, .did = guest_last(guest),
               .expected = text("page %u of the buffer, frame 0x%lx: count %d",
                                i, buffer->frames[i], users),
               .seen = text("%d", count), .hint = hint);
    }
}

/* --- majors --------------------------------------------------------------- */

/* The name lies where no other test data does: at probe_memory's end. */
static gaddr_t other_name(struct guest *guest)
{
    gaddr_t at =
        guest_symbol(guest, "probe_memory") + PROBE_BYTES - sizeof(OTHER);

    guest_write(guest, at, OTHER, sizeof(OTHER));
    return at;
}

static struct call register_call(struct guest *guest, unsigned major)
{
    return (struct call){
        .function = "register_chrdev",
        .args = {major, other_name(guest), guest_symbol(guest, "chrdev_fops")},
        .shown = text("register_chrdev(%u, \"" OTHER "\", …)", major),
    };
}

int take_major(struct guest *guest, unsigned major)
{
    const struct call call = register_call(guest, major);

    return (int)guest_call(guest, &call, NULL);
}

void give_major(struct guest *guest, unsigned major)
{
    call_shown(guest, "unregister_chrdev", major, other_name(guest),
               text("unregister_chrdev(%u, \"" OTHER "\")", major));
}

void take_all_majors(struct guest *guest)
{
    for (unsigned major = 1; major <= MAX_MAJOR; major++)
        take_major(guest, major);
}

void expect_major_free(struct guest *guest, unsigned major, bool is_free,
                       const char *hint)
{
    const char *last = guest_last(guest);
    bool taken = take_major(guest, major) == 0;

    if (taken)
        give_major(guest, major);
    expect(taken == is_free, .did = last,
           .expected =
               text("major number %u is %s", major, is_free ? "free" : "taken"),
           .seen = "it is not so", .hint = hint);
}
