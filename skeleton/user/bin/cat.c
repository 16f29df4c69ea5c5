/* cat [FILE...]: prints files. */
#include <args.h>
#include <err.h>
#include <unistd.h>

#define BUFFER_SIZE 4096

static int copy(FILE *file, const char *name)
{
    static char buffer[BUFFER_SIZE];
    ssize_t nbytes;

    while ((nbytes = read(fileno(file), buffer, sizeof(buffer))) > 0) {
        if (write_all(STDOUT_FILENO, buffer, nbytes) < 0) {
            warn("writing");
            return -1;
        }
    }
    if (nbytes < 0)
        warn("%s", name);
    return nbytes < 0 ? -1 : 0;
}

int main(int argc, char **argv)
{
    (void)argc;
    return for_each_input(argv + 1, copy);
}
