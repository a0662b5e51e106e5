/* The second reader: what llhttp makes of a request head.
 *
 * Private to wire/http_head.c. It stands apart because llhttp and wire/http.h
 * give the same names (HTTP_GET and others) to different constants, so no file
 * can include both. */
#ifndef WIRE_HTTP_LLHTTP_H
#define WIRE_HTTP_LLHTTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/text.h"

enum { HTTP_LLHTTP_HEADERS_MAX = 64 };

/* Slices point into the head that was given. */
struct http_llhttp {
    struct slice target;
    unsigned major;
    unsigned minor;
    bool ended;  /* the empty line was seen */
    bool broken; /* parts came in an order or number that makes no sense */
    bool chunked;
    bool has_coding;
    bool has_length;
    uint64_t length;
    size_t count;
    struct slice names[HTTP_LLHTTP_HEADERS_MAX];
    struct slice values[HTTP_LLHTTP_HEADERS_MAX]; /* blanks at the end may be left */
};

/* Reads one whole head. `method`, when not empty, is read before `head`, which
 * then begins with the blank after the method: llhttp knows a fixed list of
 * methods and speaks other protocols for some of them. False when llhttp
 * refuses it or ends elsewhere than at the last byte. */
bool http_llhttp_read(struct http_llhttp *out, struct slice method, struct slice head);

#endif
