/*
 * Which URLs may be fetched. The address of a submission can come from a
 * student, and the machine that fetches it stands inside a network: so only
 * https and ssh, and no host that means this machine.
 *
 * A name server can answer differently the next time it is asked, so this
 * keeps honest mistakes and simple tricks out; a firewall does the rest.
 */
#include "source_git.h"

#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

#include "text.h"

#define URL_BYTES  2048
#define HOST_BYTES 256

static int refuse_url(const char *url, const char *why, struct error *err)
{
    char *origin = source_origin(url);
    int rc = fail(err, ERROR_REJECTED,
                  "can't fetch %s: %s; use https://HOST/PATH, "
                  "ssh://USER@HOST/PATH or a local path",
                  origin ? show(origin).text : "the repository", why);

    free(origin);
    return rc;
}

/* Points *host at what follows scheme and user; NULL: not a URL for us. */
static const char *host_of(const char *url)
{
    const char *host = NULL;

    if (strncasecmp(url, "https://", 8) == 0) {
        host = url + 8;
    } else if (strncasecmp(url, "ssh://", 6) == 0) {
        host = url + 6;
    } else if (!strstr(url, "://") && !strstr(url, "::")) {
        host = url; /* user@host:path */
    } else {
        return NULL;
    }
    size_t authority = strcspn(host, "/");
    const char *at = memrchr(host, '@', authority);
    return at ? at + 1 : host;
}

static bool copy_host(const char *from, char host[HOST_BYTES])
{
    const char *first = *from == '[' ? from + 1 : from;
    size_t n = strcspn(first, *from == '[' ? "]" : "/:?#");

    if (n == 0 || n >= HOST_BYTES || *first == '-') {
        return false;
    }
    memcpy(host, first, n);
    host[n] = '\0';
    return true;
}

static bool is_here_v4(uint32_t address)
{
    return address >> 24 == 127 || address >> 24 == 0 ||
           address >> 16 == (169u << 8 | 254u);
}

/* Loopback, unspecified and link-local addresses. */
static bool is_here(const struct sockaddr *address)
{
    if (address->sa_family == AF_INET) {
        const struct sockaddr_in *v4 = (const void *)address;
        return is_here_v4(ntohl(v4->sin_addr.s_addr));
    }
    const struct in6_addr *v6 =
        &((const struct sockaddr_in6 *)(const void *)address)->sin6_addr;
    if (IN6_IS_ADDR_V4MAPPED(v6) || IN6_IS_ADDR_V4COMPAT(v6)) {
        uint32_t v4 = 0;
        memcpy(&v4, v6->s6_addr + 12, sizeof(v4));
        return is_here_v4(ntohl(v4));
    }
    return IN6_IS_ADDR_LOOPBACK(v6) || IN6_IS_ADDR_UNSPECIFIED(v6) ||
           IN6_IS_ADDR_LINKLOCAL(v6);
}

/* With `flags` AI_NUMERICHOST only an address has addresses. */
static int check_addresses(const char *url, const char *host, int flags,
                           struct error *err)
{
    static const char here[] = "its host is this machine";
    const struct addrinfo hints = {.ai_socktype = SOCK_STREAM,
                                   .ai_flags = flags};
    struct addrinfo *list = NULL;
    size_t n = strlen(host);
    int rc = 0;

    if (strcasecmp(host, "localhost") == 0 ||
        (n > 10 && strcasecmp(host + n - 10, ".localhost") == 0)) {
        return refuse_url(url, here, err);
    }
    int status = getaddrinfo(host, NULL, &hints, &list);
    if (status == EAI_NONAME && flags == AI_NUMERICHOST) {
        return 0;
    }
    if (status) {
        return fail(err, ERROR_INFRA, "can't find the host %s: %s",
                    show(host).text, gai_strerror(status));
    }
    for (struct addrinfo *one = list; !rc && one; one = one->ai_next) {
        if ((one->ai_family == AF_INET || one->ai_family == AF_INET6) &&
            is_here(one->ai_addr)) {
            rc = refuse_url(url, here, err);
        }
    }
    freeaddrinfo(list);
    return rc;
}

static int check(const char *url, int flags, struct error *err)
{
    char host[HOST_BYTES];
    size_t n = strlen(url);

    if (url[0] == '-' || n > URL_BYTES || !text_is_clean(url, n) ||
        strchr(url, ' ')) {
        return refuse_url(url, "that is not a git URL", err);
    }
    const char *from = host_of(url);
    if (!from) {
        return refuse_url(url, "its transport is not allowed", err);
    }
    if (!copy_host(from, host)) {
        return refuse_url(url, "it has no proper host", err);
    }
    return check_addresses(url, host, flags, err);
}

int source_url_check(const char *url, struct error *err)
{
    return check(url, 0, err);
}

int source_url_check_text(const char *url, struct error *err)
{
    return check(url, AI_NUMERICHOST, err);
}
