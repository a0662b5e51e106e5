/* The WebSocket reader: whatever arrived -> whole messages.
 *
 * The common case costs nothing: a frame that lies whole in the bytes given is
 * unmasked where it stands and handed over. Everything else (a frame head, a
 * frame or a message in pieces) lives in one `struct websocket_partial`, made
 * when it is first needed and freed when nothing is half read any more.
 *
 * Each check depends only on the bytes so far, in their order, never on how
 * they were cut: any chopping of a stream gives the same messages and the same
 * verdict. A frame is judged as early as its head allows, so that no peer can
 * make us hold what we would refuse in the end.
 *
 * Frame heads are judged in websocket_frame.c; frames out are in
 * websocket_write.c, the handshake in websocket_handshake.c. */
#include "wire/websocket.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "wire/utf8.h"
#include "wire/websocket_frame.h"
#include "wire/websocket_mask.h"

enum { CLOSE_CODE_SIZE = 2 };

enum partial_state {
    BETWEEN_FRAMES, /* a fragmented message waits for its next frame, or nothing is half read */
    IN_HEAD,        /* `head` holds a beginning */
    IN_PAYLOAD,     /* `frame` is known, `taken` of its bytes have come */
};

struct websocket_partial {
    enum partial_state state;
    uint8_t head[WEBSOCKET_FRAME_HEAD_MAX];
    size_t head_used;
    struct websocket_frame frame;
    uint64_t taken;
    char control[WEBSOCKET_CONTROL_MAX]; /* a control frame may stand inside a message */
    uint8_t message_opcode;              /* WEBSOCKET_CONTINUATION: no message was begun */
    struct utf8_reader utf8;
    struct buf message;
};

/* One call of websocket_read: where it delivers to, and what is left to read. */
struct input {
    struct websocket *websocket;
    const struct websocket_handler *handler;
    void *context;
    char *bytes;
    size_t length;
};

static_assert(sizeof(struct websocket) <= 32, "an idle connection is small");

static bool is_over(const struct websocket *websocket)
{
    return websocket->closed || websocket->stopped;
}

static void input_skip(struct input *input, size_t length)
{
    input->bytes += length;
    input->length -= length;
}

/* The partial, made when there is none yet; NULL when memory is out. */
static struct websocket_partial *partial_get(struct websocket *websocket)
{
    if (websocket->partial == NULL) {
        websocket->partial = calloc(1, sizeof(*websocket->partial));
        if (websocket->partial != NULL) {
            buf_init(&websocket->partial->message, websocket->message_max);
        }
    }
    return websocket->partial;
}

static void partial_free(struct websocket *websocket)
{
    if (websocket->partial != NULL) {
        buf_finish(&websocket->partial->message);
        free(websocket->partial);
        websocket->partial = NULL;
    }
}

/* At the end of each frame: keeps nothing that is not needed. */
static void partial_rest(struct websocket *websocket)
{
    struct websocket_partial *partial = websocket->partial;

    if (partial == NULL) {
        return;
    }
    partial->state = BETWEEN_FRAMES;
    if (partial->message_opcode == WEBSOCKET_CONTINUATION) {
        partial_free(websocket);
    }
}

static bool message_is_begun(const struct websocket *websocket)
{
    return websocket->partial != NULL &&
           websocket->partial->message_opcode != WEBSOCKET_CONTINUATION;
}

static enum websocket_close head_read(const struct websocket *websocket, const uint8_t *head,
                                      size_t available, struct websocket_frame *frame)
{
    size_t held = message_is_begun(websocket) ? websocket->partial->message.length : 0;
    const struct websocket_frame_rules rules = {
        .is_masked = websocket->role == WEBSOCKET_SERVER,
        .in_message = message_is_begun(websocket),
        .message_left = websocket->message_max - held,
    };

    return websocket_frame_read(&rules, head, available, frame);
}

/* Continues a head whose beginning came earlier. */
static enum websocket_close head_continue(struct input *input, struct websocket_frame *frame)
{
    struct websocket_partial *partial = input->websocket->partial;
    enum websocket_close code = WEBSOCKET_OPEN;

    frame->head_length = 0;
    while (input->length > 0 && code == WEBSOCKET_OPEN && frame->head_length == 0) {
        assert(partial->head_used < sizeof(partial->head));
        partial->head[partial->head_used++] = (uint8_t)*input->bytes;
        input_skip(input, 1);
        code = head_read(input->websocket, partial->head, partial->head_used, frame);
    }
    if (frame->head_length != 0) {
        partial->state = BETWEEN_FRAMES;
    }
    return code;
}

static enum websocket_close head_take(struct input *input, struct websocket_frame *frame)
{
    struct websocket_partial *partial = input->websocket->partial;
    enum websocket_close code;

