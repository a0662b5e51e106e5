/* Frame heads: the layout of RFC 6455, 5.2 and the rules that a head alone can
 * break. The order of the checks is the order of the bytes, so that a head
 * that comes byte by byte gets the same verdict as a whole one. */
#include "wire/websocket_frame.h"

#include <assert.h>
#include <string.h>

enum {
    FINAL_BIT = 0x80,
    RESERVED_BITS = 0x70,
    OPCODE_BITS = 0x0f,
    CONTROL_BIT = 0x08, /* of an opcode */
    MASK_BIT = 0x80,
    LENGTH_BITS = 0x7f,
    LENGTH_IS_16 = 126,
    LENGTH_IS_64 = 127,
    LENGTH_AT = 1, /* its place in the head */
};

bool websocket_frame_is_control(const struct websocket_frame *frame)
{
    return (frame->opcode & CONTROL_BIT) != 0;
}

/* RFC 6455, 5.2, 5.4 and 5.5: what the first byte alone can do wrong. */
static bool first_byte_is_valid(const struct websocket_frame_rules *rules, uint8_t first)
{
    if ((first & RESERVED_BITS) != 0) {
        return false; /* they belong to extensions, and we accept none */
    }
    switch (first & OPCODE_BITS) {
    case WEBSOCKET_CONTINUATION:
        return rules->in_message;
    case WEBSOCKET_TEXT:
    case WEBSOCKET_BINARY:
        return !rules->in_message;
    case WEBSOCKET_CLOSE:
    case WEBSOCKET_PING:
    case WEBSOCKET_PONG:
        return (first & FINAL_BIT) != 0;
    default:
        return false;
    }
}

static bool second_byte_is_valid(const struct websocket_frame_rules *rules,
                                 const struct websocket_frame *frame, uint8_t second)
{
    if (frame->masked != rules->is_masked) {
        return false;
    }
    return !websocket_frame_is_control(frame) || (second & LENGTH_BITS) <= WEBSOCKET_CONTROL_MAX;
}

/* The payload length; `*size` is how many bytes it takes in the head, 0 while
 * they have not all come. Only the shortest form is valid, and the top bit of
 * the longest must be clear. */
static bool length_read(const uint8_t *head, size_t available, uint64_t *length, size_t *size)
{
    uint8_t first = head[LENGTH_AT] & LENGTH_BITS;
    size_t more = first == LENGTH_IS_16 ? 2 : first == LENGTH_IS_64 ? 8 : 0;
    uint64_t value = more == 0 ? first : 0;
    size_t i;

    *size = 0;
    if (available < LENGTH_AT + 1 + more) {
        return true;
    }
    for (i = 1; i <= more; i++) {
        value = value << 8 | head[LENGTH_AT + i];
    }
    *length = value;
    *size = 1 + more;
    if (first == LENGTH_IS_64) {
        return value > UINT16_MAX && value <= INT64_MAX;
    }
    return first != LENGTH_IS_16 || value >= LENGTH_IS_16;
}

enum websocket_close websocket_frame_read(const struct websocket_frame_rules *rules,
                                          const uint8_t *head, size_t available,
                                          struct websocket_frame *frame)
{
    size_t length_size;
    size_t head_length;

    assert(available > 0);
    *frame = (struct websocket_frame){.opcode = head[0] & OPCODE_BITS};
    if (!first_byte_is_valid(rules, head[0])) {
        return WEBSOCKET_CLOSE_PROTOCOL;
    }
    if (available <= LENGTH_AT) {
        return WEBSOCKET_OPEN;
    }
    frame->final = (head[0] & FINAL_BIT) != 0;
    frame->masked = (head[LENGTH_AT] & MASK_BIT) != 0;
    if (!second_byte_is_valid(rules, frame, head[LENGTH_AT]) ||
        !length_read(head, available, &frame->length, &length_size)) {
        return WEBSOCKET_CLOSE_PROTOCOL;
    }
    if (length_size == 0) {
        return WEBSOCKET_OPEN;
    }
    if (!websocket_frame_is_control(frame) && frame->length > rules->message_left) {
        return WEBSOCKET_CLOSE_TOO_BIG; /* known before a byte of the payload is held */
    }
    head_length = LENGTH_AT + length_size + (frame->masked ? WEBSOCKET_MASK_SIZE : 0);
    if (available < head_length) {
        return WEBSOCKET_OPEN;
    }
    if (frame->masked) {
        memcpy(frame->mask, head + head_length - WEBSOCKET_MASK_SIZE, WEBSOCKET_MASK_SIZE);
    }
    frame->head_length = head_length;
    return WEBSOCKET_OPEN;
}
