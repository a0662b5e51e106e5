/* The strict reader of addresses that people type (url.h) does most of it: one
 * way to write each address, no user info, no fragment. A webhook may have a
 * query, which is cut off before and looked at alone. */
#include "wire/webhook_url.h"

#include <string.h>

#include "base/address.h"

enum { HTTPS_PORT = 443, FREE_PORT_MIN = 1024 };

/* Names that never lead outside (RFC 6761, 6762; .internal is ICANN's for
 * private use). */
static const char *const INNER_NAMES[] = {"localhost", "local", "internal", "home.arpa", "lan"};

static bool is_or_ends_with(struct slice host, const char *name)
{
    size_t length = strlen(name);

    if (slice_is(host, name)) {
        return true;
    }
    return host.length > length && host.bytes[host.length - length - 1] == '.' &&
           memcmp(host.bytes + host.length - length, name, length) == 0;
}

static bool is_inner_name(struct slice host)
{
    size_t i;

    for (i = 0; i < sizeof(INNER_NAMES) / sizeof(INNER_NAMES[0]); i++) {
        if (is_or_ends_with(host, INNER_NAMES[i])) {
            return true;
        }
    }
    return false;
}

/* IPv6 that is nothing but an IPv4 address has a form of its own. */
static bool hides_ipv4(const struct url *url, const struct address *address)
{
    char text[ADDRESS_TEXT_SIZE];

    address_text(address, text);
    return url->host_is_ipv6 && strchr(text, ':') == NULL;
}

/* `url->host` is in small letters. */
static bool is_loopback(const struct url *url)
{
    struct slice host = slice_of(url->host);
    struct address address;

    return slice_is(host, "localhost") ||
           (address_read(host, &address) && address_is_loopback(&address) &&
            !hides_ipv4(url, &address));
}

static bool is_query(struct slice query)
{
    size_t i;

    for (i = 0; i < query.length; i++) {
        if (strchr("\"<>\\^`{|}#", query.bytes[i]) != NULL) {
            return false;
        }
    }
    return query.length == 0 || slice_is_visible_ascii(query);
}

static const char *host_problem(const struct url *url)
{
    struct slice host = slice_of(url->host);
    struct address address;

    if (address_read(host, &address)) {
        return address_is_public(&address) && !hides_ipv4(url, &address)
                   ? NULL
                   : "the host must not be a private, local or reserved address: a webhook is sent "
                     "over the Internet";
    }
    if (is_inner_name(host)) {
        return "the host must not be this machine or of a private network: a webhook is sent "
               "over the Internet";
    }
    return memchr(host.bytes, '.', host.length) == NULL
               ? "the host must have its domain, such as shop.example.com"
               : NULL;
}

const char *webhook_url_read(struct slice text, bool allow_loopback, struct url *out)
{
    struct slice rest = text;
    struct slice address;
    const char *problem;
    struct url url;

    if (text.length > WEBHOOK_URL_MAX) {
        return "the address is longer than 1,024 characters";
    }
    if (!slice_starts_with(text, "https://") && !slice_starts_with(text, "http://")) {
        return "the address must start with https://";
    }
    (void)slice_next_part(&rest, '?', &address);
    if (rest.bytes != NULL && !is_query(rest)) {
        return "the query has a character that must be percent-encoded";
    }
    if (url_read(address, &url, &problem) != FAIL_NONE) {
        return problem;
    }
    if (allow_loopback && is_loopback(&url)) {
        *out = url;
        return NULL;
    }
    if (!url.secure) {
        return "the address must start with https://";
    }
    problem = host_problem(&url);
    if (problem == NULL && url.port != HTTPS_PORT && url.port < FREE_PORT_MIN) {
        problem = "the port must be 443 or one from 1024 on";
    }
    if (problem == NULL) {
        *out = url;
    }
    return problem;
}

const char *webhook_url_problem(struct slice text, bool allow_loopback)
{
    struct url url;

    return webhook_url_read(text, allow_loopback, &url);
}
