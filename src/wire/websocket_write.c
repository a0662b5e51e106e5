/* Frames out (RFC 6455, 5.2): always whole, in the shortest form of their
 * length. A server's go as they are; a client's are masked while they are
 * copied, with four bytes that the caller draws, because this room knows no
 * randomness. */
#include "wire/websocket.h"

#include <assert.h>
#include <string.h>

#include "wire/websocket_mask.h"

enum {
    FINAL_BIT = 0x80,
    CONTROL_BIT = 0x08,
    MASK_BIT = 0x80,
    LENGTH_IS_16 = 126,
    LENGTH_IS_64 = 127,
    CLOSE_CODE_SIZE = 2,
};

/* Length byte and what follows it, big end first; returns how many bytes. */
static size_t length_write(uint8_t *head, uint64_t length)
{
    size_t more = length < LENGTH_IS_16 ? 0 : length <= UINT16_MAX ? 2 : 8;
    size_t i;

    head[0] = more == 0 ? (uint8_t)length : more == 2 ? LENGTH_IS_16 : LENGTH_IS_64;
    for (i = more; i > 0; i--) {
        head[i] = (uint8_t)length;
        length >>= 8;
    }
    return 1 + more;
}

void websocket_write(struct buf *out, enum websocket_opcode opcode, struct slice payload,
                     const uint8_t mask[4])
{
    uint8_t head[WEBSOCKET_FRAME_HEAD_MAX];
    size_t head_length;
    char *place;

    assert(opcode != WEBSOCKET_CONTINUATION); /* we never send fragments */
    assert((opcode & CONTROL_BIT) == 0 || payload.length <= WEBSOCKET_CONTROL_MAX);
    head[0] = (uint8_t)(FINAL_BIT | (unsigned)opcode);
    head_length = 1 + length_write(head + 1, payload.length);
    if (mask != NULL) {
        head[1] |= MASK_BIT;
        memcpy(head + head_length, mask, WEBSOCKET_MASK_SIZE);
        head_length += WEBSOCKET_MASK_SIZE;
    }
    /* One reservation for all: a frame goes out whole or not at all. */
    place = buf_reserve(out, head_length + payload.length);
    if (place == NULL) {
        return;
    }
    memcpy(place, head, head_length);
    if (payload.length > 0) {
        memcpy(place + head_length, payload.bytes, payload.length);
    }
    if (mask != NULL) {
        websocket_mask_apply(place + head_length, payload.length, mask, 0);
    }
    buf_grown(out, head_length + payload.length);
}

/* The longest beginning of at most `most` bytes that ends between code points. */
static size_t reason_cut(const char *reason, size_t length, size_t most)
{
    size_t cut = length < most ? length : most;

    while (cut < length && cut > 0 && ((uint8_t)reason[cut] & 0xc0) == 0x80) {
        cut--;
    }
    return cut;
}

void websocket_write_close(struct buf *out, enum websocket_close code, const char *reason,
                           const uint8_t mask[4])
{
    char payload[WEBSOCKET_CONTROL_MAX];
    size_t length;

    if (code == WEBSOCKET_CLOSE_NO_STATUS) {
        websocket_write(out, WEBSOCKET_CLOSE, slice_make(NULL, 0), mask);
        return;
    }
    assert(code >= WEBSOCKET_CLOSE_NORMAL && code != WEBSOCKET_CLOSE_ABNORMAL);
    payload[0] = (char)((unsigned)code >> 8);
    payload[1] = (char)((unsigned)code & 0xff);
    length =
        reason == NULL ? 0 : reason_cut(reason, strlen(reason), sizeof(payload) - CLOSE_CODE_SIZE);
    if (length > 0) {
        memcpy(payload + CLOSE_CODE_SIZE, reason, length);
    }
    websocket_write(out, WEBSOCKET_CLOSE, slice_make(payload, CLOSE_CODE_SIZE + length), mask);
}
