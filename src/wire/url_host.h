/* Inside url.c: the host of an address that a person typed. */
#ifndef WIRE_URL_HOST_H
#define WIRE_URL_HOST_H

#include <stdbool.h>

#include "base/fail.h"
#include "base/text.h"
#include "wire/url.h"

/* A name, an IPv4 address, or an IPv6 address in brackets, which are left out
 * in `host` (`*bracketed`); letters come out small. FAIL_INVALID and `*problem` otherwise. */
MUST_CHECK enum fail url_host_read(struct slice text, char host[URL_HOST_SIZE], bool *bracketed,
                                   const char **problem);

#endif
