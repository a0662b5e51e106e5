/* The life of an HTTP connection.
 *
 * Bytes that hold a whole request are read where they lie, in the loop's
 * buffer; only an incomplete rest is kept. While an answer is due nothing more
 * is read than fits a small input, so that a client cannot pile up requests
 * (pipelined ones are served one after the other). A connection whose client
 * has gone while an answer is due stays as a stub until the answer comes. */
#include "net/serve.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/id.h"
#include "net/conn.h"
#include "net/http_date.h"

enum {
    INPUT_MAX = 128 * 1024,    /* a full read buffer beside a pipelined head */
    INPUT_PAUSE = 16 * 1024,   /* waiting behind an unanswered request: stop reading */
    ONE_WRITE_MAX = 16 * 1024, /* a body up to this is sent in one piece with its head */
    OUT_MAX = 64 * 1024,
};

/* So that a head and a body fit what a connection may have waiting. */
static_assert((int)SERVE_ANSWER_MAX + (int)OUT_MAX <= (int)CONN_OUT_MAX, "an answer fits");

static const struct serve_limits USUAL_LIMITS = {.connections_max = SERVE_CONNECTIONS_MAX,
                                                 .head_ms = SERVE_HEAD_MS,
                                                 .body_ms = SERVE_BODY_MS,
                                                 .idle_ms = SERVE_IDLE_MS};

enum exchange_state {
    EXCHANGE_IDLE,  /* between requests: nothing of the next one has come */
    EXCHANGE_HEAD,  /* a head has come in part; its time runs from its first byte */
    EXCHANGE_BODY,  /* the head is in `head`, its body is coming */
    EXCHANGE_ASKED, /* on_request was called, the answer is due */
    EXCHANGE_OVER,  /* answered for the last time, or upgraded; the rest is dropped */
};

struct exchange {
    struct conn *conn; /* NULL once the client has gone */
    struct serve *serve;
    struct list_link link;
    struct loop_timer timer;
    int64_t deadline_ms; /* the timer runs at or before it, and looks here */
    struct buf input;    /* what has come and was not taken yet */
    struct buf head;     /* of the request whose body is coming */
    struct buf body;
    struct http_body body_reader;
    struct loop_bytes after; /* during on_request: what came behind the request */
    struct address client;
    uint64_t id;
    size_t extra_length;
    char extra[EXCHANGE_HEADERS_SIZE]; /* header lines of the answer to come */
    enum exchange_state state;
    bool taking;     /* take_bytes is running, and goes on after the answer */
    bool keep_alive; /* of the request being answered */
    bool head_only;  /* likewise: HEAD */
};

struct serve {
    struct loop *loop;
    struct serve_handler handler;
    struct serve_limits limits;
    struct list exchanges;
    size_t count;
    struct tls_server *tls; /* borrowed */
    struct buf out;         /* an answer is put together here */
    struct http_date date;
};

static void exchange_free(struct exchange *exchange)
{
    struct serve *serve = exchange->serve;

    assert(!exchange->taking); /* take_bytes is not under us on the stack */
    loop_timer_cancel(serve->loop, &exchange->timer);
    list_remove(&exchange->link);
    serve->count--;
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
    loop_timer_cancel(exchange->serve->loop, &exchange->timer);
    if (exchange->state != EXCHANGE_ASKED) {
        exchange_free(exchange);
    }
}

/* --- Time limits -------------------------------------------------------- */

static void on_timer(struct loop_timer *timer);

static void deadline_set(struct exchange *exchange, int64_t delay_ms)
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

static void refuse(struct exchange *exchange, int status, const char *text)
{
    char sentence[256];

    (void)text_format(sentence, sizeof(sentence), "%s\n", text);
    exchange->state = EXCHANGE_ASKED;
    exchange->head_only = false;
    exchange_answer(exchange, &(struct exchange_answer){.status = status,
                                                        .content_type = "text/plain; charset=utf-8",
                                                        .body = slice_of(sentence),
                                                        .close = true});
}

