/* Memory and callbacks for calls from outside. */
#include <probe.h>

#include <irq.h>
#include <string.h>

uint8_t probe_memory[PROBE_BYTES];
struct probe_log probe_ctor_log, probe_dtor_log;
size_t probe_object_size;

static void note(struct probe_log *log, const void *object, unsigned long flags)
{
    unsigned long irq_flags;

    local_irq_save(irq_flags);
    if (log->ncalls < PROBE_CALLS)
        log->calls[log->ncalls] = (struct probe_call){object, flags};
    log->ncalls++;
    local_irq_restore(irq_flags);
}

void probe_ctor(void *object, kmem_cache_t *cachep, unsigned long flags)
{
    (void)cachep;
    note(&probe_ctor_log, object, flags);
    memset(object, PROBE_FILL, probe_object_size);
}

void probe_dtor(void *object, kmem_cache_t *cachep, unsigned long flags)
{
    (void)cachep;
    note(&probe_dtor_log, object, flags);
}
