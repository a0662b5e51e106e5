/* Writes down what a WebSocket reader delivers, as one line of text:
 *
 *   text hello | ping | close 1000 bye | error 1002
 *
 * Bytes that are not printable stand as \xNN; a long run of one byte as x*126.
 * What no longer fits the line still counts in the sum, so that two records
 * can be compared whole. Allocates nothing. */
#ifndef TESTS_WEBSOCKET_RECORD_H
#define TESTS_WEBSOCKET_RECORD_H

#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "wire/websocket.h"

enum { RECORD_SIZE = 8192, RECORD_RUN_MIN = 20 };

struct record {
    char text[RECORD_SIZE];
    size_t used;
    uint64_t sum; /* FNV-1a over every byte that was delivered */
    size_t events;
    size_t stop_after; /* events; 0: never */
    struct websocket *websocket;
};

static void record_sum(struct record *record, const char *bytes, size_t length)
{
    size_t i;

    for (i = 0; i < length; i++) {
        record->sum = (record->sum ^ (uint8_t)bytes[i]) * UINT64_C(1099511628211);
    }
}

__attribute__((format(printf, 2, 3))) static void record_add(struct record *record,
                                                             const char *format, ...)
{
    size_t room = sizeof(record->text) - record->used;
    va_list arguments;
    int length;

    va_start(arguments, format);
    length = vsnprintf(record->text + record->used, room, format, arguments);
    va_end(arguments);
    record->used = length >= 0 && (size_t)length < room ? record->used + (size_t)length
                                                        : sizeof(record->text) - 1;
}

static bool record_is_run(struct slice payload)
{
    return payload.length >= RECORD_RUN_MIN &&
           memcmp(payload.bytes, payload.bytes + 1, payload.length - 1) == 0;
}

static void record_payload(struct record *record, struct slice payload)
{
    size_t i;

    record_sum(record, payload.bytes, payload.length);
    if (payload.length == 0) {
        return;
    }
    record_add(record, " ");
    if (record_is_run(payload)) {
        record_add(record, "%c*%zu", payload.bytes[0], payload.length);
        return;
    }
    for (i = 0; i < payload.length && record->used < sizeof(record->text) - 1; i++) {
        uint8_t byte = (uint8_t)payload.bytes[i];

        if (byte >= 0x20 && byte < 0x7f) {
            record_add(record, "%c", byte);
        } else {
            record_add(record, "\\x%02x", byte);
        }
    }
}

static void record_event(struct record *record, const char *name, struct slice payload)
{
    record_add(record, "%s%s", record->events == 0 ? "" : " | ", name);
    record_sum(record, name, strlen(name) + 1);
    record_payload(record, payload);
    record->events++;
    if (record->events == record->stop_after) {
        websocket_stop(record->websocket);
    }
}

static void record_on_message(void *context, bool is_text, struct slice message)
{
    record_event(context, is_text ? "text" : "binary", message);
}

static void record_on_ping(void *context, struct slice payload)
{
    record_event(context, "ping", payload);
}

static void record_on_pong(void *context, struct slice payload)
{
    record_event(context, "pong", payload);
}

static void record_on_close(void *context, unsigned code, struct slice reason)
{
    char name[32];

    (void)snprintf(name, sizeof(name), "close %u", code);
    record_event(context, name, reason);
}

static const struct websocket_handler record_handler = {
    .on_message = record_on_message,
    .on_ping = record_on_ping,
    .on_pong = record_on_pong,
    .on_close = record_on_close,
};

static inline void record_start(struct record *record, struct websocket *websocket)
{
    memset(record, 0, sizeof(*record));
    record->sum = UINT64_C(14695981039346656037);
    record->websocket = websocket;
}

/* Reads, and writes an error down as an event of its own. */
static inline void record_read(struct record *record, char *bytes, size_t length)
{
    enum websocket_close code =
        websocket_read(record->websocket, &record_handler, record, bytes, length);

    if (code != WEBSOCKET_OPEN) {
        char name[32];

        (void)snprintf(name, sizeof(name), "error %u", (unsigned)code);
        record_event(record, name, slice_make(NULL, 0));
    }
}

#endif
