/* Reading folders. */
#ifndef DIRENT_H
#define DIRENT_H

#include <sys/types.h>

/* That of system call 141. */
struct dirent {
    unsigned long d_ino;
    unsigned long d_off;
    unsigned short d_reclen; /* of this entry, to the next one */
    char d_name[];
};

typedef struct dir DIR;

/* NULL with errno set. */
DIR *opendir(const char *path);
/* The next entry, good until the next call; NULL at the end or on an error. */
struct dirent *readdir(DIR *dir);
int closedir(DIR *dir);

#endif
