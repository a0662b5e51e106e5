/* A connection without a socket, for the HTTP tests: bytes are fed in pieces,
 * and it counts the requests that a server would have read from them. */
#ifndef TESTS_HTTP_RUN_H
#define TESTS_HTTP_RUN_H

#include <assert.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "base/buf.h"
#include "wire/http.h"

#define RUN_CANARY "GET /canary HTTP/1.1\r\nHost: canary\r\n\r\n"

struct run {
    struct buf in;
    bool in_body;
    bool closed;     /* refused, or not kept alive: nothing more is read */
    int status;      /* of the refusal, 0 while there is none */
    size_t requests; /* read whole */
    size_t canaries; /* of these, those for /canary */
    size_t content;  /* bytes of all bodies */
    bool is_canary;
    bool keep_alive;
    struct http_body body;
};

static inline void run_start(struct run *run)
{
    *run = (struct run){.closed = false};
    buf_init(&run->in, 1024 * 1024);
}

static inline void run_message_end(struct run *run)
{
    run->in_body = false;
    run->requests++;
    run->canaries += run->is_canary ? 1 : 0;
    run->closed = !run->keep_alive;
}

static inline enum http_progress run_head(struct run *run, size_t *used,
                                          struct http_refusal *refusal)
{
    static struct http_head head;
    enum http_progress progress = http_head_read(&head, buf_view(&run->in), used, refusal);

    if (progress != HTTP_DONE) {
        return progress;
    }
    run->is_canary = slice_is(head.path, "/canary");
    run->keep_alive = head.keep_alive;
    progress = http_body_start(&run->body, &head, HTTP_BODY_MAX, refusal);
    if (progress == HTTP_MORE) {
        run->in_body = true;
    }
    return progress == HTTP_MORE ? HTTP_DONE : progress;
}

static inline enum http_progress run_body(struct run *run, size_t *used,
                                          struct http_refusal *refusal)
{
    struct buf out;
    enum http_progress progress;

    buf_init(&out, HTTP_BODY_MAX);
    progress = http_body_read(&run->body, buf_view(&run->in), used, &out, refusal);
    assert(buf_fail(&out) == FAIL_NONE);
    run->content += out.length;
    buf_finish(&out);
    return progress;
}

static inline void run_feed(struct run *run, struct slice bytes)
{
    buf_slice(&run->in, bytes);
    while (!run->closed && run->in.length > 0) {
        struct http_refusal refusal = {0, NULL};
        size_t used = 0;
        bool was_body = run->in_body;
        enum http_progress progress =
            was_body ? run_body(run, &used, &refusal) : run_head(run, &used, &refusal);

        if (progress == HTTP_REFUSED) {
            assert(refusal.status >= 400 && refusal.text != NULL);
            run->status = refusal.status;
            run->closed = true;
            return;
        }
        buf_consume(&run->in, used);
        if (progress == HTTP_DONE && (was_body || !run->in_body)) {
            run_message_end(run);
        } else if (progress == HTTP_MORE) {
            return;
        }
    }
}

static inline void run_finish(struct run *run)
{
    buf_finish(&run->in);
}

/* Feeds `bytes` in pieces that end at `first`, then every `step` bytes. */
static inline struct run run_pieces(struct slice bytes, size_t first, size_t step)
{
    struct run run;
    size_t at = 0;
    size_t next = first;

    run_start(&run);
    while (at < bytes.length) {
        if (next > bytes.length) {
            next = bytes.length;
        }
        run_feed(&run, slice_make(bytes.bytes + at, next - at));
        at = next;
        next += step;
    }
    run_finish(&run);
    return run;
}

#endif
