/* Areas of an address space, from RAM: what they are, and whether all that
 * mmap.h says of them holds. */
#include "process.h"

#include <stdlib.h>
#include <string.h>

#define MOST_VMAS  8192 /* a list that is longer has no end */
#define MOST_DEPTH 40   /* of a red-black tree: 2 log2(n + 1), and more */

#define PGD_ENTRIES   (USER_END >> 22) /* of the user part */
#define TABLE_ENTRIES 1024u
#define FRAME         0xfffff000u

/* --- texts --------------------------------------------------------------- */

const char *vm_flags_text(uint32_t flags)
{
    static const struct {
        uint32_t bit;
        const char *name;
    } names[] = {
        {VM_READ, "VM_READ"},           {VM_WRITE, "VM_WRITE"},
        {VM_EXEC, "VM_EXEC"},           {VM_SHARED, "VM_SHARED"},
        {VM_MAYREAD, "VM_MAYREAD"},     {VM_MAYWRITE, "VM_MAYWRITE"},
        {VM_MAYEXEC, "VM_MAYEXEC"},     {VM_MAYSHARE, "VM_MAYSHARE"},
        {VM_GROWSDOWN, "VM_GROWSDOWN"}, {VM_AGENT, "VM_AGENT"},
    };
    const char *out = "";

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        if (flags & names[i].bit)
            out = text("%s%s%s", out, *out == '\0' ? "" : " | ", names[i].name);
    return *out == '\0' ? "no flags" : out;
}

const char *vma_text(const struct vma_view *vma)
{
    return text("[0x%08x, 0x%08x) %s", vma->start, vma->end,
                vm_flags_text(vma->flags));
}

static const char *span_text(const struct span *span)
{
    if (span->flags == 0)
        return text("[0x%08x, 0x%08x)", span->start, span->end);
    return text("[0x%08x, 0x%08x) %s", span->start, span->end,
                vm_flags_text(span->flags));
}

/* --- reading them -------------------------------------------------------- */

struct vma_view vma_view(struct guest *guest, gaddr_t vma)
{
    return (struct vma_view){
        .at = vma,
        .mm = guest_u32(guest, vma + VMA_MM),
        .start = guest_u32(guest, vma + VMA_START),
        .end = guest_u32(guest, vma + VMA_END),
        .flags = guest_u32(guest, vma + VMA_FLAGS),
        .page_prot = guest_u32(guest, vma + VMA_PAGE_PROT),
        .pgoff = guest_u32(guest, vma + VMA_PGOFF),
        .file = guest_u32(guest, vma + VMA_FILE),
        .ops = guest_u32(guest, vma + VMA_OPS),
        .private_data = guest_u32(guest, vma + VMA_PRIVATE_DATA),
        .next = guest_u32(guest, vma + VMA_NEXT),
    };
}

/* An area must lie behind those before it on the list. */
static void check_vma(const struct proc *proc, const struct vma_view *vma,
                      uaddr_t from)
{
    expect(vma->start % PAGE_SIZE == 0 && vma->end % PAGE_SIZE == 0 &&
               vma->start >= from && vma->start < vma->end &&
               vma->end <= USER_END,
           .did = guest_last(proc->guest),
           .expected = text("%s: areas on mm->mmap are whole pages, not empty, "
                            "by rising address, without overlap; the next one "
                            "between 0x%08x and TASK_SIZE",
                            proc_text(proc), from),
           .seen = vma_text(vma));
}

struct vmas all_vmas(const struct proc *proc)
{
    gaddr_t at = mm_view(proc).mmap;
    struct vmas vmas = {allocate(MOST_VMAS, sizeof(struct vma_view)), 0};
    uaddr_t from = 0;

    while (at != 0) {
        struct vma_view vma = vma_view(proc->guest, at);

        expect(vmas.n < MOST_VMAS, .did = guest_last(proc->guest),
               .expected = "mm->mmap ends", .seen = "a list without an end");
        check_vma(proc, &vma, from);
        vmas.list[vmas.n++] = vma;
        from = vma.end;
        at = vma.next;
    }
    return vmas;
}

struct vmas vmas_of(const struct proc *proc)
{
    struct vmas vmas = all_vmas(proc);
    size_t n = 0;

    for (size_t i = 0; i < vmas.n; i++)
        if (!(vmas.list[i].flags & VM_AGENT))
            vmas.list[n++] = vmas.list[i];
    vmas.n = n;
    return vmas;
}

/* The one that holds an address, or NULL. */
static const struct vma_view *find_in(const struct vmas *vmas, uaddr_t address)
{
    size_t low = 0, high = vmas->n;

    while (low < high) {
        size_t middle = (low + high) / 2;

        if (vmas->list[middle].end <= address)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == vmas->n || vmas->list[low].start > address)
        return NULL;
    return &vmas->list[low];
}

