/* Base addresses that a person types (RFC 3986, as much of it as a base
 * address needs), and addresses to listen on.
 *
 * Whatever is accepted can be put into a request line and a Host header as it
 * is: no blank, no control character, nothing above ASCII. Each problem is a
 * sentence for the person who typed the address. */
#include "wire/url.h"

#include <string.h>

#include "wire/url_host.h"

enum {
    PORT_PLAIN = 80,
    PORT_SECURE = 443,
    PORT_MAX = 65535,
    AUTHORITY_SIZE = URL_HOST_SIZE + 8, /* two brackets, a colon, five digits */
};

struct scheme {
    const char *prefix;
    bool secure;
};

static const struct scheme SCHEMES[] = {
    {"http://", false},
    {"https://", true},
    {"ws://", false},
    {"wss://", true},
};

/* A host and a port, as written. */
struct authority {
    struct slice host; /* with its brackets */
    struct slice port;
    bool has_port; /* a colon stands there */
};

static enum fail refuse(const char **problem, const char *why)
{
    *problem = why;
    return FAIL_INVALID;
}

static uint16_t scheme_port(bool secure)
{
    return secure ? PORT_SECURE : PORT_PLAIN;
}

/* Cuts the scheme off the text; NULL when it is none of ours. */
static const struct scheme *scheme_cut(struct slice *text)
{
    size_t i;

    for (i = 0; i < sizeof(SCHEMES) / sizeof(SCHEMES[0]); i++) {
        size_t length = strlen(SCHEMES[i].prefix);

        if (text->length >= length &&
            slice_is_ignoring_case(slice_make(text->bytes, length), SCHEMES[i].prefix)) {
            *text = slice_make(text->bytes + length, text->length - length);
            return &SCHEMES[i];
        }
    }
    return NULL;
}

/* What no base address holds anywhere; NULL when there is none of it. */
static const char *bytes_problem(struct slice text)
{
    size_t i;

    for (i = 0; i < text.length; i++) {
        unsigned char c = (unsigned char)text.bytes[i];

        if (c <= 0x20 || c == 0x7f) {
            return "the address must not have blanks or control characters";
        }
        if (c > 0x7f) {
            return "the address must be written in ASCII (a name in its xn-- form)";
        }
        if (c == '\\') {
            return "the address must not have a backslash";
        }
        if (c == '?') {
            return "the address must not have a query (from the question mark on)";
        }
        if (c == '#') {
            return "the address must not have a fragment (from the # on)";
        }
    }
    return NULL;
}

/* Cuts "HOST:PORT" in two at the colon that separates them. */
static enum fail authority_cut(struct slice text, struct authority *out, const char **problem)
{
    const char *from =
        text.length > 0 && text.bytes[0] == '[' ? memchr(text.bytes, ']', text.length) : text.bytes;
    struct slice rest;
    const char *colon;
    size_t length;

    if (from == NULL) { /* also of an empty text without bytes */
        *out = (struct authority){.host = text};
        return FAIL_NONE;
    }
    rest = slice_make(from, text.length - (size_t)(from - text.bytes));
    colon = memchr(rest.bytes, ':', rest.length);
    if (colon == NULL) {
        *out = (struct authority){.host = text};
        return FAIL_NONE;
    }
    length = (size_t)(colon - text.bytes);
    *out = (struct authority){.host = slice_make(text.bytes, length),
                              .port = slice_make(colon + 1, text.length - length - 1),
                              .has_port = true};
    if (memchr(colon + 1, ':', out->port.length) != NULL) {
        return refuse(problem, "an IPv6 address must stand in brackets, like [::1]");
    }
    return FAIL_NONE;
}

static enum fail port_read(struct slice text, uint16_t *out, const char **problem)
{
    uint64_t port;

    if (slice_to_unsigned(text, PORT_MAX, &port) != FAIL_NONE) {
        return refuse(problem, "the port must be a number of at most 65535");
    }
    *out = (uint16_t)port;
    return FAIL_NONE;
}

/* Host and port of a base address. */
static enum fail authority_read(struct slice text, struct url *url, const char **problem)
{
    struct authority authority;
    enum fail fail;

