/*
 * How much of a submission is read, at most. THREATS.md, layer 2.
 *
 * A limit is there to bound memory and time, not to judge: each is some ten
 * times what an honest submission needs.
 */
#ifndef GRADER_LIMITS_H
#define GRADER_LIMITS_H

#define LIMIT_FILE_BYTES  (1u << 20)  /* one file, inflated */
#define LIMIT_TOTAL_BYTES (16u << 20) /* all files together, inflated */
#define LIMIT_DEPTH       16          /* folders on top of each other */
#define LIMIT_PATH_BYTES  1024
#define LIMIT_ENTRIES     20000 /* of a folder, or a git tree's listing */

#define LIMIT_ARCHIVE_BYTES   (8u << 20) /* as it comes, compressed */
#define LIMIT_ARCHIVE_ENTRIES 2000
/* All that the decompressor gives, headers and padding included. */
#define LIMIT_INFLATED_BYTES (64u << 20)

#define LIMIT_GIT_OBJECTS      20000       /* received, or loose files */
#define LIMIT_GIT_RECEIVED     (64u << 20) /* bytes from a remote */
#define LIMIT_GIT_SECONDS      60          /* for talking to a remote */
#define LIMIT_GIT_OBJECT_BYTES (1u << 20)  /* a tree, commit or tag */
#define LIMIT_GIT_COMMITS      20000       /* walked back for --before */
#define LIMIT_GIT_LINKS        5           /* symbolic refs, tags of tags */
#define LIMIT_GIT_REFS_BYTES   (4u << 20)  /* packed-refs */

#define LIMIT_READ_SECONDS 30          /* for reading what is on this machine */
#define LIMIT_READ_MEMORY  (1ul << 30) /* address space of the reader */

#define LIMIT_NOTES       50  /* sentences about what was not used */
#define LIMIT_CHOICES     8   /* listed when something is ambiguous */
#define LIMIT_SHOWN_BYTES 160 /* of a student's name in a sentence */

#endif