struct vma_view vma_at(const struct proc *proc, uaddr_t address)
{
    struct vmas vmas = all_vmas(proc);
    const struct vma_view *found = find_in(&vmas, address);
    struct vma_view vma = {.at = 0};

    if (found != NULL)
        vma = *found;
    free(vmas.list);
    return vma;
}

/* --- which there are ----------------------------------------------------- */

static bool is_span(const struct vma_view *vma, const struct span *span)
{
    return vma->start == span->start && vma->end == span->end &&
           (span->flags == 0 || vma->flags == span->flags);
}

static const char *vmas_text(const struct vmas *vmas)
{
    const char *out = text("%zu areas", vmas->n);

    for (size_t i = 0; i < vmas->n && i < 8; i++)
        out =
            text("%s%s %s", out, i == 0 ? ":" : ",", vma_text(&vmas->list[i]));
    return vmas->n > 8 ? text("%s, …", out) : out;
}

static const char *spans_text(const struct span *spans, size_t n)
{
    const char *out = text("%zu areas", n);

    for (size_t i = 0; i < n && i < 8; i++)
        out = text("%s%s %s", out, i == 0 ? ":" : ",", span_text(&spans[i]));
    return n > 8 ? text("%s, …", out) : out;
}

void expect_vmas_in(const struct proc *proc, const struct span *within,
                    const struct span *expected, size_t n, const char *hint)
{
    struct vmas vmas = vmas_of(proc);
    size_t seen = 0;
    bool same;

    for (size_t i = 0; i < vmas.n; i++)
        if (vmas.list[i].end > within->start &&
            vmas.list[i].start < within->end)
            vmas.list[seen++] = vmas.list[i];
    vmas.n = seen;
    same = vmas.n == n;
    for (size_t i = 0; same && i < n; i++)
        same = is_span(&vmas.list[i], &expected[i]);
    expect(same, .did = guest_last(proc->guest),
           .expected =
               text("%s has %s", proc_text(proc), spans_text(expected, n)),
           .seen = vmas_text(&vmas), .hint = hint);
    free(vmas.list);
}

void expect_vmas(const struct proc *proc, const struct span *expected, size_t n,
                 const char *hint)
{
    const struct span all = {.start = 0, .end = USER_END};

    expect_vmas_in(proc, &all, expected, n, hint);
}

/* --- the tree ------------------------------------------------------------ */

/* What is known of the tree while it is walked in order. */
struct tree_walk {
    const struct proc *proc;
    const struct vmas *vmas;
    size_t next; /* whose turn it is on the list */
};

__attribute__((noreturn)) static void
bad_tree(const struct proc *proc, const char *expected, const char *seen)
{
    report_fail(
        __FILE__, __LINE__,
        (struct claim){
            .did = guest_last(proc->guest),
            .expected = text("%s: mm->mm_rb is %s", proc_text(proc), expected),
            .seen = seen,
            .hint = "rb_link_node(), rb_insert_color() and rb_erase() "
                    "keep it so",
        });
}

static void check_color(const struct tree_walk *walk, gaddr_t node,
                        uint32_t color, bool parent_is_red)
{
    if (color != RB_RED && color != RB_BLACK)
        bad_tree(walk->proc, "a tree of red and black nodes",
                 text("color %u of the node at 0x%08x", color, node));
    if (parent_is_red && color == RB_RED)
        bad_tree(walk->proc, "a tree in which no child of a red node is red",
                 "a red one");
}

/* Walks the tree below a node, and returns how many black nodes are on each
 * way down. */
static unsigned walk_tree(struct tree_walk *walk, gaddr_t node, gaddr_t parent,
                          bool parent_is_red, unsigned depth)
{
    struct guest *guest = walk->proc->guest;
    unsigned left, right;
    uint32_t color;

    if (node == 0)
        return 1;
    if (depth > MOST_DEPTH)
        bad_tree(walk->proc, "a balanced tree", "a way down without an end");
    color = guest_u32(guest, node + RB_COLOR);
    check_color(walk, node, color, parent_is_red);
    if (guest_u32(guest, node + RB_PARENT) != parent)
        bad_tree(walk->proc, "a tree whose nodes know their parents",
                 text("the node at 0x%08x does not", node));
    left = walk_tree(walk, guest_u32(guest, node + RB_LEFT), node,
                     color == RB_RED, depth + 1);
    if (walk->next == walk->vmas->n ||
        walk->vmas->list[walk->next].at + VMA_RB != node)
        bad_tree(walk->proc, "a tree of the areas of mm->mmap, in that order",
                 text("the area at 0x%08x, where %s belongs", node - VMA_RB,
                      walk->next == walk->vmas->n
                          ? "none"
                          : vma_text(&walk->vmas->list[walk->next])));
    walk->next++;
    right = walk_tree(walk, guest_u32(guest, node + RB_RIGHT), node,
                      color == RB_RED, depth + 1);
    if (left != right)
        bad_tree(walk->proc, "a tree with as many black nodes on each way down",
                 text("%u and %u", left, right));
    return left + (color == RB_BLACK);
}

