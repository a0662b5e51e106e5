/* A connection that we open, plain or TLS: a name, its addresses, bytes both
 * ways. For dial.c, which knows what the bytes mean. */
#ifndef NET_DIAL_LINK_H
#define NET_DIAL_LINK_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/fail.h"
#include "net/loop.h"
#include "wire/url.h"

struct dial_link;
struct tls_client; /* net/tls.h */

struct dial_link_events {
    /* With TLS: the server has shown who it is. */
    void (*on_connected)(void *context);
    /* What arrived, in a buffer of the loop, which the callee may change. */
    void (*on_bytes)(void *context, char *bytes, size_t length);
    /* It is of no more use: the owner closes it. `reason` is for people. Also
     * from inside dial_link_connect, dial_link_write and dial_link_finish. */
    void (*on_trouble)(void *context, const char *reason);
    /* Once, after dial_link_close and never from inside it. The link frees
     * itself afterwards. */
    void (*on_closed)(void *context);
};

/* Does nothing yet. FAIL_MEMORY. `events` is borrowed and must stay. */
MUST_CHECK enum fail dial_link_create(struct dial_link **out, struct loop *loop,
                                      const struct dial_link_events *events, void *context);
/* Looks the name up and tries its addresses one after another. `tls` is NULL
 * when the url is not secure, and else borrowed until on_closed. */
void dial_link_connect(struct dial_link *link, const struct url *url, struct tls_client *tls);
/* What to say when on_connected was waited for long enough. */
const char *dial_link_late_text(const struct dial_link *link);
/* Sends, and takes the bytes of `bytes` out of it in any case; they are wiped
 * when they are gone. A failure of the buffer is told as trouble. */
void dial_link_write(struct dial_link *link, struct buf *bytes);
/* Says that nothing more will be sent; what the other side sends still comes. */
void dial_link_finish(struct dial_link *link);
/* At once; what is not sent yet is dropped. */
void dial_link_close(struct dial_link *link);

#endif
