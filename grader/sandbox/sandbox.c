/*
 * Runs a program under bubblewrap.
 *
 * Started by an ordinary user, bwrap makes a user namespace and all mounts by
 * itself. Started as root that is not good enough: `--uid 65534` changes the
 * number seen inside, while the process still is the host's uid 0 wherever
 * user namespaces don't reach. So root drops to SANDBOX_UID before bwrap
 * starts. That user may not be able to reach the mounts' sources (a work
 * folder of mode 0700, a clone below /root). Therefore, in this order:
 *
 *   1. in a mount namespace of the child's own, as root, pick up every
 *      source (open_tree() gives a mount that is nowhere yet)
 *   2. mount an empty tmpfs over STAGE, which may hide sources
 *   3. put the sources down at STAGE/0, STAGE/1, …
 *   4. become SANDBOX_UID, with no group and no capability
 *   5. exec bwrap, whose arguments name STAGE/N as sources
 *
 * bwrap tells over --json-status-fd whether the program inside ran to its
 * end. An exit status alone can't be told from a failure of bwrap's own.
 */
#include "sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <limits.h>

#define SANDBOX_UID  65534
#define STAGE        "/tmp"
#define TMP_BYTES    "67108864"
#define MAX_ARGS     1024
#define SIGNAL_BASE  128 /* bwrap's exit status for a signal, as a shell's */
#define STATUS_BYTES 4096

static const char *const default_environment[] = {"PATH=/usr/bin", "LC_ALL=C",
                                                  NULL};

/* Parts of the root that are links into /usr on a merged system. */
static const char *const root_parts[] = {"/bin",   "/sbin",  "/lib",
                                         "/lib32", "/lib64", NULL};

struct stage {
    const struct sandbox_mount *mounts;
    size_t count;
    int trees[SANDBOX_MAX_MOUNTS]; /* the sources, not yet mounted */
    bool is_folder[SANDBOX_MAX_MOUNTS];
    char targets[SANDBOX_MAX_MOUNTS][24]; /* "/tmp/3" */
};

/* bwrap's command line under construction. */
struct command {
    const char *args[MAX_ARGS];
    size_t count;
    bool too_long;
    char links[8][PATH_MAX]; /* where the root's links point */
    char status_fd[16];
};

static void add_arguments(struct command *command, const char *const *args)
{
    for (; *args != NULL; args++) {
        if (command->count + 1 >= MAX_ARGS) {
            command->too_long = true;
            return;
        }
        command->args[command->count++] = *args;
    }
    command->args[command->count] = NULL;
}

#define ADD(command, ...)                                                      \
    add_arguments(command, (const char *const[]){__VA_ARGS__, NULL})

static bool drops_user(void)
{
    return geteuid() == 0;
}

/*
 * In the child, as root, before exec.
 */

static const char *make_target(const struct stage *stage, size_t i)
{
    int fd;

    if (stage->is_folder[i])
        return mkdir(stage->targets[i], 0755) == 0 ? NULL : "making a folder";
    fd = open(stage->targets[i], O_CREAT | O_WRONLY | O_CLOEXEC, 0644);
    if (fd < 0)
        return "making a file to mount over";
    close(fd);
    return NULL;
}

static const char *pick_up(struct stage *stage)
{
    for (size_t i = 0; i < stage->count; i++) {
        stage->trees[i] =
            (int)syscall(SYS_open_tree, AT_FDCWD, stage->mounts[i].host,
                         OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_RECURSIVE);
        if (stage->trees[i] < 0)
            return "picking up what is to be mounted";
    }
    return NULL;
}

static const char *put_down(const struct stage *stage)
{
    const char *what = NULL;

    for (size_t i = 0; i < stage->count && what == NULL; i++) {
        what = make_target(stage, i);
        if (what == NULL &&
            syscall(SYS_move_mount, stage->trees[i], "", AT_FDCWD,
                    stage->targets[i], MOVE_MOUNT_F_EMPTY_PATH) != 0)
            what = "mounting";
    }
    return what;
}

