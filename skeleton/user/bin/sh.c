/*
 * sh [-c TEXT]: the shell. command.h says what command lines are like.
 *
 * A pipeline of one builtin, in the foreground and without redirection, runs in
 * the shell itself; everything else in children. There are no process groups:
 * Ctrl-C is for whoever doesn't ignore it, so the shell and what runs in the
 * background do.
 */
#include <command.h>

#include <ctype.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <lineedit.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define MAX_JOBS   32
#define FILE_MODE  0644
#define PROMPT     "# "
#define MAX_STATUS 255
#define NO_FILE    -1

/* Exit codes that shells have agreed upon. */
#define EXIT_SYNTAX    2
#define EXIT_NOT_RUN   126
#define EXIT_NOT_FOUND 127
#define EXIT_SIGNAL    128 /* plus its number */

struct job {
    pid_t pid; /* of the pipeline's last command; 0: the entry is free */
    char text[LINE_SIZE];
};

struct builtin {
    const char *name;
    int (*run)(char **words, int count);
};

static int last_status;
static bool interactive;
static struct job jobs[MAX_JOBS];

/* --- jobs --- */

static int exit_code(int status)
{
    return WIFEXITED(status) ? WEXITSTATUS(status)
                             : EXIT_SIGNAL + WTERMSIG(status);
}

static void add_job(pid_t pid, const struct pipeline *pipeline)
{
    for (int i = 0; i < MAX_JOBS; i++) {
        if (jobs[i].pid != 0)
            continue;
        jobs[i].pid = pid;
        snprintf(jobs[i].text, sizeof(jobs[i].text), "%.*s",
                 (int)pipeline->length, pipeline->text);
        if (interactive)
            printf("[%d] %d\n", i + 1, pid);
        return;
    }
    warnx("%d runs, but the list of jobs is full", pid);
}

static void report_end(const struct job *job, int status)
{
    int number = (int)(job - jobs) + 1;

    if (WIFSIGNALED(status))
        printf("[%d] killed by %s: %s\n", number, signal_name(WTERMSIG(status)),
               job->text);
    else if (WEXITSTATUS(status) != 0)
        printf("[%d] exit %d: %s\n", number, WEXITSTATUS(status), job->text);
    else
        printf("[%d] done: %s\n", number, job->text);
}

/* Takes a child that has ended off the list; no harm if it isn't there. */
static void end_job(pid_t pid, int status)
{
    for (int i = 0; i < MAX_JOBS; i++) {
        if (jobs[i].pid != pid)
            continue;
        if (interactive)
            report_end(&jobs[i], status);
        jobs[i].pid = 0;
    }
}

static void reap_background(void)
{
    int status;
    pid_t pid;

    while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
        end_job(pid, status);
}

/* --- builtins: 0 or what $? shall be --- */

static int do_cd(char **words, int count)
{
    const char *folder = count > 1 ? words[1] : getenv("HOME");

    if (chdir(folder != NULL ? folder : "/") == 0)
        return EXIT_SUCCESS;
    warn("cd: %s", folder);
    return EXIT_FAILURE;
}

static int do_exit(char **words, int count)
{
    int status = last_status;

    if (count > 1)
        status = (int)(strtoul(words[1], NULL, 10) & MAX_STATUS);
    exit(status);
}

static int do_export(char **words, int count)
{
    if (count == 1)
        for (char **entry = environ; *entry != NULL; entry++)
            puts(*entry);
    for (int i = 1; i < count; i++) {
        char *equals = strchr(words[i], '=');

        if (equals == NULL)
            continue; /* all variables are exported */
        *equals = '\0';
        if (setenv(words[i], equals + 1, 1) < 0)
            warn("export");
    }
    return EXIT_SUCCESS;
}

static int do_jobs(char **words, int count)
{
    (void)words;
    (void)count;
    for (int i = 0; i < MAX_JOBS; i++)
        if (jobs[i].pid != 0)
            printf("[%d] %d %s\n", i + 1, jobs[i].pid, jobs[i].text);
    return EXIT_SUCCESS;
}

