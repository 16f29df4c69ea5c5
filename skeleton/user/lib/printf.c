/*
 * Formatted text. A conversion is parsed into struct spec, its value is turned
 * into digits, and both are padded out into struct output: a buffer of the
 * caller's, or a file, for which a small buffer is written out when it is full
 * and at the end.
 */
#include <stdio.h>

#include <ctype.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#define CHUNK_SIZE 256
#define NO_FILE    -1

struct output {
    char *buffer;
    size_t size;   /* of the buffer */
    size_t used;   /* of the buffer */
    size_t length; /* of the whole text */
    int fd;        /* NO_FILE: what doesn't fit is lost */
    bool failed;
};

struct spec {
    bool left, zeros;
    int width;
    int precision; /* -1: none is given */
    int longs;     /* 1: long; 2: long long; -1: short; -2: char */
    char conversion;
};

static void flush(struct output *out)
{
    if (write_all(out->fd, out->buffer, out->used) < 0)
        out->failed = true;
    out->used = 0;
}

static void put(struct output *out, char character)
{
    out->length++;
    if (out->used == out->size && out->fd != NO_FILE)
        flush(out);
    if (out->used < out->size)
        out->buffer[out->used++] = character;
}

static void put_times(struct output *out, char character, int times)
{
    while (times-- > 0)
        put(out, character);
}

static void put_text(struct output *out, const char *text, size_t length)
{
    for (size_t i = 0; i < length; i++)
        put(out, text[i]);
}

static void put_string(struct output *out, const struct spec *spec,
                       const char *text)
{
    size_t max = spec->precision < 0 ? SIZE_MAX : (size_t)spec->precision;
    size_t length;

    if (text == NULL)
        text = "(null)";
    length = strnlen(text, max);
    if (!spec->left)
        put_times(out, ' ', spec->width - (int)length);
    put_text(out, text, length);
    if (spec->left)
        put_times(out, ' ', spec->width - (int)length);
}

/*
 * Divides *value by a small base and returns the remainder, 32 bits at a time:
 * a 64-bit division would need the compiler's library.
 */
static unsigned int divide(uint64_t *value, uint32_t base)
{
    uint32_t high = *value >> 32, low = (uint32_t)*value;
    uint32_t quotient_high = high / base, quotient_low, rest = high % base;

    __asm__("div %4"
            : "=a"(quotient_low), "=d"(rest)
            : "0"(low), "1"(rest), "r"(base));
    *value = (uint64_t)quotient_high << 32 | quotient_low;
    return rest;
}

static uint32_t base_of(char conversion)
{
    switch (conversion) {
    case 'x':
    case 'X':
    case 'p':
        return 16;
    case 'o':
        return 8;
    default:
        return 10;
    }
}

/* [blanks] prefix [zeros] digits [blanks]; the prefix is a sign or 0x. */
static void put_number(struct output *out, const struct spec *spec,
                       const char *prefix, uint64_t value)
{
    const char *alphabet =
        spec->conversion == 'X' ? "0123456789ABCDEF" : "0123456789abcdef";
    uint32_t base = base_of(spec->conversion);
    char digits[24];
    size_t at = sizeof(digits);
    int ndigits, zeros, blanks;

    do {
        digits[--at] = alphabet[divide(&value, base)];
    } while (value != 0);
    ndigits = sizeof(digits) - at;
    zeros = spec->precision > ndigits ? spec->precision - ndigits : 0;
    blanks = spec->width - (int)strlen(prefix) - zeros - ndigits;
    if (spec->zeros && !spec->left && spec->precision < 0 && blanks > 0) {
        zeros = blanks;
        blanks = 0;
    }
    if (!spec->left)
        put_times(out, ' ', blanks);
    put_text(out, prefix, strlen(prefix));
    put_times(out, '0', zeros);
    put_text(out, digits + at, ndigits);
    if (spec->left)
        put_times(out, ' ', blanks);
}

static void put_signed(struct output *out, const struct spec *spec,
                       int64_t value)
{
    if (value < 0)
        put_number(out, spec, "-", -(uint64_t)value);
    else
        put_number(out, spec, "", value);
}

/* va_list in a structure, because an array type can't be passed by address. */
struct arguments {
    va_list list;
};

