/*
 * How long QEMU alone takes: from starting its process to the first frame of
 * the kernel's agent, on the machine and with the command line of the tests.
 * Then ends it. Prints both times in microseconds: to the frame, and to the end
 * of the process. scripts/bench compares a whole test with them.
 */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "agent_proto.h"
#include "qemu.h"
#include "record.h"

static double now_us(void)
{
    struct timespec time;

    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec * 1e6 + (double)time.tv_nsec / 1e3;
}

/* Reads the frame that says the kernel is there. */
static int wait_ready(int fd)
{
    struct agent_frame frame;
    size_t done = 0;

    while (done < sizeof(frame)) {
        ssize_t got = read(fd, (char *)&frame + done, sizeof(frame) - done);

        if (got <= 0)
            return -1;
        done += (size_t)got;
    }
    return frame.op == AGENT_READY ? 0 : -1;
}

int main(int argc, char **argv)
{
    static const struct option long_options[] = {
        {"kernel", required_argument, NULL, 'k'},
        {"qemu", required_argument, NULL, 'q'},
        {NULL, 0, NULL, 0},
    };
    struct options options = {.sandbox = "none", .seed = "0", .out = "."};
    struct qemu qemu;
    double start, ready;
    int option, failed;

    while ((option = getopt_long(argc, argv, "", long_options, NULL)) != -1) {
        if (option == 'k')
            options.kernel = optarg;
        else if (option == 'q')
            options.qemu = optarg;
    }
    if (options.kernel == NULL || options.qemu == NULL) {
        fprintf(stderr, "usage: %s --kernel IMAGE --qemu QEMU\n", argv[0]);
        return 1;
    }
    harness_set_options(&options);
    start = now_us();
    qemu_start(&machine_64mb, false, &qemu);
    failed = wait_ready(qemu.agent);
    ready = now_us() - start;
    qemu_end(&qemu);
    printf("%.0f %.0f\n", ready, now_us() - start);
    return failed ? 3 : 0;
}
