/* The client's half of the opening handshake (RFC 6455, 4.1): the request, and
 * the judgement of the answer. Moves no bytes itself; for dial.c. */
#ifndef NET_DIAL_HANDSHAKE_H
#define NET_DIAL_HANDSHAKE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/text.h"
#include "wire/url.h"
#include "wire/websocket.h"

enum {
    DIAL_REASON_SIZE = 400,
    DIAL_BODY_SHOWN = 200, /* bytes of a refusal's body that go into the reason */
};

/* A new random Sec-WebSocket-Key. */
void dial_key_make(char key[WEBSOCKET_KEY_SIZE]);

/* The request for `path`, appended to the url's own. */
void dial_request_write(struct buf *out, const struct url *url, const char *path,
                        const char key[WEBSOCKET_KEY_SIZE]);

/* Why a server did not become a WebSocket. */
struct dial_refusal {
    char reason[DIAL_REASON_SIZE]; /* for people */
    uint32_t retry_after_ms;       /* dial.h, struct dial_end */
};

enum dial_answer {
    DIAL_ANSWER_MORE,     /* not decided yet */
    DIAL_ANSWER_ACCEPTED, /* `*used` bytes are the answer; frames follow */
    DIAL_ANSWER_REFUSED,  /* `refusal` says why */
};

/* Looks at all that has come so far. `is_all`: nothing more will come, so a
 * refusal is told with as much of its body as there is. */
enum dial_answer dial_answer_read(struct slice bytes, bool is_all,
                                  const char key[WEBSOCKET_KEY_SIZE], size_t *used,
                                  struct dial_refusal *refusal);

/* Somebody else's text as a part of one line: blanks for control characters,
 * none at the ends, cut between code points to fit. Empty when it is not UTF-8. */
void dial_text_clean(struct slice text, char *out, size_t size);

#endif
