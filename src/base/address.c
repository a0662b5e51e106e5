/* Addresses over inet_pton, with IPv4 mapped into IPv6 so that there is one form:
 * a limit counts "192.0.2.1" and "::ffff:192.0.2.1" as one, whichever socket
 * they came in by. */
#include "base/address.h"

#include <arpa/inet.h>
#include <string.h>

enum { MAPPED_BITS = 96, ALL_BITS = 128, NETWORK_BITS = 64, BYTE_BITS = 8 };

static const uint8_t MAPPED[MAPPED_BITS / BYTE_BITS] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

static bool is_mapped(const struct address *address)
{
    return memcmp(address->bytes, MAPPED, sizeof(MAPPED)) == 0;
}

struct address address_of_four(const uint8_t bytes[4])
{
    struct address address;

    memcpy(address.bytes, MAPPED, sizeof(MAPPED));
    memcpy(address.bytes + sizeof(MAPPED), bytes, 4);
    return address;
}

bool address_read(struct slice text, struct address *out)
{
    char copy[ADDRESS_TEXT_SIZE];
    struct address address;

    if (slice_copy(text, copy, sizeof(copy)) != FAIL_NONE) {
        return false;
    }
    memcpy(address.bytes, MAPPED, sizeof(MAPPED));
    if (inet_pton(AF_INET, copy, address.bytes + sizeof(MAPPED)) != 1 &&
        inet_pton(AF_INET6, copy, address.bytes) != 1) {
        return false;
    }
    *out = address;
    return true;
}

void address_text(const struct address *address, char out[ADDRESS_TEXT_SIZE])
{
    const char *text;

    if (!address_is_known(address)) {
        (void)text_format(out, ADDRESS_TEXT_SIZE, "?");
        return;
    }
    text = is_mapped(address)
               ? inet_ntop(AF_INET, address->bytes + sizeof(MAPPED), out, ADDRESS_TEXT_SIZE)
               : inet_ntop(AF_INET6, address->bytes, out, ADDRESS_TEXT_SIZE);
    (void)text; /* there is room for the longest */
}

bool address_equals(const struct address *a, const struct address *b)
{
    return memcmp(a->bytes, b->bytes, sizeof(a->bytes)) == 0;
}

bool address_is_known(const struct address *address)
{
    static const struct address UNKNOWN;

    return !address_equals(address, &UNKNOWN);
}

bool address_is_loopback(const struct address *address)
{
    static const struct address SIX = {.bytes = {[ADDRESS_BYTES - 1] = 1}};

    return address_equals(address, &SIX) ||
           (is_mapped(address) && address->bytes[sizeof(MAPPED)] == IN_LOOPBACKNET);
}

static bool four_is_public(const uint8_t four[4])
{
    static const struct {
        uint8_t first[3];
        uint8_t bits;
    } SPECIAL[] = {
        {{0}, 8},
        {{10}, 8},
        {{100, 64}, 10},
        {{127}, 8},
        {{169, 254}, 16},
        {{172, 16}, 12},
        {{192, 0, 0}, 24},
        {{192, 0, 2}, 24},
        {{192, 88, 99}, 24},
        {{192, 168}, 16},
        {{198, 18}, 15},
        {{198, 51, 100}, 24},
        {{203, 0, 113}, 24},
        {{224}, 3}, /* groups, and all that is reserved above them */
    };
    uint32_t value = (uint32_t)four[0] << 16 | (uint32_t)four[1] << 8 | four[2];
    size_t i;

    for (i = 0; i < sizeof(SPECIAL) / sizeof(SPECIAL[0]); i++) {
        const uint8_t *first = SPECIAL[i].first;
        uint32_t start = (uint32_t)first[0] << 16 | (uint32_t)first[1] << 8 | first[2];

        if ((value ^ start) >> (24 - SPECIAL[i].bits) == 0) {
            return false;
        }
    }
    return true;
}

/* Global unicast is 2000::/3 alone; these parts of it are not of the Internet. */
static bool six_is_public(const struct address *address)
{
    static const char *const SPECIAL[] = {"2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20"};
    size_t i;

    if (address->bytes[0] >> 5 != 1) {
        return false;
    }
    for (i = 0; i < sizeof(SPECIAL) / sizeof(SPECIAL[0]); i++) {
        struct address_range range;

        if (address_range_read(slice_of(SPECIAL[i]), &range) &&
            address_range_holds(&range, address)) {
            return false;
        }
    }
    return true;
}

bool address_is_public(const struct address *address)
{
    return is_mapped(address) ? four_is_public(address->bytes + sizeof(MAPPED))
                              : six_is_public(address);
}

/* The first `bits` bits of the address, zeros after them. */
static struct address address_cut(const struct address *address, unsigned bits)
{
    struct address cut = {.bytes = {0}};
    unsigned whole = bits / BYTE_BITS;

    memcpy(cut.bytes, address->bytes, whole);
    if (bits % BYTE_BITS != 0) {
        cut.bytes[whole] = (uint8_t)(address->bytes[whole] & (0xff00U >> (bits % BYTE_BITS)));
    }
    return cut;
}

struct address address_network(const struct address *address)
{
    return is_mapped(address) || address_is_loopback(address) ? *address
                                                              : address_cut(address, NETWORK_BITS);
}

bool address_range_read(struct slice text, struct address_range *out)
{
    struct address_range range = {.bits = ALL_BITS};
    struct slice address;
    unsigned before;
    uint64_t bits;

    if (!slice_next_part(&text, '/', &address) || !address_read(address, &range.first)) {
        return false;
    }
    before = is_mapped(&range.first) && memchr(address.bytes, ':', address.length) == NULL
                 ? MAPPED_BITS
                 : 0;
    if (text.bytes != NULL) {
        if (slice_to_unsigned(text, ALL_BITS - before, &bits) != FAIL_NONE) {
            return false;
        }
        range.bits = before + (unsigned)bits;
    }
    range.first = address_cut(&range.first, range.bits);
    *out = range;
    return true;
}

bool address_range_holds(const struct address_range *range, const struct address *address)
{
    struct address cut = address_cut(address, range->bits);

    return address_equals(&cut, &range->first) &&
           (range->bits >= MAPPED_BITS || !is_mapped(address));
}

bool address_ranges_hold(const struct address_range *ranges, size_t count,
                         const struct address *address)
{
    size_t i;

    for (i = 0; i < count; i++) {
        if (address_range_holds(&ranges[i], address)) {
            return true;
        }
    }
    return false;
}
