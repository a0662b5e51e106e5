/* The table of RFC 3629, 4, as a lead byte and the bounds of what follows it.
 *
 * Only the second byte of a code point has bounds of its own (that is where
 * overlong forms, surrogates and what lies above U+10FFFF show); all later ones
 * are 80 to BF. Most text here is ASCII, so eight such bytes are passed at
 * once. */
#include "wire/utf8.h"

#include <string.h>

enum { CONTINUATION_LOW = 0x80, CONTINUATION_HIGH = 0xbf };

static const uint64_t HIGH_BITS = 0x8080808080808080U;

void utf8_start(struct utf8_reader *reader)
{
    *reader = (struct utf8_reader){.needed = 0};
}

bool utf8_is_whole(const struct utf8_reader *reader)
{
    return reader->needed == 0;
}

/* How many bytes at the start are certainly ASCII, in steps of eight. */
static size_t ascii_length(const char *bytes, size_t length)
{
    size_t at = 0;

    while (length - at >= sizeof(uint64_t)) {
        uint64_t word;

        memcpy(&word, bytes + at, sizeof(word));
        if ((word & HIGH_BITS) != 0) {
            break;
        }
        at += sizeof(word);
    }
    return at;
}

static bool lead_take(struct utf8_reader *reader, uint8_t lead)
{
    if (lead < 0x80) {
        return true;
    }
    if (lead < 0xc2 || lead > 0xf4) {
        return false; /* a continuation, overlong, or above U+10FFFF */
    }
    reader->needed = lead < 0xe0 ? 1 : lead < 0xf0 ? 2 : 3;
    reader->low = lead == 0xe0 ? 0xa0 : lead == 0xf0 ? 0x90 : CONTINUATION_LOW;
    reader->high = lead == 0xed ? 0x9f : lead == 0xf4 ? 0x8f : CONTINUATION_HIGH;
    return true;
}

static bool continuation_take(struct utf8_reader *reader, uint8_t byte)
{
    if (byte < reader->low || byte > reader->high) {
        return false;
    }
    reader->needed--;
    reader->low = CONTINUATION_LOW;
    reader->high = CONTINUATION_HIGH;
    return true;
}

bool utf8_feed(struct utf8_reader *reader, const char *bytes, size_t length)
{
    size_t at = 0;

    while (at < length) {
        uint8_t byte;

        if (reader->needed == 0) {
            at += ascii_length(bytes + at, length - at);
            if (at == length) {
                break;
            }
        }
        byte = (uint8_t)bytes[at];
        if (reader->needed == 0 ? !lead_take(reader, byte) : !continuation_take(reader, byte)) {
            return false;
        }
        at++;
    }
    return true;
}
