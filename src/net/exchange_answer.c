/* The life of an HTTP connection: what goes out.
 *
 * Every answer says when it was made, which request it belongs to
 * (request-id), and that its Content-Type is meant (nosniff): some of our
 * texts quote what a client has sent. Strict-Transport-Security is left out: a
 * browser that has seen it refuses plain HTTP to the whole host for as long as
 * it says, whoever serves the host's other ports, and there is no way back for
 * a shop that must do without its certificate for a day. Who wants it adds it
 * in a proxy. */
#include <assert.h>
#include <string.h>

#include "base/clock.h"
#include "net/exchange.h"

enum {
    ONE_WRITE_MAX = 16 * 1024, /* a body up to this is sent in one piece with its head */
    ID_SIZE = 17,
    NS_PER_US = 1000,
};

/* So that a head and a body fit what a connection may have waiting. */
static_assert((int)SERVE_ANSWER_MAX + (int)EXCHANGE_OUT_MAX <= (int)CONN_LARGE_MAX, "it fits");
static_assert((int)SERVE_LARGE + (int)EXCHANGE_OUT_MAX <= (int)CONN_OUT_MAX, "it fits");

struct counter serve_answers[SERVE_STATUS_CLASSES];
struct histogram serve_took;

/* Spreads numbers that follow each other over all 64 bits. Each step can be
 * undone, so that different ones stay different. */
static uint64_t spread(uint64_t number)
{
    number = (number ^ (number >> 32)) * UINT64_C(0x9e3779b97f4a7c15);
    number = (number ^ (number >> 29)) * UINT64_C(0xd6e8feb86659fd93);
    return number ^ (number >> 32);
}

void exchange_number(struct exchange *exchange)
{
    exchange->id = spread(exchange->serve->next_id++);
    exchange->extra_length = 0;
    exchange->client = exchange->peer; /* until a head says otherwise */
    exchange->note = (struct exchange_note){0};
}

void exchange_refuse(struct exchange *exchange, int status, const char *text)
{
    char sentence[256];

    (void)text_format(sentence, sizeof(sentence), "%s\n", text);
    exchange->state = EXCHANGE_ASKED;
    exchange->head_only = false;
    exchange_number(exchange);
    exchange_answer(exchange, &(struct exchange_answer){.status = status,
                                                        .content_type = "text/plain; charset=utf-8",
                                                        .body = slice_of(sentence),
                                                        .close = true});
}

static void count(struct exchange *exchange, int status)
{
    const struct serve_handler *handler = &exchange->serve->handler;
    int64_t took_us = 0;

    assert(status >= 100 && status < 600);
    counter_add(&serve_answers[status / 100], 1);
    if (exchange->asked_ns != 0) {
        took_us = (clock_monotonic_ns() - exchange->asked_ns) / NS_PER_US;
        histogram_observe(&serve_took, took_us);
        exchange->asked_ns = 0;
    }
    if (handler->on_answered != NULL) {
        handler->on_answered(handler->context, exchange, status, took_us);
    }
}

static void answer_head_write(struct exchange *exchange, const struct exchange_answer *answer,
                              bool close)
{
    struct serve *serve = exchange->serve;
    char id[ID_SIZE];
    size_t i;

    (void)text_format(id, sizeof(id), "%016llx", (unsigned long long)exchange->id);
    http_answer_start(&serve->out, answer->status);
    http_answer_header(&serve->out, "Date", http_date_now(&serve->date));
    if (answer->content_type != NULL) {
        http_answer_header(&serve->out, "Content-Type", answer->content_type);
    }
    for (i = 0; i < answer->header_count; i++) {
        http_answer_header(&serve->out, answer->headers[i].name, answer->headers[i].value);
    }
    buf_append(&serve->out, exchange->extra, exchange->extra_length);
    http_answer_header(&serve->out, "X-Content-Type-Options", "nosniff");
    http_answer_header(&serve->out, "request-id", id);
    if (close) {
        http_answer_header(&serve->out, "Connection", "close");
    }
    http_answer_end(&serve->out, answer->status, answer->body.length);
}

static void answer_write(struct exchange *exchange, const struct exchange_answer *answer,
                         bool close)
{
    struct serve *serve = exchange->serve;
    struct slice body = exchange->head_only ? slice_make(NULL, 0) : answer->body;
    bool one_piece = body.length <= ONE_WRITE_MAX;

    buf_clear(&serve->out);
    answer_head_write(exchange, answer, close);
    if (one_piece) {
        buf_slice(&serve->out, body);
    }
    if (buf_fail(&serve->out) != FAIL_NONE) {
        conn_cut(exchange->conn);
        return;
    }
    conn_write(exchange->conn, buf_view(&serve->out));
    if (!one_piece) {
        if (body.length > SERVE_LARGE) {
            conn_allow_large(exchange->conn);
        }
        conn_write(exchange->conn, body);
    }
}

/* Whether no request may follow: somebody wants it so, or the service is ending
 * (or the client has ended) and nothing has come behind this one. */
