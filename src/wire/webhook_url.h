/* The address of a webhook, as text: what may be asked for at all. Where its
 * name leads to is looked at when it is connected to (net/post.h). */
#ifndef WIRE_WEBHOOK_URL_H
#define WIRE_WEBHOOK_URL_H

#include <stdbool.h>

#include "base/text.h"
#include "wire/url.h"

enum { WEBHOOK_URL_MAX = 1024 }; /* bytes */

/* NULL for a URL that a webhook may have, else a static sentence that says what
 * is wrong, such as "the address must start with https://". https, a public name or address, port
 * 443 or one from 1024 on, any path and query. With `allow_loopback` (for tests on one machine)
 * also http and https to localhost, 127.0.0.0/8 and [::1], at any port. */
const char *webhook_url_problem(struct slice url, bool allow_loopback);
/* The same, and its host and port in `out` when it is NULL. */
const char *webhook_url_read(struct slice url, bool allow_loopback, struct url *out);

#endif
