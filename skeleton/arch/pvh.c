/*
 * Reads the PVH start info. Layout: Xen's public header
 * arch-x86/hvm/start_info.h; physical addresses below 4 GB here.
 */
#include <boot.h>

#include <kernel.h>
#include <page.h>
#include <string.h>

#define START_INFO_MAGIC 0x336ec578u
#define MEMMAP_TYPE_RAM  1
#define BOOT_MAPPED      (16UL << 20) /* what head.S maps */

struct start_info {
    uint32_t magic, version, flags, nr_modules;
    uint64_t modules, command_line, rsdp;
    uint64_t memmap; /* version 1 and later */
    uint32_t memmap_entries, reserved;
};

struct module_entry {
    uint64_t start, nbytes, command_line, reserved;
};

struct memmap_entry {
    uint64_t start, nbytes;
    uint32_t type, reserved;
};

struct boot_info boot_info;

/* The boot mapping's view of a physical address from the start info. */
static const void *boot_pointer(uint64_t pa)
{
    if (pa >= BOOT_MAPPED)
        panic("pvh: start info beyond the boot mapping, %llx",
              (unsigned long long)pa);
    return __va(pa);
}

static void read_memmap(const struct start_info *info)
{
    const struct memmap_entry *map = boot_pointer(info->memmap);

    for (uint32_t i = 0; i < info->memmap_entries; i++) {
        if (map[i].type != MEMMAP_TYPE_RAM)
            continue;
        if (boot_info.nranges == MAX_RAM_RANGES)
            panic("pvh: more than %d RAM ranges", MAX_RAM_RANGES);
        boot_info.ram[boot_info.nranges++] = (struct ram_range){
            map[i].start,
            map[i].start + map[i].nbytes,
        };
    }
}

void pvh_read_start_info(unsigned long start_info)
{
    const struct start_info *info = boot_pointer(start_info);

    if (info->magic != START_INFO_MAGIC || info->version < 1)
        panic("pvh: no start info at %lx", start_info);
    read_memmap(info);
    if (info->command_line)
        snprintf(boot_info.command_line, sizeof(boot_info.command_line), "%s",
                 (const char *)boot_pointer(info->command_line));
    if (info->nr_modules > 0) {
        const struct module_entry *module = boot_pointer(info->modules);

        boot_info.initrd_start = module->start;
        boot_info.initrd_end = module->start + module->nbytes;
    }
}

bool boot_option(const char *name)
{
    size_t length = strlen(name);
    const char *at = boot_info.command_line;

    for (; (at = strstr(at, name)) != NULL; at += length) {
        bool starts = at == boot_info.command_line || at[-1] == ' ';

        if (starts && (at[length] == ' ' || at[length] == '\0'))
            return true;
    }
    return false;
}
