/* Fuzz: a stream of frames reads the same however it is chopped.
 *
 * The first byte chooses role and message limit, the second seeds the
 * chopping; the rest is the stream. It is read whole, byte by byte, in pieces
 * of changing length, and whole with a stop after some event: messages,
 * verdict, and what is held at the end must agree. */
#include <stdlib.h>

#include "unit/wire/websocket_record.h"
#include "wire/websocket.h"

enum { OPTIONS_SIZE = 2, PIECE_MAX = 40 };

static const uint32_t LIMITS[] = {1, 16, 125, 126, 300, 1000, 65536, UINT32_MAX};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct result {
    struct record record;
    bool closed;
    bool holds;
};

/* In pieces of `piece` bytes; 0: whole; above PIECE_MAX: changing, from that seed. */
static void read_in_pieces(struct result *result, const uint8_t *data, size_t size, unsigned piece,
                           size_t stop_after)
{
    enum websocket_role role = (data[0] & 1) != 0 ? WEBSOCKET_SERVER : WEBSOCKET_CLIENT;
    struct websocket websocket;
    uint32_t seed = piece;
    size_t at = OPTIONS_SIZE;

    websocket_init(&websocket, role, LIMITS[data[0] >> 1 & 7]);
    record_start(&result->record, &websocket);
    result->record.stop_after = stop_after;
    while (at < size) {
        size_t length = piece == 0 ? size : piece;
        char *copy;

        if (piece > PIECE_MAX) {
            seed = seed * 1664525U + 1013904223U;
            length = 1 + (seed >> 16) % PIECE_MAX;
        }
        if (length > size - at) {
            length = size - at;
        }
        copy = malloc(length);
        if (copy == NULL) {
            abort();
        }
        memcpy(copy, data + at, length);
        record_read(&result->record, copy, length);
        free(copy);
        at += length;
    }
    result->closed = websocket.closed;
    result->holds = websocket.partial != NULL;
    websocket_finish(&websocket);
}

static void must(bool is_true)
{
    if (!is_true) {
        abort();
    }
}

static void must_agree(const struct result *a, const struct result *b)
{
    must(strcmp(a->record.text, b->record.text) == 0);
    must(a->record.sum == b->record.sum && a->record.events == b->record.events);
    must(a->closed == b->closed && a->holds == b->holds);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct result whole;
    static struct result other;
    size_t stop_after;

    if (size < OPTIONS_SIZE) {
        return 0;
    }
    read_in_pieces(&whole, data, size, 0, 0);
    must(!whole.closed || !whole.holds);
    read_in_pieces(&other, data, size, 1, 0);
    must_agree(&whole, &other);
    read_in_pieces(&other, data, size, PIECE_MAX + 1 + data[1], 0);
    must_agree(&whole, &other);

    stop_after = 1 + data[1] % 4;
    read_in_pieces(&whole, data, size, 0, stop_after);
    must(whole.record.events <= stop_after);
    read_in_pieces(&other, data, size, 1 + data[1] % PIECE_MAX, stop_after);
    must_agree(&whole, &other);
    return 0;
}
