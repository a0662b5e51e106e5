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
struct tls_client; /* net/tls.h */

enum { DIAL_RETRY_AFTER_MAX_MS = 3600 * 1000 };

/* How a dial ended. */
struct dial_end {
    /* A close code of wire/websocket.h; WEBSOCKET_CLOSE_ABNORMAL without a close
     * frame. */
    unsigned code;
    const char *reason; /* a sentence for people; borrowed */
    /* What a server that is too busy (429, 503) asked for by Retry-After, at
     * most DIAL_RETRY_AFTER_MAX_MS; 0: nothing. */
    uint32_t retry_after_ms;
};

/* Whom a dial means. All borrowed: `tls` while the dial lives. */
struct dial_target {
    const struct url *url;
    const char *path;       /* appended to the url's own: "/device/v1" */
    struct tls_client *tls; /* NULL when the url is not secure */
};

struct dial_events {
    /* The handshake is done; dial_send may be called. */
    void (*on_open)(void *context);
    /* A whole text message; borrowed. */
    void (*on_message)(void *context, struct slice message);
    /* Something was heard from the server (also its pings, which are answered
     * here): for a watch over its silence. */
    void (*on_heard)(void *context);
    /* Exactly once, also when it never opened. The dial frees itself afterwards. */
    void (*on_end)(void *context, const struct dial_end *end);
    void *context; /* borrowed */
};

/* Starts to connect; the address is looked up without blocking. FAIL_MEMORY;
 * every other trouble comes by on_end. */
MUST_CHECK enum fail dial_start(struct dial **out, struct loop *loop,
                                const struct dial_target *target, const struct dial_events *events);
/* One text message. After the end, or before on_open: does nothing. */
void dial_send(struct dial *dial, struct slice text);
/* Says goodbye with a close frame; on_end follows within two seconds. */
void dial_close(struct dial *dial, unsigned code, const char *reason);
/* Ends it at once without a word, as a pulled cable does; on_end follows. */
void dial_cut(struct dial *dial);

#endif
