/* Pictures of address spaces: what is there, and what is wrong with it. */
#include <criterion/criterion.h>
#include <string.h>

#include "guest_internal.h"
#include "picturing.h"
#include "swaps.h"

static struct picture space_of(const struct proc *proc)
{
    struct scene scene = guest_scene(proc->guest);
    struct picture picture;

    expect(picture_space(&scene, mm_of(proc), "process 1 (agent)", &picture),
           .did = "draw an address space", .expected = "a picture",
           .seen = "none");
    expect_modest(&picture);
    return picture;
}

/* "frame 123<", the end of what is said of a page by itself. */
static const char *frame_text(const struct proc *proc, uaddr_t address)
{
    return text(": frame %ld<", expect_mapped_page(proc, address, NULL));
}

Test(given, picture_of_a_space_says_what_the_page_tables_say)
{
    struct guest *guest = guest_boot(&machine_64mb, STAGE_USER);
    struct proc *proc = user_spawn(guest), *child;
    uaddr_t at = user_pages(proc, 8), hidden = user_pages(proc, 2);
    struct picture picture;

    user_store(proc, at + PAGE_SIZE, 5);
    user_load(proc, at + 3 * PAGE_SIZE);
    user_store(proc, hidden, 6);
    picture = space_of(proc);
    expect_shows(&picture,
                 text(">1 page, writable%s", frame_text(proc, at + PAGE_SIZE)));
    expect_shows(&picture, text(">1 page, a write copies it%s",
                                frame_text(proc, at + 3 * PAGE_SIZE)));
    expect_shows(&picture, ">ZERO_PAGE<");
    expect_shows(&picture, text(">%08x<", at));
    expect_shows_not(&picture, "users<");
    picture_free(&picture);

    child = user_fork(proc);
    user_mprotect(child, hidden, PAGE_SIZE, PROT_NONE);
    picture = space_of(child);
    expect_shows(&picture, text(">1 page, a write copies it%s",
                                frame_text(child, at + PAGE_SIZE)));
    expect_shows(&picture, ">2 users<");
    expect_shows(&picture, ">no access<");
    expect_shows_not(&picture, ">! ");
    picture_free(&picture);
}

Test(given, picture_of_a_space_has_files_and_slots)
{
    struct guest *guest = guest_boot(&machine_swap_8mb, STAGE_SWAP);
    struct proc *proc = user_spawn(guest);
    struct slot_view slot;
    struct picture picture;
    uaddr_t at, file;

    make_whole_swap(guest, 0);
    swap_on(proc, 0, -1);
    user_make_stamped_file(proc, "/tmp/a file", 2, 77);
    file = user_mmap_file(proc, 2 * PAGE_SIZE, PROT_READ, MAP_SHARED,
                          user_open(proc, "/tmp/a file", O_RDONLY), 0);
    user_load(proc, file + PAGE_SIZE);
    at = user_pages(proc, 2500);
    user_stamp(proc, at, 2500, 1000);
    slot = swapped_slot(proc, at);
    expect(slot.swapped, .did = guest_last(guest),
           .expected = "the first page is out", .seen = "it is not");
    picture = space_of(proc);
    expect_shows(&picture, ">/tmp/a?file<"); /* no blank of the guest's */
    expect_shows(&picture, text(">1 page, read-only%s",
                                frame_text(proc, file + PAGE_SIZE)));
    expect_shows(&picture, text("slots %u:%u", slot.type, slot.slot));
    expect_shows_not(&picture, ">! ");
    picture_free(&picture);
}

/* A process with a page in an area of three, at `at`. */
static struct proc *with_a_page(uaddr_t *at)
{
    struct proc *proc = user_spawn(guest_boot(&machine_8mb, STAGE_USER));

    *at = user_pages(proc, 3);
    user_store(proc, *at, 1);
    return proc;
}

Test(given, picture_names_what_is_wrong_with_a_space)
{
    uaddr_t at;
    struct proc *proc = with_a_page(&at);
    struct mm_view mm = mm_view(proc);
    gaddr_t vma = vma_at(proc, at).at;
    const struct {
        gaddr_t word;
        uint32_t value;
        const char *says;
    } cases[] = {
        {mm.at + MM_RSS, 999, "rss is 999"},
        {mm.at + MM_RSS, (uint32_t)-1, "rss is -1,"},
        {mm.at + MM_MAP_COUNT, 99, "map_count is 99"},
        {mm.at + MM_MAP_COUNT, (uint32_t)-2, "map_count is -2,"},
        {mm.at + MM_TOTAL_VM, (uint32_t)-3, ", -3 pages of addresses"},
        {mm.mmap + VMA_NEXT, mm.mmap, "has no end"},
        {mm.mmap + VMA_END, 0xffffffff, "can't be"},
        {vma + VMA_START, at + PAGE_SIZE, "Outside of the areas 1 "},
        {vma + VMA_START, 0x08048000, "before this one ends"},
        {pte_view(proc, at).entry, 0xfffff067, ">no RAM!<"},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct scene scene = copy_of(proc->guest);
        struct picture picture;

        poke(&scene, cases[i].word, cases[i].value);
        expect(picture_space(&scene, mm.at, "process 1", &picture),
               .did = text("change the word at 0x%08x", cases[i].word),
               .expected = "a picture", .seen = "none");
        expect_shows(&picture, cases[i].says);
        picture_free(&picture);
        drop_copy(&scene);
    }
}
