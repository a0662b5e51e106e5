/* One frame head of RFC 6455, 5.2, judged as early as its bytes allow. For
 * the reader in websocket.c. */
#ifndef WIRE_WEBSOCKET_FRAME_H
#define WIRE_WEBSOCKET_FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wire/websocket.h"
#include "wire/websocket_mask.h"

struct websocket_frame {
    size_t head_length; /* bytes of the head; 0 while it has come only in part */
    uint64_t length;    /* of the payload, at most 2^63 - 1 */
    uint8_t opcode;
    bool final;
    bool masked;
    uint8_t mask[WEBSOCKET_MASK_SIZE];
};

/* What the connection allows at this point. */
struct websocket_frame_rules {
    bool is_masked;        /* what each frame must be, by role */
    bool in_message;       /* a fragmented message waits for its next frame */
    uint64_t message_left; /* bytes that the present message may still have */
};

/* True for close, ping and pong. */
bool websocket_frame_is_control(const struct websocket_frame *frame);

/* Reads a head from the first `available` (at least one) bytes. WEBSOCKET_OPEN
 * with frame->head_length 0 when more are needed, or the code of the error:
 * the same one for any number of bytes that shows it. */
enum websocket_close websocket_frame_read(const struct websocket_frame_rules *rules,
                                          const uint8_t *head, size_t available,
                                          struct websocket_frame *frame);

#endif
