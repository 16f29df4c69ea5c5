/*
 * Components, from assignments/components.yaml; and lists of words.
 */
#ifndef GRADER_COMPONENT_H
#define GRADER_COMPONENT_H

#include <stddef.h>
#include "config.h"
#include "error.h"
#include "lab.h"

/*
 * Reads the component that the lab.yaml `config` names. USAGE, with the place
 * in the file that is wrong, as lab_read(). Free with component_free() also
 * after an error.
 */
int component_read(const char *assignments, const struct config *config,
                   const char *name, struct component *component,
                   struct error *err);
void component_free(struct component *component);

/*
 * What is compiled and linked by rules of its own: the parts of a component
 * that is made of others, else the component itself.
 */
size_t component_count(const struct component *component);
const struct component *component_part(const struct component *component,
                                       size_t i);
size_t component_nfiles(const struct component *component);

/* The number of the part that is a module, component_count() if none is. */
size_t component_module(const struct component *component);

/*
 * Does ROOT/skeleton/boot/kernel.lds demand each export, naming a file of the
 * component? A student who forgets a function that only tests call is told by
 * the linker then. A module is not linked; instead, does
 * skeleton/kernel/ksyms.c export all that it may use? USAGE with the line to
 * add.
 */
int component_check_script(const char *root, const struct component *component,
                           struct error *err);

/* Appends copies of the words to a NULL-terminated array (or NULL). */
int words_append(char ***array, char *const *words, size_t nwords,
                 struct error *err);
void words_free(char **words);

#endif
