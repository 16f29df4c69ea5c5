/* Views of the kernel, into a buffer or to the console. */
#include <seq_file.h>

#include <kernel.h>

#define LINE_BYTES 256

void seq_printf(struct seq_file *file, const char *format, ...)
{
    char line[LINE_BYTES];
    va_list args;

    va_start(args, format);
    if (file->buffer == NULL) {
        vsnprintf(line, sizeof(line), format, args);
        printk("%s", line);
    } else {
        size_t room = file->size - file->used;
        int nbytes = vsnprintf(file->buffer + file->used, room, format, args);

        file->used += (size_t)nbytes < room ? (size_t)nbytes : room - 1;
    }
    va_end(args);
}
