/* The life of an HTTP connection: what comes in.
 *
 * Bytes that hold a whole request are read where they lie, in the loop's
 * buffer; only an incomplete rest is kept. While an answer is due nothing more
 * is read than fits a small input, and while one has not been taken nothing at
 * all, so that a client cannot pile up requests or answers (pipelined ones are
 * served one after the other). A connection whose client has gone while an
 * answer is due stays as a stub until the answer comes; one whose client only
 * sends no more gets the answer. */
#include "net/exchange.h"

#include <assert.h>
#include <stdlib.h>

#include "base/clock.h"
#include "wire/forwarded.h"

enum { INPUT_PAUSE = 16 * 1024 }; /* waiting behind an unanswered request: stop reading */

void exchange_free(struct exchange *exchange)
{
    struct serve *serve = exchange->serve;

    assert(!exchange->taking); /* exchange_take is not under us on the stack */
    exchange_waits(exchange, 0);
    loop_timer_cancel(serve->loop, &exchange->timer);
    list_remove(&exchange->link);
    serve->count--;
    guest_destroy(&exchange->guest);
    buf_wipe(&exchange->input);
    buf_wipe(&exchange->head);
    buf_wipe(&exchange->body);
    free(exchange);
}

static void on_end(void *context, enum conn_end end)
{
    struct exchange *exchange = context;

    (void)end;
    exchange->conn = NULL;
    guest_destroy(&exchange->guest);
    loop_timer_cancel(exchange->serve->loop, &exchange->timer);
    if (exchange->state != EXCHANGE_ASKED) {
        exchange_free(exchange);
    }
}

void exchange_close(struct exchange *exchange)
{
    exchange->state = EXCHANGE_OVER;
    conn_close(exchange->conn);
}

/* --- Time limits -------------------------------------------------------- */

static void on_timer(struct loop_timer *timer);

void exchange_deadline(struct exchange *exchange, int64_t delay_ms)
{
    struct loop *loop = exchange->serve->loop;

    exchange->deadline_ms = loop_now_ms(loop) + delay_ms;
    if (exchange->conn == NULL ||
        (loop_timer_is_set(&exchange->timer) && exchange->timer.due_ms <= exchange->deadline_ms)) {
        return;
    }
    if (loop_timer_set(loop, &exchange->timer, delay_ms, on_timer) != FAIL_NONE) {
        conn_cut(exchange->conn);
    }
}

/* Has the client taken anything of its answer since the last look? */
static void look_at_sending(struct exchange *exchange)
{
    size_t waiting = conn_waiting(exchange->conn);

    if (waiting >= exchange->waiting) {
        conn_cut(exchange->conn);
        return;
    }
    exchange_waits(exchange, waiting);
    exchange_deadline(exchange, SERVE_READ_MS);
}

static void on_timer(struct loop_timer *timer)
{
    struct exchange *exchange = LIST_ITEM(timer, struct exchange, timer);
    int64_t left_ms = exchange->deadline_ms - loop_now_ms(exchange->serve->loop);

    if (exchange->state == EXCHANGE_ASKED || exchange->state == EXCHANGE_OVER) {
        return; /* set again when the answer has gone out */
    }
    if (left_ms > 0) {
        exchange_deadline(exchange, left_ms);
    } else if (exchange->state == EXCHANGE_IDLE) {
        exchange_close(exchange);
    } else if (exchange->state == EXCHANGE_SENDING) {
        look_at_sending(exchange);
    } else {
        exchange_refuse(exchange, 408, "the request did not come in whole in time");
    }
}

/* --- Requests ----------------------------------------------------------- */

static void who_asks(struct exchange *exchange, const struct http_head *head)
{
    const struct serve *serve = exchange->serve;
    struct forwarded forwarded;

    exchange->client = exchange->peer;
    exchange->secure = conn_is_secure(exchange->conn);
    if (!exchange->guest->proxied) {
        return;
    }
    forwarded = forwarded_read(head, &exchange->peer, serve->trusted, serve->trusted_count);
    exchange->client = forwarded.client;
    exchange->guest->client = forwarded.client;
    exchange->secure = exchange->secure || forwarded.secure;
}