    if (partial != NULL && partial->state == IN_HEAD) {
        return head_continue(input, frame);
    }
    code = head_read(input->websocket, (const uint8_t *)input->bytes, input->length, frame);
    if (code != WEBSOCKET_OPEN) {
        return code;
    }
    if (frame->head_length != 0) {
        input_skip(input, frame->head_length);
        return WEBSOCKET_OPEN;
    }
    partial = partial_get(input->websocket);
    if (partial == NULL) {
        return WEBSOCKET_CLOSE_INTERNAL;
    }
    assert(input->length < sizeof(partial->head));
    memcpy(partial->head, input->bytes, input->length);
    partial->head_used = input->length;
    partial->state = IN_HEAD;
    input_skip(input, input->length);
    return WEBSOCKET_OPEN;
}

/* Codes that may stand in a close frame: RFC 6455, 7.4, and those that were
 * registered with IANA after it (1012 to 1014). */
static bool close_code_is_valid(unsigned code)
{
    return (code >= 1000 && code <= 1003) || (code >= 1007 && code <= 1014) ||
           (code >= 3000 && code <= 4999);
}

static enum websocket_close close_deliver(struct input *input, struct slice payload)
{
    unsigned code = WEBSOCKET_CLOSE_NO_STATUS;
    struct utf8_reader utf8;

    if (payload.length >= CLOSE_CODE_SIZE) {
        code = (unsigned)((uint8_t)payload.bytes[0] << 8 | (uint8_t)payload.bytes[1]);
        payload = slice_make(payload.bytes + CLOSE_CODE_SIZE, payload.length - CLOSE_CODE_SIZE);
        if (!close_code_is_valid(code)) {
            return WEBSOCKET_CLOSE_PROTOCOL;
        }
    } else if (payload.length != 0) {
        return WEBSOCKET_CLOSE_PROTOCOL;
    }
    utf8_start(&utf8);
    if (!utf8_feed(&utf8, payload.bytes, payload.length) || !utf8_is_whole(&utf8)) {
        return WEBSOCKET_CLOSE_INVALID_TEXT;
    }
    input->websocket->closed = true;
    input->handler->on_close(input->context, code, payload);
    return WEBSOCKET_OPEN;
}

/* A whole control frame, unmasked. */
static enum websocket_close control_deliver(struct input *input, uint8_t opcode,
                                            struct slice payload)
{
    if (opcode == WEBSOCKET_CLOSE) {
        return close_deliver(input, payload);
    }
    if (opcode == WEBSOCKET_PING) {
        input->handler->on_ping(input->context, payload);
    } else if (input->handler->on_pong != NULL) {
        input->handler->on_pong(input->context, payload);
    }
    return WEBSOCKET_OPEN;
}

/* The next `length` bytes of the input, unmasked where they stand. */
static struct slice payload_take(struct input *input, const struct websocket_frame *frame,
                                 uint64_t offset, size_t length)
{
    struct slice payload = slice_make(input->bytes, length);

    if (frame->masked) {
        websocket_mask_apply(input->bytes, length, frame->mask, offset);
    }
    input_skip(input, length);
    return payload;
}

static void message_begin(struct websocket_partial *partial, uint8_t opcode)
{
    partial->message_opcode = opcode;
    utf8_start(&partial->utf8);
}

/* Adds a piece to the message that is being collected. */
static enum websocket_close message_add(struct websocket_partial *partial, struct slice piece)
{
    if (partial->message_opcode == WEBSOCKET_TEXT &&
        !utf8_feed(&partial->utf8, piece.bytes, piece.length)) {
        return WEBSOCKET_CLOSE_INVALID_TEXT;
    }
    buf_slice(&partial->message, piece);
    return buf_fail(&partial->message) == FAIL_NONE ? WEBSOCKET_OPEN : WEBSOCKET_CLOSE_INTERNAL;
}

/* The collected message is whole. */
static enum websocket_close message_end(struct input *input)
{
    struct websocket_partial *partial = input->websocket->partial;
    bool is_text = partial->message_opcode == WEBSOCKET_TEXT;

    if (is_text && !utf8_is_whole(&partial->utf8)) {
        return WEBSOCKET_CLOSE_INVALID_TEXT;
    }
    input->handler->on_message(input->context, is_text, buf_view(&partial->message));
    buf_finish(&partial->message);
    partial->message_opcode = WEBSOCKET_CONTINUATION;
    return WEBSOCKET_OPEN;
}

/* A message in one frame in one piece: nothing is copied. */
static enum websocket_close message_deliver(struct input *input,
                                            const struct websocket_frame *frame)
{
    struct slice message = payload_take(input, frame, 0, (size_t)frame->length);
    bool is_text = frame->opcode == WEBSOCKET_TEXT;
    struct utf8_reader utf8;

    utf8_start(&utf8);
    if (is_text && (!utf8_feed(&utf8, message.bytes, message.length) || !utf8_is_whole(&utf8))) {
        return WEBSOCKET_CLOSE_INVALID_TEXT;
    }
    input->handler->on_message(input->context, is_text, message);
    return WEBSOCKET_OPEN;
}

