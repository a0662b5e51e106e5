/* Makes the bytes of the cases in websocket_cases.h, by a writer of its own:
 * the one under test could hide the reader's mistakes. */
#ifndef TESTS_WEBSOCKET_BUILD_H
#define TESTS_WEBSOCKET_BUILD_H

#include <assert.h>
#include <stddef.h>
#include <string.h>

#include "unit/wire/websocket_cases.h"
#include "wire/websocket.h"

enum { BUILD_SIZE = 3 * 65536 };

struct build {
    char bytes[BUILD_SIZE];
    size_t length;
};

static inline void build_byte(struct build *build, unsigned byte)
{
    assert(build->length < sizeof(build->bytes));
    build->bytes[build->length++] = (char)byte;
}

static inline void build_length(struct build *build, const struct case_frame *frame,
                                unsigned mask_bit)
{
    unsigned wide = frame->form == FORM_64 || frame->length > 65535 ? 8
                    : frame->form == FORM_16 || frame->length > 125 ? 2
                                                                    : 0;

    build_byte(build, mask_bit | (wide == 8 ? 127U : wide == 2 ? 126U : (unsigned)frame->length));
    while (wide > 0) {
        wide--;
        build_byte(build, (unsigned)(frame->length >> (8 * wide)) & 0xff);
    }
}

static inline void build_frame(struct build *build, const struct case_frame *frame,
                               enum websocket_role reader)
{
    static const unsigned MASK[4] = {0x37, 0xfa, 0x21, 0x3d};
    bool masked = (reader == WEBSOCKET_SERVER) != frame->wrong_mask;
    uint64_t i;

    build_byte(build, frame->first);
    build_length(build, frame, masked ? 0x80 : 0);
    for (i = 0; masked && i < 4; i++) {
        build_byte(build, MASK[i]);
    }
    for (i = 0; !frame->head_only && i < frame->length; i++) {
        unsigned byte = frame->payload == NULL ? 'x' : (unsigned char)frame->payload[i];

        build_byte(build, masked ? byte ^ MASK[i % 4] : byte);
    }
}

static inline bool build_is_end(const struct case_frame *frame)
{
    return frame->first == 0 && frame->payload == NULL && frame->length == 0;
}

static inline void build_case(struct build *build, const struct websocket_case *one,
                              enum websocket_role reader)
{
    size_t i;

    build->length = 0;
    for (i = 0; i < CASE_FRAMES_MAX && !build_is_end(&one->frames[i]); i++) {
        build_frame(build, &one->frames[i], reader);
    }
}

#endif
