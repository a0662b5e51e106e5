/* For tests of doors: an exchange that keeps its answer, in place of net/serve.
 * Nothing else of net/serve.h may be linked in: what is called is here. */
#ifndef TESTS_FAKE_EXCHANGE_H
#define TESTS_FAKE_EXCHANGE_H

#include <assert.h>
#include <string.h>

#include "base/buf.h"
#include "net/serve.h"

enum { FAKE_BODY_MAX = SERVE_ANSWER_MAX + 1, FAKE_HEADERS_MAX = 4096 };

/* What net/serve counts. */
struct counter serve_answers[SERVE_STATUS_CLASSES];
struct histogram serve_took;
struct counter serve_refused[GATE_ANSWERS];
struct counter serve_evicted;

struct exchange {
    struct loop *loop; /* borrowed */
    struct address client;
    bool secure;
    bool known; /* exchange_know was called */
    uint64_t id;
    struct exchange_note note;
    unsigned answers;
    int status;
    char type[64];      /* "" for none */
    struct buf body;    /* zero-terminated */
    struct buf headers; /* "Name: value\n", zero-terminated */
};

static inline void fake_exchange_init(struct exchange *exchange, struct loop *loop)
{
    *exchange = (struct exchange){.loop = loop};
    buf_init(&exchange->body, FAKE_BODY_MAX);
    buf_init(&exchange->headers, FAKE_HEADERS_MAX);
}

static inline void fake_exchange_finish(struct exchange *exchange)
{
    buf_finish(&exchange->body);
    buf_finish(&exchange->headers);
}

/* What a test looks at in the moment of an answer; NULL: nothing. */
static void (*fake_exchange_on_answer)(struct exchange *exchange);

void exchange_answer(struct exchange *exchange, const struct exchange_answer *answer)
{
    size_t i;

    if (fake_exchange_on_answer != NULL) {
        fake_exchange_on_answer(exchange);
    }

    exchange->answers++;
    exchange->status = answer->status;
    (void)text_format(exchange->type, sizeof(exchange->type), "%s",
                      answer->content_type == NULL ? "" : answer->content_type);
    assert(answer->content_type != NULL || answer->body.length == 0);
    buf_slice(&exchange->body, answer->body);
    buf_byte(&exchange->body, '\0');
    for (i = 0; i < answer->header_count; i++) {
        buf_format(&exchange->headers, "%s: %s\n", answer->headers[i].name,
                   answer->headers[i].value);
    }
    buf_byte(&exchange->headers, '\0');
}

void exchange_add_header(struct exchange *exchange, const char *name, const char *value)
{
    buf_format(&exchange->headers, "%s: %s\n", name, value);
}

const struct address *exchange_client(const struct exchange *exchange)
{
    return &exchange->client;
}

void exchange_know(struct exchange *exchange)
{
    exchange->known = true;
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

struct loop *exchange_loop(const struct exchange *exchange)
{
    return exchange->loop;
}

/* A head as net/serve reads it, with at most two headers. */
static inline struct http_head fake_head(enum http_method method, const char *target,
                                         const char *host)
{
    const char *query = strchr(target, '?');
    struct http_head head = {.method = method, .minor_version = 1, .keep_alive = true};

    head.target = slice_of(target);
    head.path = query == NULL ? head.target : slice_make(target, (size_t)(query - target));
    head.query = query == NULL ? slice_make(NULL, 0) : slice_of(query + 1);
    head.host = slice_of(host);
    return head;
}

static inline void fake_header(struct http_head *head, const char *name, const char *value)
{
    assert(head->header_count < HTTP_HEADERS_MAX);
    head->headers[head->header_count++] =
        (struct http_header){.name = slice_of(name), .value = slice_of(value)};
}

#endif
