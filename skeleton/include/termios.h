/* Linux i386's struct termios: what its bits and characters mean, and ioctl()'s
 * commands for terminals. Linux include/asm-i386/termbits.h, ioctls.h. */
#ifndef TERMIOS_H
#define TERMIOS_H

#include <types.h>

#define NCCS 19

struct termios {
    uint32_t c_iflag, c_oflag, c_cflag, c_lflag;
    uint8_t c_line;
    uint8_t c_cc[NCCS];
};

struct winsize {
    unsigned short ws_row, ws_col, ws_xpixel, ws_ypixel;
};

/* Places in c_cc. */
#define VINTR  0
#define VQUIT  1
#define VERASE 2
#define VKILL  3
#define VEOF   4
#define VMIN   6
#define VSTART 8
#define VSTOP  9
#define VSUSP  10

/* c_iflag, c_oflag, c_cflag, c_lflag */
#define ICRNL  0000400 /* return means newline */
#define IXON   0002000
#define OPOST  0000001
#define ONLCR  0000004 /* newline is sent as return and newline */
#define B38400 0000017
#define CS8    0000060
#define CREAD  0000200
#define HUPCL  0002000
#define ISIG   0000001 /* keys send signals */
#define ICANON 0000002 /* whole lines, which can be edited */
#define ECHO   0000010
#define ECHOE  0000020
#define ECHOK  0000040
#define IEXTEN 0100000

#define TCGETS     0x5401
#define TCSETS     0x5402
#define TCSETSW    0x5403
#define TCSETSF    0x5404
#define TIOCGPGRP  0x540F
#define TIOCSPGRP  0x5410
#define TIOCGWINSZ 0x5413

/* The key that sends Ctrl and a capital letter; and the other way round. */
#define CTRL_OFFSET   0x40
#define CTRL(capital) ((capital)-CTRL_OFFSET)
#define DEL           0x7f

#endif
