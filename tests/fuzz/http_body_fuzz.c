/* Bodies, from any bytes: the first two choose the kind and how it is cut.
 *
 * Holds: content, end and verdict do not depend on how the bytes arrive; no
 * more is taken than the limit; a body that was read, written anew in one
 * chunk, is read the same. */
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

enum { LIMIT = 300 };

struct reading {
    enum http_progress progress;
    int status;
    size_t used;
    struct buf out;
};

static struct http_head head;

static struct reading read_in_pieces(struct slice bytes, size_t step)
{
    struct http_refusal refusal = {0, NULL};
    struct http_body body;
    struct reading reading = {.used = 0};

    buf_init(&reading.out, LIMIT);
    reading.progress = http_body_start(&body, &head, LIMIT, &refusal);
    while (reading.progress == HTTP_MORE && reading.used < bytes.length) {
        size_t left = bytes.length - reading.used;
        struct slice piece = slice_make(bytes.bytes + reading.used, left < step ? left : step);
        size_t used = 0;

        reading.progress = http_body_read(&body, piece, &used, &reading.out, &refusal);
        MUST(used <= piece.length);
        MUST(used == piece.length || reading.progress != HTTP_MORE);
        reading.used += used;
    }
    reading.status = refusal.status;
    MUST((reading.progress == HTTP_REFUSED) == (refusal.status != 0));
    MUST(buf_fail(&reading.out) == FAIL_NONE);
    MUST(reading.out.length == body.taken && body.taken <= LIMIT);
    return reading;
}

static void must_be_the_same(const struct reading *a, const struct reading *b)
{
    MUST(a->progress == b->progress && a->status == b->status && a->used == b->used);
    MUST(slice_equals(buf_view(&a->out), buf_view(&b->out)));
}

static void rewrite(const struct reading *reading)
{
    struct buf bytes;
    struct reading again;

    buf_init(&bytes, (size_t)2 * LIMIT);
    if (reading->out.length > 0) {
        buf_format(&bytes, "%zx\r\n", reading->out.length);
        buf_slice(&bytes, buf_view(&reading->out));
        buf_text(&bytes, "\r\n");
    }
    buf_text(&bytes, "0\r\n\r\n");
    again = read_in_pieces(buf_view(&bytes), bytes.length);
    MUST(again.progress == HTTP_DONE && again.used == bytes.length);
    MUST(slice_equals(buf_view(&again.out), buf_view(&reading->out)));
    buf_finish(&again.out);
    buf_finish(&bytes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice bytes;
    struct reading whole;
    struct reading single;
    struct reading pieces;

    if (size < 3) {
        return 0;
    }
    bytes = slice_make((const char *)data + 2, size - 2);
    head.chunked = data[0] != 'L';
    head.has_length = !head.chunked;
    head.length = data[1];
    whole = read_in_pieces(bytes, bytes.length);
    single = read_in_pieces(bytes, 1);
    pieces = read_in_pieces(bytes, (size_t)data[1] + 1);
    must_be_the_same(&whole, &single);
    must_be_the_same(&whole, &pieces);
    if (head.chunked && whole.progress == HTTP_DONE) {
        rewrite(&whole);
    }
    buf_finish(&whole.out);
    buf_finish(&single.out);
    buf_finish(&pieces.out);
    return 0;
}
