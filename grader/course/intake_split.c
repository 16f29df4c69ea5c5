/*
 * Which part of "lab1-ann-lee" is the login? In one download the assignment
 * is the same everywhere, so it is what all names agree on.
 */
#include <stdlib.h>
#include <string.h>
#include "intake_parts.h"
#include "source.h"

#define MATCH_PERSON (MATCH_ID | MATCH_LOGIN | MATCH_EMAIL)

/* A way to split a text that leaves somebody's login. */
struct vote {
    const char *text;
    size_t nassignment; /* its first bytes */
};

struct votes {
    struct vote *votes;
    size_t count, capacity;
};

static int out_of_memory(struct error *err)
{
    return fail(err, ERROR_INFRA, "can't compare names: out of memory");
}

static int add_vote(struct votes *votes, const char *text, size_t nassignment,
                    struct error *err)
{
    if (votes->count == votes->capacity) {
        size_t capacity = votes->capacity ? 2 * votes->capacity : 64;
        struct vote *grown =
            reallocarray(votes->votes, capacity, sizeof(*grown));
        if (!grown) {
            return out_of_memory(err);
        }
        votes->votes = grown;
        votes->capacity = capacity;
    }
    votes->votes[votes->count++] = (struct vote){text, nassignment};
    return 0;
}

/* By assignment, then by text. */
static int compare_votes(const void *a, const void *b)
{
    const struct vote *left = a, *right = b;
    size_t n = left->nassignment < right->nassignment ? left->nassignment
                                                      : right->nassignment;
    int order = memcmp(left->text, right->text, n);

    if (order != 0) {
        return order;
    }
    if (left->nassignment != right->nassignment) {
        return left->nassignment < right->nassignment ? -1 : 1;
    }
    return strcmp(left->text, right->text);
}

static bool same_assignment(const struct vote *a, const struct vote *b)
{
    return a->nassignment == b->nassignment &&
           memcmp(a->text, b->text, a->nassignment) == 0;
}

/* The length of the assignment with most votes, of which there are several. */
static const struct vote *count_votes(struct votes *votes)
{
    const struct vote *best = NULL;
    size_t most = 1, second = 1;

    if (votes->count > 0) {
        qsort(votes->votes, votes->count, sizeof(*votes->votes), compare_votes);
    }
    for (size_t i = 0, end = 0; i < votes->count; i = end) {
        size_t ntexts = 0;
        while (end < votes->count &&
               same_assignment(&votes->votes[i], &votes->votes[end])) {
            /* Several files of one student are one text. */
            ntexts += end == i || strcmp(votes->votes[end].text,
                                         votes->votes[end - 1].text) != 0;
            end++;
        }
        if (ntexts > most) {
            second = most;
            most = ntexts;
            best = &votes->votes[i];
        } else if (ntexts > second) {
            second = ntexts;
        }
    }
    return most > second ? best : NULL;
}

static int vote_all(const struct intake_job *job, char separator,
                    char *const *texts, struct votes *votes, struct error *err)
{
    size_t count = download_entries(job->download)->count;
    struct fit fit;
    int rc = 0;

    for (size_t i = 0; rc == 0 && i < count; i++) {
        const char *at = texts[i] ? strchr(texts[i], separator) : NULL;
        for (; rc == 0 && at; at = strchr(at + 1, separator)) {
            rc = matcher_find(job->matcher, at + 1, strlen(at + 1),
                              MATCH_PERSON, &fit, err);
            if (rc == 0 && fit.count > 0) {
                rc = add_vote(votes, texts[i], (size_t)(at - texts[i]), err);
            }
        }
    }
    return rc;
}

/* Splits the texts that have this assignment; how many those are. */
static size_t split_at(const char *assignment, size_t n, char separator,
                       char *const *texts, size_t count, const char **persons)
{
    size_t nfound = 0;

    for (size_t i = 0; i < count; i++) {
        bool fits = texts[i] && strncmp(texts[i], assignment, n) == 0 &&
                    texts[i][n] == separator && texts[i][n + 1] != '\0';
        persons[i] = fits ? texts[i] + n + 1 : NULL;
        nfound += fits;
    }
    return nfound;
}

int intake_split(const struct intake_job *job, char separator,
                 char *const *texts, const char **persons, bool *agreed,
                 struct error *err)
{
    const char *assignment = job->lab->source.assignment;
    size_t count = download_entries(job->download)->count;
    struct votes votes = {.count = 0};
    int rc = 0;

    *agreed = true;
    if (!assignment) {
        assignment = job->lab->lab;
    } else {
        split_at(assignment, strlen(assignment), separator, texts, count,
                 persons);
        return 0;
    }
    if (split_at(assignment, strlen(assignment), separator, texts, count,
                 persons) > 0) {
        return 0;
    }
    rc = vote_all(job, separator, texts, &votes, err);
    const struct vote *best = rc == 0 ? count_votes(&votes) : NULL;
    *agreed = best != NULL;
    if (best) {
        split_at(best->text, best->nassignment, separator, texts, count,
                 persons);
    }
    free(votes.votes);
    return rc;
}

int intake_not_split(struct intake_job *job, const struct piece *piece,
                     const char *text, char separator, struct error *err)
{
    struct fit all = {.count = 0};
    char names[400];
    int rc = 0;

    for (const char *at = strchr(text, separator); rc == 0 && at;
         at = strchr(at + 1, separator)) {
        struct fit fit;
        rc = matcher_find(job->matcher, at + 1, strlen(at + 1), MATCH_PERSON,
                          &fit, err);
        for (size_t i = 0; rc == 0 && i < fit.count && i < FIT_MAX; i++) {
            fit_add(&all, fit.students[i]);
        }
    }
    if (rc != 0 || all.count == 0) {
        return rc != 0 ? rc : intake_unknown(job, piece->entry->name, "", err);
    }
    fit_names(&all, names, sizeof(names));
    return intake_ambiguous(job, &all, err,
                            "%s may be of %s: write the assignment's name, as "
                            "it stands in front, into the source (assignment: "
                            "…)",
                            show(piece->entry->name).text, names);
}
