/* The client side of a WebSocket, from an address to its end.
 *
 * dial_end is the only way to the end, and the owner hears of it from the loop
 * itself, never from inside a call that it made: every function here may be
 * called from every callback until on_end. What on_end will say is noted
 * before (end_note), because a closing handshake knows its outcome before the
 * connection is gone.
 *
 * Every wait has a time limit: DIAL_CONNECT_MS for the look-up, all the
 * addresses it gave and TLS, DIAL_SHAKE_MS for the handshake, DIAL_CLOSE_MS for a
 * goodbye. The silence of an open connection is the owner's business
 * (on_heard). Bytes are moved by dial_link.c; the request and its answer are
 * made and judged in dial_handshake.c. */
#include "net/dial.h"

#include <assert.h>
#include <stdlib.h>

#include <uv.h>

#include "base/buf.h"
#include "base/id.h"
#include "net/dial_handshake.h"
#include "net/dial_link.h"
#include "wire/http.h"
#include "wire/websocket.h"

enum {
    DIAL_CONNECT_MS = 10000,
    DIAL_SHAKE_MS = 10000,
    DIAL_CLOSE_MS = 2000,
    DIAL_MESSAGE_MAX = 64 * 1024,
    DIAL_REQUEST_MAX = 4 * 1024,
    DIAL_ANSWER_MAX = HTTP_HEAD_MAX + 64 * 1024, /* a head, and what one read may bring after it */
    DIAL_MASK_SIZE = 4,
};

enum dial_state {
    DIAL_CONNECTING, /* the address is looked up, then tried */
    DIAL_SHAKING,    /* the request is out; `answer` collects */
    DIAL_OPEN,       /* messages go both ways */
    DIAL_CLOSING,    /* our close frame is out, the server's is awaited */
    DIAL_LEAVING,    /* nothing more goes out; the server is to end the connection */
    DIAL_ENDED,      /* on_end is on its way */
};

struct dial {
    enum dial_state state;
    struct loop *loop; /* borrowed */
    struct dial_events events;
    struct dial_link *link;  /* frees itself with us */
    struct loop_timer timer; /* of the present wait */
    struct buf request;
    struct buf answer;
    struct websocket websocket;
    unsigned code;                 /* for on_end */
    char reason[DIAL_REASON_SIZE]; /* for on_end */
    uint32_t retry_after_ms;       /* for on_end */
    char key[WEBSOCKET_KEY_SIZE];  /* of the handshake */
};

/* --- The end ------------------------------------------------------------ */

static void end_note(struct dial *dial, unsigned code, const char *reason)
{
    dial->code = code;
    (void)text_format(dial->reason, sizeof(dial->reason), "%s", reason);
}

static void dial_free(struct dial *dial)
{
    websocket_finish(&dial->websocket);
    buf_finish(&dial->request);
    buf_finish(&dial->answer);
    free(dial);
}

static void dial_end(struct dial *dial)
{
    if (dial->state == DIAL_ENDED) {
        return;
    }
    dial->state = DIAL_ENDED;
    loop_timer_cancel(dial->loop, &dial->timer);
    websocket_stop(&dial->websocket);
    dial_link_close(dial->link);
}

/* Nothing was closed properly. */
static void end_abnormally(struct dial *dial, const char *reason)
{
    end_note(dial, WEBSOCKET_CLOSE_ABNORMAL, reason);
    dial_end(dial);
}

static void on_closed(void *context)
{
    struct dial *dial = context;
    const struct dial_end end = {dial->code, dial->reason, dial->retry_after_ms};

    dial->events.on_end(dial->events.context, &end);
    dial_free(dial);
}

static void on_time(struct loop_timer *timer);

/* Ends the dial when not even a timer can be had. */
static void wait_at_most(struct dial *dial, int64_t limit_ms)
{
    if (loop_timer_set(dial->loop, &dial->timer, limit_ms, on_time) != FAIL_NONE) {
        end_abnormally(dial, "out of memory");
    }
}

/* --- Frames out --------------------------------------------------------- */

static void frame_write(struct dial *dial, enum websocket_opcode opcode, struct slice payload)
{
    uint8_t mask[DIAL_MASK_SIZE];
    struct buf frame;

    id_random(mask, sizeof(mask));
    buf_init(&frame, DIAL_MESSAGE_MAX + WEBSOCKET_FRAME_HEAD_MAX);
    websocket_write(&frame, opcode, payload, mask);
    dial_link_write(dial->link, &frame);
}

