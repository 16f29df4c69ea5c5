/*
 * mknod PATH b|c MAJOR MINOR: makes a device's file. MAJOR names the driver
 * (/proc/devices lists them), MINOR one of its devices.
 */
#include <args.h>
#include <err.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define MODE       0666
#define MAX_NUMBER 255

int main(int argc, char **argv)
{
    unsigned long major_number, minor_number;
    mode_t type;

    if (argc != 5 || strlen(argv[2]) != 1 || strchr("bc", argv[2][0]) == NULL)
        usage("PATH b|c MAJOR MINOR");
    type = argv[2][0] == 'b' ? S_IFBLK : S_IFCHR;
    major_number = number_argument(argv[3], 0, MAX_NUMBER);
    minor_number = number_argument(argv[4], 0, MAX_NUMBER);
    if (mknod(argv[1], type | MODE, makedev(major_number, minor_number)) < 0)
        err(EXIT_FAILURE, "%s", argv[1]);
    return 0;
}