static int do_pwd(char **words, int count)
{
    char path[LINE_SIZE];

    (void)words;
    (void)count;
    if (getcwd(path, sizeof(path)) == NULL) {
        warn("pwd");
        return EXIT_FAILURE;
    }
    puts(path);
    return EXIT_SUCCESS;
}

static int do_help(char **words, int count)
{
    (void)words;
    (void)count;
    printf("a | b     b reads what a prints   a ; b  one after the other\n"
           "a < FILE  a reads the file        a &    in the background\n"
           "a > FILE  a writes it, >> to its end\n"
           "'text' \"text\" \\c   quotes         NAME=VALUE, $NAME, $?\n"
           "builtins: cd exit export help jobs pwd\n"
           "programs: ls /bin\n"
           "keys: arrows, Home, End, Ctrl-A E U K L C D\n"
           "There are no patterns (*), no && and no ||.\n");
    return EXIT_SUCCESS;
}

static const struct builtin builtins[] = {
    {"cd", do_cd},     {"exit", do_exit}, {"export", do_export},
    {"help", do_help}, {"jobs", do_jobs}, {"pwd", do_pwd},
};

/* NAME=VALUE alone is an export. */
static bool is_assignment(const struct command *command)
{
    const char *at = command->words[0];

    if (command->count != 1 || isdigit(*at))
        return false;
    while (isalnum(*at) || *at == '_')
        at++;
    return *at == '=' && at > command->words[0];
}

/* NULL: a program. */
static const struct builtin *find_builtin(const struct command *command)
{
    size_t count = sizeof(builtins) / sizeof(builtins[0]);

    for (size_t i = 0; command->count > 0 && i < count; i++)
        if (strcmp(command->words[0], builtins[i].name) == 0)
            return &builtins[i];
    return NULL;
}

/* --- running --- */

static void move_fd(int from, int to)
{
    if (from == to || from == NO_FILE)
        return;
    if (dup2(from, to) < 0)
        err(EXIT_NOT_RUN, "dup2");
    close(from);
}

static void redirect(const char *path, int flags, int target)
{
    int fd = open(path, flags, FILE_MODE);

    if (fd < 0)
        err(EXIT_FAILURE, "%s", path);
    move_fd(fd, target);
}

/* In the child. */
__attribute__((noreturn)) static void run_command(struct command *command)
{
    const struct builtin *builtin = find_builtin(command);

    if (command->input != NULL)
        redirect(command->input, O_RDONLY, STDIN_FILENO);
    if (command->output != NULL)
        redirect(command->output,
                 O_WRONLY | O_CREAT | (command->append ? O_APPEND : O_TRUNC),
                 STDOUT_FILENO);
    if (command->count == 0)
        exit(EXIT_SUCCESS); /* a redirection alone makes an empty file */
    if (builtin != NULL)
        exit(builtin->run(command->words, command->count));
    execvp(command->words[0], command->words);
    warn("%s", command->words[0]);
    exit(errno == ENOENT ? EXIT_NOT_FOUND : EXIT_NOT_RUN);
}

/* The child's side of start_command(). */
__attribute__((noreturn)) static void
become_command(const struct pipeline *pipeline, struct command *command,
               int input, const int output[2])
{
    if (pipeline->background) {
        signal(SIGINT, SIG_IGN);
        if (input == NO_FILE)
            redirect("/dev/null", O_RDONLY, STDIN_FILENO);
    } else {
        signal(SIGINT, SIG_DFL);
    }
    move_fd(input, STDIN_FILENO);
    if (output[0] != NO_FILE)
        close(output[0]);
    move_fd(output[1], STDOUT_FILENO);
    run_command(command);
}

/*
 * Starts one command of a pipeline. *input is the end of the pipe to read
 * from; it is closed here and becomes that of the next command.
 */
