/*
 * exec(): another program in the same process. Linux fs/exec.c.
 *
 * Everything that can fail comes first: the file is read and checked, the
 * arguments are copied, and all is mapped into a new address space. Only then
 * does the process give up the old one, so that an error leaves it as it was.
 */
#include <binfmts.h>
#include <elf.h>
#include <task.h>

#include <errno.h>
#include <files.h>
#include <irq.h>
#include <mmap.h>
#include <page_alloc.h>
#include <slab.h>
#include <string.h>
#include <syscalls.h>
#include <uaccess.h>

#define RANDOM_BYTES 16
#define NR_AUX       14 /* pairs, AT_NULL included */
#define MAX_TEXTS    (MAX_ARG_PAGES * PAGE_SIZE / sizeof(char *))

/* A program on its way into memory. */
struct binprm {
    struct file *file;
    struct elf_program program;
    struct arg_pages args;
    unsigned int argc, envc;
    char text[PAGE_SIZE]; /* one argument, or the path */
    char comm[TASK_COMM_LEN];
    unsigned long arg_start, arg_end, random; /* addresses on the stack */
};

/* --- arguments ------------------------------------------------------------ */

/* How many texts the user's list has, or an error number. */
static long count_texts(char **list)
{
    unsigned int n = 0;
    char *text;

    for (; list != NULL; n++) {
        if (get_user(text, &list[n]) != 0)
            return -EFAULT;
        if (text == NULL)
            break;
        if (n == MAX_TEXTS)
            return -E2BIG;
    }
    return (long)n;
}

/* One of the user's list of texts into bprm->text: its bytes with the 0; 0 at
 * the end of the list; or an error number. */
static long get_text(struct binprm *bprm, char **list, unsigned int index)
{
    char *text;
    long length;

    if (get_user(text, &list[index]) != 0)
        return -EFAULT;
    if (text == NULL)
        return 0;
    length = strncpy_from_user(bprm->text, text, sizeof(bprm->text));
    if (length < 0)
        return length;
    return length < (long)sizeof(bprm->text) ? length + 1 : -E2BIG;
}

static int push_user_texts(struct binprm *bprm, char **list, unsigned int *n)
{
    long result = count_texts(list);

    if (result < 0)
        return result;
    *n = result;
    result = 0;
    for (unsigned int i = *n; result == 0 && i > 0; i--) {
        result = get_text(bprm, list, i - 1);
        if (result == 0) /* somebody has changed the list */
            result = -EFAULT;
        if (result > 0)
            result = arg_push(&bprm->args, bprm->text, result);
    }
    return result;
}

static int push_kernel_texts(struct binprm *bprm, const char *const *list,
                             unsigned int *n)
{
    int error = 0;

    for (*n = 0; list[*n] != NULL; ++*n)
        continue;
    for (unsigned int i = *n; error == 0 && i > 0; i--)
        error = arg_push(&bprm->args, list[i - 1], strlen(list[i - 1]) + 1);
    return error;
}

/* The top of the stack. The bytes that AT_RANDOM points to are the same each
 * time: what a program does must not depend on luck. */
static int push_top(struct binprm *bprm, const char *path)
{
    static const char zeros[8];
    static const char random[] = "0123456789abcdef";
    int error = arg_push(&bprm->args, zeros, sizeof(zeros));

    if (error == 0)
        error = arg_push(&bprm->args, path, strlen(path) + 1);
    if (error == 0)
        error = arg_push(&bprm->args, random, RANDOM_BYTES);
    bprm->random = bprm->args.esp;
    return error;
}

/* --- the table of pointers ------------------------------------------------ */

static unsigned long store(struct binprm *bprm, unsigned long at, uint32_t word)
{
    arg_store(&bprm->args, at, word);
    return at + sizeof(word);
}

static unsigned long store_pointers(struct binprm *bprm, unsigned long at,
                                    unsigned int n, unsigned long *text)
{
    for (unsigned int i = 0; i < n; i++) {
        at = store(bprm, at, *text);
        *text = arg_text_end(&bprm->args, *text);
    }
    return store(bprm, at, 0);
}

static void store_aux(struct binprm *bprm, unsigned long at)
{
    const struct elf_header *header = &bprm->program.header;
    const uint32_t aux[NR_AUX][2] = {
        {AT_PHDR, elf_phdr_address(&bprm->program)},
        {AT_PHENT, sizeof(struct elf_segment)},
        {AT_PHNUM, header->e_phnum},
        {AT_PAGESZ, PAGE_SIZE},
        {AT_BASE, 0},
        {AT_FLAGS, 0},
        {AT_ENTRY, header->e_entry},
        {AT_UID, 0},
        {AT_EUID, 0},
        {AT_GID, 0},
        {AT_EGID, 0},
        {AT_SECURE, 0},
        {AT_RANDOM, bprm->random},
        {AT_NULL, 0},
    };

    for (unsigned int i = 0; i < NR_AUX; i++) {
        at = store(bprm, at, aux[i][0]);
        at = store(bprm, at, aux[i][1]);
    }
}

