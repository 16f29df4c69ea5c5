/*
 * make show: pictures of the machine that `make qemu` runs. It is stopped for
 * the few milliseconds that drawing takes, looked at through the file that is
 * its RAM, and goes on. No test is part of this program, and none of what it
 * draws is the guest's to say.
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "picture.h"
#include "qmp.h"

#define EXIT_USAGE   1 /* there is nothing to look at, or nowhere to write */
#define EXIT_FAULT   3 /* of this machine, or ours */
#define MAX_PICTURES 3
#define MAX_TASKS    512

struct wish {
    const char *vm;     /* folder with the machine's files: ram, qmp */
    const char *kernel; /* ELF file of the kernel that runs */
    const char *out;    /* folder */
    const char *what;   /* "memory", "space", "swap" or "all" */
    uint32_t pid;       /* 0: the youngest process */
};

/* A picture, and the file that it goes to. */
struct drawn {
    struct picture picture;
    char file[32];
};

struct show {
    const char *name; /* of this program, for messages */
    struct wish wish;
    struct scene scene;
    struct qmp qmp;
    struct scene_task tasks[MAX_TASKS];
    size_t ntasks;
    struct drawn drawn[MAX_PICTURES];
    size_t ndrawn;
};

static const char usage[] =
    "usage: %s --vm DIR --kernel ELF --out DIR [--pid N]\n"
    "       [memory|space|swap|all]\n";

__attribute__((format(printf, 3, 4))) static int
failed(const struct show *show, int code, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    fprintf(stderr, "%s: ", show->name);
    vfprintf(stderr, format, args);
    fputc('\n', stderr);
    va_end(args);
    return code;
}

/* --- the machine ---------------------------------------------------------- */

/* Connects by a short name: that of a socket may be no longer than 107. */
static int connect_to(const char *folder)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int place = open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    snprintf(address.sun_path, sizeof(address.sun_path), "/proc/self/fd/%d/qmp",
             place);
    if (place < 0 || fd < 0 ||
        connect(fd, (struct sockaddr *)&address, sizeof(address)) != 0) {
        if (fd >= 0)
            close(fd);
        fd = -1;
    }
    if (place >= 0)
        close(place);
    return fd;
}

static int map_ram(struct show *show)
{
    char path[4096];
    struct stat status;
    void *ram = MAP_FAILED;
    int fd;

    snprintf(path, sizeof(path), "%s/ram", show->wish.vm);
    fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd >= 0 && fstat(fd, &status) == 0 && status.st_size > 0)
        ram = mmap(NULL, (size_t)status.st_size, PROT_READ, MAP_SHARED, fd, 0);
    if (ram == MAP_FAILED)
        return failed(show, EXIT_FAULT,
                      "the machine's RAM, %s, can't be read: "
                      "%s",
                      path, strerror(errno));
    close(fd);
    show->scene.ram = ram;
    show->scene.ram_bytes = (uint64_t)status.st_size;
    return 0;
}

static int open_machine(struct show *show)
{
    show->qmp.fd = connect_to(show->wish.vm);
    if (show->qmp.fd < 0)
        return failed(show, EXIT_USAGE,
                      "no machine is running: start one with `make qemu`, and "
                      "look at it from another terminal");
    show->scene.symbols = symbols_open(show->wish.kernel);
    if (show->scene.symbols == NULL)
        return failed(show, EXIT_USAGE, "%s is not a kernel with symbols",
                      show->wish.kernel);
    return map_ram(show);
}

/* Is it the kernel of the ELF file that runs, and does it run yet? */
static int check_kernel(struct show *show)
{
    struct code code = symbols_code(show->scene.symbols);
    uint64_t end = (uint64_t)code.pa + code.nbytes;

    if (code.nbytes == 0 || end > show->scene.ram_bytes ||
        memcmp(show->scene.ram + code.pa, code.bytes, code.nbytes) != 0)
        return failed(show, EXIT_USAGE,
                      "the machine runs another kernel than %s (or has only "
                      "begun to boot): leave it, and start it again",
                      show->wish.kernel);
    return 0;
}

/* --- drawing -------------------------------------------------------------- */

static bool wants(const struct show *show, const char *what)
{
    return strcmp(show->wish.what, what) == 0 ||
           strcmp(show->wish.what, "all") == 0;
}

/* Asked for by name, so its absence is a failure. */
static bool insists(const struct show *show, const char *what)
{
    return strcmp(show->wish.what, what) == 0;
}

static struct drawn *next(struct show *show, const char *file)
{
    struct drawn *drawn = &show->drawn[show->ndrawn];

    snprintf(drawn->file, sizeof(drawn->file), "%s", file);
    return drawn;
}

