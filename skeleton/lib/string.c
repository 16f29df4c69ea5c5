/* Memory and strings. Plain loops; the compiler makes them good enough. */
#include <string.h>

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
    size_t length = 0;

    while (text[length] != '\0')
        length++;
    return length;
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

char *strstr(const char *text, const char *wanted)
{
    size_t length = strlen(wanted);

    for (; *text != '\0'; text++)
        if (strncmp(text, wanted, length) == 0)
            return (char *)text;
    return length == 0 ? (char *)text : NULL;
}

/* The value of a digit of any base up to 36, or 36 if it is none. */
static int digit_value(char character)
{
    if (character >= '0' && character <= '9')
        return character - '0';
    if (character >= 'a' && character <= 'z')
        return character - 'a' + 10;
    if (character >= 'A' && character <= 'Z')
        return character - 'A' + 10;
    return 36;
}

unsigned long strtoul(const char *text, char **end, int base)
{
    unsigned long value = 0;

    if ((base == 0 || base == 16) && text[0] == '0' &&
        (text[1] | 0x20) == 'x') {
        text += 2;
        base = 16;
    }
    if (base == 0)
        base = 10;
    for (; digit_value(*text) < base; text++)
        value = value * base + digit_value(*text);
    if (end != NULL)
        *end = (char *)text;
    return value;
}
