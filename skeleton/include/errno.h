/*
 * Why something failed, as a negative int. Numbers of Linux i386.
 */
#ifndef ERRNO_H
#define ERRNO_H

#define EPERM        1  /* not allowed */
#define ENOENT       2  /* no such file */
#define ESRCH        3  /* no such process */
#define EINTR        4  /* a signal came */
#define EIO          5  /* the device failed */
#define ENXIO        6  /* no such device */
#define E2BIG        7  /* too many arguments */
#define ENOEXEC      8  /* not a program */
#define EBADF        9  /* no such file descriptor */
#define ECHILD       10 /* no such child */
#define EAGAIN       11 /* try again */
#define ENOMEM       12 /* no memory */
#define EACCES       13 /* permission denied */
#define EFAULT       14 /* bad address */
#define ENOTBLK      15 /* not a disk */
#define EBUSY        16 /* in use */
#define EEXIST       17 /* there already */
#define ENODEV       19 /* the file or device can't do this */
#define ENOTDIR      20 /* not a folder */
#define EISDIR       21 /* a folder */
#define EINVAL       22 /* makes no sense */
#define EMFILE       24 /* too many open files */
#define ENOTTY       25 /* not a terminal */
#define EFBIG        27 /* the file would be too large */
#define ENOSPC       28 /* no room */
#define ESPIPE       29 /* has no position */
#define EPIPE        32 /* nobody reads the pipe */
#define ERANGE       34 /* the buffer is too small */
#define ENAMETOOLONG 36 /* the name is too long */
#define ENOSYS       38 /* no such system call */
#define ENOTEMPTY    39 /* the folder has entries */

#endif