static int draw_memory(struct show *show)
{
    if (!wants(show, "memory"))
        return 0;
    if (!picture_memory(&show->scene, &next(show, "memory.svg")->picture))
        return failed(show, EXIT_USAGE,
                      "too early: the kernel has not described its memory yet");
    show->ndrawn++;
    return 0;
}

/* The process with the pid that is wanted, or the youngest; NULL if none. */
static const struct scene_task *choose(const struct show *show)
{
    const struct scene_task *best = NULL;

    for (size_t i = 0; i < show->ntasks; i++) {
        const struct scene_task *task = &show->tasks[i];

        if (task->mm != 0 && show->wish.pid != 0 && task->pid == show->wish.pid)
            return task;
        if (task->mm != 0 && show->wish.pid == 0 &&
            (best == NULL || task->pid > best->pid))
            best = task;
    }
    return best;
}

/* There is none with the pid that was asked for. */
static int no_process(const struct show *show)
{
    for (size_t i = 0; i < show->ntasks; i++)
        if (show->tasks[i].pid == show->wish.pid)
            return failed(show, EXIT_USAGE,
                          "task %u (%s) is the kernel's, or has ended: it has "
                          "no address space",
                          show->wish.pid, show->tasks[i].name);
    return failed(show, EXIT_USAGE,
                  "there is no process %u; `ps` in the shell lists them",
                  show->wish.pid);
}

static int draw_space(struct show *show)
{
    const struct scene_task *task = choose(show);
    char owner[64], file[32];

    if (!wants(show, "space"))
        return 0;
    if (task == NULL && show->wish.pid != 0)
        return no_process(show);
    if (task == NULL && !insists(show, "space"))
        return 0;
    if (task == NULL)
        return failed(show, EXIT_USAGE, "too early: there is no process yet");
    snprintf(owner, sizeof(owner), "process %d (%s)", (int)task->pid,
             task->name);
    snprintf(file, sizeof(file), "space-%d.svg", (int)task->pid);
    if (!picture_space(&show->scene, task->mm, owner,
                       &next(show, file)->picture))
        return failed(show, EXIT_FAULT,
                      "the address space of %s can't be drawn: its mm_struct "
                      "is no such thing",
                      owner);
    show->ndrawn++;
    return 0;
}

static int draw_swap(struct show *show)
{
    if (!wants(show, "swap"))
        return 0;
    if (picture_swap(&show->scene, &next(show, "swap.svg")->picture))
        show->ndrawn++;
    else if (insists(show, "swap"))
        return failed(show, EXIT_USAGE,
                      "no swap area is in use: `swapon /dev/vda` in the shell");
    return 0;
}

static int draw(struct show *show)
{
    int code = check_kernel(show);

    if (code == 0) {
        show->ntasks = scene_tasks(&show->scene, show->tasks, MAX_TASKS);
        code = draw_memory(show);
    }
    if (code == 0)
        code = draw_space(show);
    return code == 0 ? draw_swap(show) : code;
}

/*
 * Draws while the machine stands still. Nothing that could end this program
 * may come in between, or the machine would stand for good. One that stood
 * before, for a debugger, is left standing.
 */
static int draw_stopped(struct show *show)
{
    sigset_t all, before;
    bool was_running = false;
    int code;

    sigfillset(&all);
    sigprocmask(SIG_BLOCK, &all, &before);
    if (!qmp_is_running(&show->qmp, &was_running) ||
        (was_running && !qmp_stop(&show->qmp)))
        code = failed(show, EXIT_FAULT,
                      "QEMU does not answer: has the machine "
                      "ended, or does somebody else look?");
    else
        code = draw(show);
    if (was_running && !qmp_continue(&show->qmp))
        code = failed(show, EXIT_FAULT, "QEMU does not let the machine go on");
    sigprocmask(SIG_SETMASK, &before, NULL);
    return code;
}

/* --- files ---------------------------------------------------------------- */

static const char *path_of(const struct show *show, const char *file,
                           const char *suffix)
{
    static char path[2][4096];
    char *out = path[*suffix != '\0'];

    snprintf(out, sizeof(path[0]), "%s/%s%s", show->wish.out, file, suffix);
    return out;
}

/* The file is all there, or as it was. */
static int finish_file(const struct show *show, FILE *out, const char *file)
{
    bool written = out != NULL && !ferror(out);

    if (out != NULL && fclose(out) != 0)
        written = false;
    if (written &&
        rename(path_of(show, file, ".part"), path_of(show, file, "")) == 0)
        return 0;
    return failed(show, EXIT_USAGE, "%s can't be written: %s",
                  path_of(show, file, ""), strerror(errno));
}

