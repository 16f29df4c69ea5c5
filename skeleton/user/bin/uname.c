/* uname [-a]: the system's name; -a: all that it says of itself. */
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

int main(int argc, char **argv)
{
    struct utsname name;

    if (argc > 2 || (argc == 2 && strcmp(argv[1], "-a") != 0))
        usage("[-a]");
    if (uname(&name) < 0)
        err(EXIT_FAILURE, "uname");
    if (argc == 1)
        puts(name.sysname);
    else
        printf("%s %s %s %s %s\n", name.sysname, name.nodename, name.release,
               name.version, name.machine);
    return 0;
}
