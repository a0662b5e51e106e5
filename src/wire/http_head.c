/* Request heads: our own check, then llhttp, and only what both read alike.
 *
 * The check decides; llhttp is the witness. Where they differ in where the
 * head ends, in its target, in any header or in how long the body is, the
 * request could be read in two ways and is refused. */
#include "wire/http.h"

#include <assert.h>

#include "wire/http_check.h"
#include "wire/http_llhttp.h"

static_assert((int)HTTP_LLHTTP_HEADERS_MAX == (int)HTTP_HEADERS_MAX, "both readers hold as many");

static const char *const METHOD_NAMES[HTTP_OTHER] = {"GET",   "HEAD",   "POST",   "PUT",
                                                     "PATCH", "DELETE", "OPTIONS"};

const char *http_method_name(enum http_method method)
{
    assert(method < HTTP_OTHER);
    return METHOD_NAMES[method];
}

static bool is_same(struct slice a, struct slice b)
{
    return a.length == b.length && (a.length == 0 || a.bytes == b.bytes);
}

static bool framing_is_same(const struct http_head *head, const struct http_llhttp *other)
{
    return other->major == 1 && (int)other->minor == head->minor_version &&
           other->chunked == head->chunked && other->has_coding == head->chunked &&
           other->has_length == head->has_length &&
           (!head->has_length || other->length == head->length);
}

static bool headers_are_same(const struct http_head *head, const struct http_llhttp *other)
{
    size_t i;

    if (head->header_count != other->count) {
        return false;
    }
    for (i = 0; i < other->count; i++) {
        if (!is_same(head->headers[i].name, other->names[i]) ||
            !is_same(head->headers[i].value, slice_trim(other->values[i]))) {
            return false;
        }
    }
    return true;
}

/* llhttp reads a method that it may not know as GET; CONNECT has a target of
 * its own kind and goes as it is. */
static bool llhttp_agrees(const struct http_head *head, struct slice whole, struct slice method)
{
    struct http_llhttp other;
    struct slice stand_in = {NULL, 0};

    if (head->method == HTTP_OTHER && !slice_is(method, "CONNECT")) {
        stand_in = slice_of("GET");
        whole = slice_make(whole.bytes + method.length, whole.length - method.length);
    }
    return http_llhttp_read(&other, stand_in, whole) && is_same(head->target, other.target) &&
           framing_is_same(head, &other) && headers_are_same(head, &other);
}

enum http_progress http_head_read(struct http_head *head, struct slice bytes, size_t *used,
                                  struct http_refusal *refusal)
{
    struct slice whole = {NULL, 0};
    struct slice method = {NULL, 0};
    enum http_progress progress = http_check_read(head, bytes, &whole, &method, refusal);

    if (progress != HTTP_DONE) {
        return progress;
    }
    if (!llhttp_agrees(head, whole, method)) {
        *refusal = (struct http_refusal){400, "The request could be read in more than one way"};
        return HTTP_REFUSED;
    }
    *used = (size_t)(whole.bytes + whole.length - bytes.bytes);
    return HTTP_DONE;
}

struct slice http_header_value(const struct http_head *head, const char *name)
{
    return http_headers_find(head->headers, head->header_count, name);
}
