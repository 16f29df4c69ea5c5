/*
 * The terminal on COM1. Linux drivers/char/n_tty.c.
 *
 *     interrupt: key -> ISIG? -> ICANON: edit the line -> ring -> read()
 *                                     \-> echo
 *
 *     ring:  … | read already | whole lines | the line being typed | …
 *                             tail          canon                 head
 *
 * Places only rise; the ring is indexed by them modulo its size. In canonical
 * mode read() sees up to `canon`, and one line at a time: the character that
 * ends a line is marked. Otherwise it sees everything. The interrupt handler
 * moves head and canon; all others touch them with interrupts off.
 */
#include <tty.h>

#include <errno.h>
#include <fs.h>
#include <irq.h>
#include <kernel.h>
#include <sched.h>
#include <syscalls.h>
#include <termios.h>
#include <uaccess.h>
#include <uart.h>
#include <wait.h>

#define TTY_MAJOR   5
#define RING_SIZE   1024 /* characters; a power of two */
#define CHUNK_BYTES 128  /* copied from and to the user in one go */

/* Marks in the ring. */
#define LINE_END 0x100 /* the last of its line */
#define NO_CHAR  0x200 /* end of file: ends the line, isn't read itself */

static uint16_t ring[RING_SIZE];
static unsigned int head, canon, tail;
static DECLARE_WAIT_QUEUE_HEAD(readers);
static int foreground; /* process group that keys' signals go to; 0: none */
static bool input_taken;

static struct termios termios = {
    .c_iflag = ICRNL | IXON,
    .c_oflag = OPOST | ONLCR,
    .c_cflag = B38400 | CS8 | CREAD | HUPCL,
    .c_lflag = ISIG | ICANON | ECHO | ECHOE | ECHOK | IEXTEN,
    .c_cc = {[VINTR] = CTRL('C'),
             [VQUIT] = CTRL('\\'),
             [VERASE] = DEL,
             [VKILL] = CTRL('U'),
             [VEOF] = CTRL('D'),
             [VMIN] = 1,
             [VSTART] = CTRL('Q'),
             [VSTOP] = CTRL('S'),
             [VSUSP] = CTRL('Z')},
};

static bool mode(uint32_t flag)
{
    return termios.c_lflag & flag;
}

/* --- output --------------------------------------------------------------- */

static void put_char(char character)
{
    if (character == '\n' && (termios.c_oflag & OPOST) &&
        (termios.c_oflag & ONLCR))
        uart_put(COM1, '\r');
    uart_put(COM1, (uint8_t)character);
}

static void put_text(const char *text)
{
    while (*text != '\0')
        put_char(*text++);
}

/* Control characters show as ^C. */
static void echo(uint8_t key)
{
    if (!mode(ECHO))
        return;
    if (key < ' ' && key != '\n' && key != '\t') {
        put_char('^');
        key += CTRL_OFFSET;
    }
    put_char((char)key);
}

/* After each page of a long write(): true if a signal ends it. If not, others
 * may have their turn. */
static bool write_ends(size_t done)
{
    if (done % PAGE_SIZE != 0)
        return false;
    if (signal_pending())
        return true;
    if (current->need_resched)
        schedule();
    return false;
}

static long tty_write(struct file *file, const char *buffer, size_t nbytes,
                      long *pos)
{
    char chunk[CHUNK_BYTES];
    size_t done = 0;

    (void)file;
    (void)pos;
    while (done < nbytes) {
        size_t part = nbytes - done < CHUNK_BYTES ? nbytes - done : CHUNK_BYTES;

        if (copy_from_user(chunk, buffer + done, part) != 0)
            return done > 0 ? (long)done : -EFAULT;
        for (size_t i = 0; i < part; i++)
            put_char(chunk[i]);
        done += part;
        if (write_ends(done))
            break;
    }
    return (long)done;
}

/* --- keys: in the interrupt handler --------------------------------------- */

static void append(uint16_t entry)
{
    if (head - tail < RING_SIZE)
        ring[head++ % RING_SIZE] = entry;
}

/* Takes back the last character of the line being typed, with its echo. */
static bool erase(void)
{
    uint16_t last;

    if (head == canon)
        return false;
    last = ring[--head % RING_SIZE];
    if (mode(ECHO))
        put_text(last < ' ' && last != '\t' ? "\b\b  \b\b" : "\b \b");
    return true;
}

/* A line is whole: gives it to the readers. */
static void end_line(uint16_t entry)
{
    if (head - tail == RING_SIZE)
        head--; /* there must be an end */
    append(entry);
    canon = head;
    wake_up(&readers);
}

static void edit_line(uint8_t key)
{
    if (key == termios.c_cc[VERASE] || key == '\b') {
        erase();
    } else if (key == termios.c_cc[VKILL]) {
        while (erase())
            continue;
    } else if (key == termios.c_cc[VEOF]) {
        end_line(LINE_END | NO_CHAR);
    } else if (key == '\n') {
        echo(key);
        end_line(LINE_END | key);
    } else if (head - tail < RING_SIZE - 1) {
        echo(key);
        append(key);
    }
}

