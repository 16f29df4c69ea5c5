/* How a terminal treats what is typed; the kernel's own structure. */
#ifndef TERMIOS_H
#define TERMIOS_H

#include <stdint.h>

#define NCCS  19
#define VTIME 5
#define VMIN  6

/* Bits of c_lflag. */
#define ISIG   0x0001 /* Ctrl-C is a signal, not a character */
#define ICANON 0x0002 /* the terminal collects lines and edits them */
#define ECHO   0x0008 /* the terminal shows what is typed */

struct termios {
    uint32_t c_iflag;
    uint32_t c_oflag;
    uint32_t c_cflag;
    uint32_t c_lflag;
    uint8_t c_line;
    uint8_t c_cc[NCCS];
};

#define TCSANOW 0 /* the only way that there is: at once */

int tcgetattr(int fd, struct termios *settings);
int tcsetattr(int fd, int when, const struct termios *settings);

#endif