static void check_tree(const struct proc *proc, const struct vmas *vmas)
{
    struct tree_walk walk = {proc, vmas, 0};

    walk_tree(&walk, mm_view(proc).mm_rb, 0, true, 0);
    if (walk.next != vmas->n)
        bad_tree(proc, text("a tree of all %zu areas of mm->mmap", vmas->n),
                 text("it has %zu of them", walk.next));
}

/* --- the counts, and each area ------------------------------------------- */

static void expect_count(const struct proc *proc, const char *what,
                         uint32_t seen, size_t expected)
{
    expect(seen == expected, .did = guest_last(proc->guest),
           .expected = text("%s: %s is %zu", proc_text(proc), what, expected),
           .seen = text("%u", seen));
}

/* What vm_get_page_prot() says. */
static uint32_t page_prot(uint32_t flags)
{
    if (!(flags & (VM_READ | VM_WRITE | VM_EXEC)))
        return PTE_PROTNONE | PTE_ACCESSED;
    if ((flags & VM_SHARED) && (flags & VM_WRITE))
        return PTE_PRESENT | PTE_USER | PTE_ACCESSED | PTE_WRITABLE;
    return PTE_PRESENT | PTE_USER | PTE_ACCESSED;
}

static void check_fields(const struct proc *proc, const struct vma_view *vma,
                         gaddr_t mm)
{
    expect(vma->mm == mm, .did = guest_last(proc->guest),
           .expected = text("vm_mm of %s is 0x%08x", vma_text(vma), mm),
           .seen = text("0x%08x", vma->mm));
    expect((vma->flags & VM_AGENT) || vma->page_prot == page_prot(vma->flags),
           .did = guest_last(proc->guest),
           .expected = text("vm_page_prot of %s is 0x%x", vma_text(vma),
                            page_prot(vma->flags)),
           .seen = text("0x%x", vma->page_prot),
           .hint = "vm_get_page_prot(vma->vm_flags)");
}

static void check_counts(const struct proc *proc, const struct vmas *vmas)
{
    struct mm_view mm = mm_view(proc);
    size_t npages_in_all = 0;
    bool cached = mm.mmap_cache == 0;

    for (size_t i = 0; i < vmas->n; i++) {
        const struct vma_view *vma = &vmas->list[i];

        check_fields(proc, vma, mm.at);
        npages_in_all += (vma->end - vma->start) / PAGE_SIZE;
        cached |= vma->at == mm.mmap_cache;
    }
    expect_count(proc, "map_count", mm.map_count, vmas->n);
    expect_count(proc, "total_vm", mm.total_vm, npages_in_all);
    expect(cached, .did = guest_last(proc->guest),
           .expected = text("%s: mmap_cache is NULL or one of its areas",
                            proc_text(proc)),
           .seen = text("0x%08x", mm.mmap_cache),
           .hint = "an area that goes, goes from there, too");
}

/* --- what is mapped ------------------------------------------------------ */

/* Checks the entries of one page table; how many count in rss. */
static size_t check_table(const struct proc *proc, const struct vmas *vmas,
                          uint32_t table_pa, uaddr_t start)
{
    uint32_t table[TABLE_ENTRIES];
    size_t rss = 0;

    guest_copy_physical(proc->guest, table_pa, table, sizeof(table));
    for (unsigned i = 0; i < TABLE_ENTRIES; i++) {
        uaddr_t address = start + i * PAGE_SIZE;

        if (!(table[i] & (PTE_PRESENT | PTE_PROTNONE)))
            continue;
        expect(find_in(vmas, address) != NULL, .did = guest_last(proc->guest),
               .expected = text("%s: nothing is mapped outside of the areas",
                                proc_text(proc)),
               .seen = text("an entry 0x%08x for 0x%08x", table[i], address),
               .hint = "zap_page_range() before an area goes");
        rss += !(page_flags(proc->guest, table[i] >> PAGE_SHIFT) & PG_RESERVED);
    }
    return rss;
}

static void check_tables(const struct proc *proc, const struct vmas *vmas)
{
    struct mm_view mm = mm_view(proc);
    size_t rss = 0;

    for (unsigned i = 0; i < PGD_ENTRIES; i++) {
        uint32_t entry = guest_u32(proc->guest, mm.pgd + i * 4);

        if (entry & PTE_PRESENT)
            rss += check_table(proc, vmas, entry & FRAME, i << 22);
    }
    expect_count(proc, "rss", mm.rss, rss);
}

void expect_sound(const struct proc *proc)
{
    struct vmas vmas = all_vmas(proc);

    check_counts(proc, &vmas);
    check_tree(proc, &vmas);
    check_tables(proc, &vmas);
    free(vmas.list);
}