static bool is_last(const struct exchange *exchange, const struct exchange_answer *answer)
{
    return answer->close || !exchange->keep_alive ||
           ((exchange->serve->draining || exchange->finished) && !exchange_has_more(exchange));
}

/* Waits until the client has taken what the kernel did not. */
static void wait_for_reader(struct exchange *exchange, size_t waiting)
{
    exchange->state = EXCHANGE_SENDING;
    exchange_waits(exchange, waiting);
    conn_pause(exchange->conn);
    exchange_deadline(exchange, SERVE_READ_MS);
}

/* What goes out in place of an answer that cannot; the answer where it can. */
static const struct exchange_answer *that_fits(const struct exchange *exchange,
                                               const struct exchange_answer *answer)
{
    static const char TOO_LARGE_TEXT[] = "the answer is too large; ask for less at once\n";
    static const char NO_ROOM_TEXT[] =
        "too many large answers wait for their clients to read them; try again in a moment\n";
    static const struct exchange_answer too_large = {
        .status = 500,
        .content_type = "text/plain; charset=utf-8",
        .body = {.bytes = TOO_LARGE_TEXT, .length = sizeof(TOO_LARGE_TEXT) - 1}};
    static const struct exchange_answer no_room = {
        .status = 503,
        .content_type = "text/plain; charset=utf-8",
        .body = {.bytes = NO_ROOM_TEXT, .length = sizeof(NO_ROOM_TEXT) - 1}};

    if (answer->body.length > SERVE_ANSWER_MAX) {
        return &too_large;
    }
    if (answer->body.length > SERVE_LARGE &&
        exchange->serve->waiting + answer->body.length > SERVE_WAITING_MAX) {
        return &no_room;
    }
    return answer;
}

void exchange_answer(struct exchange *exchange, const struct exchange_answer *answer)
{
    bool close = is_last(exchange, answer);
    size_t waiting;

    assert(exchange->state == EXCHANGE_ASKED);
    answer = that_fits(exchange, answer);
    exchange->state = EXCHANGE_OVER;
    exchange->used = exchange->used || exchange->asked_ns != 0;
    count(exchange, answer->status);
    if (exchange->conn == NULL) {
        exchange_free(exchange);
        return;
    }
    if (exchange->used) {
        guest_waits(exchange->guest);
    }
    answer_write(exchange, answer, close);
    waiting = conn_waiting(exchange->conn);
    if (close) {
        exchange_waits(exchange, waiting); /* until the connection has ended */
        conn_close(exchange->conn);
    } else if (waiting > 0) {
        wait_for_reader(exchange, waiting);
    } else {
        exchange_go_on(exchange);
    }
}

void exchange_upgrade(struct exchange *exchange, const char *websocket_accept,
                      struct exchange_upgrade *upgrade)
{
    struct buf *out = &exchange->serve->out;

    assert(exchange->state == EXCHANGE_ASKED && exchange->taking);
    buf_clear(out);
    http_answer_start(out, 101);
    http_answer_header(out, "Upgrade", "websocket");
    http_answer_header(out, "Connection", "Upgrade");
    http_answer_header(out, "Sec-WebSocket-Accept", websocket_accept);
    http_answer_end(out, 101, 0);
    exchange->state = EXCHANGE_OVER;
    count(exchange, 101);
    if (buf_fail(out) != FAIL_NONE) {
        conn_cut(exchange->conn);
    } else {
        conn_write(exchange->conn, buf_view(out));
    }
    *upgrade = (struct exchange_upgrade){
        .conn = exchange->conn, .guest = exchange->guest, .rest = exchange->after};
    exchange->conn = NULL; /* exchange_take frees the exchange when it is through */
    exchange->guest = NULL;
}

void exchange_add_header(struct exchange *exchange, const char *name, const char *value)
{
    char *end = exchange->extra + exchange->extra_length;
    size_t room = sizeof(exchange->extra) - exchange->extra_length;
    bool fits = text_format(end, room, "%s: %s\r\n", name, value);

    assert(fits);
    (void)fits;
    exchange->extra_length += strlen(end);
}

/* --- Who asks --------------------------------------------------------------- */

const struct address *exchange_client(const struct exchange *exchange)
{
    return &exchange->client;
}

void exchange_know(struct exchange *exchange)
{
    if (exchange->guest != NULL) {
        guest_know(exchange->guest, loop_now_ms(exchange->serve->loop));
    }
}

bool exchange_is_secure(const struct exchange *exchange)
{
    return exchange->secure;
}

struct exchange_note *exchange_note(struct exchange *exchange)
{
    return &exchange->note;
}

uint64_t exchange_id(const struct exchange *exchange)
{
    return exchange->id;
}

void exchange_peer(const struct exchange *exchange, char *out)
{
    if (exchange->conn == NULL) {
        (void)text_format(out, CONN_ADDRESS_SIZE, "gone");
        return;
    }
    conn_peer(exchange->conn, out);
}

struct loop *exchange_loop(const struct exchange *exchange)
{
    return exchange->serve->loop;
}