static void on_timer(struct loop_timer *timer)
{
    struct exchange *exchange = LIST_ITEM(timer, struct exchange, timer);
    int64_t left_ms = exchange->deadline_ms - loop_now_ms(exchange->serve->loop);

    if (exchange->state == EXCHANGE_ASKED || exchange->state == EXCHANGE_OVER) {
        return; /* set again when the answer has gone out */
    }
    if (left_ms > 0) {
        deadline_set(exchange, left_ms);
    } else if (exchange->state == EXCHANGE_IDLE) {
        exchange->state = EXCHANGE_OVER;
        conn_close(exchange->conn);
    } else {
        refuse(exchange, 408, "the request did not come in whole in time");
    }
}

/* --- Requests ----------------------------------------------------------- */

static void ask(struct exchange *exchange, const struct http_head *head, struct slice body)
{
    struct serve *serve = exchange->serve;

    exchange->state = EXCHANGE_ASKED;
    conn_address(exchange->conn, &exchange->client);
    id_random(&exchange->id, sizeof(exchange->id));
    exchange->extra_length = 0;
    exchange->keep_alive = head->keep_alive;
    exchange->head_only = head->method == HTTP_HEAD;
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
        refuse(exchange, refusal.status, refusal.text);
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
    deadline_set(exchange, exchange->serve->limits.body_ms);
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
        refuse(exchange, refusal.status, refusal.text);
        return true;
    case HTTP_DONE:
        break;
    }
    advance(bytes, used);
    exchange->after = *bytes;
    head_done(exchange, &head, slice_make(all.bytes, used));
    return true;
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
        refuse(exchange, refusal.status, refusal.text);
        return;
    }
    advance(bytes, used);
    if (progress == HTTP_MORE) {
        return;
    }
    /* The head is read a second time, from its copy: bodies are rare and heads
     * are short, and nothing of a parsed head has to be kept between. */
    if (buf_fail(&exchange->body) != FAIL_NONE || buf_fail(&exchange->head) != FAIL_NONE ||
        http_head_read(&head, buf_view(&exchange->head), &used, &refusal) != HTTP_DONE) {
        refuse(exchange, 503, "there is no memory left for this request; try again");
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
        deadline_set(exchange, exchange->serve->limits.head_ms);
    } else if (exchange->state == EXCHANGE_ASKED && exchange->input.length > INPUT_PAUSE) {
        conn_pause(exchange->conn);
    }
}

/* Takes requests off what was kept and what came now, until one is to be
 * answered later or nothing whole is left. */
static void take_bytes(struct exchange *exchange, struct loop_bytes bytes)
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
    buf_init(&exchange->input, INPUT_MAX);
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
    }
}

static void on_bytes(void *context, char *bytes, size_t length)
{
    struct exchange *exchange = context;

    if (exchange->state == EXCHANGE_ASKED) {
        keep_rest(exchange, (struct loop_bytes){bytes, length});
    } else if (exchange->state != EXCHANGE_OVER) {
        take_bytes(exchange, (struct loop_bytes){bytes, length});
    }
}

/* --- Answers ------------------------------------------------------------ */

static void answer_head_write(struct exchange *exchange, const struct exchange_answer *answer,
                              bool close)
{
    struct serve *serve = exchange->serve;
    size_t i;

    http_answer_start(&serve->out, answer->status);
    http_answer_header(&serve->out, "Date", http_date_now(&serve->date));
    if (answer->content_type != NULL) {
        http_answer_header(&serve->out, "Content-Type", answer->content_type);
    }
    for (i = 0; i < answer->header_count; i++) {
        http_answer_header(&serve->out, answer->headers[i].name, answer->headers[i].value);
    }
    buf_append(&serve->out, exchange->extra, exchange->extra_length);
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
        conn_write(exchange->conn, body);
    }
}

