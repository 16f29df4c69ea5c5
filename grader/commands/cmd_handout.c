/*
 * mmgrade handout: what students get, as a folder or a .tar.gz.
 */
#include <getopt.h>
#include <string.h>
#include "command.h"
#include "handout.h"
#include "kit.h"

static bool is_archive_name(const char *path)
{
    size_t n = strlen(path);
    size_t nsuffix = strlen(".tar.gz");

    return n > nsuffix && strcmp(path + n - nsuffix, ".tar.gz") == 0;
}

static int write_handout(const char *kit_folder, char *const *labs,
                         const char *out)
{
    struct kit kit = {0};
    struct handout handout = {NULL, 0};
    struct error err = {0};
    int rc = kit_find(kit_folder, &kit, &err);

    if (rc == 0) {
        rc = handout_list(&kit, labs, &handout, &err);
    }
    if (rc == 0 && is_archive_name(out)) {
        rc = handout_write_archive(&handout, out, &err);
    } else if (rc == 0) {
        rc = handout_write_folder(&handout, out, &err);
    }
    if (rc == 0) {
        printf("%s: %zu files\n", out, handout.count);
    }
    handout_free(&handout);
    kit_free(&kit);
    return rc == 0 ? EXIT_GRADED : command_failed(&command_handout, &err);
}

static int run(int argc, char **argv)
{
    static const struct option options[] = {
        {"out", required_argument, NULL, 'o'},
        {"kit", required_argument, NULL, 'k'},
        {"help", no_argument, NULL, 'h'},
        {NULL, 0, NULL, 0},
    };
    const char *kit_folder = NULL;
    const char *out = NULL;

    opterr = 0;
    for (int option = getopt_long(argc, argv, ":o:h", options, NULL);
         option >= 0; option = getopt_long(argc, argv, ":o:h", options, NULL)) {
        switch (option) {
        case 'o':
            out = optarg;
            break;
        case 'k':
            kit_folder = optarg;
            break;
        case 'h':
            return command_print_help(&command_handout, stdout);
        default:
            return command_bad_option(&command_handout, option, argv);
        }
    }
    if (!argv[optind]) {
        return command_misused(&command_handout, "name a lab");
    }
    if (!out) {
        return command_misused(&command_handout,
                               "say with -o where to write it: a folder or "
                               "a .tar.gz");
    }
    return write_handout(kit_folder, argv + optind, out);
}

const struct command command_handout = {
    .name = "handout",
    .arguments = "LAB… -o DIR|FILE.tar.gz",
    .summary = "Writes what students get: skeleton, public tests, the lab's "
               "text",
    .help = "The reference's sources and the hidden tests are never part of "
            "it; what labs that\nare not named would provide is there as "
            "objects. The folder must not exist or be\nempty; the same kit "
            "gives the same archive, byte for byte.\n\n"
            "  -o, --out PATH  a new folder, or a file that ends in .tar.gz\n"
            "  --kit DIR       the folder with skeleton/, assignments/ and "
            "build/\n",
    .run = run,
};
