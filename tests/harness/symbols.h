/*
 * The kernel's symbols and lines, from its ELF file on the host.
 */
#ifndef HARNESS_SYMBOLS_H
#define HARNESS_SYMBOLS_H

#include <stdint.h>

struct symbols;

/* NULL if the file is not a kernel with symbols. The caller closes it. */
struct symbols *symbols_open(const char *path);
void symbols_close(struct symbols *symbols);

/*
 * The address of a global symbol, or 0. `name` must keep its value: the answer
 * is remembered by its pointer.
 */
uint32_t symbols_find(struct symbols *symbols, const char *name);

/* The part of the image that is never written: code and constants. */
struct code {
    const uint8_t *bytes; /* as linked; valid until symbols_close() */
    uint32_t nbytes;
    uint32_t pa; /* where it is loaded */
};

/* nbytes is 0 if the file has none. */
struct code symbols_code(const struct symbols *symbols);

/*
 * "expand+0x1f (mm/page_alloc.c:87)" for a code address; the bare number if it
 * is none. With `is_return`, the line is that of the call before it.
 */
const char *symbols_describe(const struct symbols *symbols, uint32_t address,
                             int is_return);

#endif
