/* The growing buffer: doubling from a small start, never past its limit. */
#include "base/buf.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

enum { CAPACITY_FIRST = 256, FORMAT_MAX = 1024, DIGITS_MAX = 20 };

void buf_init(struct buf *buf, size_t limit_bytes)
{
    assert(limit_bytes > 0 && limit_bytes <= SIZE_MAX / 2); /* so that doubling cannot overflow */
    *buf = (struct buf){.limit = limit_bytes};
}

void buf_finish(struct buf *buf)
{
    free(buf->bytes);
    *buf = (struct buf){.limit = buf->limit};
}

void buf_wipe(struct buf *buf)
{
    if (buf->bytes != NULL) {
        sodium_memzero(buf->bytes, buf->capacity);
    }
    buf_finish(buf);
}

/* Makes room for `length` more bytes, or notes the failure. */
static bool grow(struct buf *buf, size_t length)
{
    size_t capacity = buf->capacity == 0 ? CAPACITY_FIRST : buf->capacity;
    char *bytes;

    if (buf->fail != FAIL_NONE) {
        return false;
    }
    if (length > buf->limit - buf->length) {
        buf->fail = FAIL_LIMIT;
        return false;
    }
    if (buf->length + length <= buf->capacity) {
        return true;
    }
    while (capacity < buf->length + length) {
        capacity *= 2;
    }
    if (capacity > buf->limit) {
        capacity = buf->limit;
    }
    bytes = realloc(buf->bytes, capacity);
    if (bytes == NULL) {
        buf->fail = FAIL_MEMORY;
        return false;
    }
    buf->bytes = bytes;
    buf->capacity = capacity;
    return true;
}

char *buf_reserve(struct buf *buf, size_t length)
{
    return grow(buf, length) ? buf->bytes + buf->length : NULL;
}

void buf_grown(struct buf *buf, size_t length)
{
    assert(length <= buf->capacity - buf->length);
    buf->length += length;
}

void buf_append(struct buf *buf, const void *bytes, size_t length)
{
    if (length == 0 || !grow(buf, length)) {
        return;
    }
    memcpy(buf->bytes + buf->length, bytes, length);
    buf->length += length;
}

void buf_byte(struct buf *buf, char byte)
{
    buf_append(buf, &byte, 1);
}

void buf_text(struct buf *buf, const char *text)
{
    buf_append(buf, text, strlen(text));
}

void buf_slice(struct buf *buf, struct slice slice)
{
    buf_append(buf, slice.bytes, slice.length);
}

void buf_unsigned(struct buf *buf, uint64_t value)
{
    char digits[DIGITS_MAX];
    size_t at = sizeof(digits);

    do {
        digits[--at] = (char)('0' + value % 10);
        value /= 10;
    } while (value != 0);
    buf_append(buf, digits + at, sizeof(digits) - at);
}

void buf_signed(struct buf *buf, int64_t value)
{
    if (value < 0) {
        buf_byte(buf, '-');
        buf_unsigned(buf, (uint64_t)(-(value + 1)) + 1);
        return;
    }
    buf_unsigned(buf, (uint64_t)value);
}

void buf_format(struct buf *buf, const char *format, ...)
{
    char text[FORMAT_MAX];
    va_list arguments;
    int length;

    va_start(arguments, format);
    length = vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    assert(length >= 0);
    if ((size_t)length >= sizeof(text)) {
        if (buf->fail == FAIL_NONE) {
            buf->fail = FAIL_LIMIT;
        }
        return;
    }
    buf_append(buf, text, (size_t)length);
}

void buf_consume(struct buf *buf, size_t length)
{
    assert(length <= buf->length);
    buf->length -= length;
    if (buf->length > 0) {
        memmove(buf->bytes, buf->bytes + length, buf->length);
    }
}

void buf_clear(struct buf *buf)
{
    buf->length = 0;
    buf->fail = FAIL_NONE;
}

enum fail buf_fail(const struct buf *buf)
{
    return buf->fail;
}

struct slice buf_view(const struct buf *buf)
{
    return slice_make(buf->bytes, buf->length);
}