static const char *drop_user(void)
{
    if (setgroups(0, NULL) != 0 ||
        setresgid(SANDBOX_UID, SANDBOX_UID, SANDBOX_UID) != 0 ||
        setresuid(SANDBOX_UID, SANDBOX_UID, SANDBOX_UID) != 0)
        return "becoming an unprivileged user";
    return NULL;
}

/* Steps 1 to 4. */
static const char *enter_stage(void *context)
{
    struct stage *stage = context;
    const char *what;

    umask(022);
    if (unshare(CLONE_NEWNS) != 0 ||
        mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0)
        return "making private mounts";
    what = pick_up(stage);
    if (what != NULL)
        return what;
    if (mount("tmpfs", STAGE, "tmpfs", MS_NOSUID, "size=64k,mode=755") != 0)
        return "mounting an empty " STAGE;
    what = put_down(stage);
    return what != NULL ? what : drop_user();
}

/*
 * The command line.
 */

static void add_system(struct command *command)
{
    struct stat st;

    ADD(command, "--ro-bind", "/usr", "/usr");
    for (size_t i = 0; root_parts[i] != NULL; i++) {
        char *target = command->links[i];
        ssize_t n = readlink(root_parts[i], target, PATH_MAX - 1);
        if (n > 0) {
            target[n] = '\0';
            ADD(command, "--symlink", target, root_parts[i]);
        } else if (stat(root_parts[i], &st) == 0) {
            ADD(command, "--ro-bind", root_parts[i], root_parts[i]);
        }
    }
    /* Debian's links to the chosen compiler go through here. */
    if (stat("/etc/alternatives", &st) == 0)
        ADD(command, "--ro-bind", "/etc/alternatives", "/etc/alternatives");
}

static void add_hidden(struct command *command, const char *const *hide)
{
    for (; hide != NULL && *hide != NULL; hide++) {
        if (strncmp(*hide, "/usr/", strlen("/usr/")) == 0)
            ADD(command, "--tmpfs", *hide);
    }
}

static void add_mounts(struct command *command, const struct stage *stage)
{
    for (size_t i = 0; i < stage->count; i++) {
        const struct sandbox_mount *m = &stage->mounts[i];
        ADD(command, m->writable ? "--bind" : "--ro-bind",
            drops_user() ? stage->targets[i] : m->host, m->guest);
    }
}

static void make_command(struct command *command, const char *bwrap,
                         const struct sandbox_spec *spec,
                         const struct stage *stage, int status_fd)
{
    snprintf(command->status_fd, sizeof command->status_fd, "%d", status_fd);
    ADD(command, bwrap, "--unshare-all", "--unshare-user", "--die-with-parent",
        "--new-session", "--json-status-fd", command->status_fd);
    if (!spec->nest)
        ADD(command, "--disable-userns");
    add_system(command);
    add_hidden(command, spec->hide);
    if (spec->with_proc)
        ADD(command, "--proc", "/proc", "--dev", "/dev");
    else
        ADD(command, "--dev-bind", "/dev/null", "/dev/null");
    ADD(command, "--size", TMP_BYTES, "--tmpfs", "/tmp");
    add_mounts(command, stage);
    ADD(command, "--remount-ro", "/", "--chdir",
        spec->directory != NULL ? spec->directory : "/", "--");
}

/*
 * The unprivileged user must be able to read what is mounted. Bits that a
 * strict umask took are better named here than met as "permission denied"
 * inside, where they would look like the student's fault.
 */
static int check_readable(const char *host, const struct stat *st,
                          struct error *err)
{
    mode_t wanted = S_ISDIR(st->st_mode) ? S_IROTH | S_IXOTH : S_IROTH;

