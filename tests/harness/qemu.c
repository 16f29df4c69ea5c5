/*
 * Starts QEMU with everything by descriptor: RAM, serial lines, QMP. It opens
 * no file but the kernel, its ramdisk and its own firmware.
 */
#include "qemu.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "record.h"
#include "report.h"

#define CPU_SECONDS 60  /* of one QEMU, whatever happens */
#define SIGNAL_BASE 128 /* bwrap's exit code for a signal, as a shell's */

#define MACHINE(suffix, title, ...)                                            \
    const struct machine machine_##suffix = {.name = (title), __VA_ARGS__}

MACHINE(8mb, "8 MB", .ram_mb = 8);
MACHINE(64mb, "64 MB", .ram_mb = 64);
MACHINE(1200mb, "1200 MB", .ram_mb = 1200);
MACHINE(swap_8mb, "8 MB and a disk", .ram_mb = 8, .disk_mb = {32});
MACHINE(swap_64mb, "64 MB and 2 disks", .ram_mb = 64, .disk_mb = {64, 64});
MACHINE(swap_1200mb, "1200 MB and 2 disks", .ram_mb = 1200,
        .disk_mb = {64, 64});

/* A growing argument list. */
struct arguments {
    const char *list[QEMU_MAX_ARGS + 1];
    size_t count;
};

static void add(struct arguments *arguments, const char *argument)
{
    if (arguments->count == QEMU_MAX_ARGS)
        report_infra("QEMU's command line has more than %d arguments",
                     QEMU_MAX_ARGS);
    arguments->list[arguments->count++] = argument;
}

static void add_all(struct arguments *arguments, const char *const *list)
{
    for (; *list != NULL; list++)
        add(arguments, *list);
}

/* The other ends, which QEMU inherits. */
struct inherited {
    int ram, agent, console, qmp, info;
    int disks[MAX_DISKS]; /* -1: there is none */
};

/*
 * bwrap around QEMU: nothing to write, no network, its own process space.
 * --as-pid-1 makes the child that --info-fd names QEMU itself, whose CPU time
 * we count; /proc is for mem-path=/proc/self/fd/N.
 */
static void add_sandbox(struct arguments *arguments,
                        const struct inherited *fds, const char *qemu,
                        bool with_initrd)
{
    static const char *const flags[] = {
        "bwrap",
        "--unshare-all",
        "--unshare-user",
        "--disable-userns",
        "--die-with-parent",
        "--new-session",
        "--clearenv",
        "--as-pid-1",
        "--ro-bind",
        "/usr",
        "/usr",
        "--symlink",
        "usr/lib",
        "/lib",
        "--symlink",
        "usr/lib64",
        "/lib64",
        "--proc",
        "/proc",
        "--dev",
        "/dev",
        NULL,
    };

    add_all(arguments, flags);
    add(arguments, "--info-fd");
    add(arguments, text("%d", fds->info));
    add(arguments, "--ro-bind");
    add(arguments, harness_options()->kernel);
    add(arguments, "/kernel");
    if (with_initrd) {
        add(arguments, "--ro-bind");
        add(arguments, harness_options()->initrd);
        add(arguments, "/initrd");
    }
    if (strncmp(qemu, "/usr/", 5) != 0) {
        add(arguments, "--ro-bind");
        add(arguments, qemu);
        add(arguments, qemu);
    }
    add(arguments, "--remount-ro");
    add(arguments, "/");
    add(arguments, qemu);
}

static void add_machine(struct arguments *arguments,
                        const struct machine *machine,
                        const struct inherited *fds)
{
    static const char *const flags[] = {
        "-M",
        "microvm,pit=on,pic=on,isa-serial=on,rtc=off,memory-backend=ram",
        "-accel",
        "tcg,tb-size=32",
        "-icount",
        "shift=0,sleep=off",
        "-nodefaults",
        "-no-user-config",
        "-nic",
        "none",
        "-display",
        "none",
        "-no-reboot",
        "-append",
        "agent",
        "-monitor",
        "none",
        "-sandbox",
        "on,obsolete=deny,elevateprivileges=deny,spawn=deny,"
        "resourcecontrol=deny",
        NULL,
    };

    add_all(arguments, flags);
    add(arguments, "-m");
    add(arguments, text("%uM", machine->ram_mb));
    add(arguments, "-object");
    add(arguments, text("memory-backend-file,id=ram,share=on,size=%uM,"
                        "mem-path=/proc/self/fd/%d",
                        machine->ram_mb, fds->ram));
}

