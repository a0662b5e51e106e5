/* WebSocket framing (RFC 6455), both sides, without extensions.
 *
 * The reader is fed whatever arrived and calls back for each whole message. A
 * frame that is whole in one piece is unmasked in place and handed over
 * without a copy; only a message that comes in several pieces is collected in
 * a buffer, which is freed as soon as it is delivered, so that an idle
 * connection holds none. */
#ifndef WIRE_WEBSOCKET_H
#define WIRE_WEBSOCKET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/fail.h"
#include "base/text.h"
#include "wire/http.h"

enum {
    WEBSOCKET_CONTROL_MAX = 125,
    WEBSOCKET_FRAME_HEAD_MAX = 14,
    WEBSOCKET_KEY_SIZE = 25, /* 24 characters of base64 and a zero */
    WEBSOCKET_ACCEPT_SIZE = 29,
};

enum websocket_close {
    WEBSOCKET_OPEN = 0, /* not closed */
    WEBSOCKET_CLOSE_NORMAL = 1000,
    WEBSOCKET_CLOSE_GOING_AWAY = 1001,
    WEBSOCKET_CLOSE_PROTOCOL = 1002,
    WEBSOCKET_CLOSE_UNSUPPORTED = 1003,
    WEBSOCKET_CLOSE_NO_STATUS = 1005, /* never sent: a close frame without a code */
    WEBSOCKET_CLOSE_ABNORMAL = 1006,  /* never sent: the connection just ended */
    WEBSOCKET_CLOSE_INVALID_TEXT = 1007,
    WEBSOCKET_CLOSE_POLICY = 1008,
    WEBSOCKET_CLOSE_TOO_BIG = 1009,
    WEBSOCKET_CLOSE_INTERNAL = 1011,
};

enum websocket_opcode {
    WEBSOCKET_CONTINUATION = 0,
    WEBSOCKET_TEXT = 1,
    WEBSOCKET_BINARY = 2,
    WEBSOCKET_CLOSE = 8,
    WEBSOCKET_PING = 9,
    WEBSOCKET_PONG = 10,
};

enum websocket_role {
    WEBSOCKET_SERVER, /* frames that arrive must be masked; frames sent are not */
    WEBSOCKET_CLIENT, /* the other way round */
};

struct websocket_handler {
    /* A whole message; `text` is valid UTF-8 when `is_text`. Borrowed. */
    void (*on_message)(void *context, bool is_text, struct slice message);
    /* A ping to be answered with a pong of the same payload. */
    void (*on_ping)(void *context, struct slice payload);
    void (*on_pong)(void *context, struct slice payload);
    /* The peer's close frame; code WEBSOCKET_CLOSE_NO_STATUS when it had none.
     * Nothing is read after it. */
    void (*on_close)(void *context, unsigned code, struct slice reason);
};

struct websocket_partial; /* a message or frame head that has come in part */

/* The state of one direction: at most 32 bytes while nothing is half read. */
struct websocket {
    struct websocket_partial *partial; /* owned; NULL between whole frames of whole messages */
    uint32_t message_max;              /* bytes of one message */
    uint8_t role;
    bool closed;  /* a close frame was read, or an error was found */
    bool stopped; /* a callback asked to stop: see websocket_stop */
};

void websocket_init(struct websocket *websocket, enum websocket_role role, uint32_t message_max);
void websocket_finish(struct websocket *websocket);

/* Reads all of `bytes` (changing them: unmasking in place). Returns
 * WEBSOCKET_OPEN, or the code of the error that was found, with which the
 * caller closes: 1002, 1007 (also as soon as a fragment cannot become valid
 * UTF-8), 1009 (before anything is allocated), 1011 (out of memory). Bytes
 * after a close frame are ignored. */
enum websocket_close websocket_read(struct websocket *websocket,
                                    const struct websocket_handler *handler, void *context,
                                    char *bytes, size_t length);

/* From inside a callback: nothing more is delivered, the rest is dropped. */
void websocket_stop(struct websocket *websocket);

/* Appends one whole frame. `mask` is four random bytes for a client, NULL for
 * a server. Control frames: at most WEBSOCKET_CONTROL_MAX bytes (assert). */
void websocket_write(struct buf *out, enum websocket_opcode opcode, struct slice payload,
                     const uint8_t mask[4]);
/* A close frame; the reason is cut at 123 bytes, between code points. Code
 * WEBSOCKET_CLOSE_NO_STATUS writes an empty one. */
void websocket_write_close(struct buf *out, enum websocket_close code, const char *reason,
                           const uint8_t mask[4]);

/* The server's look at a handshake (RFC 6455, 4.2.1) that http_head_read has
 * passed. 0 and the key in `key`, or the status to refuse with (400, 405,
 * 426) and why. */
int websocket_handshake_check(const struct http_head *head, char key[WEBSOCKET_KEY_SIZE],
                              const char **problem);

/* The text whose SHA-1 is the accept value: key + the GUID of RFC 6455. The
 * digest itself is made in net/, where the cryptographic library lives.
 * Returns its length (60). */
enum { WEBSOCKET_ACCEPT_INPUT_SIZE = 61 };
size_t websocket_accept_input(const char key[WEBSOCKET_KEY_SIZE],
                              char out[WEBSOCKET_ACCEPT_INPUT_SIZE]);
enum { WEBSOCKET_DIGEST_SIZE = 20 };
void websocket_accept_text(const uint8_t digest[WEBSOCKET_DIGEST_SIZE],
                           char out[WEBSOCKET_ACCEPT_SIZE]);

#endif