    if (!drops_user() || st->st_uid == SANDBOX_UID ||
        (st->st_mode & wanted) == wanted)
        return 0;
    return fail(err, ERROR_INFRA,
                "could not mount %s in the sandbox: the unprivileged user that "
                "it runs as may not read it. `chmod -R o+rX %s` allows it.",
                host, host);
}

static int plan_stage(const struct sandbox_mount *mounts, struct stage *stage,
                      struct error *err)
{
    stage->mounts = mounts;
    for (const struct sandbox_mount *m = mounts; m != NULL && m->host != NULL;
         m++) {
        size_t i = stage->count;
        struct stat st;
        int rc;
        if (i == SANDBOX_MAX_MOUNTS)
            return fail(err, ERROR_INFRA, "a sandbox has %d mounts at most",
                        SANDBOX_MAX_MOUNTS);
        if (stat(m->host, &st) != 0)
            return fail_errno(err, ERROR_INFRA,
                              "could not mount %s in the sandbox", m->host);
        rc = check_readable(m->host, &st, err);
        if (rc != 0)
            return rc;
        stage->is_folder[i] = S_ISDIR(st.st_mode);
        snprintf(stage->targets[i], sizeof stage->targets[0], STAGE "/%zu", i);
        stage->count++;
    }
    return 0;
}

/*
 * What happened.
 */

static bool program_ended(int status_fd)
{
    char status[STATUS_BYTES];
    ssize_t n = pread(status_fd, status, sizeof status - 1, 0);

    status[n > 0 ? n : 0] = '\0';
    return strstr(status, "\"exit-code\"") != NULL;
}

static void first_line(const struct process_result *result, char *line,
                       size_t nbytes)
{
    snprintf(line, nbytes, "%.*s", (int)strcspn(result->output, "\n"),
             result->output);
}

/* Why bwrap did not start the program: what it said, or how it ended. */
static void tell_reason(const struct process_result *result, char *line,
                        size_t nbytes)
{
    first_line(result, line, nbytes);
    if (line[0] == '\0')
        snprintf(line, nbytes, "bwrap said nothing, %s %d",
                 result->end == PROCESS_SIGNALLED ? "signal" : "exit status",
                 result->code);
}

/* A signal inside arrives as 128 + number. */
static void unwrap_status(struct process_result *out)
{
    if (out->end == PROCESS_EXITED && out->code > SIGNAL_BASE &&
        out->code < SIGNAL_BASE + NSIG) {
        out->end = PROCESS_SIGNALLED;
        out->code -= SIGNAL_BASE;
    }
}

static int run_bwrap(const char *bwrap, const struct sandbox_spec *spec,
                     char *const argv[], const struct process_spec *plain,
                     struct process_result *out, struct error *err)
{
    struct command *command = calloc(1, sizeof *command);
    struct process_spec process = *plain;
    struct stage stage = {0};
    int keep[] = {memfd_create("bwrap-status", MFD_CLOEXEC), -1};
    char reason[256];
    int rc = ERROR_INFRA;

    if (command == NULL || keep[0] < 0) {
        fail_errno(err, ERROR_INFRA, "could not prepare a sandbox");
        goto out;
    }
    rc = plan_stage(spec->mounts, &stage, err);
    if (rc != 0)
        goto out;
    make_command(command, bwrap, spec, &stage, keep[0]);
    add_arguments(command, (const char *const *)argv);
    if (command->too_long) {
        rc = fail(err, ERROR_INFRA, "%s: too many arguments", argv[0]);
        goto out;
    }
    process.argv = (char *const *)command->args;
    process.keep_fds = keep;
    process.directory = "/";
    process.prepare = drops_user() ? enter_stage : NULL;
    process.context = &stage;
    rc = process_run_spec(&process, out, err);
    if (rc != 0 || out->end == PROCESS_WALL_LIMIT)
        goto out;
    if (!program_ended(keep[0])) {
        tell_reason(out, reason, sizeof reason);
        free(out->output);
        out->output = NULL;
        rc = fail(err, ERROR_INFRA, "could not run %s in the sandbox: %s",
                  argv[0], reason);
        goto out;
    }
    unwrap_status(out);
out:
    if (keep[0] >= 0)
        close(keep[0]);
    free(command);
    return rc;
}

