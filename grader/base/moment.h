/*
 * Moments: seconds since 1970, UTC. Text is RFC 3339 with a zone.
 */
#ifndef GRADER_MOMENT_H
#define GRADER_MOMENT_H

#include <stdint.h>
#include "error.h"

#define MOMENT_NONE  INT64_MIN /* it is not known */
#define MOMENT_BYTES 32        /* of a formatted one, with the NUL */

/*
 * "2026-03-01T23:59:00+08:00" or "…Z". USAGE that says what is wrong: no
 * zone, no such day, not of this form.
 */
int moment_parse(const char *text, int64_t *out, struct error *err);

/*
 * "2026-03-01T23:59:00" on the clocks of a time zone ("Asia/Shanghai"). USAGE.
 * Changes TZ for the time being, so there may be no other threads.
 */
int moment_parse_local(const char *text, const char *zone, int64_t *out,
                       struct error *err);

/* "2026-03-01T15:59:00Z"; "" for MOMENT_NONE and years no calendar has. */
void moment_format(int64_t moment, char text[MOMENT_BYTES]);

/*
 * "2026-03-01T23:59:00+08:00": on the clocks of a time zone, for people. TZ as
 * of moment_parse_local(); "…Z" if there is no memory for that.
 */
void moment_format_local(int64_t moment, const char *zone,
                         char text[MOMENT_BYTES]);

#endif
