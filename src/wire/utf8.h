/* Valid UTF-8 (RFC 3629) of a text that comes in pieces.
 *
 * base/text.h looks at a whole text; this reader remembers where inside a code
 * point the last piece ended, and says no at the first byte that nothing could
 * make valid any more. */
#ifndef WIRE_UTF8_H
#define WIRE_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct utf8_reader {
    uint8_t needed; /* bytes the code point begun still wants; 0 between code points */
    uint8_t low;    /* the next of them lies from low to high */
    uint8_t high;
};

void utf8_start(struct utf8_reader *reader);
/* False as soon as the text cannot become valid; the reader is then spent. */
bool utf8_feed(struct utf8_reader *reader, const char *bytes, size_t length);
/* True when the text may end here: not inside a code point. */
bool utf8_is_whole(const struct utf8_reader *reader);

#endif