static int write_picture(const struct show *show, const struct drawn *drawn)
{
    FILE *out = fopen(path_of(show, drawn->file, ".part"), "we");

    if (out != NULL)
        fwrite(drawn->picture.svg, 1, drawn->picture.nbytes, out);
    return finish_file(show, out, drawn->file);
}

/* One page with all of them, for a browser or a printer. */
static int write_page(const struct show *show)
{
    FILE *out = fopen(path_of(show, "index.html", ".part"), "we");

    if (out == NULL)
        return finish_file(show, out, "index.html");
    fputs("<!DOCTYPE html>\n<html lang='en'>\n<meta charset='utf-8'>\n"
          "<title>The machine's memory</title>\n<style>\n"
          "body { margin: 1rem auto; max-width: 60rem }\n"
          "svg { display: block; width: 100%; height: auto; "
          "margin-bottom: 2rem; break-inside: avoid }\n</style>\n",
          out);
    for (size_t i = 0; i < show->ndrawn; i++)
        fwrite(show->drawn[i].picture.svg, 1, show->drawn[i].picture.nbytes,
               out);
    fputs("</html>\n", out);
    return finish_file(show, out, "index.html");
}

/* Makes the folder, with those above it. */
static void make_folder(const char *folder)
{
    char path[4096];

    snprintf(path, sizeof(path), "%s", folder);
    for (char *at = path + 1; *at != '\0'; at++)
        if (*at == '/') {
            *at = '\0';
            mkdir(path, 0777);
            *at = '/';
        }
    mkdir(path, 0777);
}

static int write_all(const struct show *show)
{
    int code = 0;

    make_folder(show->wish.out);
    for (size_t i = 0; code == 0 && i < show->ndrawn; i++)
        code = write_picture(show, &show->drawn[i]);
    if (code == 0)
        code = write_page(show);
    for (size_t i = 0; code == 0 && i < show->ndrawn; i++)
        printf("%-32s %s\n", path_of(show, show->drawn[i].file, ""),
               show->drawn[i].picture.title);
    if (code == 0)
        printf("%-32s all of these\n", path_of(show, "index.html", ""));
    return code;
}

/* What --pid could be. */
static void list_processes(const struct show *show)
{
    const char *separator = "processes:";

    for (size_t i = 0; i < show->ntasks; i++) {
        if (show->tasks[i].mm == 0)
            continue;
        printf("%s %d %s", separator, (int)show->tasks[i].pid,
               show->tasks[i].name);
        separator = ",";
    }
    if (*separator == ',')
        putchar('\n');
}

/* --- the command line ----------------------------------------------------- */

static bool parse_pid(const char *word, uint32_t *pid)
{
    char *end;
    unsigned long value = strtoul(word, &end, 10);

    *pid = (uint32_t)value;
    return *word >= '0' && *word <= '9' && *end == '\0' && value > 0 &&
           value <= INT32_MAX;
}

static bool parse_option(struct wish *wish, int option)
{
    switch (option) {
    case 'v':
        wish->vm = optarg;
        return true;
    case 'k':
        wish->kernel = optarg;
        return true;
    case 'o':
        wish->out = optarg;
        return true;
    case 'p':
        return parse_pid(optarg, &wish->pid);
    default:
        return false;
    }
}

static bool is_known(const char *what)
{
    static const char *const words[] = {"memory", "space", "swap", "all"};

    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
        if (strcmp(words[i], what) == 0)
            return true;
    return false;
}

static bool parse(int argc, char **argv, struct wish *wish)
{
    static const struct option options[] = {
        {"vm", required_argument, NULL, 'v'},
        {"kernel", required_argument, NULL, 'k'},
        {"out", required_argument, NULL, 'o'},
        {"pid", required_argument, NULL, 'p'},
        {NULL, 0, NULL, 0},
    };
    int option;

    while ((option = getopt_long(argc, argv, "o:", options, NULL)) != -1)
        if (!parse_option(wish, option))
            return false;
    wish->what = "all";
    if (optind < argc)
        wish->what = argv[optind++];
    return optind == argc && wish->vm != NULL && wish->kernel != NULL &&
           wish->out != NULL && is_known(wish->what);
}

int main(int argc, char **argv)
{
    static struct show show;
    int code;

    show.name = strrchr(argv[0], '/');
    show.name = show.name == NULL ? argv[0] : show.name + 1;
    if (!parse(argc, argv, &show.wish)) {
        fprintf(stderr, usage, argv[0]);
        return EXIT_USAGE;
    }
    code = open_machine(&show);
    if (code == 0)
        code = draw_stopped(&show);
    if (code == 0)
        code = write_all(&show);
    if (code == 0)
        list_processes(&show);
    return code;
}
