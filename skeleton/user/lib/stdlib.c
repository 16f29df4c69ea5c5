/* Numbers, sorting and the environment. */
#include <stdlib.h>

#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

/* The value of a digit of any base up to 36, or 36 if it is none. */
static int digit_value(char character)
{
    if (isdigit(character))
        return character - '0';
    if (islower(character))
        return character - 'a' + 10;
    if (isupper(character))
        return character - 'A' + 10;
    return 36;
}

unsigned long strtoul(const char *text, char **end, int base)
{
    unsigned long value = 0;

    if ((base == 0 || base == 16) && text[0] == '0' && text[1] == 'x' &&
        digit_value(text[2]) < 16) {
        text += 2;
        base = 16;
    }
    if (base == 0)
        base = text[0] == '0' ? 8 : 10;
    for (; digit_value(*text) < base; text++)
        value = value * base + digit_value(*text);
    if (end != NULL)
        *end = (char *)text;
    return value;
}

static void swap(char *a, char *b, size_t size)
{
    while (size-- > 0) {
        char byte = a[size];

        a[size] = b[size];
        b[size] = byte;
    }
}

/*
 * Heapsort: as fast in the worst case as on average, and no memory. Lets the
 * item at `root` sink until neither of its children is larger.
 */
static void sink(char *items, size_t root, size_t count, size_t size,
                 int (*compare)(const void *a, const void *b))
{
    for (;;) {
        size_t child = 2 * root + 1;

        if (child >= count)
            return;
        if (child + 1 < count &&
            compare(items + child * size, items + (child + 1) * size) < 0)
            child++;
        if (compare(items + root * size, items + child * size) >= 0)
            return;
        swap(items + root * size, items + child * size, size);
        root = child;
    }
}

void qsort(void *items, size_t count, size_t size,
           int (*compare)(const void *a, const void *b))
{
    for (size_t root = count / 2; root-- > 0;)
        sink(items, root, count, size, compare);
    while (count > 1) {
        count--;
        swap(items, (char *)items + count * size, size);
        sink(items, 0, count, size, compare);
    }
}

/* --- the environment: texts NAME=VALUE --- */

/* Where in environ the variable is, or the NULL at its end. */
static char **find_variable(const char *name, size_t length)
{
    char **entry = environ;

    while (*entry != NULL &&
           (strncmp(*entry, name, length) != 0 || (*entry)[length] != '='))
        entry++;
    return entry;
}

char *getenv(const char *name)
{
    size_t length = strlen(name);
    char *text = *find_variable(name, length);

    return text != NULL ? text + length + 1 : NULL;
}

/* A copy of environ with room for one more; NULL if there is no memory. */
static char **larger_environment(size_t count)
{
    char **larger = malloc((count + 2) * sizeof(*larger));

    if (larger == NULL)
        return NULL;
    memcpy(larger, environ, count * sizeof(*larger));
    larger[count] = larger[count + 1] = NULL;
    return larger;
}

/* The old text stays where it is: somebody may have it from getenv(). */
int setenv(const char *name, const char *value, int overwrite)
{
    size_t length = strlen(name), value_size = strlen(value) + 1;
    char **entry = find_variable(name, length);
    char *text;

    if (*entry != NULL && !overwrite)
        return 0;
    text = malloc(length + 1 + value_size);
    if (text == NULL)
        return -1;
    if (*entry == NULL) {
        size_t count = entry - environ;
        char **larger = larger_environment(count);

        if (larger == NULL) {
            free(text);
            return -1;
        }
        environ = larger;
        entry = environ + count;
    }
    memcpy(text, name, length);
    text[length] = '=';
    memcpy(text + length + 1, value, value_size);
    *entry = text;
    return 0;
}
