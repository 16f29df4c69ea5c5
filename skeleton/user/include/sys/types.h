/* Types of system calls, as the kernel's ABI for the i386 has them. */
#ifndef SYS_TYPES_H
#define SYS_TYPES_H

#include <stddef.h>
#include <stdint.h>

typedef int ssize_t;
typedef long off_t;
typedef int pid_t;
typedef unsigned int mode_t;
typedef unsigned int dev_t;

/* A device's number: which driver, and which of its devices. */
#define makedev(major, minor) ((major) << 8 | (minor))
#define major(dev)            ((dev) >> 8 & 0xff)
#define minor(dev)            ((dev)&0xff)

#endif
