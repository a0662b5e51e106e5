/* An IP address as a value: limits count by it, logs name it. */
#ifndef BASE_ADDRESS_H
#define BASE_ADDRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/text.h"

enum { ADDRESS_BYTES = 16, ADDRESS_TEXT_SIZE = 46 };

/* IPv6, or IPv4 as ::ffff:a.b.c.d (RFC 4291, 2.5.5.2). All zeros: not known. */
struct address {
    uint8_t bytes[ADDRESS_BYTES];
};

/* Of the four bytes of an IPv4 address, as they go over the network. */
struct address address_of_four(const uint8_t bytes[4]);
/* "192.0.2.1" or "2001:db8::1", without brackets, port or zone. */
bool address_read(struct slice text, struct address *out);
/* The same way; "?" for one that is not known. */
void address_text(const struct address *address, char out[ADDRESS_TEXT_SIZE]);

bool address_equals(const struct address *a, const struct address *b);
bool address_is_known(const struct address *address);
/* 127.0.0.0/8 and ::1. */
bool address_is_loopback(const struct address *address);
/* One of the Internet: not this machine's, a private network's, a group's, or
 * reserved (RFC 6890 and IANA's registries of special-purpose addresses); nor
 * IPv6 that stands for an IPv4 address (RFC 3056, 4380, 6052). */
bool address_is_public(const struct address *address);
/* What a limit counts by: an IPv4 address or ::1 whole, of other IPv6 the first
 * 64 bits, for whoever has one of these has them all (RFC 6177). */
struct address address_network(const struct address *address);

struct address_range {
    struct address first;
    unsigned bits; /* of 128 that must be equal */
};
/* "10.0.0.0/8", "2001:db8::/32", or a single address. What stands behind the
 * bits that count is ignored. */
bool address_range_read(struct slice text, struct address_range *out);
/* "::/0" is every IPv6 address and no IPv4 address: who writes the one has not
 * said the other. */
bool address_range_holds(const struct address_range *range, const struct address *address);
/* Whether one of the ranges holds it. */
bool address_ranges_hold(const struct address_range *ranges, size_t count,
                         const struct address *address);

#endif