static void close_write(struct dial *dial, unsigned code, const char *reason)
{
    uint8_t mask[DIAL_MASK_SIZE];
    struct buf frame;

    id_random(mask, sizeof(mask));
    buf_init(&frame, WEBSOCKET_CONTROL_MAX + WEBSOCKET_FRAME_HEAD_MAX);
    websocket_write_close(&frame, (enum websocket_close)code, reason, mask);
    dial_link_write(dial->link, &frame);
}

/* Sends the last frame, notes how it ends, and gives the server a moment to
 * end the connection, as RFC 6455, 7.1.1 wants it. */
static void dial_leave(struct dial *dial, unsigned code, const char *reason)
{
    bool close_is_due = dial->state == DIAL_OPEN;

    end_note(dial, code, reason);
    dial->state = DIAL_LEAVING;
    if (close_is_due) {
        close_write(dial, code, NULL);
    }
    if (dial->state == DIAL_LEAVING) {
        wait_at_most(dial, DIAL_CLOSE_MS);
    }
    if (dial->state == DIAL_LEAVING) {
        dial_link_finish(dial->link);
    }
}

/* --- Frames in ---------------------------------------------------------- */

static void on_message(void *context, bool is_text, struct slice message)
{
    struct dial *dial = context;

    if (dial->state != DIAL_OPEN) {
        return;
    }
    if (!is_text) {
        websocket_stop(&dial->websocket);
        dial_leave(dial, WEBSOCKET_CLOSE_UNSUPPORTED,
                   "the server sent a binary message, and only text is understood");
        return;
    }
    dial->events.on_message(dial->events.context, message);
}

static void on_ping(void *context, struct slice payload)
{
    struct dial *dial = context;

    if (dial->state == DIAL_OPEN) {
        frame_write(dial, WEBSOCKET_PONG, payload);
    }
}

static void on_close(void *context, unsigned code, struct slice reason)
{
    struct dial *dial = context;
    char text[WEBSOCKET_CONTROL_MAX];

    dial_text_clean(reason, text, sizeof(text));
    if (text[0] != '\0') {
        dial_leave(dial, code, text);
    } else {
        dial_leave(dial, code,
                   dial->state == DIAL_OPEN ? "the server closed the connection"
                                            : "closed as asked for");
    }
}

static const struct websocket_handler handler = {
    .on_message = on_message,
    .on_ping = on_ping,
    .on_close = on_close,
};

static const char *broken_text(enum websocket_close code)
{
    switch ((unsigned)code) {
    case WEBSOCKET_CLOSE_INVALID_TEXT:
        return "the server sent a text that is not UTF-8";
    case WEBSOCKET_CLOSE_TOO_BIG:
        return "the server sent a message that is too long";
    case WEBSOCKET_CLOSE_INTERNAL:
        return "out of memory";
    default:
        return "the server broke the rules of WebSocket";
    }
}

static void frames_read(struct dial *dial, char *bytes, size_t length)
{
    enum websocket_close code;

    if (dial->state == DIAL_OPEN) {
        dial->events.on_heard(dial->events.context);
    }
    code = websocket_read(&dial->websocket, &handler, dial, bytes, length);
    if (code != WEBSOCKET_OPEN) {
        dial_leave(dial, code, broken_text(code));
    }
}

/* --- The handshake ------------------------------------------------------ */

/* Judges what has come of the answer. */
static void answer_judge(struct dial *dial, bool is_all)
{
    struct dial_refusal refusal = {.retry_after_ms = 0};
    size_t used;

    switch (dial_answer_read(buf_view(&dial->answer), is_all, dial->key, &used, &refusal)) {
    case DIAL_ANSWER_MORE:
        return;
    case DIAL_ANSWER_REFUSED:
        dial->retry_after_ms = refusal.retry_after_ms;
        end_abnormally(dial, refusal.reason);
        return;
    case DIAL_ANSWER_ACCEPTED:
        break;
    }
    loop_timer_cancel(dial->loop, &dial->timer);
    dial->state = DIAL_OPEN;
    dial->events.on_open(dial->events.context);
    if (dial->answer.length > used) {
        frames_read(dial, dial->answer.bytes + used, dial->answer.length - used);
    }
    buf_finish(&dial->answer);
}

