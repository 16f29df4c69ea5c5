/* What tests of pictures share. */
#include "picturing.h"

#include <criterion/criterion.h>
#include <string.h>

#include "guest_internal.h"
#include "swaps.h"

struct scene copy_of(struct guest *guest)
{
    struct scene scene = guest_scene(guest);
    uint8_t *ram =
        mmap(NULL, scene.ram_bytes + PAGE_SIZE, PROT_READ | PROT_WRITE,
             MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    if (ram == MAP_FAILED ||
        mprotect(ram + scene.ram_bytes, PAGE_SIZE, PROT_NONE) != 0)
        report_infra("no memory for a copy of RAM");
    memcpy(ram, scene.ram, scene.ram_bytes);
    scene.ram = ram;
    return scene;
}

void drop_copy(const struct scene *scene)
{
    munmap((void *)scene->ram, scene->ram_bytes + PAGE_SIZE);
}

void poke(const struct scene *scene, gaddr_t address, uint32_t value)
{
    uint64_t pa = (uint64_t)address - KERNEL_BASE;

    if (pa + sizeof(value) > scene->ram_bytes)
        report_infra("0x%08x is not in the copy", address);
    memcpy((uint8_t *)scene->ram + pa, &value, sizeof(value));
}

void expect_modest(const struct picture *picture)
{
    static const char *const never[] = {
        "<script", "href", "url(", "<!",    "style", " on",
        "&",       "id=",  "\\",   "class", "\""};
    const char *svg = picture->svg;

    expect(strncmp(svg, "<svg ", 5) == 0 && picture->nbytes <= SVG_BYTES &&
               strlen(svg) == picture->nbytes,
           .did = "draw a picture", .expected = "SVG of at most 64 KiB",
           .seen = text("%zu bytes: %.60s", picture->nbytes, svg));
    for (size_t i = 0; i < sizeof(never) / sizeof(never[0]); i++)
        expect(strstr(svg, never[i]) == NULL || strcmp(never[i], " on") == 0,
               .did = "draw a picture",
               .expected = "shapes and texts, nothing else",
               .seen = text("%.60s", strstr(svg, never[i])));
}

void expect_shows(const struct picture *picture, const char *words)
{
    expect(picture->svg != NULL && strstr(picture->svg, words) != NULL,
           .did = text("draw \"%s\"", picture->title),
           .expected = text("a picture with \"%s\"", words),
           .seen = picture->svg == NULL ? "none" : "another one");
}

void expect_shows_not(const struct picture *picture, const char *words)
{
    expect(strstr(picture->svg, words) == NULL,
           .did = text("draw \"%s\"", picture->title),
           .expected = text("a picture without \"%s\"", words),
           .seen = text("%.200s", strstr(picture->svg, words)));
}

struct guest *busy_guest(struct proc **proc)
{
    struct guest *guest = guest_boot(&machine_swap_8mb, STAGE_SWAP);
    uaddr_t at;

    *proc = user_spawn(guest);
    make_whole_swap(guest, 0);
    swap_on(*proc, 0, -1);
    at = user_pages(*proc, 2000);
    user_stamp(*proc, at, 2000, 1000);
    user_fork(*proc);
    return guest;
}
