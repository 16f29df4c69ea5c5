/* QMP: one JSON object a line, both ways. QEMU's docs/interop/qmp-spec. */
#include "qmp.h"

#include <jansson.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define ANSWER_MS 10000

/* The next line as JSON, or NULL. */
static json_t *read_line(struct qmp *qmp)
{
    for (;;) {
        char *end = memchr(qmp->buffer, '\n', qmp->used);
        struct pollfd wait = {.fd = qmp->fd, .events = POLLIN};
        ssize_t got;

        if (end != NULL) {
            size_t length = (size_t)(end - qmp->buffer) + 1;
            json_t *line = json_loadb(qmp->buffer, length, 0, NULL);

            qmp->used -= (unsigned)length;
            memmove(qmp->buffer, end + 1, qmp->used);
            return line;
        }
        if (qmp->used == sizeof(qmp->buffer) || poll(&wait, 1, ANSWER_MS) <= 0)
            return NULL;
        got = read(qmp->fd, qmp->buffer + qmp->used,
                   sizeof(qmp->buffer) - qmp->used);
        if (got <= 0)
            return NULL;
        qmp->used += (unsigned)got;
    }
}

/* Sends a command and returns what it returned, skipping events; or NULL. */
static json_t *command(struct qmp *qmp, const char *request)
{
    if (send(qmp->fd, request, strlen(request), MSG_NOSIGNAL) !=
        (ssize_t)strlen(request))
        return NULL;
    for (;;) {
        json_t *line = read_line(qmp);
        json_t *returned = json_incref(json_object_get(line, "return"));
        bool failed = line == NULL || json_object_get(line, "error") != NULL;

        json_decref(line);
        if (returned != NULL || failed)
            return returned;
    }
}

/* QEMU speaks first, and wants to be asked for its capabilities. */
static bool greet(struct qmp *qmp)
{
    json_t *returned;

    if (qmp->greeted)
        return true;
    json_decref(read_line(qmp));
    returned = command(qmp, "{\"execute\":\"qmp_capabilities\"}\n");
    qmp->greeted = returned != NULL;
    json_decref(returned);
    return qmp->greeted;
}

static bool ask(struct qmp *qmp, const char *request)
{
    json_t *returned = greet(qmp) ? command(qmp, request) : NULL;

    json_decref(returned);
    return returned != NULL;
}

bool qmp_is_running(struct qmp *qmp, bool *running)
{
    static const char request[] = "{\"execute\":\"query-status\"}\n";
    json_t *returned = greet(qmp) ? command(qmp, request) : NULL;
    bool answered = returned != NULL;

    *running = json_is_true(json_object_get(returned, "running"));
    json_decref(returned);
    return answered;
}

bool qmp_stop(struct qmp *qmp)
{
    return ask(qmp, "{\"execute\":\"stop\"}\n");
}

bool qmp_continue(struct qmp *qmp)
{
    return ask(qmp, "{\"execute\":\"cont\"}\n");
}

bool qmp_register(struct qmp *qmp, const char *name, uint32_t *value)
{
    static const char request[] =
        "{\"execute\":\"human-monitor-command\",\"arguments\":"
        "{\"command-line\":\"info registers\"}}\n";
    json_t *returned = greet(qmp) ? command(qmp, request) : NULL;
    const char *registers = json_string_value(returned);
    const char *at = registers == NULL ? NULL : strstr(registers, name);
    bool found = at != NULL && at[strlen(name)] == '=';

    if (found)
        *value = (uint32_t)strtoul(at + strlen(name) + 1, NULL, 16);
    json_decref(returned);
    return found;
}
