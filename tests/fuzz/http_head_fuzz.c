/* Heads of requests and answers, from any bytes.
 *
 * Holds: the verdict does not depend on how the bytes arrive; what a served
 * head says lies inside its bytes; and a served head, written anew from what
 * was understood, is understood in the same way. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "wire/http.h"

#define MUST(condition)                                                                            \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            fprintf(stderr, "does not hold, line %d: %s\n", __LINE__, #condition);                 \
            abort();                                                                               \
        }                                                                                          \
    } while (0)

enum { PREFIXES_MAX = 400, SIZE_MAX_BYTES = 20 * 1024 };

struct verdict {
    enum http_progress progress;
    size_t used;
    int status;
};

static struct http_head head;
static struct http_head again;
static struct http_answer answer;

static struct verdict request_verdict(struct slice bytes)
{
    struct http_refusal refusal = {0, NULL};
    struct verdict verdict = {.used = 0};

    verdict.progress = http_head_read(&head, bytes, &verdict.used, &refusal);
    verdict.status = refusal.status;
    MUST((verdict.progress == HTTP_REFUSED) == (refusal.status != 0));
    MUST((verdict.progress == HTTP_REFUSED) == (refusal.text != NULL));
    MUST(verdict.used <= bytes.length && verdict.used <= HTTP_HEAD_MAX);
    return verdict;
}

static struct verdict answer_verdict(struct slice bytes)
{
    struct http_refusal refusal = {0, NULL};
    struct verdict verdict = {.used = 0};

    verdict.progress = http_answer_read(&answer, bytes, &verdict.used, &refusal);
    verdict.status = refusal.status;
    MUST((verdict.progress == HTTP_REFUSED) == (refusal.status != 0));
    MUST(verdict.used <= bytes.length && verdict.used <= HTTP_HEAD_MAX);
    return verdict;
}

/* Grows the bytes until there is a verdict: it must be that of the whole. */
static void grow(struct slice bytes, struct verdict (*read)(struct slice), struct verdict whole)
{
    size_t step = bytes.length / PREFIXES_MAX + 1;
    size_t length = 0;
    struct verdict verdict = {.progress = HTTP_MORE};

    while (verdict.progress == HTTP_MORE && length < bytes.length) {
        length = bytes.length - length < step ? bytes.length : length + step;
        verdict = read(slice_make(bytes.bytes, length));
    }
    MUST(verdict.progress == whole.progress);
    MUST(verdict.used == whole.used);
    MUST(verdict.status == whole.status);
}

static void is_inside(struct slice part, struct slice bytes)
{
    MUST(part.length == 0 ||
         (part.bytes >= bytes.bytes && part.bytes + part.length <= bytes.bytes + bytes.length));
}

static void must_be_sound(struct slice bytes)
{
    size_t i;

    MUST(head.header_count <= HTTP_HEADERS_MAX);
    MUST(head.target.length > 0 && head.target.length <= HTTP_TARGET_MAX);
    MUST(head.path.length > 0 && (head.path.bytes[0] == '/' || slice_is(head.path, "*")));
    MUST(!(head.chunked && head.has_length));
    MUST(!(head.chunked && head.minor_version == 0));
    MUST(head.minor_version == 0 || head.host.length > 0);
    MUST(!head.wants_websocket || (head.method == HTTP_GET && !head.chunked && head.length == 0));
    is_inside(head.target, bytes);
    is_inside(head.query, bytes);
    is_inside(head.host, bytes);
    for (i = 0; i < head.header_count; i++) {
        is_inside(head.headers[i].name, bytes);
        is_inside(head.headers[i].value, bytes);
        MUST(head.headers[i].name.length > 0);
        MUST(memchr(head.headers[i].name.bytes, ' ', head.headers[i].name.length) == NULL);
    }
}

static void must_be_the_same(void)
{
    size_t i;

    MUST(head.method == again.method);
    MUST(slice_equals(head.target, again.target) && slice_equals(head.path, again.path));
    MUST(slice_equals(head.query, again.query) && slice_equals(head.host, again.host));
    MUST(head.minor_version == again.minor_version && head.keep_alive == again.keep_alive);
    MUST(head.expects_continue == again.expects_continue);
    MUST(head.wants_websocket == again.wants_websocket && head.chunked == again.chunked);
    MUST(head.has_length == again.has_length && head.length == again.length);
    MUST(head.header_count == again.header_count);
    for (i = 0; i < head.header_count; i++) {
        MUST(slice_equals(head.headers[i].name, again.headers[i].name));
        MUST(slice_equals(head.headers[i].value, again.headers[i].value));
    }
}

static void rewrite(struct slice bytes)
{
    const char *method = bytes.bytes;
    struct http_refusal refusal;
    struct buf out;
    size_t used = 0;
    size_t i;

    while (*method == '\r' || *method == '\n') {
        method++;
    }
    buf_init(&out, (size_t)2 * HTTP_HEAD_MAX);
    buf_append(&out, method, (size_t)(head.target.bytes - 1 - method));
    buf_byte(&out, ' ');
    buf_slice(&out, head.target);
    buf_format(&out, " HTTP/1.%d\r\n", head.minor_version);
    for (i = 0; i < head.header_count; i++) {
        buf_slice(&out, head.headers[i].name);
        buf_text(&out, ": ");
        buf_slice(&out, head.headers[i].value);
        buf_text(&out, "\r\n");
    }
    buf_text(&out, "\r\n");
    MUST(buf_fail(&out) == FAIL_NONE);
    if (out.length <= HTTP_HEAD_MAX) {
        MUST(http_head_read(&again, buf_view(&out), &used, &refusal) == HTTP_DONE);
        MUST(used == out.length);
        must_be_the_same();
    }
    buf_finish(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice bytes = slice_make((const char *)data, size);
    struct verdict whole;

    if (size == 0 || size > SIZE_MAX_BYTES) {
        return 0;
    }
    whole = request_verdict(bytes);
    if (whole.progress == HTTP_DONE) {
        must_be_sound(bytes);
        rewrite(bytes);
    }
    grow(bytes, request_verdict, whole);
    whole = answer_verdict(bytes);
    if (whole.progress == HTTP_DONE) {
        MUST(answer.status >= 100 && answer.status <= 599);
    }
    grow(bytes, answer_verdict, whole);
    return 0;
}