    if (text.length > 0 && memchr(text.bytes, '@', text.length) != NULL) {
        return refuse(problem, "the address must not have a user name or password");
    }
    fail = authority_cut(text, &authority, problem);
    if (fail != FAIL_NONE) {
        return fail;
    }
    fail = url_host_read(authority.host, url->host, &url->host_is_ipv6, problem);
    if (fail != FAIL_NONE) {
        return fail;
    }
    url->port = scheme_port(url->secure);
    if (!authority.has_port) {
        return FAIL_NONE;
    }
    fail = port_read(authority.port, &url->port, problem);
    if (fail == FAIL_NONE && url->port == 0) {
        return refuse(problem, "the port must not be 0");
    }
    return fail;
}

static bool is_hex(char c)
{
    c = text_lower(c);
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
}

/* `pchar` of RFC 3986, 3.3, and the slash; a percent sign only before two
 * hexadecimal digits. */
static bool is_path(struct slice path)
{
    size_t i;

    for (i = 0; i < path.length; i++) {
        if (strchr("\"<>[]^`{|}", path.bytes[i]) != NULL) {
            return false;
        }
        if (path.bytes[i] == '%' &&
            (path.length - i < 3 || !is_hex(path.bytes[i + 1]) || !is_hex(path.bytes[i + 2]))) {
            return false;
        }
    }
    return true;
}

static enum fail path_read(struct slice text, struct url *url, const char **problem)
{
    while (text.length > 0 && text.bytes[text.length - 1] == '/') {
        text.length--;
    }
    if (!is_path(text)) {
        return refuse(problem, "the path has a character that must be percent-encoded");
    }
    if (slice_copy(text, url->path, sizeof(url->path)) != FAIL_NONE) {
        return refuse(problem, "the path is longer than 511 characters");
    }
    return FAIL_NONE;
}

enum fail url_read(struct slice text, struct url *out, const char **problem)
{
    struct url url = {.secure = false};
    const struct scheme *scheme = scheme_cut(&text);
    struct slice authority = text;
    const char *wrong;
    enum fail fail;

    if (scheme == NULL) {
        return refuse(problem, "the address must start with http:// or https://");
    }
    wrong = bytes_problem(text);
    if (wrong != NULL) {
        return refuse(problem, wrong);
    }
    url.secure = scheme->secure;
    (void)slice_next_part(&text, '/', &authority);
    fail = authority_read(authority, &url, problem);
    if (fail != FAIL_NONE) {
        return fail;
    }
    if (text.bytes != NULL) { /* there was a slash; the path begins with it */
        fail = path_read(slice_make(text.bytes - 1, text.length + 1), &url, problem);
        if (fail != FAIL_NONE) {
            return fail;
        }
    }
    *out = url;
    return FAIL_NONE;
}

void url_authority(const struct url *url, char *out)
{
    const char *open = url->host_is_ipv6 ? "[" : "";
    const char *close = url->host_is_ipv6 ? "]" : "";

    if (url->port == scheme_port(url->secure)) {
        (void)text_format(out, AUTHORITY_SIZE, "%s%s%s", open, url->host, close);
    } else {
        (void)text_format(out, AUTHORITY_SIZE, "%s%s%s:%u", open, url->host, close, url->port);
    }
}

enum fail url_listen_read(struct slice text, char host[URL_HOST_SIZE], uint16_t *port,
                          const char **problem)
{
    struct authority authority;
    char found[URL_HOST_SIZE] = "";
    uint16_t number;
    uint64_t digits;
    bool bracketed;
    enum fail fail;

    /* "8080" is a port and nothing else; also when it is too large for one. */
    if (slice_to_unsigned(text, PORT_MAX, &digits) != FAIL_INVALID) {
        authority = (struct authority){.port = text, .has_port = true};
    } else {
        fail = authority_cut(text, &authority, problem);
        if (fail != FAIL_NONE) {
            return fail;
        }
    }
    if (!authority.has_port) {
        return refuse(problem, "the port is missing: write HOST:PORT, :PORT or PORT");
    }
    fail = port_read(authority.port, &number, problem);
    if (fail == FAIL_NONE && authority.host.length > 0) {
        fail = url_host_read(authority.host, found, &bracketed, problem);
    }
    if (fail != FAIL_NONE) {
        return fail;
    }
    memcpy(host, found, sizeof(found));
    *port = number;
    return FAIL_NONE;
}
