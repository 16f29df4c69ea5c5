/* Swap areas. */
#ifndef SYS_SWAP_H
#define SYS_SWAP_H

#define SWAP_FLAG_PREFER    0x8000 /* the low bits are the priority */
#define SWAP_FLAG_PRIO_MASK 0x7fff

int swapon(const char *path, int flags);
int swapoff(const char *path);

#endif
