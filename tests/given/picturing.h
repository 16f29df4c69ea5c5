/*
 * What tests of pictures share: copies of a guest's RAM that can be broken, and
 * what a picture must show.
 */
#ifndef GIVEN_PICTURING_H
#define GIVEN_PICTURING_H

#include "picture.h"
#include "process.h"

/*
 * A copy of a guest's RAM, which can be broken, so nothing of the guest's has
 * to survive it; behind its end there is nothing that could be read.
 */
struct scene copy_of(struct guest *guest);
void drop_copy(const struct scene *scene);
void poke(const struct scene *scene, gaddr_t address, uint32_t value);

/* What every picture is, whatever it shows. */
void expect_modest(const struct picture *picture);

void expect_shows(const struct picture *picture, const char *words);
void expect_shows_not(const struct picture *picture, const char *words);

/* A guest with something in each structure that is drawn; one of its
 * processes. */
struct guest *busy_guest(struct proc **proc);

#endif
