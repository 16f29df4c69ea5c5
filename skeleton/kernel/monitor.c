/*
 * The kernel monitor: look at memory and try the allocator from the console.
 */
#include <monitor.h>

#include <init.h>
#include <kernel.h>
#include <page_alloc.h>
#include <seq_file.h>
#include <slab.h>
#include <string.h>
#include <uart.h>
#include <vmalloc.h>

#define LINE_BYTES 80
#define MAX_WORDS  4

/* A command runs a function, or shows a view of the kernel. */
struct command {
    const char *name, *usage;
    void (*run)(int argc, char **argv);
    void (*show)(struct seq_file *file);
};

static unsigned int parse_gfp(const char *word)
{
    if (strcmp(word, "dma") == 0)
        return __GFP_WAIT | __GFP_DMA;
    if (strcmp(word, "high") == 0)
        return GFP_HIGHUSER;
    if (strcmp(word, "atomic") == 0)
        return GFP_ATOMIC;
    return GFP_KERNEL;
}

/* Reads the number argv[index]; leaves *number alone if there is no such word.
 * False if the word is no number. */
static bool parse_number(int argc, char **argv, int index,
                         unsigned long *number)
{
    char *end;

    if (index >= argc)
        return true;
    *number = strtoul(argv[index], &end, 0);
    return end != argv[index] && *end == '\0';
}

static void cmd_alloc(int argc, char **argv)
{
    unsigned long order = 0;
    struct page *page;

    if (!parse_number(argc, argv, 1, &order)) {
        printk("alloc: '%s' is no order: alloc [ORDER [GFP]]\n", argv[1]);
        return;
    }
    page = alloc_pages(parse_gfp(argc > 2 ? argv[2] : "kernel"), order);
    if (page == NULL)
        printk("no block of order %lu\n", order);
    else
        printk("frame %lu, order %lu, zone %s\n", page_to_pfn(page), order,
               page->zone->name);
}

static void cmd_free(int argc, char **argv)
{
    unsigned long pfn = max_mapnr, order = 0;

    if (!parse_number(argc, argv, 1, &pfn) ||
        !parse_number(argc, argv, 2, &order) || pfn >= max_mapnr ||
        order >= MAX_ORDER || page_count(pfn_to_page(pfn)) == 0)
        printk("free: not the first frame of a block in use: free FRAME [ORDER]"
               "\n");
    else
        __free_pages(pfn_to_page(pfn), order);
}

/* For commands with one number: false, and says so, if there is none. */
static bool take_number(int argc, char **argv, unsigned long *number)
{
    if (argc > 1 && parse_number(argc, argv, 1, number))
        return true;
    printk("%s: a number is needed, such as 100 or 0xc0800000\n", argv[0]);
    return false;
}

static void cmd_kmalloc(int argc, char **argv)
{
    unsigned long nbytes;

    if (take_number(argc, argv, &nbytes))
        printk("%p\n", kmalloc(nbytes, GFP_KERNEL));
}

static void cmd_kfree(int argc, char **argv)
{
    unsigned long address;

    if (!take_number(argc, argv, &address))
        return;
    if (address < PAGE_OFFSET || address >= (unsigned long)high_memory)
        printk("kfree: not in the direct map\n");
    else
        kfree((void *)address);
}

static void cmd_vmalloc(int argc, char **argv)
{
    unsigned long nbytes;

    if (take_number(argc, argv, &nbytes))
        printk("%p\n", vmalloc(nbytes));
}

static void cmd_vfree(int argc, char **argv)
{
    unsigned long address;

    if (take_number(argc, argv, &address))
        vfree((void *)address);
}

static void cmd_quit(int argc, char **argv)
{
    (void)argc;
    (void)argv;
    power_off();
}

static void cmd_help(int argc, char **argv);

static const struct command commands[] = {
    {"help", "help                     this list", cmd_help, NULL},
    {"buddyinfo", "buddyinfo                free blocks by zone and order",
     NULL, buddyinfo_show},
    {"zoneinfo", "zoneinfo                 zones and their watermarks", NULL,
     zoneinfo_show},
    {"slabinfo", "slabinfo                 caches, their objects and slabs",
     NULL, slabinfo_show},
    {"vmallocinfo", "vmallocinfo              vmalloc areas and kmap slots",
     NULL, vmallocinfo_show},
    {"ps", "ps                       tasks", NULL, tasks_show},
    {"alloc", "alloc [ORDER [GFP]]      GFP: kernel, dma, high or atomic",
     cmd_alloc, NULL},
    {"free", "free FRAME [ORDER]       gives a block back", cmd_free, NULL},
    {"kmalloc", "kmalloc BYTES            an object of a general cache",
     cmd_kmalloc, NULL},
    {"kfree", "kfree ADDRESS            gives it back", cmd_kfree, NULL},
    {"vmalloc", "vmalloc BYTES            pages in a row, from anywhere",
     cmd_vmalloc, NULL},
    {"vfree", "vfree ADDRESS            gives them back", cmd_vfree, NULL},
    {"quit", "quit                     ends the machine", cmd_quit, NULL},
};

static void cmd_help(int argc, char **argv)
{
    (void)argc;
    (void)argv;
    for (size_t i = 0; i < ARRAY_SIZE(commands); i++)
        printk("  %s\n", commands[i].usage);
}

/* Reads a line with backspace; echoes. */
static void read_line(char *line)
{
    size_t length = 0;

    for (;;) {
        char character = uart_get(COM1);

        if (character == '\r' || character == '\n')
            break;
        if ((character == '\b' || character == 0x7f) && length > 0) {
            length--;
            printk("\b \b");
        } else if (character >= ' ' && character < 0x7f &&
                   length + 1 < LINE_BYTES) {
            line[length++] = character;
            printk("%c", character);
        }
    }
    line[length] = '\0';
    printk("\n");
}

static int split_words(char *line, char **words)
{
    int n = 0;

    while (n < MAX_WORDS) {
        while (*line == ' ')
            *line++ = '\0';
        if (*line == '\0')
            break;
        words[n++] = line;
        while (*line != ' ' && *line != '\0')
            line++;
    }
    return n;
}

static void run_command(const struct command *command, int argc, char **argv)
{
    struct seq_file console = {NULL, 0, 0};

    if (command->show != NULL)
        command->show(&console);
    else
        command->run(argc, argv);
}

static void run_line(char *line)
{
    char *words[MAX_WORDS];
    int n = split_words(line, words);

    if (n == 0)
        return;
    for (size_t i = 0; i < ARRAY_SIZE(commands); i++)
        if (strcmp(words[0], commands[i].name) == 0) {
            run_command(&commands[i], n, words);
            return;
        }
    printk("%s: no such command; try help\n", words[0]);
}

void monitor_run(void)
{
    char line[LINE_BYTES];

    printk("mmgrade teaching kernel: %lu MB of RAM, %u pages free.\n"
           "Kernel monitor. Try help; Ctrl-A X ends QEMU.\n",
           max_mapnr >> (20 - PAGE_SHIFT), nr_free_pages());
    for (;;) {
        printk("monitor> ");
        read_line(line);
        run_line(line);
    }
}
