/* Bounded reads of guest RAM. */
#include "scene.h"

#include <ctype.h>
#include <string.h>

#define PRESENT    0x001u
#define LARGE      0x080u
#define FRAME      0xfffff000u
#define DIRECT_MAP (896ull << 20) /* bytes of RAM that it covers at most */
#define TASK_BYTES 8192u          /* a task and its stack, aligned to that */

uint32_t scene_nframes(const struct scene *scene)
{
    return (uint32_t)(scene->ram_bytes >> PAGE_SHIFT);
}

bool scene_physical(const struct scene *scene, uint64_t pa, void *to,
                    size_t nbytes)
{
    if (pa > scene->ram_bytes || nbytes > scene->ram_bytes - pa) {
        memset(to, 0, nbytes);
        return false;
    }
    memcpy(to, scene->ram + pa, nbytes);
    return true;
}

/* A page-table entry by its table's physical address; 0 outside of RAM. */
static uint32_t entry_of(const struct scene *scene, uint64_t table,
                         uint32_t index)
{
    uint32_t entry;

    scene_physical(scene, table + index * 4ull, &entry, sizeof(entry));
    return entry;
}

/* Where a kernel address is; false if it is nowhere. */
static bool translate(const struct scene *scene, gaddr_t address, uint64_t *pa)
{
    gaddr_t directory;
    uint32_t entry;

    if (address < KERNEL_BASE)
        return false;
    *pa = (uint64_t)address - KERNEL_BASE;
    if (*pa < scene->ram_bytes && *pa < DIRECT_MAP)
        return true;
    directory = scene_symbol(scene, "swapper_pg_dir");
    if (directory < KERNEL_BASE)
        return false;
    entry = entry_of(scene, directory - KERNEL_BASE, address >> 22);
    if (!(entry & PRESENT) || entry & LARGE)
        return false;
    entry = entry_of(scene, entry & FRAME, address >> PAGE_SHIFT & 1023);
    *pa = (entry & FRAME) | (address & ~FRAME);
    return entry & PRESENT;
}

bool scene_read(const struct scene *scene, gaddr_t address, void *to,
                size_t nbytes)
{
    for (size_t done = 0; done < nbytes;) {
        gaddr_t at = address + (gaddr_t)done;
        size_t room = PAGE_SIZE - at % PAGE_SIZE;
        size_t n = nbytes - done < room ? nbytes - done : room;
        uint64_t pa;

        if (!translate(scene, at, &pa) ||
            !scene_physical(scene, pa, (char *)to + done, n)) {
            memset(to, 0, nbytes);
            return false;
        }
        done += n;
    }
    return true;
}

const uint8_t *scene_window(const struct scene *scene, gaddr_t address,
                            size_t nbytes)
{
    uint64_t pa = (uint64_t)address - KERNEL_BASE;
    uint64_t end =
        scene->ram_bytes < DIRECT_MAP ? scene->ram_bytes : DIRECT_MAP;

    if (address < KERNEL_BASE || pa > end || nbytes > end - pa)
        return NULL;
    return scene->ram + pa;
}

uint32_t scene_word(const struct scene *scene, gaddr_t address)
{
    uint32_t word;

    scene_read(scene, address, &word, sizeof(word));
    return word;
}

gaddr_t scene_symbol(const struct scene *scene, const char *name)
{
    return symbols_find(scene->symbols, name);
}

uint32_t scene_value(const struct scene *scene, const char *name)
{
    gaddr_t address = scene_symbol(scene, name);

    return address == 0 ? 0 : scene_word(scene, address);
}

void scene_name(const struct scene *scene, gaddr_t address, char *to,
                size_t size)
{
    size_t n = 0;

    while (n + 1 < size && scene_read(scene, address + (gaddr_t)n, &to[n], 1) &&
           to[n] != '\0') {
        unsigned char c = (unsigned char)to[n];

        if (c > '~' || (!isalnum(c) && strchr("._/+-", c) == NULL))
            to[n] = '?';
        n++;
    }
    to[n] = '\0';
}

/* --- tasks ---------------------------------------------------------------- */

size_t scene_tasks(const struct scene *scene, struct scene_task *out,
                   size_t max)
{
    gaddr_t first = scene_symbol(scene, "init_task_union"), node;
    size_t n = 0;

    if (first == 0)
        return 0;
    node = first + TASK_TASKS;
    /* The head of the list is no task: it does not lie where tasks do. */
    for (size_t steps = 0; steps <= max && n < max; steps++) {
        gaddr_t task = node - TASK_TASKS;

        if (task % TASK_BYTES == 0) {
            out[n].at = task;
            out[n].pid = scene_word(scene, task + TASK_PID);
            out[n].mm = scene_word(scene, task + TASK_MM);
            scene_name(scene, task + TASK_COMM, out[n].name,
                       sizeof(out[n].name));
            n++;
        }
        node = scene_word(scene, node);
        if (node == 0 || node == first + TASK_TASKS)
            break;
    }
    return n;
}