/* The texts lie on the stack one behind the other, arguments first. */
static int make_table(struct binprm *bprm)
{
    size_t nwords = 1 + bprm->argc + 1 + bprm->envc + 1 + 2 * NR_AUX;
    unsigned long text = bprm->args.esp, at;
    int error = arg_make_room(&bprm->args, nwords * sizeof(uint32_t));

    if (error != 0)
        return error;
    bprm->arg_start = text;
    at = store(bprm, bprm->args.esp, bprm->argc);
    at = store_pointers(bprm, at, bprm->argc, &text);
    bprm->arg_end = text;
    at = store_pointers(bprm, at, bprm->envc, &text);
    store_aux(bprm, at);
    return 0;
}

/* --- the new address space ------------------------------------------------ */

static int fill_mm(struct binprm *bprm, struct mm_struct *mm)
{
    int error = setup_arg_pages(mm, &bprm->args);

    if (error == 0)
        error = elf_map(bprm->file, &bprm->program);
    if (error != 0)
        return error;
    mm->arg_start = bprm->arg_start;
    mm->arg_end = bprm->arg_end;
    return 0;
}

/* Makes it, and leaves the old one, if nothing fails. */
static int change_mm(struct binprm *bprm)
{
    struct mm_struct *old = current->mm;
    struct mm_struct *mm = mm_alloc();
    int error;

    if (mm == NULL)
        return -ENOMEM;
    use_mm(mm);
    error = fill_mm(bprm, mm);
    if (error != 0) {
        use_mm(old);
        mmput(mm);
        return error;
    }
    mmput(old);
    return 0;
}

void set_user_regs(struct pt_regs *regs, uint32_t eip, uint32_t esp)
{
    *regs = (struct pt_regs){
        .eip = eip,
        .esp = esp,
        .cs = USER_CS,
        .ds = USER_DS,
        .es = USER_DS,
        .ss = USER_DS,
        .eflags = EFLAGS_IF | EFLAGS_FIXED,
        .vector = VECTOR_NO_RESTART,
    };
}

static void start_program(struct binprm *bprm, struct pt_regs *regs)
{
    memcpy(current->comm, bprm->comm, sizeof(current->comm));
    close_on_exec(current->files);
    flush_signal_handlers();
    reset_user_state();
    set_user_regs(regs, bprm->program.header.e_entry, current->mm->start_stack);
}

/* --- from a path ---------------------------------------------------------- */

static const char *last_name(const char *path)
{
    const char *name = path;

    for (; *path != '\0'; path++)
        if (path[0] == '/' && path[1] != '\0')
            name = path + 1;
    return name;
}

static struct binprm *binprm_alloc(void)
{
    struct binprm *bprm = kmalloc(sizeof(*bprm), GFP_KERNEL);

    if (bprm != NULL) {
        bprm->file = NULL;
        arg_pages_init(&bprm->args);
    }
    return bprm;
}

/* Opens the file, checks it, and begins the stack. */
static int prepare(struct binprm *bprm, const char *path)
{
    int error;

    snprintf(bprm->comm, sizeof(bprm->comm), "%s", last_name(path));
    error = filp_open(path, O_RDONLY, 0, &bprm->file);
    if (error == 0)
        error = elf_read(bprm->file, &bprm->program);
    if (error == 0)
        error = push_top(bprm, path);
    return error;
}

static void finish(struct binprm *bprm)
{
    if (bprm == NULL)
        return;
    arg_pages_free(&bprm->args);
    if (bprm->file != NULL)
        fput(bprm->file);
    kfree(bprm);
}

int kernel_execve(const char *path, const struct exec_strings *strings,
                  struct pt_regs *regs)
{
    struct binprm *bprm = binprm_alloc();
    int error = -ENOMEM;

    if (bprm != NULL)
        error = prepare(bprm, path);
    if (error == 0)
        error = push_kernel_texts(bprm, strings->envp, &bprm->envc);
    if (error == 0)
        error = push_kernel_texts(bprm, strings->argv, &bprm->argc);
    if (error == 0)
        error = make_table(bprm);
    if (error == 0)
        error = change_mm(bprm);
    if (error == 0)
        start_program(bprm, regs);
    finish(bprm);
    return error;
}

long sys_execve(const char *name, char **argv, char **envp)
{
    struct binprm *bprm = binprm_alloc();
    char *path = NULL;
    int error = -ENOMEM;

    if (bprm != NULL)
        error = getname(name, &path);
    if (error == 0)
        error = prepare(bprm, path);
    if (error == 0)
        error = push_user_texts(bprm, envp, &bprm->envc);
    if (error == 0)
        error = push_user_texts(bprm, argv, &bprm->argc);
    if (error == 0)
        error = make_table(bprm);
    if (error == 0)
        error = change_mm(bprm);
    if (error == 0)
        start_program(bprm, current->user_regs);
    if (path != NULL)
        putname(path);
    finish(bprm);
    return error;
}
