/*
 * The cache of outcomes: a folder with a file a key (outcome.h), named by it.
 * An entry is there whole or not at all, and is checked when it is read; one
 * that is damaged is removed, as if it had never been there.
 *
 *     mmgrade/cache/v1 KEY SHA256-OF-THE-REST\n
 *     outcome as JSON\n
 */
#ifndef GRADER_CACHE_H
#define GRADER_CACHE_H

#include <stdbool.h>
#include <jansson.h>
#include "error.h"
#include "seed.h"

struct cache;

/*
 * Opens the folder, which is made (0700) if it isn't there. `sweep`: files
 * that a writer left half written are removed; for who knows that no other
 * writes. INFRA.
 */
int cache_open(const char *folder, bool sweep, struct cache **out,
               struct error *err);
void cache_close(struct cache *cache);

/*
 * The outcome under that key, or NULL in *out if there is none. An entry that
 * was damaged is none; *removed then gets a sentence, which the caller frees,
 * else NULL. INFRA if the disk can't be read.
 */
int cache_get(const struct cache *cache, const char key[SEED_HEX], json_t **out,
              char **removed, struct error *err);

/* Keeps an outcome, durably. INFRA: the disk is full… */
int cache_put(const struct cache *cache, const char key[SEED_HEX],
              const json_t *outcome, struct error *err);

/*
 * Waits until no other process holds that key, and holds it until
 * cache_release() or the end of this process: who else wants the same outcome
 * finds it in the cache then. A descriptor; -1 if there can be no lock, which
 * costs at most a second run.
 */
int cache_hold(const struct cache *cache, const char key[SEED_HEX]);
void cache_release(int held);

#endif
