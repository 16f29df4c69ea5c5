/*
 * The module of lab 8 as a test sees it: its functions one by one, its buffer,
 * its users.
 *
 * Placed: no process is needed, the test calls the functions itself.
 *
 *     struct guest *guest = boot_placed(&machine_64mb, STAGE_VMALLOC);
 *
 *     init_driver(guest);
 *     struct buffer buffer = driver_buffer(guest);
 *
 * Loaded, as insmod does it, with the node MAPFILE for its device:
 *
 *     struct proc *proc = spawn_with_driver(guest);
 *     int fd = user_open(proc, MAPFILE, O_RDWR);
 *     uaddr_t pages = map_shared(proc, fd, MAPDRV_PAGES, 0);
 */
#ifndef HARNESS_MAPDRV_H
#define HARNESS_MAPDRV_H

#include "areas.h"
#include "modules.h"
#include "spaces.h"

/* map_driver.h */
#define MAPDRV_NAME  "mapdrv"
#define MAPDRV_PAGES 10u
#define MAPDRV_BYTES (MAPDRV_PAGES * PAGE_SIZE)
#define MAPDRV_TEXT  "hello world from page %u"

#define MAPDRV_MODULE "map_driver"
#define MAPDRV_MAJOR  254u /* of the first driver that takes any */
#define MAPFILE       "/mapfile"

/* --- placed: its functions ------------------------------------------------ */

/* Boots, and lays the module out. */
struct guest *boot_placed(const struct machine *machine, enum boot_stage stage);

int mapdrv_init(struct guest *guest);
void mapdrv_exit(struct guest *guest);
/* mapdrv_init(), which must say 0. */
void init_driver(struct guest *guest);

/* An address in the direct map, or 0; and the call alone. */
gaddr_t vaddr_to_kaddr(struct guest *guest, gaddr_t address);
struct call vaddr_to_kaddr_call(gaddr_t address);
/* It must be that of this frame, with the address's offset; or must be 0. */
void expect_kaddr(struct guest *guest, gaddr_t address, pfn_t pfn,
                  const char *hint);
void expect_no_kaddr(struct guest *guest, gaddr_t address, const char *hint);

/* An area of a space, not listed, that maps from page pgoff on. */
gaddr_t make_mapping(const struct proc *space, uaddr_t start, size_t npages,
                     uint32_t flags, uint32_t pgoff);
int mapdrv_mmap(struct guest *guest, gaddr_t vma);
void mapdrv_vopen(struct guest *guest, gaddr_t vma);
void mapdrv_vclose(struct guest *guest, gaddr_t vma);
/* A frame, or NO_PAGE for NOPAGE_SIGBUS. */
pfn_t map_nopage(struct guest *guest, gaddr_t vma, uaddr_t address);

/* The placed module's use count must be this. */
void expect_placed_uses(struct guest *guest, int uses, const char *hint);

/* --- loaded --------------------------------------------------------------- */

/* A process that has loaded the module and made MAPFILE. */
struct proc *spawn_with_driver(struct guest *guest);

void expect_driver_uses(struct guest *guest, int uses, const char *hint);
/* rmmod must succeed; or must be refused, with EBUSY. */
void unload_driver(struct proc *proc);
void expect_busy(struct proc *proc, const char *hint);

/* Maps pages of an open device, for reading and writing, shared. */
uaddr_t map_shared(struct proc *proc, int fd, size_t npages, uint32_t pgoff);

/* What a process reads there must be the text of page i. */
void expect_user_text(struct proc *proc, uaddr_t address, unsigned page);

/* The process sees these frames, from that of page `pgoff` on. */
struct buffer;
void expect_frames(struct proc *proc, uaddr_t address, size_t npages,
                   const struct buffer *buffer, uint32_t pgoff);

/* The file (of /proc, say) has this text in it, as the process reads it. */
bool file_says(struct proc *proc, const char *path, const char *what);

/* --- the buffer ----------------------------------------------------------- */

struct buffer {
    gaddr_t at; /* where the kernel has it */
    pfn_t frames[MAPDRV_PAGES];
};

/* Of vmlist's areas the one that is as large as the buffer and is no module;
 * there must be exactly one. Its frames by the kernel's page tables. */
struct buffer driver_buffer(struct guest *guest);
size_t count_buffers(struct guest *guest);

/* Every page must hold its text, then zeros, as the frames tell. */
void expect_texts(struct guest *guest, const struct buffer *buffer);
/* Each frame must have so many users. */
void expect_buffer_users(struct guest *guest, const struct buffer *buffer,
                         int users, const char *hint);

/* The frame that the kernel's page tables have at an address, or NO_PAGE: not
 * by cr3, which may be a process's. */
pfn_t kernel_frame(struct guest *guest, gaddr_t address);

/* --- majors --------------------------------------------------------------- */

/* register_chrdev() by another driver: what it says; and it gives it back. */
int take_major(struct guest *guest, unsigned major);
void give_major(struct guest *guest, unsigned major);
/* Takes all of them that are free. */
void take_all_majors(struct guest *guest);
/* This one must (not) be free. */
void expect_major_free(struct guest *guest, unsigned major, bool is_free,
                       const char *hint);

#endif
