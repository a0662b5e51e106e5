/* Base addresses that a person types: http://127.0.0.1:8080, https://host/v2. */
#ifndef WIRE_URL_H
#define WIRE_URL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/fail.h"
#include "base/text.h"

enum { URL_HOST_SIZE = 254, URL_PATH_SIZE = 512 };

struct url {
    bool secure;              /* https or wss */
    char host[URL_HOST_SIZE]; /* a name, an IPv4 address, or IPv6 without brackets */
    bool host_is_ipv6;
    uint16_t port;            /* the scheme's own when none was given */
    char path[URL_PATH_SIZE]; /* "" or "/v2", without a closing slash */
};

/* http, https, ws or wss, a host, optionally port and path. Refused
 * (FAIL_INVALID): another scheme, user info, query, fragment, blanks, control
 * characters, backslash, port 0 or above 65535. `*problem` then says why, for
 * people: "the address must start with http:// or https://". */
MUST_CHECK enum fail url_read(struct slice text, struct url *out, const char **problem);

/* "HOST" or "HOST:PORT" as a Host header has it; the port is left out where it
 * is the scheme's own. `out` holds URL_HOST_SIZE + 8 bytes. */
void url_authority(const struct url *url, char *out);

/* Splits "HOST:PORT", "[::1]:8080", ":8080" (host "") and "8080" (host "").
 * Port 0 is allowed: any free. */
MUST_CHECK enum fail url_listen_read(struct slice text, char host[URL_HOST_SIZE], uint16_t *port,
                                     const char **problem);

#endif