/* A frame that lies whole in the input. */
static enum websocket_close frame_whole(struct input *input, const struct websocket_frame *frame)
{
    enum websocket_close code;

    if (websocket_frame_is_control(frame)) {
        code = control_deliver(input, frame->opcode,
                               payload_take(input, frame, 0, (size_t)frame->length));
    } else if (frame->final && frame->opcode != WEBSOCKET_CONTINUATION) {
        code = message_deliver(input, frame);
    } else {
        struct websocket_partial *partial = partial_get(input->websocket);

        if (partial == NULL) {
            return WEBSOCKET_CLOSE_INTERNAL;
        }
        if (frame->opcode != WEBSOCKET_CONTINUATION) {
            message_begin(partial, frame->opcode);
        }
        code = message_add(partial, payload_take(input, frame, 0, (size_t)frame->length));
        if (code == WEBSOCKET_OPEN && frame->final) {
            code = message_end(input);
        }
    }
    partial_rest(input->websocket);
    return code;
}

/* The last byte of a frame that came in pieces is there. */
static enum websocket_close frame_end(struct input *input)
{
    struct websocket_partial *partial = input->websocket->partial;
    const struct websocket_frame *frame = &partial->frame;
    enum websocket_close code = WEBSOCKET_OPEN;

    if (websocket_frame_is_control(frame)) {
        code = control_deliver(input, frame->opcode,
                               slice_make(partial->control, (size_t)frame->length));
    } else if (frame->final) {
        code = message_end(input);
    }
    partial_rest(input->websocket);
    return code;
}

/* Takes what the input has of a frame that comes in pieces. */
static enum websocket_close frame_continue(struct input *input)
{
    struct websocket_partial *partial = input->websocket->partial;
    uint64_t left = partial->frame.length - partial->taken;
    size_t length = left < input->length ? (size_t)left : input->length;
    struct slice piece = payload_take(input, &partial->frame, partial->taken, length);

    if (websocket_frame_is_control(&partial->frame)) {
        memcpy(partial->control + partial->taken, piece.bytes, piece.length);
    } else {
        enum websocket_close code = message_add(partial, piece);

        if (code != WEBSOCKET_OPEN) {
            return code;
        }
    }
    partial->taken += length;
    return partial->taken == partial->frame.length ? frame_end(input) : WEBSOCKET_OPEN;
}

/* A frame of which only the head and perhaps a beginning have come. */
static enum websocket_close frame_begin(struct input *input, const struct websocket_frame *frame)
{
    struct websocket_partial *partial = partial_get(input->websocket);

    if (partial == NULL) {
        return WEBSOCKET_CLOSE_INTERNAL;
    }
    partial->state = IN_PAYLOAD;
    partial->frame = *frame;
    partial->taken = 0;
    if (frame->opcode == WEBSOCKET_TEXT || frame->opcode == WEBSOCKET_BINARY) {
        message_begin(partial, frame->opcode);
    }
    return input->length > 0 ? frame_continue(input) : WEBSOCKET_OPEN;
}

static enum websocket_close input_step(struct input *input)
{
    const struct websocket_partial *partial = input->websocket->partial;
    enum websocket_close code;
    struct websocket_frame frame;

    if (partial != NULL && partial->state == IN_PAYLOAD) {
        return frame_continue(input);
    }
    code = head_take(input, &frame);
    if (code != WEBSOCKET_OPEN || frame.head_length == 0) {
        return code;
    }
    return frame.length <= input->length ? frame_whole(input, &frame) : frame_begin(input, &frame);
}

void websocket_init(struct websocket *websocket, enum websocket_role role, uint32_t message_max)
{
    assert(role == WEBSOCKET_SERVER || role == WEBSOCKET_CLIENT);
    assert(message_max > 0);
    *websocket = (struct websocket){.role = (uint8_t)role, .message_max = message_max};
}

void websocket_finish(struct websocket *websocket)
{
    partial_free(websocket);
}

enum websocket_close websocket_read(struct websocket *websocket,
                                    const struct websocket_handler *handler, void *context,
                                    char *bytes, size_t length)
{
    struct input input = {websocket, handler, context, bytes, length};
    enum websocket_close code = WEBSOCKET_OPEN;

    while (input.length > 0 && code == WEBSOCKET_OPEN && !is_over(websocket)) {
        code = input_step(&input);
    }
    if (code != WEBSOCKET_OPEN) {
        websocket->closed = true;
    }
    if (is_over(websocket)) {
        partial_free(websocket);
    }
    return code;
}

void websocket_stop(struct websocket *websocket)
{
    websocket->stopped = true;
}