static void ask(struct exchange *exchange, const struct http_head *head, struct slice body)
{
    struct serve *serve = exchange->serve;

    exchange->state = EXCHANGE_ASKED;
    exchange->asked_ns = clock_monotonic_ns();
    exchange->keep_alive = head->keep_alive;
    exchange->head_only = head->method == HTTP_HEAD;
    exchange_number(exchange);
    who_asks(exchange, head);
    guest_stays(exchange->guest);
    serve->handler.on_request(serve->handler.context, exchange, head, body);
}

/* Cuts the first `used` bytes off `*bytes`. */
static void advance(struct loop_bytes *bytes, size_t used)
{
    assert(used <= bytes->length);
    bytes->bytes += used;
    bytes->length -= used;
}

/* A head was read whole: asks at once, or waits for its body. */
static void head_done(struct exchange *exchange, const struct http_head *head,
                      struct slice head_bytes)
{
    struct http_refusal refusal;

    switch (http_body_start(&exchange->body_reader, head, HTTP_BODY_MAX, &refusal)) {
    case HTTP_REFUSED:
        exchange_refuse(exchange, refusal.status, refusal.text);
        return;
    case HTTP_DONE:
        ask(exchange, head, slice_make(NULL, 0));
        return;
    case HTTP_MORE:
        break;
    }
    if (head->expects_continue) {
        conn_write(exchange->conn, slice_of("HTTP/1.1 100 Continue\r\n\r\n"));
    }
    buf_slice(&exchange->head, head_bytes);
    exchange->state = EXCHANGE_BODY;
    exchange_deadline(exchange, exchange->serve->limits.body_ms);
    exchange->body_due_ms = exchange->deadline_ms;
}

/* Takes one head off `*bytes`. False when more must come first. */
static bool take_head(struct exchange *exchange, struct loop_bytes *bytes)
{
    struct slice all = slice_make(bytes->bytes, bytes->length);
    struct http_refusal refusal;
    struct http_head head;
    size_t used = 0;

    switch (http_head_read(&head, all, &used, &refusal)) {
    case HTTP_MORE:
        return false;
    case HTTP_REFUSED:
        exchange_refuse(exchange, refusal.status, refusal.text);
        return true;
    case HTTP_DONE:
        break;
    }
    advance(bytes, used);
    exchange->after = *bytes;
    head_done(exchange, &head, slice_make(all.bytes, used));
    return true;
}

/* What has come of a body gives time for the rest of it. */
static void give_time(struct exchange *exchange)
{
    int64_t rate = exchange->serve->limits.body_rate;

    if (rate > 0) {
        exchange->deadline_ms =
            exchange->body_due_ms + (int64_t)exchange->body_reader.taken * 1000 / rate;
    }
}

/* Takes of `*bytes` what belongs to the body, and asks when it is whole. */
static void take_body(struct exchange *exchange, struct loop_bytes *bytes)
{
    struct http_refusal refusal;
    struct http_head head;
    enum http_progress progress;
    size_t used = 0;

    progress = http_body_read(&exchange->body_reader, slice_make(bytes->bytes, bytes->length),
                              &used, &exchange->body, &refusal);
    if (progress == HTTP_REFUSED) {
        exchange_refuse(exchange, refusal.status, refusal.text);
        return;
    }
    advance(bytes, used);
    if (progress == HTTP_MORE) {
        give_time(exchange);
        return;
    }
    /* The head is read a second time, from its copy: bodies are rare and heads
     * are short, and nothing of a parsed head has to be kept between. */
    if (buf_fail(&exchange->body) != FAIL_NONE || buf_fail(&exchange->head) != FAIL_NONE ||
        http_head_read(&head, buf_view(&exchange->head), &used, &refusal) != HTTP_DONE) {
        exchange_refuse(exchange, 503, "there is no memory left for this request; try again");
        return;
    }
    exchange->after = *bytes;
    ask(exchange, &head, buf_view(&exchange->body));
    buf_wipe(&exchange->head);
    buf_wipe(&exchange->body);
}

/* What is left over waits in `input`, until more comes or the answer is out. */
static void keep_rest(struct exchange *exchange, struct loop_bytes rest)
{
    if (exchange->conn == NULL || exchange->state == EXCHANGE_OVER || rest.length == 0) {
        return;
    }
    buf_append(&exchange->input, rest.bytes, rest.length);
    if (buf_fail(&exchange->input) != FAIL_NONE) {
        conn_cut(exchange->conn);
    } else if (exchange->state == EXCHANGE_IDLE) {
        exchange->state = EXCHANGE_HEAD;
        exchange_deadline(exchange, exchange->serve->limits.head_ms);
    } else if (exchange->state == EXCHANGE_ASKED && exchange->input.length > INPUT_PAUSE) {
        conn_pause(exchange->conn);
    }
}

