/* wc [FILE...]: counts lines, words and bytes. */
#include <args.h>
#include <ctype.h>
#include <err.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

#define BUFFER_SIZE 4096

struct counts {
    unsigned long lines, words, bytes;
};

static struct counts total;

static void print(const struct counts *counts, const char *name)
{
    printf("%7lu %7lu %7lu", counts->lines, counts->words, counts->bytes);
    if (strcmp(name, "-") != 0)
        printf(" %s", name);
    putchar('\n');
}

static int count(FILE *file, const char *name)
{
    static char buffer[BUFFER_SIZE];
    struct counts counts = {0, 0, 0};
    bool in_word = false;
    ssize_t nbytes;

    while ((nbytes = read(fileno(file), buffer, sizeof(buffer))) > 0) {
        for (ssize_t i = 0; i < nbytes; i++) {
            bool blank = isspace(buffer[i]);

            counts.lines += buffer[i] == '\n';
            counts.words += !blank && !in_word;
            in_word = !blank;
        }
        counts.bytes += nbytes;
    }
    if (nbytes < 0) {
        warn("%s", name);
        return -1;
    }
    print(&counts, name);
    total.lines += counts.lines;
    total.words += counts.words;
    total.bytes += counts.bytes;
    return 0;
}

int main(int argc, char **argv)
{
    int code = for_each_input(argv + 1, count);

    if (argc > 2)
        print(&total, "total");
    return code;
}