const char *sandbox_path(enum sandbox_mode mode,
                         const struct sandbox_mount *mount)
{
    return mode == SANDBOX_NONE ? mount->host : mount->guest;
}

static const char *host_directory(const struct sandbox_spec *spec)
{
    const struct sandbox_mount *m = spec->mounts;

    for (; spec->directory != NULL && m != NULL && m->host != NULL; m++) {
        if (strcmp(m->guest, spec->directory) == 0)
            return m->host;
    }
    return NULL;
}

int sandbox_run(enum sandbox_mode mode, const struct sandbox_spec *spec,
                char *const argv[], const struct process_limits *limits,
                struct process_result *out, struct error *err)
{
    const char *const *environment =
        spec->environment != NULL ? spec->environment : default_environment;
    struct process_spec process = {
        .argv = argv,
        .envp = (char *const *)environment,
        .limits = limits,
        .directory = host_directory(spec),
    };
    char *bwrap;
    int rc;

    memset(out, 0, sizeof *out);
    if (mode == SANDBOX_NONE)
        return process_run_spec(&process, out, err);
    bwrap = process_find("bwrap");
    if (bwrap == NULL)
        return fail(err, ERROR_INFRA,
                    "could not run %s in the sandbox: bubblewrap (bwrap) is "
                    "not installed",
                    argv[0]);
    rc = run_bwrap(bwrap, spec, argv, &process, out, err);
    free(bwrap);
    return rc;
}

int sandbox_make_folder(enum sandbox_mode mode, const char *path,
                        struct error *err)
{
    if (mkdir(path, 0700) != 0)
        return fail_errno(err, ERROR_INFRA, "could not make the folder %s",
                          path);
    if (mode == SANDBOX_BWRAP && drops_user() &&
        chown(path, SANDBOX_UID, SANDBOX_UID) != 0)
        return fail_errno(err, ERROR_INFRA,
                          "could not give %s to the sandbox's user", path);
    return 0;
}

static int copy_bytes(int in, int out, const char *to, size_t max_bytes,
                      struct error *err)
{
    char block[65536];
    size_t total = 0;
    ssize_t n;

    while ((n = read(in, block, sizeof block)) > 0) {
        total += (size_t)n;
        if (total > max_bytes)
            return fail(err, ERROR_REJECTED, "%s grew while it was read", to);
        if (write(out, block, (size_t)n) != n)
            return fail_errno(err, ERROR_INFRA, "could not write %s", to);
    }
    if (n < 0)
        return fail_errno(err, ERROR_INFRA, "could not read what became %s",
                          to);
    return 0;
}

