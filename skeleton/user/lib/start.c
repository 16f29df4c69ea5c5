/* From the stack that the kernel has made to main(), and from there to exit. */
#include <stdlib.h>

#include <err.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

int main(int argc, char **argv, char **envp);

/* Called by _start in crt0.S. */
__attribute__((noreturn)) void start_program(long *stack);

char **environ;
const char *program_name = "?";

void start_program(long *stack)
{
    int argc = (int)stack[0];
    char **argv = (char **)&stack[1];

    environ = argv + argc + 1;
    if (argc > 0) {
        const char *slash = strrchr(argv[0], '/');

        program_name = slash != NULL ? slash + 1 : argv[0];
    }
    exit(main(argc, argv, environ));
}

void _exit(int code)
{
    for (;;)
        syscall(SYS_exit, code);
}

/* Output has no buffers, so there is nothing to do before. */
void exit(int code)
{
    _exit(code);
}
