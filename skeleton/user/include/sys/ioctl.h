/* Requests to devices. */
#ifndef SYS_IOCTL_H
#define SYS_IOCTL_H

#define TCGETS 0x5401
#define TCSETS 0x5402

int ioctl(int fd, unsigned long request, ...);

#endif
