/* Hosts: names (RFC 1123, 2.1), IPv4 and IPv6 addresses (RFC 3986, 3.2.2).
 *
 * There is one way to write an IPv4 address here, four decimal numbers without
 * leading zeros. The C library takes many more (127.1, 0x7f.1, 2130706433);
 * what one program takes for a name and another for an address is refused, as
 * the URL standard of the browsers has it: a host whose last part is a number
 * is an address or wrong. */
#include "wire/url_host.h"

#include <string.h>

enum {
    LABEL_MAX = 63, /* RFC 1035, 2.3.4 */
    OCTET_MAX = 255,
    OCTET_DIGITS_MAX = 3,
    OCTETS = 4,
    GROUPS = 8, /* of an IPv6 address, 16 bits each */
    GROUP_DIGITS_MAX = 4,
};

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_hex(char c)
{
    c = text_lower(c);
    return is_digit(c) || (c >= 'a' && c <= 'f');
}

static bool is_octet(struct slice text)
{
    uint64_t value;

    return text.length <= OCTET_DIGITS_MAX &&
           slice_to_unsigned(text, OCTET_MAX, &value) == FAIL_NONE &&
           (text.length == 1 || text.bytes[0] != '0');
}

static bool is_ipv4(struct slice text)
{
    struct slice part;
    size_t count = 0;

    while (slice_next_part(&text, '.', &part)) {
        if (!is_octet(part)) {
            return false;
        }
        count++;
    }
    return count == OCTETS;
}

static bool is_group(struct slice text)
{
    size_t i;

    for (i = 0; i < text.length; i++) {
        if (!is_hex(text.bytes[i])) {
            return false;
        }
    }
    return text.length >= 1 && text.length <= GROUP_DIGITS_MAX;
}

/* Counts the groups of "1:2:3", where an IPv4 address at the very end counts
 * two. -1 when one is wrong; 0 for an empty text. */
static int groups_count(struct slice text, bool ipv4_allowed)
{
    struct slice part;
    int count = 0;

    if (text.length == 0) {
        return 0;
    }
    while (slice_next_part(&text, ':', &part)) {
        if (is_group(part)) {
            count++;
        } else if (text.bytes == NULL && ipv4_allowed && is_ipv4(part)) {
            count += 2;
        } else {
            return -1;
        }
    }
    return count;
}

/* RFC 4291, 2.2: eight groups, or fewer around one "::". No zone. */
static bool is_ipv6(struct slice text)
{
    const char *gap = text.length == 0 ? NULL : memmem(text.bytes, text.length, "::", 2);
    struct slice before;
    struct slice after;
    int left;
    int right;

    if (gap == NULL) {
        return groups_count(text, true) == GROUPS;
    }
    before = slice_make(text.bytes, (size_t)(gap - text.bytes));
    after = slice_make(gap + 2, text.length - before.length - 2);
    left = groups_count(before, false);
    right = groups_count(after, true);
    return left >= 0 && right >= 0 && left + right < GROUPS;
}

/* A number in any of the ways in which the C library reads one. */
static bool looks_like_number(struct slice label)
{
    bool hex = slice_starts_with(label, "0x") || slice_starts_with(label, "0X");
    size_t i;

    for (i = hex ? 2 : 0; i < label.length; i++) {
        if (!(hex ? is_hex(label.bytes[i]) : is_digit(label.bytes[i]))) {
            return false;
        }
    }
    return true;
}

static bool is_name_character(char c)
{
    char small = text_lower(c);

    /* Names of machines have no underscore, but networks of containers do. */
    return (small >= 'a' && small <= 'z') || is_digit(c) || c == '-' || c == '_';
}

static bool is_label(struct slice label)
{
    size_t i;

    if (label.length == 0 || label.length > LABEL_MAX || label.bytes[0] == '-' ||
        label.bytes[label.length - 1] == '-') {
        return false;
    }
    for (i = 0; i < label.length; i++) {
        if (!is_name_character(label.bytes[i])) {
            return false;
        }
    }
    return true;
}

/* NULL when the text is a name or an IPv4 address. */
static const char *name_problem(struct slice text)
{
    struct slice rest = text;
    struct slice label = {NULL, 0};

    if (text.length == 0) {
        return "the host is missing";
    }
    if (text.length >= URL_HOST_SIZE) {
        return "the host is longer than 253 characters";
    }
    while (slice_next_part(&rest, '.', &label)) {
        if (!is_label(label)) {
            return "the host must be a name like pos.example.com, an IPv4 address, or an IPv6 "
                   "address in brackets";
        }
    }
    if (looks_like_number(label) && !is_ipv4(text)) {
        return "an IPv4 address is four numbers from 0 to 255, like 127.0.0.1";
    }
    return NULL;
}

/* Copies what fits, in small letters. */
static void host_copy(struct slice text, char host[URL_HOST_SIZE])
{
    size_t i;

    for (i = 0; i < text.length; i++) {
        host[i] = text_lower(text.bytes[i]);
    }
    host[text.length] = '\0';
}

enum fail url_host_read(struct slice text, char host[URL_HOST_SIZE], bool *bracketed,
                        const char **problem)
{
    bool opens = text.length > 0 && text.bytes[0] == '[';
    const char *wrong = NULL;

    if (!opens) {
        wrong = name_problem(text);
    } else if (text.bytes[text.length - 1] != ']') {
        wrong = "an IPv6 address must end with its closing bracket";
    } else {
        text = slice_make(text.bytes + 1, text.length - 2);
        wrong = is_ipv6(text) ? NULL : "between the brackets there is no IPv6 address";
    }
    if (wrong != NULL) {
        *problem = wrong;
        return FAIL_INVALID;
    }
    host_copy(text, host);
    *bracketed = opens;
    return FAIL_NONE;
}
