/* Processes and files: thin wrappers around system calls. */
#ifndef UNISTD_H
#define UNISTD_H

#include <sys/types.h>

#define STDIN_FILENO  0
#define STDOUT_FILENO 1
#define STDERR_FILENO 2

#define SEEK_SET 0
#define SEEK_CUR 1
#define SEEK_END 2

extern char **environ;

__attribute__((noreturn)) void _exit(int code);
pid_t fork(void);
pid_t getpid(void);
pid_t getppid(void);
int execve(const char *path, char *const argv[], char *const envp[]);
/* Looks for a name without a slash in the folders of $PATH. */
int execvp(const char *name, char *const argv[]);

ssize_t read(int fd, void *buffer, size_t nbytes);
ssize_t write(int fd, const void *buffer, size_t nbytes);
/* write() until all is written; 0 or -1. */
int write_all(int fd, const void *buffer, size_t nbytes);
int close(int fd);
off_t lseek(int fd, off_t offset, int whence);
int pipe(int fds[2]);
int dup2(int from, int to);
int unlink(const char *path);
int rmdir(const char *path);
int chdir(const char *path);
char *getcwd(char *buffer, size_t size);
int isatty(int fd);

/* The end of the heap: set it, or move it and return where it was. */
int brk(void *end);
void *sbrk(intptr_t increment);

unsigned int sleep(unsigned int seconds);
/* Sleeps until a signal has been handled; then -1. */
int pause(void);

#endif
