/*
 * Disks of the virtual machine: virtio-blk behind the virtio-mmio transport, in
 * its first version ("legacy"), which is what QEMU's microvm offers. Virtual
 * I/O Device (VIRTIO) Version 1.1, 2.6, 4.2.4, 5.2; Linux
 * drivers/virtio/virtio_mmio.c, drivers/block/virtio_blk.c.
 *
 * A transport is 512 bytes of registers, and an interrupt line. QEMU names them
 * in words of the command line, virtio_mmio.device=512@0xfeb00000:5, if it has
 * been told acpi=off; then it has eight, all in one page.
 *
 * The driver and the device share a page, with a ring of chains of descriptors
 * each way. Here there is one chain, for one request at a time:
 *
 *     avail.ring[…] = 0 ──> desc[0]      ──> desc[1]    ──> desc[2]
 *                           what, where      the page       status
 *
 * A request is made with interrupts off, which come only while the processor
 * sleeps: so it takes the same number of instructions however long the host
 * needs for it.
 */
#include <blkdev.h>

#include <boot.h>
#include <errno.h>
#include <irq.h>
#include <kernel.h>
#include <page_alloc.h>
#include <pgtable.h>
#include <string.h>

#define MMIO_WORD     "virtio_mmio.device="
#define MMIO_BYTES    512
#define NR_TRANSPORTS (PAGE_SIZE / MMIO_BYTES)

#define MAGIC        0x74726976 /* "virt" */
#define LEGACY       1
#define DEVICE_BLOCK 2

/* Registers. */
enum {
    REG_MAGIC = 0x00,
    REG_VERSION = 0x04,
    REG_DEVICE = 0x08,
    REG_OFFERED = 0x10,
    REG_FEATURES = 0x20,
    REG_PAGE_SIZE = 0x28,
    REG_QUEUE = 0x30,
    REG_QUEUE_SIZE = 0x38,
    REG_QUEUE_ALIGN = 0x3c,
    REG_QUEUE_PFN = 0x40,
    REG_NOTIFY = 0x50,
    REG_INTERRUPT = 0x60,
    REG_INTERRUPT_ACK = 0x64,
    REG_STATUS = 0x70,
    REG_SECTORS = 0x100,
    REG_SECTORS_HIGH = 0x104,
};

#define STATUS_DRIVER 0x3 /* it was seen, and there is a driver */
#define STATUS_READY  0x4

/* With it, the disk needs no write to be on the medium when it is done. */
#define FEATURE_FLUSH 0x200

#define QUEUE_SIZE  4
#define QUEUE_ALIGN 256 /* of the ring `used` */

#define DESC_NEXT  1 /* there is another */
#define DESC_WRITE 2 /* the device writes there */

#define REQUEST_READ  0
#define REQUEST_WRITE 1
#define REQUEST_OK    0

struct descriptor {
    uint64_t pa;
    uint32_t nbytes;
    uint16_t flags, next;
};

struct shared_page {
    struct descriptor desc[QUEUE_SIZE];
    struct {
        uint16_t flags, idx, ring[QUEUE_SIZE], event;
    } avail;
    struct {
        uint32_t type, reserved;
        uint64_t sector;
    } request;
    uint8_t status;
    struct {
        uint16_t flags, idx;
        struct {
            uint32_t id, nbytes;
        } ring[QUEUE_SIZE];
    } used __attribute__((aligned(QUEUE_ALIGN)));
};

_Static_assert(sizeof(struct shared_page) <= PAGE_SIZE, "one page");

static struct virtio_disk {
    volatile uint32_t *registers;
    struct shared_page *shared;
    unsigned int line;  /* 0: there is no such transport */
    volatile bool done; /* the request */
} disks[NR_TRANSPORTS];

static uint32_t get(const struct virtio_disk *disk, unsigned int reg)
{
    return disk->registers[reg / sizeof(uint32_t)];
}

/* What was written to memory before is there for the device to see. */
static void set(const struct virtio_disk *disk, unsigned int reg,
                uint32_t value)
{
    __asm__ volatile("" ::: "memory");
    disk->registers[reg / sizeof(uint32_t)] = value;
}

static void virtio_interrupt(unsigned int line)
{
    for (struct virtio_disk *disk = disks; disk < disks + NR_TRANSPORTS;
         disk++) {
        if (disk->line != line || disk->shared == NULL)
            continue;
        set(disk, REG_INTERRUPT_ACK, get(disk, REG_INTERRUPT));
        disk->done = disk->shared->used.idx == disk->shared->avail.idx;
    }
}

