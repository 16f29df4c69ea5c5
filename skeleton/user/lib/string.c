/* Memory and strings. Plain loops; the compiler makes them good enough. */
#include <string.h>

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>

void *memset(void *to, int byte, size_t nbytes)
{
    void *start = to;

    __asm__ volatile("rep stosb"
                     : "+D"(to), "+c"(nbytes)
                     : "a"(byte)
                     : "memory");
    return start;
}

void *memcpy(void *to, const void *from, size_t nbytes)
{
    void *start = to;

    __asm__ volatile("rep movsb"
                     : "+D"(to), "+S"(from), "+c"(nbytes)
                     :
                     : "memory");
    return start;
}

void *memmove(void *to, const void *from, size_t nbytes)
{
    unsigned char *target = to;
    const unsigned char *source = from;

    if (target <= source)
        return memcpy(to, from, nbytes);
    while (nbytes-- > 0)
        target[nbytes] = source[nbytes];
    return to;
}

int memcmp(const void *a, const void *b, size_t nbytes)
{
    const unsigned char *left = a, *right = b;

    for (size_t i = 0; i < nbytes; i++)
        if (left[i] != right[i])
            return left[i] - right[i];
    return 0;
}

size_t strlen(const char *text)
{
    return strnlen(text, SIZE_MAX);
}

size_t strnlen(const char *text, size_t max)
{
    size_t length = 0;

    while (length < max && text[length] != '\0')
        length++;
    return length;
}

int strncmp(const char *a, const char *b, size_t max)
{
    for (size_t i = 0; i < max; i++)
        if (a[i] != b[i] || a[i] == '\0')
            return (unsigned char)a[i] - (unsigned char)b[i];
    return 0;
}

int strcmp(const char *a, const char *b)
{
    return strncmp(a, b, SIZE_MAX);
}

char *strchr(const char *text, int character)
{
    for (; *text != (char)character; text++)
        if (*text == '\0')
            return NULL;
    return (char *)text;
}

char *strrchr(const char *text, int character)
{
    for (const char *at = text + strlen(text);; at--) {
        if (*at == (char)character)
            return (char *)at;
        if (at == text)
            return NULL;
    }
}

char *strstr(const char *text, const char *wanted)
{
    size_t length = strlen(wanted);

    for (; *text != '\0'; text++)
        if (strncmp(text, wanted, length) == 0)
            return (char *)text;
    return length == 0 ? (char *)text : NULL;
}

char *strdup(const char *text)
{
    size_t size = strlen(text) + 1;
    char *copy = malloc(size);

    return copy != NULL ? memcpy(copy, text, size) : NULL;
}

const char *strerror(int number)
{
    static const char *const texts[] = {
        [0] = "no error",
        [EPERM] = "not permitted",
        [ENOENT] = "no such file or folder",
        [ESRCH] = "no such process",
        [EINTR] = "interrupted by a signal",
        [EIO] = "input or output error",
        [ENXIO] = "no such device or address",
        [E2BIG] = "arguments too long",
        [ENOEXEC] = "not a program",
        [EBADF] = "bad file descriptor",
        [ECHILD] = "no child processes",
        [EAGAIN] = "not now; try again",
        [ENOMEM] = "out of memory",
        [EACCES] = "permission denied",
        [EFAULT] = "bad address",
        [EBUSY] = "busy",
        [EEXIST] = "exists already",
        [EXDEV] = "on another device",
        [ENODEV] = "no such device",
        [ENOTDIR] = "not a folder",
        [EISDIR] = "is a folder",
        [EINVAL] = "invalid argument",
        [ENFILE] = "too many open files in the system",
        [EMFILE] = "too many open files",
        [ENOTTY] = "not a terminal",
        [ETXTBSY] = "program is running",
        [EFBIG] = "file too large",
        [ENOSPC] = "no space left",
        [ESPIPE] = "cannot seek there",
        [EROFS] = "read-only file system",
        [EMLINK] = "too many links",
        [EPIPE] = "nobody reads the pipe",
        [EDOM] = "outside of the domain",
        [ERANGE] = "result too large",
        [ENAMETOOLONG] = "name too long",
        [ENOSYS] = "no such system call",
        [ENOTEMPTY] = "folder not empty",
        [ELOOP] = "too many links on the way",
    };
    int count = sizeof(texts) / sizeof(texts[0]);

    if (number < 0 || number >= count || texts[number] == NULL)
        return "unknown error";
    return texts[number];
}
