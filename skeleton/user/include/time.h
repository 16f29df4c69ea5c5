/* Spans of time. */
#ifndef TIME_H
#define TIME_H

struct timespec {
    long tv_sec;
    long tv_nsec;
};

int nanosleep(const struct timespec *span, struct timespec *rest);

#endif
