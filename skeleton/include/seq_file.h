/*
 * Text that is made up when somebody reads it: the kernel's views of itself.
 * Linux include/linux/seq_file.h, much reduced.
 */
#ifndef SEQ_FILE_H
#define SEQ_FILE_H

#include <types.h>

/* Where the text goes. Without a buffer: to the console. */
struct seq_file {
    char *buffer;
    size_t size; /* of the buffer */
    size_t used; /* bytes of text in it; more is cut off */
};

__attribute__((format(printf, 2, 3))) void seq_printf(struct seq_file *file,
                                                      const char *format, ...);

/* The views, each a table with a line of titles. */
void buddyinfo_show(struct seq_file *file);
void zoneinfo_show(struct seq_file *file);
void slabinfo_show(struct seq_file *file);
void vmallocinfo_show(struct seq_file *file);
void tasks_show(struct seq_file *file);

#endif
