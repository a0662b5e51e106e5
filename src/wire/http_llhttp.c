/* Runs llhttp over a head that our own check has passed, and notes what it saw.
 *
 * llhttp by itself lets too much through (it takes what old servers send), so
 * it never decides alone. As a second opinion it is worth its time: it was
 * written by others, and a head that two readers understand alike is a head
 * that a proxy before us has most likely understood in the same way. */
#include "wire/http_llhttp.h"

#include <llhttp.h>

static struct http_llhttp *seen(llhttp_t *parser)
{
    return parser->data;
}

/* llhttp may hand over one part in several pieces, but only in a row. */
static void extend(struct http_llhttp *out, struct slice *part, const char *at, size_t length)
{
    if (part->bytes == NULL) {
        *part = slice_make(at, length);
    } else if (part->bytes + part->length == at) {
        part->length += length;
    } else {
        out->broken = true;
    }
}

static int on_url(llhttp_t *parser, const char *at, size_t length)
{
    extend(seen(parser), &seen(parser)->target, at, length);
    return 0;
}

static int on_header_field(llhttp_t *parser, const char *at, size_t length)
{
    struct http_llhttp *out = seen(parser);

    if (out->count == HTTP_LLHTTP_HEADERS_MAX) {
        out->broken = true;
        return -1;
    }
    out->names[out->count] = slice_make(at, length);
    out->values[out->count] = (struct slice){NULL, 0};
    return 0;
}

static int on_header_value(llhttp_t *parser, const char *at, size_t length)
{
    struct http_llhttp *out = seen(parser);

    if (out->count == HTTP_LLHTTP_HEADERS_MAX) {
        out->broken = true;
        return -1;
    }
    extend(out, &out->values[out->count], at, length);
    return 0;
}

static int on_header_value_complete(llhttp_t *parser)
{
    struct http_llhttp *out = seen(parser);

    if (out->count == HTTP_LLHTTP_HEADERS_MAX) {
        out->broken = true;
        return -1;
    }
    out->count++;
    return 0;
}

/* Stops there: bodies are read by http_body.c. */
static int on_headers_complete(llhttp_t *parser)
{
    struct http_llhttp *out = seen(parser);

    out->ended = true;
    out->major = parser->http_major;
    out->minor = parser->http_minor;
    out->chunked = (parser->flags & F_CHUNKED) != 0;
    out->has_coding = (parser->flags & F_TRANSFER_ENCODING) != 0;
    out->has_length = (parser->flags & F_CONTENT_LENGTH) != 0;
    out->length = parser->content_length;
    return HPE_PAUSED;
}

static const llhttp_settings_t SETTINGS = {
    .on_url = on_url,
    .on_header_field = on_header_field,
    .on_header_value = on_header_value,
    .on_header_value_complete = on_header_value_complete,
    .on_headers_complete = on_headers_complete,
};

bool http_llhttp_read(struct http_llhttp *out, struct slice method, struct slice head)
{
    llhttp_t parser;

    out->target = (struct slice){NULL, 0};
    out->ended = false;
    out->broken = false;
    out->count = 0;
    llhttp_init(&parser, HTTP_REQUEST, &SETTINGS);
    parser.data = out;
    if (method.length > 0 && llhttp_execute(&parser, method.bytes, method.length) != HPE_OK) {
        return false;
    }
    if (llhttp_execute(&parser, head.bytes, head.length) != HPE_PAUSED) {
        return false;
    }
    return out->ended && !out->broken && llhttp_get_error_pos(&parser) == head.bytes + head.length;
}