/* Closes where no further request can come. */
static void settle(struct exchange *exchange)
{
    bool between = exchange->state == EXCHANGE_IDLE;
    bool reading = exchange->state == EXCHANGE_HEAD || exchange->state == EXCHANGE_BODY;

    if (exchange->finished && (between || reading)) {
        exchange_close(exchange);
    }
}

/* Takes requests off what was kept and what came now, until one is to be
 * answered later or nothing whole is left. */
static void exchange_take(struct exchange *exchange, struct loop_bytes bytes)
{
    struct buf carried = exchange->input;
    bool whole = true;

    if (carried.length > 0) {
        buf_append(&carried, bytes.bytes, bytes.length);
        if (buf_fail(&carried) != FAIL_NONE) {
            conn_cut(exchange->conn); /* going on without them would read another request */
        }
        bytes = (struct loop_bytes){carried.bytes, carried.length};
    }
    buf_init(&exchange->input, EXCHANGE_INPUT_MAX);
    exchange->taking = true;
    /* An answer frees an exchange whose client has gone; that never happens in
     * here (see exchange_free), which the analyzer cannot know.
     * NOLINTBEGIN(clang-analyzer-unix.Malloc) */
    while (whole && bytes.length > 0 && exchange->conn != NULL && conn_is_open(exchange->conn)) {
        if (exchange->state == EXCHANGE_IDLE || exchange->state == EXCHANGE_HEAD) {
            whole = take_head(exchange, &bytes);
        } else if (exchange->state == EXCHANGE_BODY) {
            take_body(exchange, &bytes);
        } else {
            break;
        }
    }
    keep_rest(exchange, bytes);
    buf_wipe(&carried);
    exchange->taking = false; /* NOLINTEND(clang-analyzer-unix.Malloc) */
    if (exchange->conn == NULL) {
        exchange_free(exchange); /* it was upgraded */
        return;
    }
    settle(exchange);
}

static void on_bytes(void *context, char *bytes, size_t length)
{
    struct exchange *exchange = context;

    if (exchange->state == EXCHANGE_ASKED || exchange->state == EXCHANGE_SENDING) {
        keep_rest(exchange, (struct loop_bytes){bytes, length});
    } else if (exchange->state != EXCHANGE_OVER) {
        exchange_take(exchange, (struct loop_bytes){bytes, length});
    }
}

static void on_finished(void *context)
{
    struct exchange *exchange = context;

    exchange->finished = true;
    settle(exchange);
}

static void on_sent(void *context)
{
    struct exchange *exchange = context;

    if (exchange->state == EXCHANGE_SENDING) {
        exchange_go_on(exchange);
    }
}

const struct conn_events exchange_events = {
    .on_bytes = on_bytes, .on_end = on_end, .on_finished = on_finished, .on_sent = on_sent};

/* --- From request to request ---------------------------------------------- */

bool exchange_has_more(const struct exchange *exchange)
{
    return (exchange->taking ? exchange->after.length : exchange->input.length) > 0;
}

void exchange_waits(struct exchange *exchange, size_t bytes)
{
    struct serve *serve = exchange->serve;

    assert(serve->waiting >= exchange->waiting);
    serve->waiting = serve->waiting - exchange->waiting + bytes;
    exchange->waiting = bytes;
}

void exchange_go_on(struct exchange *exchange)
{
    exchange->state = EXCHANGE_IDLE;
    exchange_waits(exchange, 0);
    exchange_deadline(exchange, exchange->serve->limits.idle_ms);
    conn_resume(exchange->conn);
    if (exchange->taking) {
        return;
    }
    if (exchange->input.length > 0) {
        exchange_take(exchange, (struct loop_bytes){NULL, 0});
    } else {
        settle(exchange);
    }
}

void exchange_start(struct exchange *exchange)
{
    exchange->keep_alive = true;
    buf_init(&exchange->input, EXCHANGE_INPUT_MAX);
    buf_init(&exchange->head, HTTP_HEAD_MAX);
    buf_init(&exchange->body, HTTP_BODY_MAX);
    exchange_deadline(exchange, exchange->serve->limits.head_ms);
}
