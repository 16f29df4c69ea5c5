/*
 * Tests of the tests: solutions whose score is known beforehand.
 *
 *   reference/                          must score 100
 *   skeleton/                           must score 0
 *   tests/mutants/COMPONENT/BUG.patch   must build and score below 100;
 *       first line "Bug: a sentence", then a unified diff against the
 *       component's files in reference/; if there are several it names them
 *       ("--- a/mm/vmalloc.c"), and if there is one the name is not looked at
 *   tests/variants/COMPONENT/IDEA.c     must score 100; replaces the
 *       component's one file; its first comment says the idea
 *   tests/variants/COMPONENT/IDEA/      the same of a component of several
 *       files: replaces those that it has, by base name; the first comment of
 *       the first of them, by name, says the idea
 *
 * What is made of several components must score 100 with each variant of one of
 * them, too.
 *
 * A mutant costs as much as a submission, and there are hundreds. A quick run
 * tries only the test that the patch's second line names ("Caught by:
 * suite::test"). Without one, or if that is not lost, which is wrong, it runs
 * the tests up to the first that is.
 */
#ifndef GRADER_VERIFY_H
#define GRADER_VERIFY_H

#include <stdbool.h>
#include <stddef.h>
#include "error.h"
#include "kit.h"
#include "lab.h"
#include "sandbox.h"

enum candidate_kind {
    CANDIDATE_REFERENCE,
    CANDIDATE_SKELETON,
    CANDIDATE_MUTANT,
    CANDIDATE_VARIANT,
};

struct candidate {
    enum candidate_kind kind;
    char *name;    /* "merge_across_zones" */
    char *idea;    /* the sentence, sanitised; "" for the first two */
    char *folder;  /* what is graded */
    char *failure; /* why it could not be graded; or NULL */
    bool infra;    /* failure is a fault of ours */
    char *catcher; /* mutants: a test that catches it; NULL: none is named */
    unsigned score;
    char *verdicts; /* a letter a test: ". x T C s - ?", ' ' for one that a
                       quick run left out; NULL: none */
    char *reason;   /* result_reason() */
};

struct candidate_list {
    struct candidate *candidates;
    size_t count;
};

/*
 * Finds the lab's candidates and makes a folder in `work` for each mutant and
 * variant. Variants of a component that is made of others are theirs, too,
 * unless it is to be quick. A patch that doesn't apply is a candidate with a
 * failure; USAGE for one without its first line.
 */
int verify_prepare(const struct kit *kit, const struct lab *lab, bool quick,
                   const char *work, struct candidate_list *out,
                   struct error *err);
void verify_free(struct candidate_list *list);

struct verify_options {
    const struct kit *kit;
    const struct lab *lab;
    enum sandbox_mode mode;
    unsigned jobs; /* processes; 0: as many as cores */
    bool quick;    /* mutants: one test that they lose is enough */
    const char *work;
    const unsigned char *course_key;
    /* Called when a candidate is done; may be NULL. */
    void (*progress)(const struct candidate *candidate, size_t ndone,
                     size_t count);
};

/* Grades all candidates, each in a process of its own. */
int verify_run(const struct verify_options *options,
               struct candidate_list *list, struct error *err);

/* What is wrong with the candidate, or NULL: as it must be. malloc'ed. */
char *verify_objection(const struct lab *lab,
                       const struct candidate *candidate);

/* "reference", "skeleton", "mutant", "variant". */
const char *candidate_kind_word(enum candidate_kind kind);

#endif
