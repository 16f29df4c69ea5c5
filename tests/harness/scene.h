/*
 * Guest RAM to draw from, as it is at one moment. Nothing in it is trusted: a
 * read outside of RAM gives nothing, and never ends a test. Nothing here needs
 * a test around it, so `make show` draws with the same code.
 */
#ifndef HARNESS_SCENE_H
#define HARNESS_SCENE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "guest.h"
#include "symbols.h"

struct scene {
    const uint8_t *ram; /* all of it, read-only; better not running */
    uint64_t ram_bytes;
    struct symbols *symbols; /* of the kernel that runs in it */
};

/* The frames that RAM has. */
uint32_t scene_nframes(const struct scene *scene);

/* Copies from a physical address; false, and zeros, outside of RAM. */
bool scene_physical(const struct scene *scene, uint64_t pa, void *to,
                    size_t nbytes);

/* The same from a kernel address: of the direct map, or by the kernel's own
 * page tables (swapper_pg_dir). */
bool scene_read(const struct scene *scene, gaddr_t address, void *to,
                size_t nbytes);

/* RAM at a kernel address of the direct map, all of it; NULL if it is not. What
 * lies there may be anything, so read a value once. */
const uint8_t *scene_window(const struct scene *scene, gaddr_t address,
                            size_t nbytes);

/* The word at a kernel address; 0 if it can't be read. */
uint32_t scene_word(const struct scene *scene, gaddr_t address);

/* The address of a global symbol, or 0; and the word that it names, or 0. */
gaddr_t scene_symbol(const struct scene *scene, const char *name);
uint32_t scene_value(const struct scene *scene, const char *name);

/*
 * The string at a kernel address, its first size - 1 bytes. What is no letter,
 * digit or one of "._/+-" becomes '?', so that it can stand in any picture.
 */
void scene_name(const struct scene *scene, gaddr_t address, char *to,
                size_t size);

/* --- tasks ---------------------------------------------------------------- */

struct scene_task {
    gaddr_t at; /* the task_struct */
    uint32_t pid;
    gaddr_t mm; /* 0: a task of the kernel's */
    char name[16];
};

/* Fills in the tasks on the list of all, at most `max`: how many. */
size_t scene_tasks(const struct scene *scene, struct scene_task *out,
                   size_t max);

#endif