void exchange_answer(struct exchange *exchange, const struct exchange_answer *answer)
{
    static const char too_large_text[] = "the answer is too large; ask for less at once\n";
    static const struct exchange_answer too_large = {
        .status = 500,
        .content_type = "text/plain; charset=utf-8",
        .body = {.bytes = too_large_text, .length = sizeof(too_large_text) - 1}};
    bool close = answer->close || !exchange->keep_alive;

    assert(exchange->state == EXCHANGE_ASKED);
    if (answer->body.length > SERVE_ANSWER_MAX) {
        answer = &too_large;
    }
    exchange->state = close ? EXCHANGE_OVER : EXCHANGE_IDLE;
    if (exchange->conn == NULL) {
        exchange_free(exchange);
        return;
    }
    answer_write(exchange, answer, close);
    if (close) {
        conn_close(exchange->conn);
        return;
    }
    deadline_set(exchange, exchange->serve->limits.idle_ms);
    conn_resume(exchange->conn);
    if (!exchange->taking && exchange->input.length > 0) {
        take_bytes(exchange, (struct loop_bytes){NULL, 0});
    }
}

struct conn *exchange_upgrade(struct exchange *exchange, const char *websocket_accept,
                              struct loop_bytes *rest)
{
    struct buf *out = &exchange->serve->out;
    struct conn *conn;

    assert(exchange->state == EXCHANGE_ASKED && exchange->taking);
    buf_clear(out);
    http_answer_start(out, 101);
    http_answer_header(out, "Upgrade", "websocket");
    http_answer_header(out, "Connection", "Upgrade");
    http_answer_header(out, "Sec-WebSocket-Accept", websocket_accept);
    http_answer_end(out, 101, 0);
    exchange->state = EXCHANGE_OVER;
    if (buf_fail(out) != FAIL_NONE) {
        conn_cut(exchange->conn);
    } else {
        conn_write(exchange->conn, buf_view(out));
    }
    conn = exchange->conn;
    exchange->conn = NULL; /* take_bytes frees the exchange when it is through */
    *rest = exchange->after;
    return conn;
}

/* --- The service -------------------------------------------------------- */

enum fail serve_create(struct serve **out, struct loop *loop, const struct serve_handler *handler,
                       const struct serve_options *options)
{
    struct serve *serve = calloc(1, sizeof(*serve));

    if (serve == NULL) {
        return FAIL_MEMORY;
    }
    serve->loop = loop;
    serve->handler = *handler;
    serve->limits = options == NULL || options->limits == NULL ? USUAL_LIMITS : *options->limits;
    serve->tls = options == NULL ? NULL : options->tls;
    list_init(&serve->exchanges);
    buf_init(&serve->out, OUT_MAX);
    *out = serve;
    return FAIL_NONE;
}

void serve_close_all(struct serve *serve)
{
    struct list_link *link;

    for (link = list_first(&serve->exchanges); link != NULL;
         link = list_next(&serve->exchanges, link)) {
        struct exchange *exchange = LIST_ITEM(link, struct exchange, link);

        if (exchange->conn != NULL) {
            conn_close(exchange->conn);
        }
    }
}

void serve_destroy(struct serve **serve)
{
    if (*serve == NULL) {
        return;
    }
    assert(list_is_empty(&(*serve)->exchanges));
    buf_finish(&(*serve)->out);
    free(*serve);
    *serve = NULL;
}

static const struct conn_events conn_events = {.on_bytes = on_bytes, .on_end = on_end};

void serve_accept(struct serve *serve, struct uv_stream_s *stream)
{
    struct exchange *exchange = calloc(1, sizeof(*exchange));
    struct conn *conn = NULL;

    if (exchange == NULL ||
        conn_accept(&conn, serve->loop, stream, serve->tls, &conn_events, exchange) != FAIL_NONE) {
        free(exchange);
        return;
    }
    exchange->conn = conn;
    exchange->serve = serve;
    exchange->keep_alive = true;
    buf_init(&exchange->input, INPUT_MAX);
    buf_init(&exchange->head, HTTP_HEAD_MAX);
    buf_init(&exchange->body, HTTP_BODY_MAX);
    list_push_back(&serve->exchanges, &exchange->link);
    serve->count++;
    deadline_set(exchange, serve->limits.head_ms);
    if (serve->count > serve->limits.connections_max) {
        refuse(exchange, 503, "too many connections; try again in a moment");
    }
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

const struct address *exchange_client(const struct exchange *exchange)
{
    return &exchange->client;
}

bool exchange_is_secure(const struct exchange *exchange)
{
    return exchange->conn != NULL && conn_is_secure(exchange->conn);
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
