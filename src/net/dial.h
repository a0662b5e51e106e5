/* The client side of a WebSocket: dials, shakes hands, keeps framing. For the
 * headless terminal. */
#ifndef NET_DIAL_H
#define NET_DIAL_H

#include <stdint.h>

#include "base/fail.h"
#include "base/text.h"
#include "net/loop.h"
#include "wire/url.h"

struct dial;

struct dial_events {
    /* The handshake is done; dial_send may be called. */
    void (*on_open)(void *context);
    /* A whole text message; borrowed. */
    void (*on_message)(void *context, struct slice message);
    /* Something was heard from the server (also its pings, which are answered
     * here): for a watch over its silence. */
    void (*on_heard)(void *context);
    /* The end, exactly once, also when it never opened: a close code of
     * wire/websocket.h (WEBSOCKET_CLOSE_ABNORMAL without a close frame) and a
     * sentence for people. The dial frees itself afterwards. */
    void (*on_end)(void *context, unsigned code, const char *reason);
    void *context; /* borrowed */
};

/* Starts to connect; the address is looked up without blocking. `path` is
 * appended to the url's own: "/device/v1". FAIL_MEMORY; every other trouble
 * comes by on_end. */
MUST_CHECK enum fail dial_start(struct dial **out, struct loop *loop, const struct url *url,
                                const char *path, const struct dial_events *events);
/* One text message. After the end, or before on_open: does nothing. */
void dial_send(struct dial *dial, struct slice text);
/* Says goodbye with a close frame; on_end follows within two seconds. */
void dial_close(struct dial *dial, unsigned code, const char *reason);
/* Ends it at once without a word, as a pulled cable does; on_end follows. */
void dial_cut(struct dial *dial);

#endif
