/* A byte buffer that grows to a limit given when it is made.
 *
 * Appending needs no check: the first failure sticks, later appends do
 * nothing, and buf_fail is asked once at the end. */
#ifndef BASE_BUF_H
#define BASE_BUF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/fail.h"
#include "base/text.h"

struct buf {
    char *bytes; /* owned; NULL while nothing was appended; not zero-terminated */
    size_t length;
    size_t capacity;
    size_t limit; /* bytes; length never passes it */
    enum fail fail;
};

/* Allocates nothing yet. */
void buf_init(struct buf *buf, size_t limit_bytes);
/* Frees the bytes; the buffer may be used again as after buf_init. */
void buf_finish(struct buf *buf);
/* Like buf_finish, after overwriting the bytes: for secrets. */
void buf_wipe(struct buf *buf);

void buf_append(struct buf *buf, const void *bytes, size_t length);
void buf_byte(struct buf *buf, char byte);
void buf_text(struct buf *buf, const char *text);
void buf_slice(struct buf *buf, struct slice slice);
void buf_unsigned(struct buf *buf, uint64_t value);
void buf_signed(struct buf *buf, int64_t value);
__attribute__((format(printf, 2, 3))) void buf_format(struct buf *buf, const char *format, ...);

/* Room for `length` more bytes at the end, to be filled by the caller, who
 * then calls buf_grown; NULL (and the failure sticks) when there is none. */
char *buf_reserve(struct buf *buf, size_t length);
void buf_grown(struct buf *buf, size_t length);

/* Drops the first `length` bytes and moves the rest forward. */
void buf_consume(struct buf *buf, size_t length);
/* Empties it and forgets a failure; keeps the memory. */
void buf_clear(struct buf *buf);

/* FAIL_NONE, FAIL_LIMIT or FAIL_MEMORY: what the first failing append met. */
MUST_CHECK enum fail buf_fail(const struct buf *buf);

/* The bytes, borrowed until the next change. */
struct slice buf_view(const struct buf *buf);

#endif
