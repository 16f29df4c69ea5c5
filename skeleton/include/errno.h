/*
 * Why something failed, as a negative int. Numbers of Linux i386.
 */
#ifndef ERRNO_H
#define ERRNO_H

#define EPERM  1  /* not allowed */
#define ENOENT 2  /* no such file */
#define ESRCH  3  /* no such process */
#define EINTR  4  /* a signal came */
#define EIO    5  /* the device failed */
#define EBADF  9  /* no such file descriptor */
#define EAGAIN 11 /* try again */
#define ENOMEM 12 /* no memory */
#define EACCES 13 /* permission denied */
#define EFAULT 14 /* bad address */
#define EBUSY  16 /* in use */
#define EEXIST 17 /* there already */
#define EINVAL 22 /* makes no sense */
#define ENOSYS 38 /* no such system call */

#endif
