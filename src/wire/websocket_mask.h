/* The masking of RFC 6455, 5.3: the same step masks and unmasks. */
#ifndef WIRE_WEBSOCKET_MASK_H
#define WIRE_WEBSOCKET_MASK_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

enum { WEBSOCKET_MASK_SIZE = 4 };

/* Changes `bytes` in place, eight at a time; `offset` is how many bytes of the
 * same payload came before them. */
static inline void websocket_mask_apply(char *bytes, size_t length,
                                        const uint8_t mask[WEBSOCKET_MASK_SIZE], uint64_t offset)
{
    uint8_t turned[sizeof(uint64_t)];
    uint64_t key;
    size_t at;

    for (at = 0; at < sizeof(turned); at++) {
        turned[at] = mask[(offset + at) % WEBSOCKET_MASK_SIZE];
    }
    memcpy(&key, turned, sizeof(key));
    for (at = 0; length - at >= sizeof(key); at += sizeof(key)) {
        uint64_t word;

        memcpy(&word, bytes + at, sizeof(word));
        word ^= key;
        memcpy(bytes + at, &word, sizeof(word));
    }
    for (; at < length; at++) {
        bytes[at] = (char)((uint8_t)bytes[at] ^ turned[at % sizeof(turned)]);
    }
}

#endif
