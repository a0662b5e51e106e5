/* Request targets (RFC 9112 3.2) and hosts.
 *
 * Four forms exist; we serve two. The origin form (/path?query) is what every
 * client sends; the absolute form must be understood as well, and its host
 * then counts instead of the Host header. `*` and the authority form are for
 * OPTIONS and CONNECT alone.
 *
 * A path follows RFC 3986 to the letter. A query may hold any visible byte but
 * `"<>#`, because browsers send brackets, braces and bars there unescaped. A
 * host is a name or an address as they exist: the grammar would also allow
 * escapes and `!$&'()*+,;=`, which no name of ours holds and which two readers
 * could split in two ways. */
#include "wire/http_check.h"

#include <string.h>

enum { HOST_MAX = 255, PORT_DIGITS_MAX = 5, PORT_MAX = 65535 };

static bool is_hex(char c)
{
    unsigned value;

    return http_hex_value(c, &value);
}

/* ":8080", ":" or nothing. */
static bool port_is_valid(struct slice port, bool needs_port)
{
    uint64_t number;

    if (port.length < 2) {
        return !needs_port && (port.length == 0 || port.bytes[0] == ':');
    }
    return port.bytes[0] == ':' && port.length <= 1 + PORT_DIGITS_MAX &&
           slice_to_unsigned(slice_make(port.bytes + 1, port.length - 1), PORT_MAX, &number) ==
               FAIL_NONE;
}

/* The length of "[::1]" at the start of `host`, 0 when it is none. Which
 * groups an address has is the resolver's business. */
static size_t bracketed_length(struct slice host)
{
    size_t i;
    bool colon = false;

    for (i = 1; i < host.length; i++) {
        char c = host.bytes[i];

        if (c == ']') {
            return colon ? i + 1 : 0;
        }
        if (!is_hex(c) && c != ':' && c != '.') {
            return 0;
        }
        colon = colon || c == ':';
    }
    return 0;
}

bool http_host_is_valid(struct slice host, bool needs_port)
{
    size_t length = 0;

    if (host.length == 0 || host.length > HOST_MAX) {
        return false;
    }
    if (host.bytes[0] == '[') {
        length = bracketed_length(host);
    } else {
        while (length < host.length && http_byte_is(host.bytes[length], HTTP_BYTE_HOST)) {
            length++;
        }
    }
    return length > 0 &&
           port_is_valid(slice_make(host.bytes + length, host.length - length), needs_port);
}

static bool path_is_valid(struct slice path)
{
    size_t i;

    for (i = 0; i < path.length; i++) {
        if (!http_byte_is(path.bytes[i], HTTP_BYTE_PATH)) {
            return false;
        }
        if (path.bytes[i] == '%' &&
            (path.length - i < 3 || !is_hex(path.bytes[i + 1]) || !is_hex(path.bytes[i + 2]))) {
            return false;
        }
    }
    return true;
}

/* The bytes of a target are visible ASCII already. */
static bool query_is_valid(struct slice query)
{
    size_t i;

    for (i = 0; i < query.length; i++) {
        char c = query.bytes[i];

        if (c == '"' || c == '<' || c == '>' || c == '#') {
            return false;
        }
    }
    return true;
}

static const char *path_and_query_read(struct http_head *head, struct slice rest)
{
    const char *mark = rest.length == 0 ? NULL : memchr(rest.bytes, '?', rest.length);

    head->path = rest;
    head->query = (struct slice){NULL, 0};
    if (mark != NULL) {
        head->path.length = (size_t)(mark - rest.bytes);
        head->query = slice_make(mark + 1, rest.length - head->path.length - 1);
    }
    if (!path_is_valid(head->path) || !query_is_valid(head->query)) {
        return "The target of the request holds a character that must be escaped";
    }
    if (head->path.length == 0) {
        head->path = slice_of("/"); /* only an absolute target may leave it out */
    }
    return NULL;
}

/* The length of "http://" or "https://" at the start, in any case; 0 when
 * there is none. */
static size_t scheme_length(struct slice target)
{
    static const char *const schemes[] = {"http://", "https://"};
    size_t i;

    for (i = 0; i < sizeof(schemes) / sizeof(schemes[0]); i++) {
        size_t length = strlen(schemes[i]);

        if (target.length >= length &&
            slice_is_ignoring_case(slice_make(target.bytes, length), schemes[i])) {
            return length;
        }
    }
    return 0;
}

static const char *absolute_read(struct http_head *head, struct slice *host)
{
    struct slice rest = head->target;
    size_t length = scheme_length(rest);
    struct slice authority;

    if (length == 0) {
        return "The target of the request is neither a path nor an http address";
    }
    rest = slice_make(rest.bytes + length, rest.length - length);
    for (length = 0; length < rest.length; length++) {
        if (rest.bytes[length] == '/' || rest.bytes[length] == '?') {
            break;
        }
    }
    authority = slice_make(rest.bytes, length);
    if (!http_host_is_valid(authority, false)) {
        return "The target of the request names no host";
    }
    *host = authority;
    return path_and_query_read(head, slice_make(rest.bytes + length, rest.length - length));
}

const char *http_target_read(struct http_head *head, bool connect, struct slice *host)
{
    if (connect) {
        if (!http_host_is_valid(head->target, true)) {
            return "The target of CONNECT is not a host with a port";
        }
        head->path = slice_of("*");
        head->query = (struct slice){NULL, 0};
        return NULL;
    }
    if (slice_is(head->target, "*")) {
        head->path = head->target;
        head->query = (struct slice){NULL, 0};
        return head->method == HTTP_OPTIONS ? NULL : "Only OPTIONS may have the target *";
    }
    if (head->target.bytes[0] == '/') {
        return path_and_query_read(head, head->target);
    }
    return absolute_read(head, host);
}
