/*
 * Ending whatever is left of programs that were started: for a process that is
 * a child subreaper (prctl(2)), orphans below it are children of its own.
 */
#ifndef GRADER_CHILDREN_H
#define GRADER_CHILDREN_H

#include <stddef.h>
#include <sys/types.h>

/* From now on orphans below this process become its children. */
void children_adopt(void);

/*
 * Kills and reaps every child of this process, and what they leave behind, but
 * for those whose ids are in keep[0 .. nkeep). Returns when only they are left.
 */
void children_end(const pid_t *keep, size_t nkeep);

#endif