static void run_request(struct virtio_disk *disk)
{
    struct shared_page *shared = disk->shared;
    unsigned long flags;

    local_irq_save(flags);
    disk->done = false;
    shared->avail.idx++;
    set(disk, REG_NOTIFY, 0);
    while (!disk->done) {
        wait_for_interrupt();
        local_irq_disable();
    }
    local_irq_restore(flags);
}

static int virtio_transfer(struct block_device *dev, unsigned long sector,
                           unsigned long pa, bool write)
{
    struct virtio_disk *disk = dev->driver;
    struct shared_page *shared = disk->shared;

    shared->request.type = write ? REQUEST_WRITE : REQUEST_READ;
    shared->request.sector = sector;
    shared->status = ~REQUEST_OK;
    shared->desc[1].pa = pa;
    shared->desc[1].flags = DESC_NEXT | (write ? 0 : DESC_WRITE);
    run_request(disk);
    return shared->status == REQUEST_OK ? 0 : -EIO;
}

/* The parts of the chain that are the same in every request. */
static void build_chain(struct shared_page *shared)
{
    shared->desc[0] = (struct descriptor){
        .pa = __pa(&shared->request),
        .nbytes = sizeof(shared->request),
        .flags = DESC_NEXT,
        .next = 1,
    };
    shared->desc[1].nbytes = PAGE_SIZE;
    shared->desc[1].next = 2;
    shared->desc[2] = (struct descriptor){
        .pa = __pa(&shared->status),
        .nbytes = sizeof(shared->status),
        .flags = DESC_WRITE,
    };
}

static void start_device(struct virtio_disk *disk)
{
    set(disk, REG_STATUS, 0);
    set(disk, REG_STATUS, STATUS_DRIVER);
    set(disk, REG_FEATURES, get(disk, REG_OFFERED) & FEATURE_FLUSH);
    set(disk, REG_PAGE_SIZE, PAGE_SIZE);
    set(disk, REG_QUEUE, 0);
    set(disk, REG_QUEUE_SIZE, QUEUE_SIZE);
    set(disk, REG_QUEUE_ALIGN, QUEUE_ALIGN);
    set(disk, REG_QUEUE_PFN, __pa(disk->shared) >> PAGE_SHIFT);
    set(disk, REG_STATUS, STATUS_DRIVER | STATUS_READY);
}

/* What does not fit in 32 bits, 2 TB and more, is not used. */
static unsigned long count_sectors(const struct virtio_disk *disk)
{
    return get(disk, REG_SECTORS_HIGH) != 0 ? ~0UL : get(disk, REG_SECTORS);
}

static void probe(struct virtio_disk *disk)
{
    if (get(disk, REG_MAGIC) != MAGIC || get(disk, REG_VERSION) != LEGACY ||
        get(disk, REG_DEVICE) != DEVICE_BLOCK)
        return;
    disk->shared = (struct shared_page *)get_zeroed_page(GFP_KERNEL);
    if (disk->shared == NULL) {
        printk("virtio_blk: no memory for a disk\n");
        return;
    }
    build_chain(disk->shared);
    start_device(disk);
    request_irq(disk->line, virtio_interrupt);
    if (add_disk(count_sectors(disk), virtio_transfer, disk) == NULL)
        printk("virtio_blk: more than %d disks\n", MAX_BLKDEVS);
}

/* A word's value, 512@BASE:LINE. All transports are in the same page. */
static void note_transport(const char *value)
{
    static unsigned long frame;
    unsigned long nbytes, base = 0, line = 0;
    char *end;
    struct virtio_disk *disk;

    nbytes = strtoul(value, &end, 0);
    if (*end == '@')
        base = strtoul(end + 1, &end, 0);
    if (*end == ':')
        line = strtoul(end + 1, &end, 0);
    if (frame == 0)
        frame = base & PAGE_MASK;
    if (nbytes != MMIO_BYTES || base == 0 || (base & PAGE_MASK) != frame ||
        line == 0 || line >= PIC_LINES) {
        printk("virtio_blk: what is %s?\n", value);
        return;
    }
    set_fixmap(FIX_VIRTIO, frame, PAGE_KERNEL_NOCACHE);
    disk = &disks[(base & ~PAGE_MASK) / MMIO_BYTES];
    disk->line = line;
    disk->registers =
        (volatile uint32_t *)(fix_to_virt(FIX_VIRTIO) + (base & ~PAGE_MASK));
}

void virtio_blk_init(void)
{
    const char *at = boot_info.command_line;

    while ((at = strstr(at, MMIO_WORD)) != NULL) {
        at += strlen(MMIO_WORD);
        note_transport(at);
    }
    for (unsigned int i = 0; i < NR_TRANSPORTS; i++)
        if (disks[i].line != 0)
            probe(&disks[i]);
}
