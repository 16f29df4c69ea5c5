/* Hidden tests of lab 8: /bin/maptest, as a user runs it. */
#include <criterion/criterion.h>
#include <string.h>

#include "mapdrv.h"

#define OUTPUT     "/out"
#define ARGS_BYTES 256u /* of scratch, from here on */

/* Its descriptors 0, 1 and 2 are this file. */
static void open_output(struct proc *proc)
{
    for (int i = 0; i < 3; i++) {
        int fd = user_open(proc, OUTPUT, O_RDWR | O_CREAT);

        expect(fd == i, .did = guest_last(proc->guest),
               .expected = text("descriptor %d", i), .seen = text("%d", fd));
    }
}

/* maptest FILE in a child; its exit code, as of wait4(). */
static uint32_t run_maptest(struct proc *proc, const char *file)
{
    struct proc *child = user_fork(proc);
    uaddr_t program = user_string(child, 0, "/bin/maptest");
    uaddr_t name = user_string(child, ARGS_BYTES / 2, file);
    const uint32_t argv[] = {program, name, 0};
    uaddr_t args = user_bytes(child, ARGS_BYTES, argv, sizeof(argv));
    struct user_result result = user_try(
        op_shown_as(syscall_op(child, NR_execve, program, args, args + 8),
                    text("maptest %s", file)));

    expect(result.status == USER_EXITED, .did = guest_last(proc->guest),
           .expected = "it ends", .seen = "it does not");
    return result.value;
}

Test(mapdrv, maptest_prints_the_texts)
{
    struct guest *guest = guest_boot(&machine_64mb, STAGE_USER);
    struct proc *proc = spawn_with_driver(guest);
    struct buffer buffer = driver_buffer(guest);
    const char *expected = "";
    uint32_t code;

    open_output(proc);
    code = run_maptest(proc, MAPFILE);
    expect(code == 0, .did = guest_last(guest), .expected = "exit code 0",
           .seen = text("0x%x", code));
    for (unsigned i = 0; i < MAPDRV_PAGES; i++)
        expected = text("%s" MAPDRV_TEXT "\n", expected, i);
    expect_file(proc, OUTPUT, 0, expected, strlen(expected), NULL);
    expect_driver_uses(guest, 0, "maptest has ended");
    expect_buffer_users(guest, &buffer, 1, "maptest has ended");
    unload_driver(proc);
    code = run_maptest(proc, MAPFILE);
    expect(code != 0, .did = guest_last(guest),
           .expected = "an error, without the driver", .seen = "success");
}
