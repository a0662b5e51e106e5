/* For whom a proxy speaks: X-Forwarded-For and X-Forwarded-Proto, which nginx
 * and HAProxy send.
 *
 * Anybody can write these headers, so they count only when the other side of
 * the connection is a trusted proxy, and each name in the list only as far as
 * those who wrote what stands to the right of it are trusted. RFC 7239
 * (Forwarded) is not read: proxies do not send it unless told, and pass on what
 * a client wrote there, so that two headers could say two things. */
#ifndef WIRE_FORWARDED_H
#define WIRE_FORWARDED_H

#include <stdbool.h>
#include <stddef.h>

#include "base/address.h"
#include "wire/http.h"

struct forwarded {
    /* The last address of the list that is not itself a trusted proxy; the
     * first of the list when all are; the proxy's own when there is no list, or
     * what stands at that place is no address. */
    struct address client;
    /* The proxy was reached over TLS. */
    bool secure;
};

/* The other side is the trusted proxy `proxy`. */
struct forwarded forwarded_read(const struct http_head *head, const struct address *proxy,
                                const struct address_range *trusted, size_t trusted_count);

#endif