/* A number in the format, or * and an argument. */
static const char *parse_number(const char *format, struct arguments *args,
                                int *number)
{
    *number = 0;
    if (*format == '*') {
        *number = va_arg(args->list, int);
        return format + 1;
    }
    while (isdigit(*format))
        *number = *number * 10 + (*format++ - '0');
    return format;
}

static const char *parse_spec(const char *format, struct arguments *args,
                              struct spec *spec)
{
    *spec = (struct spec){.precision = -1};
    for (; *format == '-' || *format == '0'; format++) {
        if (*format == '-')
            spec->left = true;
        else
            spec->zeros = true;
    }
    format = parse_number(format, args, &spec->width);
    if (spec->width < 0) {
        spec->left = true;
        spec->width = -spec->width;
    }
    if (*format == '.')
        format = parse_number(format + 1, args, &spec->precision);
    for (; *format == 'l' || *format == 'z'; format++)
        spec->longs++;
    for (; *format == 'h'; format++)
        spec->longs--;
    spec->conversion = *format;
    return *format != '\0' ? format + 1 : format;
}

static int64_t signed_argument(struct arguments *args, int longs)
{
    if (longs >= 2)
        return va_arg(args->list, int64_t);
    if (longs == -1)
        return (short)va_arg(args->list, int);
    if (longs == -2)
        return (signed char)va_arg(args->list, int);
    return va_arg(args->list, int);
}

static uint64_t unsigned_argument(struct arguments *args, int longs)
{
    if (longs >= 2)
        return va_arg(args->list, uint64_t);
    if (longs == -1)
        return (unsigned short)va_arg(args->list, unsigned int);
    if (longs == -2)
        return (unsigned char)va_arg(args->list, unsigned int);
    return va_arg(args->list, unsigned int);
}

static void convert(struct output *out, const struct spec *spec,
                    struct arguments *args)
{
    switch (spec->conversion) {
    case 'd':
    case 'i':
        put_signed(out, spec, signed_argument(args, spec->longs));
        break;
    case 'u':
    case 'x':
    case 'X':
    case 'o':
        put_number(out, spec, "", unsigned_argument(args, spec->longs));
        break;
    case 'p':
        put_number(out, spec, "0x", (uintptr_t)va_arg(args->list, void *));
        break;
    case 's':
        put_string(out, spec, va_arg(args->list, const char *));
        break;
    case 'c': {
        char text[2] = {(char)va_arg(args->list, int), '\0'};

        put_string(out, spec, text);
        break;
    }
    default:
        put(out, spec->conversion);
    }
}

static void format_text(struct output *out, const char *format, va_list list)
{
    struct arguments args;
    struct spec spec;

    va_copy(args.list, list);
    while (*format != '\0') {
        if (*format != '%') {
            put(out, *format++);
            continue;
        }
        format = parse_spec(format + 1, &args, &spec);
        if (spec.conversion != '\0')
            convert(out, &spec, &args);
    }
    va_end(args.list);
}

int vsnprintf(char *buffer, size_t size, const char *format, va_list args)
{
    struct output out = {.buffer = buffer, .fd = NO_FILE};

    out.size = size > 0 ? size - 1 : 0;
    format_text(&out, format, args);
    if (size > 0)
        buffer[out.used] = '\0';
    return (int)out.length;
}

int snprintf(char *buffer, size_t size, const char *format, ...)
{
    va_list args;
    int length;

    va_start(args, format);
    length = vsnprintf(buffer, size, format, args);
    va_end(args);
    return length;
}

int vdprintf(int fd, const char *format, va_list args)
{
    char chunk[CHUNK_SIZE];
    struct output out = {.buffer = chunk, .size = sizeof(chunk), .fd = fd};

    format_text(&out, format, args);
    flush(&out);
    return out.failed ? -1 : (int)out.length;
}

int dprintf(int fd, const char *format, ...)
{
    va_list args;
    int length;

    va_start(args, format);
    length = vdprintf(fd, format, args);
    va_end(args);
    return length;
}

int printf(const char *format, ...)
{
    va_list args;
    int length;

    va_start(args, format);
    length = vdprintf(STDOUT_FILENO, format, args);
    va_end(args);
    return length;
}

int puts(const char *text)
{
    return printf("%s\n", text);
}

int putchar(int character)
{
    char byte = (char)character;

    return write_all(STDOUT_FILENO, &byte, 1) < 0 ? -1 : character;
}