/*
 * The disks, vda in the first of the eight transports for virtio devices.
 * Without ACPI QEMU tells the kernel of them by its command line, and their
 * interrupts are lines of the PIC. Nothing need survive the host: no flushing.
 */
static void add_disks(struct arguments *arguments, const struct inherited *fds)
{
    for (int i = 0; i < MAX_DISKS && fds->disks[i] >= 0; i++) {
        if (i == 0) {
            add(arguments, "-machine");
            add(arguments, "acpi=off");
        }
        add(arguments, "-blockdev");
        add(arguments, text("driver=file,node-name=disk%d,locking=off,"
                            "cache.no-flush=on,filename=/proc/self/fd/%d",
                            i, fds->disks[i]));
        add(arguments, "-device");
        add(arguments, text("virtio-blk-device,drive=disk%d,"
                            "bus=virtio-mmio-bus.%d",
                            i, i));
    }
}

static void add_channel(struct arguments *arguments, const char *name, int fd,
                        const char *option, const char *device)
{
    add(arguments, "-chardev");
    add(arguments, text("socket,id=%s,fd=%d", name, fd));
    add(arguments, option);
    add(arguments, device);
}

static void build_arguments(struct arguments *arguments,
                            const struct machine *machine, bool with_initrd,
                            const struct inherited *fds)
{
    const struct options *options = harness_options();
    bool sandbox = strcmp(options->sandbox, "bwrap") == 0;

    if (sandbox)
        add_sandbox(arguments, fds, options->qemu, with_initrd);
    else
        add(arguments, options->qemu);
    add_machine(arguments, machine, fds);
    add_disks(arguments, fds);
    add(arguments, "-kernel");
    add(arguments, sandbox ? "/kernel" : options->kernel);
    if (with_initrd) {
        add(arguments, "-initrd");
        add(arguments, sandbox ? "/initrd" : options->initrd);
    }
    add_channel(arguments, "con", fds->console, "-serial", "chardev:con");
    add_channel(arguments, "agent", fds->agent, "-device",
                "isa-serial,iobase=0x2f8,irq=3,chardev=agent");
    add_channel(arguments, "qmp", fds->qmp, "-mon", "chardev=qmp,mode=control");
    if (options->gdb != NULL) {
        add(arguments, "-gdb");
        add(arguments, text("tcp:127.0.0.1:%s", options->gdb));
    }
}

/* A memfd that nobody can make shorter under our mapping. */
static int make_memory(const char *name, unsigned mb)
{
    int fd = memfd_create(name, MFD_ALLOW_SEALING);

    if (fd < 0 || ftruncate(fd, (off_t)mb << 20) != 0 ||
        fcntl(fd, F_ADD_SEALS, F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_SEAL) != 0)
        report_infra("%s of %u MB can't be made: %s", name, mb,
                     strerror(errno));
    return fd;
}

static void make_disks(const struct machine *machine, struct qemu *qemu,
                       struct inherited *fds)
{
    for (int i = 0; i < MAX_DISKS; i++) {
        unsigned mb = machine->disk_mb[i];

        qemu->disks[i] = mb == 0 ? -1 : make_memory("guest disk", mb);
        fds->disks[i] = qemu->disks[i];
    }
}

static int make_pair(int *other)
{
    int fds[2];

    if (socketpair(AF_UNIX, SOCK_STREAM, 0, fds) != 0)
        report_infra("no socket pair for QEMU: %s", strerror(errno));
    fcntl(fds[0], F_SETFD, FD_CLOEXEC);
    *other = fds[1];
    return fds[0];
}

/* In the child: dies with us, keeps quiet, has a limit, becomes QEMU. */
__attribute__((noreturn)) static void
become_qemu(const struct arguments *arguments, const struct inherited *fds,
            pid_t parent)
{
    const int inherited[] = {fds->ram,  fds->agent,    fds->console, fds->qmp,
                             fds->info, fds->disks[0], fds->disks[1]};
    /* The soft limit sends SIGXCPU, which tells it from other deaths. */
    struct rlimit cpu = {CPU_SECONDS, CPU_SECONDS + 1};
    int null = open("/dev/null", O_RDWR);

    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent)
        _exit(127);
    if (harness_options()->gdb == NULL)
        setrlimit(RLIMIT_CPU, &cpu);
    dup2(null, STDIN_FILENO);
    dup2(null, STDOUT_FILENO);
    if (getenv("MMTEST_VERBOSE") == NULL)
        dup2(null, STDERR_FILENO);
    /* Nothing of Criterion's, of the record, or of another guest. */
    close_range(STDERR_FILENO + 1, ~0u, CLOSE_RANGE_CLOEXEC);
    for (size_t i = 0; i < sizeof(inherited) / sizeof(inherited[0]); i++)
        fcntl(inherited[i], F_SETFD, 0);
    execvp(arguments->list[0], (char *const *)arguments->list);
    _exit(127);
}