int sandbox_take_file(const char *from, const char *to, size_t max_bytes,
                      struct error *err)
{
    /* O_NONBLOCK: opening a FIFO must not wait for its writer. */
    int in = open(from, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    int out = -1;
    struct stat st;
    int rc = 0;

    if (in < 0 || fstat(in, &st) != 0) {
        rc = fail_errno(err, ERROR_REJECTED, "could not read %s", from);
    } else if (!S_ISREG(st.st_mode) || (size_t)st.st_size > max_bytes) {
        rc = fail(err, ERROR_REJECTED,
                  "%s is not a regular file of at most %zu bytes", from,
                  max_bytes);
    } else {
        out = open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
        /* Another sandbox may have to read it, whatever the umask is. */
        if (out < 0 || fchmod(out, 0644) != 0)
            rc = fail_errno(err, ERROR_INFRA, "could not write %s", to);
    }
    if (rc == 0)
        rc = copy_bytes(in, out, to, max_bytes, err);
    if (out >= 0)
        close(out);
    if (in >= 0)
        close(in);
    return rc;
}

/*
 * The self-test.
 */

#define GO_ON                                                                  \
    " To go on without a sandbox, on a machine you can throw away: "           \
    "--sandbox=none compiles and runs the submission with your own rights "    \
    "and only resource limits; the result says so."

static bool sysctl_is(const char *path, char value)
{
    char c = '\0';
    int fd = open(path, O_RDONLY | O_CLOEXEC);

    if (fd < 0)
        return false;
    if (read(fd, &c, 1) != 1)
        c = '\0';
    close(fd);
    return c == value;
}

/* The likely reason, from what the kernel says about user namespaces. */
static const char *likely_reason(void)
{
    if (sysctl_is("/proc/sys/kernel/apparmor_restrict_unprivileged_userns",
                  '1'))
        return "AppArmor restricts unprivileged user namespaces here (the "
               "default since Ubuntu 24.04): `sudo sysctl -w "
               "kernel.apparmor_restrict_unprivileged_userns=0` allows them.";
    if (sysctl_is("/proc/sys/kernel/unprivileged_userns_clone", '0'))
        return "User namespaces are switched off for ordinary users: `sudo "
               "sysctl -w kernel.unprivileged_userns_clone=1` allows them.";
    if (sysctl_is("/proc/sys/user/max_user_namespaces", '0'))
        return "The number of user namespaces is limited to 0: `sudo sysctl "
               "-w user.max_user_namespaces=10000` allows them.";
    return "Containers often forbid user namespaces: with Docker, "
           "`--security-opt seccomp=unconfined --security-opt "
           "apparmor=unconfined --cap-add SYS_ADMIN` allows them.";
}

static int refuse(struct error *err, const struct error *cause)
{
    return fail(err, ERROR_INFRA,
                "A sandbox can't be set up on this machine: %.300s. %s" GO_ON,
                cause->message, likely_reason());
}

static const struct process_limits probe_limits = {
    .wall_seconds = 10, .output_bytes = 4096, .descriptors = 64};

/* True if the program inside exited with `code`. */
static bool probe(const struct sandbox_spec *spec, char *const argv[], int code,
                  struct error *cause)
{
    struct process_result result;
    char line[256];
    bool ok;

    if (sandbox_run(SANDBOX_BWRAP, spec, argv, &probe_limits, &result, cause) !=
        0)
        return false;
    ok = result.end == PROCESS_EXITED && result.code == code;
    if (!ok) {
        first_line(&result, line, sizeof line);
        fail(cause, ERROR_INFRA, "%s in it ended with %s%d (%s)", argv[0],
             result.end == PROCESS_EXITED ? "" : "signal ", result.code, line);
    }
    free(result.output);
    return ok;
}

int sandbox_probe(struct error *err)
{
    struct sandbox_spec plain = {0};
    struct sandbox_spec judge = {.with_proc = true, .nest = true};
    char *bwrap = process_find("bwrap");
    /* Must be false: nothing of the host shows, nothing can be written. */
    char *look[] = {"/usr/bin/test",
                    "-e",
                    "/proc/self",
                    "-o",
                    "-e",
                    "/etc/passwd",
                    "-o",
                    "-e",
                    "/home",
                    "-o",
                    "-w",
                    "/usr",
                    NULL};
    char *nested[] = {bwrap,    "--unshare-all", "--ro-bind",     "/", "/",
                      "--proc", "/proc",         "/usr/bin/true", NULL};
    struct error cause = {0};
    int rc = 0;

    if (bwrap == NULL)
        return fail(err, ERROR_INFRA,
                    "A sandbox can't be set up on this machine: bubblewrap "
                    "(bwrap) is not installed: `sudo apt-get install "
                    "bubblewrap` does that." GO_ON);
    if (!probe(&plain, look, 1, &cause))
        rc = refuse(err, &cause);
    else if (!probe(&judge, nested, 0, &cause))
        rc = refuse(err, &cause);
    free(bwrap);
    return rc;
}
