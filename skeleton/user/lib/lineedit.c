/*
 * Reading a line from a terminal. Keys are decoded into characters or enum
 * key; each changes the line, then the screen follows. A character at the end
 * of the line is simply shown; after everything else the line is drawn anew.
 * A line is meant to fit into the terminal's width.
 */
#include <lineedit.h>

#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#define CTRL(letter)  ((letter)&0x1f)
#define ESCAPE        0x1b
#define DELETE        0x7f
#define CLEAR_SCREEN  "\033[H\033[2J"
#define HISTORY_LINES 64
#define DRAFT_SIZE    256

/* Keys that aren't one byte; above all bytes. */
enum key {
    KEY_END_OF_INPUT = 256,
    KEY_UP,
    KEY_DOWN,
    KEY_RIGHT,
    KEY_LEFT,
    KEY_HOME,
    KEY_END,
    KEY_DELETE,
    KEY_UNKNOWN,
};

struct editor {
    const char *prompt;
    char *line;
    size_t size, length, cursor;
    size_t entry;           /* of the history; history_count: the new line */
    char draft[DRAFT_SIZE]; /* the new line, while another one is shown */
};

/* The oldest first. */
static char *history[HISTORY_LINES];
static size_t history_count;

static void remember(const char *line)
{
    char *copy;

    if (*line == '\0' ||
        (history_count > 0 && strcmp(history[history_count - 1], line) == 0))
        return;
    copy = strdup(line);
    if (copy == NULL)
        return;
    if (history_count == HISTORY_LINES) {
        free(history[0]);
        history_count--;
        memmove(history, history + 1, history_count * sizeof(history[0]));
    }
    history[history_count++] = copy;
}

/* --- keys --- */

static int read_byte(void)
{
    unsigned char byte;

    return read(STDIN_FILENO, &byte, 1) == 1 ? byte : KEY_END_OF_INPUT;
}

/* ESC [ NUMBER ~ */
static int numbered_key(int digit)
{
    int number = 0;

    for (; isdigit(digit); digit = read_byte())
        number = number * 10 + (digit - '0');
    if (digit != '~')
        return KEY_UNKNOWN;
    switch (number) {
    case 1:
    case 7:
        return KEY_HOME;
    case 3:
        return KEY_DELETE;
    case 4:
    case 8:
        return KEY_END;
    default:
        return KEY_UNKNOWN;
    }
}

static int read_key(void)
{
    int byte = read_byte();

    if (byte != ESCAPE)
        return byte;
    byte = read_byte();
    if (byte != '[' && byte != 'O')
        return KEY_UNKNOWN;
    byte = read_byte();
    switch (byte) {
    case 'A':
        return KEY_UP;
    case 'B':
        return KEY_DOWN;
    case 'C':
        return KEY_RIGHT;
    case 'D':
        return KEY_LEFT;
    case 'H':
        return KEY_HOME;
    case 'F':
        return KEY_END;
    default:
        return isdigit(byte) ? numbered_key(byte) : byte;
    }
}

/* --- the line and the screen --- */

static void draw(const struct editor *ed)
{
    size_t back = ed->length - ed->cursor;

    printf("\r%s%s\033[K", ed->prompt, ed->line);
    if (back > 0)
        printf("\033[%zuD", back);
}

static void insert(struct editor *ed, char character)
{
    char *at = ed->line + ed->cursor;

    if (ed->length + 1 >= ed->size)
        return;
    memmove(at + 1, at, ed->length - ed->cursor + 1);
    *at = character;
    ed->length++;
    ed->cursor++;
    if (ed->cursor == ed->length)
        putchar(character);
    else
        draw(ed);
}

/* Removes [from, to) and leaves the cursor there. */
static void cut(struct editor *ed, size_t from, size_t to)
{
    memmove(ed->line + from, ed->line + to, ed->length - to + 1);
    ed->length -= to - from;
    ed->cursor = from;
    draw(ed);
}

static void move(struct editor *ed, size_t cursor)
{
    ed->cursor = cursor;
    draw(ed);
}

/* Shows another line of the history, or the new one again. */
static void show_entry(struct editor *ed, size_t entry)
{
    if (ed->entry == history_count)
        snprintf(ed->draft, sizeof(ed->draft), "%s", ed->line);
    ed->entry = entry;
    snprintf(ed->line, ed->size, "%s",
             entry == history_count ? ed->draft : history[entry]);
    ed->length = ed->cursor = strlen(ed->line);
    draw(ed);
}

static void edit(struct editor *ed, int key)
{
    switch (key) {
    case KEY_LEFT:
    case CTRL('b'):
        if (ed->cursor > 0)
            move(ed, ed->cursor - 1);
        break;
    case KEY_RIGHT:
    case CTRL('f'):
        if (ed->cursor < ed->length)
            move(ed, ed->cursor + 1);
        break;
    case KEY_HOME:
    case CTRL('a'):
        move(ed, 0);
        break;
    case KEY_END:
    case CTRL('e'):
        move(ed, ed->length);
        break;
    case KEY_UP:
        if (ed->entry > 0)
            show_entry(ed, ed->entry - 1);
        break;
    case KEY_DOWN:
        if (ed->entry < history_count)
            show_entry(ed, ed->entry + 1);
        break;
    case DELETE:
    case CTRL('h'):
        if (ed->cursor > 0)
            cut(ed, ed->cursor - 1, ed->cursor);
        break;
    case KEY_DELETE:
    case CTRL('d'):
        if (ed->cursor < ed->length)
            cut(ed, ed->cursor, ed->cursor + 1);
        break;
    case CTRL('l'):
        printf(CLEAR_SCREEN);
        draw(ed);
        break;
    case CTRL('u'):
        cut(ed, 0, ed->cursor);
        break;
    case CTRL('k'):
        ed->length = ed->cursor;
        ed->line[ed->length] = '\0';
        draw(ed);
        break;
    default:
        if (isprint(key))
            insert(ed, (char)key);
    }
}

/* Keys until the line is done: the result of edit_line(). */
static ssize_t edit_until_done(struct editor *ed)
{
    for (;;) {
        int key = read_key();

        switch (key) {
        case '\n':
        case '\r':
            putchar('\n');
            remember(ed->line);
            return (ssize_t)ed->length;
        case CTRL('c'):
            puts("^C");
            ed->line[0] = '\0';
            return 0;
        case KEY_END_OF_INPUT:
            return -1;
        case CTRL('d'):
            if (ed->length == 0) {
                putchar('\n');
                return -1;
            }
        }
        edit(ed, key);
    }
}

ssize_t edit_line(const char *prompt, char *line, size_t size)
{
    struct editor ed = {
        .prompt = prompt, .line = line, .size = size, .entry = history_count};
    struct termios before, ours;
    ssize_t length;

    if (tcgetattr(STDIN_FILENO, &before) < 0)
        return -1;
    ours = before;
    ours.c_lflag &= ~(uint32_t)(ICANON | ECHO | ISIG);
    ours.c_cc[VMIN] = 1;
    ours.c_cc[VTIME] = 0;
    if (tcsetattr(STDIN_FILENO, TCSANOW, &ours) < 0)
        return -1;
    line[0] = '\0';
    printf("%s", prompt);
    length = edit_until_done(&ed);
    tcsetattr(STDIN_FILENO, TCSANOW, &before);
    return length;
}
