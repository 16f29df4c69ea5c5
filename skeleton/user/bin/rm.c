/* rm FILE...: removes files and empty folders. */
#include <err.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static int remove_path(const char *path)
{
    struct stat status;

    if (stat(path, &status) < 0)
        return -1;
    return S_ISDIR(status.st_mode) ? rmdir(path) : unlink(path);
}

int main(int argc, char **argv)
{
    int code = EXIT_SUCCESS;

    if (argc < 2)
        usage("FILE...");
    for (int i = 1; i < argc; i++) {
        if (remove_path(argv[i]) < 0) {
            warn("%s", argv[i]);
            code = EXIT_FAILURE;
        }
    }
    return code;
}