static pid_t start_command(struct pipeline *pipeline, int index, int *input)
{
    int output[2] = {NO_FILE, NO_FILE};
    pid_t pid = -1;

    if (index + 1 < pipeline->count && pipe(output) < 0) {
        warn("pipe");
    } else {
        pid = fork();
        if (pid == 0)
            become_command(pipeline, &pipeline->commands[index], *input,
                           output);
        if (pid < 0)
            warn("fork");
    }
    if (*input != NO_FILE)
        close(*input);
    if (output[1] != NO_FILE)
        close(output[1]);
    *input = output[0];
    return pid;
}

/* Returns how many have been started; the rest could not be. */
static int start_all(struct pipeline *pipeline, pid_t *pids)
{
    int input = NO_FILE, started = 0;

    while (started < pipeline->count) {
        pids[started] = start_command(pipeline, started, &input);
        if (pids[started] < 0)
            break;
        started++;
    }
    if (input != NO_FILE)
        close(input);
    return started;
}

static void wait_for(const pid_t *pids, int count)
{
    int status = 0;

    for (int i = 0; i < count; i++)
        while (waitpid(pids[i], &status, 0) < 0 && errno == EINTR)
            continue;
    last_status = exit_code(status);
    if (WIFSIGNALED(status) && WTERMSIG(status) == SIGINT)
        putchar('\n');
    else if (WIFSIGNALED(status) && WTERMSIG(status) != SIGPIPE)
        warnx("%d killed by %s", pids[count - 1],
              signal_name(WTERMSIG(status)));
}

static bool run_in_shell(struct pipeline *pipeline)
{
    struct command *command = &pipeline->commands[0];
    const struct builtin *builtin = find_builtin(command);
    char *assignment[] = {"export", command->words[0], NULL};

    if (pipeline->count > 1 || pipeline->background || command->input != NULL ||
        command->output != NULL)
        return false;
    if (is_assignment(command))
        last_status = do_export(assignment, 2);
    else if (builtin != NULL)
        last_status = builtin->run(command->words, command->count);
    else
        return false;
    return true;
}

static void run_pipeline(struct pipeline *pipeline)
{
    pid_t pids[MAX_COMMANDS];
    int started;

    if (run_in_shell(pipeline))
        return;
    started = start_all(pipeline, pids);
    if (started < pipeline->count)
        last_status = EXIT_NOT_RUN;
    if (started == 0)
        return;
    if (pipeline->background) {
        add_job(pids[started - 1], pipeline);
        last_status = EXIT_SUCCESS;
        /* What it says first comes before the prompt. */
        sched_yield();
    } else {
        wait_for(pids, started);
    }
}

static void run_line(const char *line)
{
    static struct pipeline pipeline;
    static struct parser parser;

    parser.at = line;
    parser.error = NULL;
    parser.status = last_status;
    while (parse_pipeline(&parser, &pipeline)) {
        run_pipeline(&pipeline);
        parser.status = last_status;
    }
    if (parser.error != NULL) {
        warnx("%s", parser.error);
        last_status = EXIT_SYNTAX;
    }
}

/*
 * A line from a file or a pipe, byte by byte: what comes after it may be for
 * the program that it starts. False at the end.
 */
static bool read_plain(char *line, size_t size)
{
    size_t length = 0;
    char byte = '\0';

    while (byte != '\n' && read(STDIN_FILENO, &byte, 1) == 1)
        if (byte != '\n' && length + 1 < size)
            line[length++] = byte;
    line[length] = '\0';
    return length > 0 || byte == '\n';
}

int main(int argc, char **argv)
{
    char line[LINE_SIZE];

    if (argc == 3 && strcmp(argv[1], "-c") == 0) {
        run_line(argv[2]);
        return last_status;
    }
    if (argc != 1)
        usage("[-c TEXT]");
    interactive = isatty(STDIN_FILENO);
    if (interactive)
        signal(SIGINT, SIG_IGN);
    for (;;) {
        reap_background();
        if (interactive ? edit_line(PROMPT, line, sizeof(line)) < 0
                        : !read_plain(line, sizeof(line)))
            return last_status;
        run_line(line);
    }
}