static void answer_take(struct dial *dial, const char *bytes, size_t length)
{
    buf_append(&dial->answer, bytes, length);
    if (buf_fail(&dial->answer) != FAIL_NONE) {
        end_abnormally(dial, "out of memory");
        return;
    }
    answer_judge(dial, false);
}

/* --- What the link tells ------------------------------------------------ */

static void on_connected(void *context)
{
    struct dial *dial = context;

    dial->state = DIAL_SHAKING;
    wait_at_most(dial, DIAL_SHAKE_MS);
    if (dial->state == DIAL_SHAKING) {
        dial_link_write(dial->link, &dial->request);
    }
}

static void on_bytes(void *context, char *bytes, size_t length)
{
    struct dial *dial = context;

    if (dial->state == DIAL_SHAKING) {
        answer_take(dial, bytes, length);
    } else {
        frames_read(dial, bytes, length);
    }
}

static void on_trouble(void *context, const char *reason)
{
    struct dial *dial = context;

    if (dial->state == DIAL_SHAKING) {
        answer_judge(dial, true);
    }
    if (dial->state < DIAL_CLOSING) {
        end_note(dial, WEBSOCKET_CLOSE_ABNORMAL, reason);
    }
    dial_end(dial); /* once a goodbye was said, what was noted then counts */
}

static const struct dial_link_events link_events = {on_connected, on_bytes, on_trouble, on_closed};

static void on_time(struct loop_timer *timer)
{
    struct dial *dial = LIST_ITEM(timer, struct dial, timer);

    if (dial->state == DIAL_CONNECTING) {
        end_note(dial, WEBSOCKET_CLOSE_ABNORMAL, dial_link_late_text(dial->link));
    } else if (dial->state == DIAL_SHAKING) {
        end_note(dial, WEBSOCKET_CLOSE_ABNORMAL, "the server did not answer the handshake in time");
        answer_judge(dial, true); /* perhaps a refusal whose body never ends */
    }
    dial_end(dial);
}

/* --- What the owner calls ----------------------------------------------- */

enum fail dial_start(struct dial **out, struct loop *loop, const struct dial_target *target,
                     const struct dial_events *events)
{
    struct dial *dial = calloc(1, sizeof(*dial));

    if (dial == NULL) {
        return FAIL_MEMORY;
    }
    dial->loop = loop;
    dial->events = *events;
    buf_init(&dial->request, DIAL_REQUEST_MAX);
    buf_init(&dial->answer, DIAL_ANSWER_MAX);
    websocket_init(&dial->websocket, WEBSOCKET_CLIENT, DIAL_MESSAGE_MAX);
    dial_key_make(dial->key);
    dial_request_write(&dial->request, target->url, target->path, dial->key);
    if (buf_fail(&dial->request) != FAIL_NONE ||
        dial_link_create(&dial->link, loop, &link_events, dial) != FAIL_NONE) {
        dial_free(dial);
        return FAIL_MEMORY;
    }
    *out = dial;
    uv_update_time(loop_uv(loop)); /* the loop may not have run for a while */
    wait_at_most(dial, DIAL_CONNECT_MS);
    if (dial->state == DIAL_CONNECTING) {
        dial_link_connect(dial->link, target->url, target->tls);
    }
    return FAIL_NONE;
}

void dial_send(struct dial *dial, struct slice text)
{
    if (dial->state == DIAL_OPEN) {
        assert(text.length <= DIAL_MESSAGE_MAX);
        frame_write(dial, WEBSOCKET_TEXT, text);
    }
}

void dial_close(struct dial *dial, unsigned code, const char *reason)
{
    if (dial->state >= DIAL_CLOSING) {
        return;
    }
    if (dial->state != DIAL_OPEN) {
        end_abnormally(dial, "given up before the connection was open");
        return;
    }
    end_note(dial, WEBSOCKET_CLOSE_ABNORMAL, "the server did not answer the goodbye");
    dial->state = DIAL_CLOSING;
    close_write(dial, code, reason);
    if (dial->state == DIAL_CLOSING) {
        wait_at_most(dial, DIAL_CLOSE_MS);
    }
}

void dial_cut(struct dial *dial)
{
    if (dial->state <= DIAL_CLOSING) {
        end_note(dial, WEBSOCKET_CLOSE_ABNORMAL, "cut off by this side");
    }
    dial_end(dial);
}
