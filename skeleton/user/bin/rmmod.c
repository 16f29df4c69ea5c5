/* rmmod NAME...: unloads modules; lsmod has their names. */
#include <err.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

int main(int argc, char **argv)
{
    int code = EXIT_SUCCESS;

    if (argc < 2)
        usage("NAME...");
    for (int i = 1; i < argc; i++) {
        if (syscall(SYS_delete_module, argv[i]) < 0) {
            warn("%s", argv[i]);
            code = EXIT_FAILURE;
        }
    }
    return code;
}