/* Reads bwrap's {"child-pid": N, …}. */
static pid_t read_child_pid(int fd)
{
    char json[512];
    size_t length = 0;
    ssize_t got;
    const char *at;

    do {
        got = read(fd, json + length, sizeof(json) - 1 - length);
        if (got > 0)
            length += (size_t)got;
        json[length] = '\0';
    } while (got > 0 && length < sizeof(json) - 1 && strchr(json, '}') == NULL);
    at = strstr(json, "\"child-pid\": ");
    return at == NULL ? 0 : (pid_t)strtol(at + 13, NULL, 10);
}

static void check_initrd(void)
{
    const char *path = harness_options()->initrd;

    if (path == NULL)
        report_infra("this test needs a ramdisk with programs: --initrd FILE");
    if (access(path, R_OK) != 0)
        report_infra("the ramdisk %s can't be read: %s", path, strerror(errno));
}

void qemu_start(const struct machine *machine, bool with_initrd,
                struct qemu *qemu)
{
    struct arguments arguments = {.count = 0};
    struct inherited fds;
    pid_t parent = getpid();
    int info[2];

    if (with_initrd)
        check_initrd();
    qemu->ram = fds.ram = make_memory("guest RAM", machine->ram_mb);
    make_disks(machine, qemu, &fds);
    qemu->agent = make_pair(&fds.agent);
    qemu->console = make_pair(&fds.console);
    qemu->qmp = make_pair(&fds.qmp);
    if (pipe(info) != 0)
        report_infra("no pipe for QEMU: %s", strerror(errno));
    fcntl(info[0], F_SETFD, FD_CLOEXEC);
    fds.info = info[1];
    build_arguments(&arguments, machine, with_initrd, &fds);
    qemu->child = fork();
    if (qemu->child == 0)
        become_qemu(&arguments, &fds, parent);
    if (qemu->child < 0)
        report_infra("QEMU can't be started: %s", strerror(errno));
    close(fds.agent);
    close(fds.console);
    close(fds.qmp);
    close(fds.info);
    qemu->pid = qemu->child;
    if (strcmp(harness_options()->sandbox, "bwrap") == 0)
        qemu->pid = read_child_pid(info[0]);
    close(info[0]);
}

enum qemu_end qemu_wait(struct qemu *qemu)
{
    int status = 0, signal_number = 0;

    if (waitpid(qemu->child, &status, 0) != qemu->child)
        return QEMU_BROKEN;
    qemu->child = 0;
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
        return QEMU_RESET;
    if (WIFSIGNALED(status))
        signal_number = WTERMSIG(status);
    else if (WEXITSTATUS(status) > SIGNAL_BASE)
        signal_number = WEXITSTATUS(status) - SIGNAL_BASE;
    return signal_number == SIGXCPU ? QEMU_CPU_TIME : QEMU_BROKEN;
}

void qemu_kill(const struct qemu *qemu)
{
    if (qemu->child > 0)
        kill(qemu->child, SIGKILL);
}

void qemu_end(struct qemu *qemu)
{
    if (qemu->child <= 0)
        return;
    kill(qemu->child, SIGKILL);
    waitpid(qemu->child, NULL, 0);
    close(qemu->agent);
    close(qemu->console);
    close(qemu->qmp);
    close(qemu->ram);
    for (int i = 0; i < MAX_DISKS; i++)
        if (qemu->disks[i] >= 0)
            close(qemu->disks[i]);
    qemu->child = 0;
}

uint64_t qemu_cpu_time(const struct qemu *qemu)
{
    struct timespec used;
    clockid_t clock;

    if (qemu->pid <= 0 || clock_getcpuclockid(qemu->pid, &clock) != 0 ||
        clock_gettime(clock, &used) != 0)
        return 0;
    return (uint64_t)used.tv_sec * 1000000000u + (uint64_t)used.tv_nsec;
}
