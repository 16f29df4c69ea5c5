/*
 * Fills "/" from the ramdisk: an archive of cpio's "newc" format, which the
 * loader put somewhere in RAM, perhaps in high memory. Linux init/initramfs.c.
 *
 *     header: 110 characters | name, 0 | 0 … 3 | contents | 0 … 3 | header …
 *             "070701", then thirteen numbers of 8 hexadecimal digits
 *
 * Names and contents begin at multiples of 4 bytes. The archive may say
 * anything: each number is checked, and unpacking stops at the first mistake;
 * what came before it stays. Then the frames go to the page allocator.
 */
#include <files.h>

#include <boot.h>
#include <errno.h>
#include <highmem.h>
#include <kernel.h>
#include <page_alloc.h>
#include <pagemap.h>
#include <string.h>

#define MAGIC_CHARS  6
#define FIELD_CHARS  8
#define NFIELDS      13
#define HEADER_CHARS (MAGIC_CHARS + NFIELDS * FIELD_CHARS)
#define ALIGNMENT    4UL
#define HEX_BASE     16
#define TRAILER      "TRAILER!!!"

/* Numbers of the header, by their places. */
enum field {
    F_MODE = 1,
    F_FILE_BYTES = 6,
    F_RDEV_MAJOR = 9,
    F_RDEV_MINOR = 10,
    F_NAME_BYTES = 11, /* with the 0 */
};

struct archive {
    unsigned long start, nbytes; /* physical */
    unsigned long at;            /* how far it has been read */
};

/* Copies the next bytes out; false if there are not so many. */
static bool take(struct archive *archive, void *to, unsigned long nbytes)
{
    if (nbytes > archive->nbytes - archive->at)
        return false;
    while (nbytes > 0) {
        unsigned long pa = archive->start + archive->at;
        unsigned long part = PAGE_SIZE - (pa & ~PAGE_MASK);
        struct page *page = pfn_to_page(pa >> PAGE_SHIFT);

        part = part < nbytes ? part : nbytes;
        memcpy(to, (char *)kmap(page) + (pa & ~PAGE_MASK), part);
        kunmap(page);
        to = (char *)to + part;
        archive->at += part;
        nbytes -= part;
    }
    return true;
}

/* Goes on to the next multiple of ALIGNMENT. */
static void align(struct archive *archive)
{
    unsigned long at = (archive->at + ALIGNMENT - 1) & ~(ALIGNMENT - 1);

    archive->at = at < archive->nbytes ? at : archive->nbytes;
}

/* Reads a header's numbers; false if it isn't one. */
static bool take_header(struct archive *archive, unsigned long *fields)
{
    char header[HEADER_CHARS], digits[FIELD_CHARS + 1], *end;

    if (!take(archive, header, sizeof(header)) ||
        (memcmp(header, "070701", MAGIC_CHARS) != 0 &&
         memcmp(header, "070702", MAGIC_CHARS) != 0))
        return false;
    for (int i = 0; i < NFIELDS; i++) {
        memcpy(digits, header + MAGIC_CHARS + i * FIELD_CHARS, FIELD_CHARS);
        digits[FIELD_CHARS] = '\0';
        if (strchr(digits, 'x') != NULL || strchr(digits, '-') != NULL)
            return false;
        fields[i] = strtoul(digits, &end, HEX_BASE);
        if (end != digits + FIELD_CHARS)
            return false;
    }
    return true;
}

/* Fills a file that was just made: 0 or an error number. */
static int take_contents(struct archive *archive, const char *path,
                         unsigned long nbytes, char *buffer)
{
    struct inode *inode;
    unsigned long done = 0;
    int error = path_lookup(path, &inode);

    if (error != 0)
        return error;
    while (error == 0 && done < nbytes) {
        unsigned long part = nbytes - done;
        long copied;

        part = part < PAGE_SIZE ? part : PAGE_SIZE;
        if (!take(archive, buffer, part)) {
            error = -EIO;
            break;
        }
        copied = inode_write(inode, done, buffer, part);
        done += part;
        if (copied < (long)part)
            error = copied < 0 ? (int)copied : -ENOMEM;
    }
    iput(inode);
    return error;
}

/* Makes what a header describes; its contents come next in the archive. */
static int make_entry(struct archive *archive, const char *path,
                      const unsigned long *fields, char *buffer)
{
    unsigned int mode = fields[F_MODE] & (S_IFMT | S_IRWXUGO);
    unsigned long dev = MKDEV(fields[F_RDEV_MAJOR], fields[F_RDEV_MINOR]);
    int error;

    if (!S_ISDIR(mode) && !S_ISREG(mode) && !S_ISCHR(mode)) {
        printk("initrd: %s is no file, folder or device: left out\n", path);
        return 0;
    }
    error = path_create(path, mode, S_ISCHR(mode) ? dev : 0);
    if (error == -EEXIST && S_ISDIR(mode))
        return 0;
    if (error == 0 && S_ISREG(mode))
        error = take_contents(archive, path, fields[F_FILE_BYTES], buffer);
    return error;
}

/* One entry: 0, 1 after the last, or an error number. */
static int unpack_entry(struct archive *archive, char *path, char *buffer)
{
    unsigned long fields[NFIELDS], contents;
    int error;

    if (!take_header(archive, fields) || fields[F_NAME_BYTES] < 2 ||
        fields[F_NAME_BYTES] > PATH_MAX ||
        !take(archive, path, fields[F_NAME_BYTES]) ||
        strnlen(path, PATH_MAX) != fields[F_NAME_BYTES] - 1)
        return -EINVAL;
    align(archive);
    if (strcmp(path, TRAILER) == 0)
        return 1;
    if (fields[F_FILE_BYTES] > archive->nbytes - archive->at)
        return -EINVAL;
    contents = archive->at;
    error = make_entry(archive, path, fields, buffer);
    if (error != 0) {
        printk("initrd: %s: error %d\n", path, -error);
        return error;
    }
    archive->at = contents + fields[F_FILE_BYTES];
    align(archive);
    return 0;
}

static void unpack(struct archive *archive)
{
    char *path = (char *)__get_free_pages(GFP_KERNEL, 0);
    char *buffer = (char *)__get_free_pages(GFP_KERNEL, 0);
    int error = path == NULL || buffer == NULL ? -ENOMEM : 0;

    while (error == 0)
        error = unpack_entry(archive, path, buffer);
    if (error < 0)
        printk("initrd: stopped at byte %lu of %lu: error %d\n", archive->at,
               archive->nbytes, -error);
    free_page((unsigned long)path);
    free_page((unsigned long)buffer);
}

/* Gives back the frames that hold nothing but the archive. */
static void free_frames(unsigned long start, unsigned long end)
{
    for (unsigned long pfn = PAGE_ALIGN(start) >> PAGE_SHIFT;
         pfn < end >> PAGE_SHIFT; pfn++) {
        struct page *page = pfn_to_page(pfn);

        ClearPageReserved(page);
        set_page_count(page, 1);
        __free_page(page);
    }
}

void initrd_unpack(void)
{
    struct archive archive = {
        .start = boot_info.initrd_start,
        .nbytes = boot_info.initrd_end - boot_info.initrd_start,
    };

    if (boot_info.initrd_end <= boot_info.initrd_start ||
        boot_info.initrd_end > max_mapnr << PAGE_SHIFT)
        return;
    unpack(&archive);
    free_frames(boot_info.initrd_start, boot_info.initrd_end);
    boot_info.initrd_end = boot_info.initrd_start;
}