/* Sends the signal that the key stands for; the line is forgotten. */
static bool key_signal(uint8_t key)
{
    int sig = 0;

    if (key == termios.c_cc[VINTR])
        sig = SIGINT;
    else if (key == termios.c_cc[VQUIT])
        sig = SIGQUIT;
    if (sig == 0 || !mode(ISIG))
        return false;
    echo(key);
    if (mode(ICANON))
        head = canon;
    if (foreground != 0)
        send_sig_pgrp(sig, foreground);
    return true;
}

static void take_key(uint8_t key)
{
    if (key == '\r' && (termios.c_iflag & ICRNL))
        key = '\n';
    if (key_signal(key))
        return;
    if (mode(ICANON)) {
        edit_line(key);
        return;
    }
    echo(key);
    append(key);
    wake_up(&readers);
}

void tty_interrupt(void)
{
    int key;

    if (!input_taken)
        return;
    while ((key = uart_poll(COM1)) >= 0)
        take_key((uint8_t)key);
}

/* --- reading -------------------------------------------------------------- */

static bool readable(void)
{
    return tail != (mode(ICANON) ? canon : head);
}

/* Takes at most `nbytes` out of the ring, in canonical mode to the end of a
 * line: how many characters; *ended if nothing more belongs to this read(). */
static size_t take_chunk(char *chunk, size_t nbytes, bool *ended)
{
    unsigned long flags;
    size_t n = 0;

    local_irq_save(flags);
    while (n < nbytes && !*ended && readable()) {
        uint16_t entry = ring[tail++ % RING_SIZE];

        if (!(entry & NO_CHAR))
            chunk[n++] = (char)entry;
        *ended = mode(ICANON) && (entry & LINE_END);
    }
    *ended |= !readable();
    local_irq_restore(flags);
    return n;
}

static long tty_read(struct file *file, char *buffer, size_t nbytes, long *pos)
{
    char chunk[CHUNK_BYTES];
    bool ended = nbytes == 0;
    size_t done = 0;

    (void)pos;
    if (foreground == 0)
        foreground = current->pgrp; /* until somebody says otherwise */
    if (!readable() && (file->f_flags & O_NONBLOCK))
        return -EAGAIN;
    if (nbytes > 0 && (mode(ICANON) || termios.c_cc[VMIN] > 0)) {
        int error = wait_event_interruptible(readers, readable());

        if (error != 0)
            return error;
    }
    while (!ended && done < nbytes) {
        size_t part = nbytes - done < CHUNK_BYTES ? nbytes - done : CHUNK_BYTES;

        part = take_chunk(chunk, part, &ended);
        if (copy_to_user(buffer + done, chunk, part) != 0)
            return done > 0 ? (long)done : -EFAULT;
        done += part;
    }
    return (long)done;
}

/* --- settings ------------------------------------------------------------- */

static unsigned int tty_poll(const struct file *file)
{
    (void)file;
    return readable() ? POLLIN | POLLOUT : POLLOUT;
}

static void forget_input(void)
{
    unsigned long flags;

    local_irq_save(flags);
    head = canon = tail;
    local_irq_restore(flags);
}

/* What has been typed so far counts as whole when the mode changes. */
static int set_termios(const struct termios *user)
{
    struct termios new;
    unsigned long flags;

    if (copy_from_user(&new, user, sizeof(new)) != 0)
        return -EFAULT;
    local_irq_save(flags);
    if ((new.c_lflag ^ termios.c_lflag) & ICANON)
        canon = head;
    termios = new;
    local_irq_restore(flags);
    wake_up(&readers);
    return 0;
}

static int tty_ioctl(struct inode *inode, struct file *file,
                     unsigned int command, unsigned long argument)
{
    static const struct winsize size = {.ws_row = 25, .ws_col = 80};
    void *user = (void *)argument;

    (void)inode;
    (void)file;
    switch (command) {
    case TCGETS:
        return copy_to_user(user, &termios, sizeof(termios)) ? -EFAULT : 0;
    case TCSETSF:
        forget_input();
        return set_termios(user);
    case TCSETS:
    case TCSETSW: /* all has been written already */
        return set_termios(user);
    case TIOCGPGRP:
        return put_user(foreground, (int *)user);
    case TIOCSPGRP:
        return get_user(foreground, (int *)user);
    case TIOCGWINSZ:
        return copy_to_user(user, &size, sizeof(size)) ? -EFAULT : 0;
    default:
        return -ENOTTY;
    }
}

static const struct file_operations tty_operations = {
    .llseek = no_llseek,
    .read = tty_read,
    .write = tty_write,
    .ioctl = tty_ioctl,
    .poll = tty_poll,
};

void tty_register(void)
{
    if (register_chrdev(TTY_MAJOR, "tty", &tty_operations) != 0)
        panic("tty_register: major %d is taken", TTY_MAJOR);
}

void tty_init(void)
{
    input_taken = true;
    tty_interrupt(); /* what came before */
    pic_unmask(COM1_IRQ);
}
