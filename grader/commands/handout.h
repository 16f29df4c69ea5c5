/*
 * What students get: skeleton, harness, public tests and the labs' texts.
 *
 *   /                          skeleton/, of mm/ the files of the labs only
 *   /given/mm/NAME.o           for each other file of mm/: the reference's
 *                              object (build/kernel/handout), so that a kernel
 *                              links and the lab does not wait for other labs
 *   /README*, /figures/        the lab's text (of several labs: below
 *                              assignments/LAB/, and a README that lists them)
 *   /tests/harness/  /tests/show/  /tests/public/LAB.c  /tests/Makefile
 *   /assignments/LAB/lab.yaml  of its public tests only
 *
 * Built from a list of what is wanted, so no source of reference/ and nothing
 * of the hidden tests, the mutants or the variants can get in.
 */
#ifndef GRADER_HANDOUT_H
#define GRADER_HANDOUT_H

#include <stdbool.h>
#include <stddef.h>
#include "error.h"
#include "kit.h"

/* A file of the handout: a copy of `source`, or `content`. Owned. */
struct handout_file {
    char *path; /* relative, with '/' */
    char *source;
    char *content;
    bool executable;
};

struct handout {
    struct handout_file *files; /* sorted by path */
    size_t count;
};

/*
 * Lists the files for these labs (NULL-terminated). USAGE: no such lab; INFRA
 * if an object for given/ has not been built.
 */
int handout_list(const struct kit *kit, char *const *labs, struct handout *out,
                 struct error *err);
void handout_free(struct handout *handout);

/*
 * Writes a folder, which must not exist or be empty: all of it, or nothing.
 * USAGE if it is in the way.
 */
int handout_write_folder(const struct handout *handout, const char *folder,
                         struct error *err);

/*
 * Writes a .tar.gz, which must not exist. The same handout gives the same
 * bytes: sorted, times 0, owner 0. Everything is below a folder named like
 * the file.
 */
int handout_write_archive(const struct handout *handout, const char *path,
                          struct error *err);

#endif
