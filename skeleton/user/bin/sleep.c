/* sleep SECONDS */
#include <args.h>
#include <err.h>
#include <unistd.h>

#define MAX_SECONDS 999999

int main(int argc, char **argv)
{
    if (argc != 2)
        usage("SECONDS");
    sleep(number_argument(argv[1], 0, MAX_SECONDS));
    return 0;
}
