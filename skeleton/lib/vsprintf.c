/*
 * Formatted text. A conversion is parsed into struct spec, its value is
 * turned into digits, and both are padded out into the buffer.
 */
#include <kernel.h>

#include <string.h>

struct output {
    char *buffer;
    size_t size;   /* of the buffer, with the terminator */
    size_t length; /* of the text, had the buffer been large enough */
};

struct spec {
    bool left, zeros;
    unsigned int width;
    int precision; /* of %s: at most so many characters; -1: all */
    int longs;     /* how many l's */
    char conversion;
};

static void put(struct output *out, char character)
{
    if (out->length + 1 < out->size)
        out->buffer[out->length] = character;
    out->length++;
}

static void put_padded(struct output *out, const struct spec *spec,
                       const char *text, size_t length)
{
    size_t padding = spec->width > length ? spec->width - length : 0;

    if (spec->zeros && !spec->left && length > 0 && text[0] == '-') {
        put(out, '-');
        text++;
        length--;
    }
    for (; !spec->left && padding > 0; padding--)
        put(out, spec->zeros ? '0' : ' ');
    for (size_t i = 0; i < length; i++)
        put(out, text[i]);
    for (; padding > 0; padding--)
        put(out, ' ');
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

static void put_number(struct output *out, const struct spec *spec,
                       uint64_t value, bool negative, uint32_t base)
{
    const char *digits =
        spec->conversion == 'X' ? "0123456789ABCDEF" : "0123456789abcdef";
    char text[24];
    size_t at = sizeof(text);

    do {
        text[--at] = digits[divide(&value, base)];
    } while (value != 0);
    if (negative)
        text[--at] = '-';
    put_padded(out, spec, text + at, sizeof(text) - at);
}

static const char *parse_spec(const char *format, struct spec *spec)
{
    *spec = (struct spec){.precision = -1};
    for (; *format == '-' || *format == '0'; format++) {
        if (*format == '-')
            spec->left = true;
        else
            spec->zeros = true;
    }
    while (*format >= '0' && *format <= '9')
        spec->width = spec->width * 10 + (*format++ - '0');
    if (*format == '.') {
        char *end;

        spec->precision = strtoul(format + 1, &end, 10);
        format = end;
    }
    for (; *format == 'l'; format++)
        spec->longs++;
    spec->conversion = *format;
    return format + 1;
}

static void put_string(struct output *out, const struct spec *spec,
                       const char *text)
{
    if (text == NULL)
        text = "(null)";
    put_padded(out, spec, text,
               spec->precision < 0 ? strlen(text)
                                   : strnlen(text, spec->precision));
}

/* Pointers have eight digits, so that they line up. */
static void put_pointer(struct output *out, const void *pointer)
{
    struct spec spec = {.zeros = true, .width = 8, .conversion = 'x'};

    put_number(out, &spec, (uintptr_t)pointer, false, 16);
}

static void put_signed(struct output *out, const struct spec *spec,
                       int64_t value)
{
    uint64_t magnitude = value < 0 ? -(uint64_t)value : (uint64_t)value;

    put_number(out, spec, magnitude, value < 0, 10);
}

int vsnprintf(char *buffer, size_t size, const char *format, va_list args)
{
    struct output out = {buffer, size, 0};
    struct spec spec;

    while (*format != '\0') {
        if (*format != '%') {
            put(&out, *format++);
            continue;
        }
        format = parse_spec(format + 1, &spec);
        switch (spec.conversion) {
        case 'd':
        case 'i':
            put_signed(&out, &spec,
                       spec.longs > 1 ? va_arg(args, int64_t)
                                      : va_arg(args, int));
            break;
        case 'u':
        case 'x':
        case 'X':
            put_number(&out, &spec,
                       spec.longs > 1 ? va_arg(args, uint64_t)
                                      : va_arg(args, unsigned int),
                       false, spec.conversion == 'u' ? 10 : 16);
            break;
        case 'p':
            put_pointer(&out, va_arg(args, void *));
            break;
        case 's':
            put_string(&out, &spec, va_arg(args, const char *));
            break;
        case 'c':
            put(&out, (char)va_arg(args, int));
            break;
        case '\0':
            goto out;
        default:
            put(&out, spec.conversion);
        }
    }
out:
    if (size > 0)
        buffer[out.length < size ? out.length : size - 1] = '\0';
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
