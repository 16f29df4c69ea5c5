/* Opening files. */
#ifndef FCNTL_H
#define FCNTL_H

#include <sys/types.h>

#define O_RDONLY   0
#define O_WRONLY   1
#define O_RDWR     2
#define O_CREAT    00100
#define O_EXCL     00200
#define O_TRUNC    01000
#define O_APPEND   02000
#define O_NONBLOCK 04000

/* With O_CREAT, the mode follows. */
int open(const char *path, int flags, ...);

#endif
