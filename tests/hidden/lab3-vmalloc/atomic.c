/* Hidden tests of lab 3: kmap_atomic() and its slots. */
#include <criterion/criterion.h>

#include "slots.h"

static gaddr_t expect_atomic(struct guest *guest, pfn_t pfn, unsigned type)
{
    gaddr_t address = kmap_atomic(guest, pfn, type);

    expect(address == atomic_address(type), .did = guest_last(guest),
           .expected = text("0x%08x, the address of the type's slot",
                            atomic_address(type)),
           .seen = text("0x%08x", address),
           .hint = "fix_to_virt(FIX_KMAP_BEGIN + type)");
    expect_maps(guest, address, pfn);
    return address;
}

Test(vmalloc, each_type_has_its_slot)
{
    struct blocks pages;
    struct guest *guest = boot_with_high_pages(&pages, KM_TYPE_NR);
    struct translation apic;

    mark_pages(guest, &pages);
    for (unsigned type = 0; type < KM_TYPE_NR; type++)
        expect_atomic(guest, pages.pfns[type], type);
    for (unsigned type = 0; type < KM_TYPE_NR; type++) {
        expect_maps(guest, atomic_address(type), pages.pfns[type]);
        expect_mark(guest, atomic_address(type), pages.pfns[type], NULL);
        expect_page_address(guest, pages.pfns[type], 0,
                            "kmap_atomic() is not kmap()");
    }
    for (unsigned type = 0; type < KM_TYPE_NR; type += 2)
        kunmap_atomic(guest, atomic_address(type), type);
    for (unsigned type = 0; type < KM_TYPE_NR; type++) {
        if (type % 2 == 0)
            expect_unmapped(guest, atomic_address(type), 1, "pte_clear()");
        else
            expect_maps(guest, atomic_address(type), pages.pfns[type]);
    }
    apic = guest_translate(guest, atomic_address(0) + PAGE_SIZE);
    expect(apic.present, .did = guest_last(guest),
           .expected = "the other fixed mappings are left alone",
           .seen = "that of the local APIC is gone",
           .hint = "the slots go downwards: kmap_pte - type");
}

Test(vmalloc, atomic_slots_work_in_any_context)
{
    static const struct {
        enum agent_context context;
        unsigned type;
    } uses[] = {
        {AGENT_PROCESS, KM_USER0},
        {AGENT_ATOMIC, KM_USER1},
        {AGENT_INTERRUPT, KM_IRQ0},
    };
    struct blocks pages;
    struct guest *guest = boot_with_high_pages(&pages, 3);

    for (size_t i = 0; i < 3; i++) {
        struct call call = kmap_atomic_call(guest, pages.pfns[i], uses[i].type);
        gaddr_t address;

        call.context = uses[i].context;
        address = guest_call(guest, &call, NULL);
        expect(address == atomic_address(uses[i].type),
               .did = guest_last(guest),
               .expected = text("0x%08x", atomic_address(uses[i].type)),
               .seen = text("0x%08x", address));
        expect_maps(guest, address, pages.pfns[i]);
    }
    for (size_t i = 0; i < 3; i++) {
        struct call call =
            kunmap_atomic_call(atomic_address(uses[i].type), uses[i].type);

        call.context = uses[i].context;
        guest_call(guest, &call, NULL);
        expect_unmapped(guest, atomic_address(uses[i].type), 1, "pte_clear()");
    }
}

/* The kernel has just read the page, so the processor remembers it. */
Test(vmalloc, atomic_slot_faults_when_it_is_unmapped)
{
    struct blocks pages;
    struct guest *guest = boot_with_high_pages(&pages, 1);
    gaddr_t address = expect_atomic(guest, pages.pfns[0], KM_USER0);

    mark_pages(guest, &pages);
    expect_mark(guest, address, pages.pfns[0], NULL);
    kunmap_atomic(guest, address, KM_USER0);
    expect_fault(guest, address, "a slot after kunmap_atomic()");
}

/* Another type's slot is no help; the same one's is a mistake. */
Test(vmalloc, atomic_slot_in_use_is_a_bug)
{
    for (int i = 0; i < 2; i++) {
        struct blocks pages;
        struct guest *guest = boot_with_high_pages(&pages, 3);
        struct call call = kmap_atomic_call(guest, pages.pfns[i], KM_USER0);

        kunmap_atomic(guest, expect_atomic(guest, pages.pfns[2], KM_USER0),
                      KM_USER0);
        expect_atomic(guest, pages.pfns[0], KM_USER0);
        expect_atomic(guest, pages.pfns[1], KM_USER1);
        expect_bug(guest, &call, "the slot maps something already");
        guest_end(guest);
    }
}

/* `which` wrong address; each machine can try one. */
static void expect_kunmap_atomic_bug(int which)
{
    struct blocks pages;
    struct guest *guest = boot_with_high_pages(&pages, 3);
    gaddr_t addresses[] = {
        expect_atomic(guest, pages.pfns[1], KM_USER1),
        kmap(guest, pages.pfns[2]),
        atomic_address(KM_TYPE_NR),
    };
    struct call call = kunmap_atomic_call(addresses[which], KM_USER0);

    expect_atomic(guest, pages.pfns[0], KM_USER0);
    expect_bug(guest, &call,
               "an address that is not in the direct map must be that of the "
               "type's slot");
    guest_end(guest);
}

Test(vmalloc, wrong_atomic_address_is_a_bug)
{
    for (int i = 0; i < 3; i++)
        expect_kunmap_atomic_bug(i);
}

Test(vmalloc, pages_below_high_memory_use_no_atomic_slot)
{
    struct blocks pages;
    struct guest *guest = boot_with_high_pages(&pages, 1);
    pfn_t low = alloc_pages(guest, GFP_KERNEL, 0);

    for (int i = 0; i < 2; i++)
        expect(kmap_atomic(guest, low, KM_USER0) == address_of(low),
               .did = guest_last(guest),
               .expected = text("0x%08x, in the direct map", address_of(low)),
               .seen = "another address");
    expect_unmapped(guest, atomic_address(KM_USER0), 1, "no slot is needed");
    expect_atomic(guest, pages.pfns[0], KM_USER0);
    kunmap_atomic(guest, address_of(low), KM_USER0);
    expect_maps(guest, atomic_address(KM_USER0), pages.pfns[0]);
    expect(guest_translate(guest, address_of(low)).present,
           .did = guest_last(guest),
           .expected = "the direct map stays as it is", .seen = "a hole in it",
           .hint = "for an address in the direct map nothing is done");
}

/* A page may be kmapped, and in an atomic slot, at the same time. */
Test(vmalloc, atomic_slots_are_apart_from_kmap)
{
    struct blocks pages;
    struct guest *guest = boot_with_high_pages(&pages, 1);
    pfn_t pfn = pages.pfns[0];
    gaddr_t slot = kmap(guest, pfn);
    gaddr_t atomic = expect_atomic(guest, pfn, KM_USER0);

    expect_slot(guest, pfn, slot, 1);
    expect_page_address(guest, pfn, slot, "kmap_atomic() is not kmap()");
    kunmap(guest, pfn);
    flush_all_zero_pkmaps(guest);
    expect_maps(guest, atomic, pfn);
    expect_no_slots(guest);
    expect(kmap(guest, pfn) != 0, .did = guest_last(guest),
           .expected = "an address", .seen = "NULL");
    kunmap_atomic(guest, atomic, KM_USER0);
    expect_unmapped(guest, atomic, 1, "pte_clear()");
    expect_slot(guest, pfn, page_address(guest, pfn), 1);
}
