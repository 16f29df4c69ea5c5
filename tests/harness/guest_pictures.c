/* Which pictures go with a failed test: what there is to see in its guest. */
#include <stdio.h>
#include <string.h>

#include "guest_internal.h"
#include "picture.h"
#include "process.h"

struct scene guest_scene(struct guest *guest)
{
    return (struct scene){guest->ram, guest->ram_bytes, guest->symbols};
}

void guest_looks_at(struct guest *guest, const struct proc *proc)
{
    guest->last_pid = proc->pid;
    guest->last_mm = proc->mm;
}

/* The address space that the test used last; 0: none, or it has gone. Not by
 * process.h, which may end the test. */
static gaddr_t last_space(const struct guest *guest, const struct scene *scene,
                          char *owner, size_t size)
{
    struct scene_task tasks[512];
    size_t n;

    snprintf(owner, size, "made by the test");
    if (guest->last_pid == 0)
        return guest->last_mm;
    n = scene_tasks(scene, tasks, sizeof(tasks) / sizeof(tasks[0]));
    for (size_t i = 0; i < n; i++)
        if (tasks[i].pid == guest->last_pid) {
            snprintf(owner, size, "process %d (%s)", (int)tasks[i].pid,
                     tasks[i].name);
            return tasks[i].mm;
        }
    return 0;
}

/*
 * The machine stands still meanwhile, if QEMU lives; else its RAM is as it was
 * at the end. Nothing here ends the test: it has failed already.
 */
size_t guest_pictures(struct guest *guest, struct picture *out, size_t max)
{
    struct scene scene = guest_scene(guest);
    char owner[64];
    gaddr_t mm = last_space(guest, &scene, owner, sizeof(owner));
    size_t n = 0;

    if (guest->qemu.child > 0 && !guest->stopped)
        guest->stopped = qmp_stop(&guest->qmp);
    if (n < max)
        n += picture_memory(&scene, &out[n]);
    if (n < max && mm != 0)
        n += picture_space(&scene, mm, owner, &out[n]);
    if (n < max)
        n += picture_swap(&scene, &out[n]);
    return n;
}
