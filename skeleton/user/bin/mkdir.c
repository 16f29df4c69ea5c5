/* mkdir FOLDER... */
#include <err.h>
#include <stdlib.h>
#include <sys/stat.h>

#define MODE 0755

int main(int argc, char **argv)
{
    int code = EXIT_SUCCESS;

    if (argc < 2)
        usage("FOLDER...");
    for (int i = 1; i < argc; i++) {
        if (mkdir(argv[i], MODE) < 0) {
            warn("%s", argv[i]);
            code = EXIT_FAILURE;
        }
    }
    return code;
}
