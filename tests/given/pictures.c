/* Pictures of guests, in states that are known, and in states that should not
 * be: what they show, and that they end. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "blocks.h"
#include "guest_internal.h"
#include "picture.h"
#include "swaps.h"

Test(given, a_picture_of_memory)
{
    struct guest *guest = guest_boot(&machine_swap_8mb, STAGE_SWAP);
    struct proc *proc = user_spawn(guest), *child;
    uaddr_t at;

    make_whole_swap(guest, 0);
    swap_on(proc, 0, -1);
    at = user_pages(proc, 3000);
    user_stamp(proc, at, 2500, 1000);
    expect_stamped(proc, at+10*4096, 20, 1010, "");
    child = user_fork(proc);
    user_store(child, at+13*4096, 5);
    expect(0, .did="x", .expected="y", .seen="z");
}
Test(given, a_picture_of_space)
{
    struct guest *guest = guest_boot(&machine_64mb, STAGE_USER);
    struct proc *proc = user_spawn(guest), *child;
    uaddr_t at = user_pages(proc, 20);
    int fd;
    user_stamp(proc, at, 10, 1000);
    user_load(proc, at + 15*4096);
    user_make_stamped_file(proc, "/tmp/file", 8, 77);
    fd = user_open(proc, "/tmp/file", O_RDWR);
    at = user_mmap_file(proc, 8*4096, PROT_READ|PROT_WRITE, MAP_SHARED, fd, 0);
    user_load(proc, at); user_load(proc, at+4096);
    user_store(proc, at+2*4096,1);
    at = user_mmap_file(proc, 8*4096, PROT_READ|PROT_WRITE, MAP_PRIVATE, fd, 0);
    user_load(proc, at); user_load(proc, at+4096);
    user_store(proc, at+2*4096,1);
    at = user_mmap(proc, 8*4096, PROT_NONE, MAP_PRIVATE);
    child = user_fork(proc);
    at = user_pages(proc, 3);
    user_store(proc, at+4096, 5);
    user_mprotect(proc, at, 3*4096, PROT_NONE);
    (void)child;
    expect(0, .did="x", .expected="y", .seen="z");
}
