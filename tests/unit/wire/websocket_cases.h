/* The cases of the WebSocket reader, as data: frames in, one line out.
 *
 * Each is read in both roles (masked for a server, plain for a client) and in
 * every chopping; the line must be the same. The source is RFC 6455 and
 * RFC 3629, and what has hurt others. */
#ifndef TESTS_WEBSOCKET_CASES_H
#define TESTS_WEBSOCKET_CASES_H

#include <stdbool.h>
#include <stdint.h>

enum { CASE_FRAMES_MAX = 12, CASE_MESSAGE_MAX = 65536 };

enum case_form {
    FORM_SHORTEST,
    FORM_16, /* the length in two bytes, also where one would do */
    FORM_64,
};

struct case_frame {
    uint8_t first; /* FIN, RSV and opcode */
    enum case_form form;
    const char *payload; /* NULL: `length` times 'x' */
    uint64_t length;
    bool head_only;  /* announces `length`, but no payload follows */
    bool wrong_mask; /* plain where it must be masked, and the other way round */
};

struct websocket_case {
    const char *name;
    struct case_frame frames[CASE_FRAMES_MAX]; /* up to the first with `first` 0 and no payload */
    const char *expected;
    uint32_t message_max; /* 0: CASE_MESSAGE_MAX */
};

/* A frame with this payload; one of `n` bytes 'x'; one in a longer form; a head
 * that announces `n` bytes. */
#define P(b0, text)                                                                                \
    {                                                                                              \
        .first = (b0), .payload = (text), .length = sizeof(text) - 1                               \
    }
#define X(b0, n)                                                                                   \
    {                                                                                              \
        .first = (b0), .length = (n)                                                               \
    }
#define P16(b0, text)                                                                              \
    {                                                                                              \
        .first = (b0), .form = FORM_16, .payload = (text), .length = sizeof(text) - 1              \
    }
#define P64(b0, text)                                                                              \
    {                                                                                              \
        .first = (b0), .form = FORM_64, .payload = (text), .length = sizeof(text) - 1              \
    }
#define X64(b0, n)                                                                                 \
    {                                                                                              \
        .first = (b0), .form = FORM_64, .length = (n)                                              \
    }
#define HEAD(b0, n)                                                                                \
    {                                                                                              \
        .first = (b0), .length = (n), .head_only = true                                            \
    }
#define HEAD64(b0, n)                                                                              \
    {                                                                                              \
        .first = (b0), .form = FORM_64, .length = (n), .head_only = true                           \
    }
#define WRONG(b0, text)                                                                            \
    {                                                                                              \
        .first = (b0), .payload = (text), .length = sizeof(text) - 1, .wrong_mask = true           \
    }

/* First bytes: text, binary, continuation, control; _ is a fragment that is not the last. */
enum {
    T = 0x81,
    T_ = 0x01,
    B = 0x82,
    B_ = 0x02,
    C = 0x80,
    C_ = 0x00,
    CLOSE = 0x88,
    PING = 0x89,
    PONG = 0x8a,
};

static const struct websocket_case WEBSOCKET_CASES[] = {
    /* Lengths */
    {"empty text", {P(T, "")}, "text", 0},
    {"text of 1", {P(T, "a")}, "text a", 0},
    {"text of 5", {P(T, "hello")}, "text hello", 0},
    {"text of 125", {X(T, 125)}, "text x*125", 0},
    {"text of 126", {X(T, 126)}, "text x*126", 0},
    {"text of 127", {X(T, 127)}, "text x*127", 0},
    {"text of 128", {X(T, 128)}, "text x*128", 0},
    {"text of 65535", {X(T, 65535)}, "text x*65535", 0},
    {"text of 65536", {X(T, 65536)}, "text x*65536", 0},
    {"empty binary", {P(B, "")}, "binary", 0},
    {"binary with every kind of byte", {P(B, "\0\x7f\x80\xff")}, "binary \\x00\\x7f\\x80\\xff", 0},
    {"binary of 125", {X(B, 125)}, "binary x*125", 0},
    {"binary of 126", {X(B, 126)}, "binary x*126", 0},
    {"binary of 127", {X(B, 127)}, "binary x*127", 0},
    {"binary of 128", {X(B, 128)}, "binary x*128", 0},
    {"binary of 65535", {X(B, 65535)}, "binary x*65535", 0},
    {"binary of 65536", {X(B, 65536)}, "binary x*65536", 0},
    {"three messages", {P(T, "a"), P(B, "b"), P(T, "c")}, "text a | binary b | text c", 0},
    {"many empty messages",
     {P(T, ""), P(T, ""), P(B, ""), P(T, ""), P(PING, ""), P(T, "")},
     "text | text | binary | text | ping | text",
     0},
    {"5 in two bytes", {P16(T, "hello")}, "error 1002", 0},
    {"0 in two bytes", {P16(T, "")}, "error 1002", 0},
    {"5 in eight bytes", {P64(T, "hello")}, "error 1002", 0},
    {"126 in eight bytes", {X64(T, 126)}, "error 1002", 0},
    {"65535 in eight bytes", {X64(B, 65535)}, "error 1002", 0},
    {"2^63 - 1 announced", {HEAD64(T, INT64_MAX)}, "error 1009", 0},
    {"2^63 announced", {HEAD64(T, UINT64_C(1) << 63)}, "error 1002", 0},
    {"2^64 - 1 announced", {HEAD64(B, UINT64_MAX)}, "error 1002", 0},
    {"2^32 + 5 announced", {HEAD64(B, (UINT64_C(1) << 32) + 5)}, "error 1009", 0},
    {"nothing", {{.first = 0}}, "", 0},
    {"a head alone", {HEAD(T, 5)}, "", 0},
    {"a head alone after a message",
     {{.first = T, .payload = "hell", .length = 4}, HEAD(T, 200)},
     "text hell",
     0},

    /* The limit of a message */
    {"at the limit", {X(T, 1000)}, "text x*1000", 1000},
    {"one past the limit", {HEAD(T, 1001)}, "error 1009", 1000},
    {"limit of 1", {P(T, "a"), P(T, "ab")}, "text a | error 1009", 1},
    {"fragments at the limit", {X(T_, 400), X(C_, 400), X(C, 200)}, "text x*1000", 1000},
    {"fragments one past the limit", {X(T_, 400), X(C_, 400), HEAD(C, 201)}, "error 1009", 1000},
    {"a later fragment of 2^63 - 1", {X(B_, 400), HEAD64(C, INT64_MAX)}, "error 1009", 1000},
    {"empty fragments at the limit",
     {X(T_, 10), P(C_, ""), P(C_, ""), P(C, "")},
     "text xxxxxxxxxx",
     10},
    {"a control frame above a small limit", {X(PING, 100), P(T, "ab")}, "ping x*100 | text ab", 2},
    {"control frames do not count",
     {X(T_, 9), X(PING, 125), P(C, "y")},
     "ping x*125 | text xxxxxxxxxy",
     10},
    {"the limit is for each message",
     {X(B, 10), X(B, 10)},
     "binary xxxxxxxxxx | binary xxxxxxxxxx",
     10},

    /* Ping and pong */
    {"empty ping", {P(PING, "")}, "ping", 0},
    {"ping with text", {P(PING, "are you there")}, "ping are you there", 0},
    {"ping with bytes",
     {P(PING, "\0\xff\xfe\xfd\xfc\xfb\0\xff")},
     "ping \\x00\\xff\\xfe\\xfd\\xfc\\xfb\\x00\\xff",
     0},
    {"ping of 125", {X(PING, 125)}, "ping x*125", 0},
    {"ping of 126", {X(PING, 126)}, "error 1002", 0},
    {"ping of 65536", {HEAD(PING, 65536)}, "error 1002", 0},
    {"pong of 126", {X(PONG, 126)}, "error 1002", 0},
    {"unasked pong", {P(PONG, "")}, "pong", 0},
    {"unasked pong with payload", {P(PONG, "x")}, "pong x", 0},
    {"unasked pong, then ping", {P(PONG, "x"), P(PING, "y")}, "pong x | ping y", 0},
    {"ten pings",
     {P(PING, "0"), P(PING, "1"), P(PING, "2"), P(PING, "3"), P(PING, "4"), P(PING, "5"),
      P(PING, "6"), P(PING, "7"), P(PING, "8"), P(PING, "9")},
     "ping 0 | ping 1 | ping 2 | ping 3 | ping 4 | ping 5 | ping 6 | ping 7 | ping 8 | ping 9",
     0},

    /* Reserved bits and opcodes */
    {"RSV3", {P(0x91, "a")}, "error 1002", 0},
    {"RSV2", {P(0xa1, "a")}, "error 1002", 0},
    {"RSV1", {P(0xc1, "a")}, "error 1002", 0},
    {"RSV1 after a message", {P(T, "a"), P(0xc1, "b"), P(PING, "")}, "text a | error 1002", 0},
    {"RSV2 on binary", {P(0xa2, "a")}, "error 1002", 0},
    {"RSV3 on a ping", {P(0x99, "")}, "error 1002", 0},
    {"RSV1 on a close", {P(0xc8, "")}, "error 1002", 0},
    {"all reserved bits", {P(0xf1, "")}, "error 1002", 0},
    {"RSV1 on a continuation", {P(T_, "a"), P(0xc0, "b")}, "error 1002", 0},
    {"opcode 3", {P(0x83, "")}, "error 1002", 0},
    {"opcode 4", {P(0x84, "a")}, "error 1002", 0},
    {"opcode 5", {P(T, "a"), P(0x85, ""), P(PING, "")}, "text a | error 1002", 0},
    {"opcode 6", {P(T, "a"), P(0x86, "b"), P(PING, "")}, "text a | error 1002", 0},
    {"opcode 7", {P(T, "a"), P(0x87, "b")}, "text a | error 1002", 0},
    {"opcode 11", {P(0x8b, "")}, "error 1002", 0},
    {"opcode 12", {P(0x8c, "a")}, "error 1002", 0},
    {"opcode 13", {P(T, "a"), P(0x8d, "")}, "text a | error 1002", 0},
    {"opcode 14", {P(T, "a"), P(0x8e, "b")}, "text a | error 1002", 0},
    {"opcode 15", {P(T, "a"), P(0x8f, "b")}, "text a | error 1002", 0},
    {"opcode 3 inside a message", {P(T_, "a"), P(0x83, "b")}, "error 1002", 0},
    {"opcode 3 as a fragment", {P(0x03, "b")}, "error 1002", 0},
    {"wrong masking", {WRONG(T, "hello")}, "error 1002", 0},
    {"wrong masking of an empty ping", {WRONG(PING, "")}, "error 1002", 0},
    {"wrong masking after a message", {P(T, "a"), WRONG(T, "b")}, "text a | error 1002", 0},
    {"wrong masking of a continuation", {P(T_, "a"), WRONG(C, "b")}, "error 1002", 0},

    /* Fragments */
    {"ping as a fragment", {P(0x09, "a"), P(C, "b")}, "error 1002", 0},
    {"pong as a fragment", {P(0x0a, "a"), P(C, "b")}, "error 1002", 0},
    {"close as a fragment", {P(0x08, "")}, "error 1002", 0},
    {"text in two", {P(T_, "hel"), P(C, "lo")}, "text hello", 0},
    {"binary in three", {P(B_, "a"), P(C_, "\0"), P(C, "c")}, "binary a\\x00c", 0},
    {"text in empty fragments", {P(T_, ""), P(C_, ""), P(C, "")}, "text", 0},
    {"an empty first fragment", {P(T_, ""), P(C, "a")}, "text a", 0},
    {"an empty last fragment", {P(T_, "a"), P(C, "")}, "text a", 0},
    {"a ping inside", {P(T_, "hel"), P(PING, "p"), P(C, "lo")}, "ping p | text hello", 0},
    {"pings and pongs inside",
     {P(T_, "a"), P(PING, "1"), P(C_, "b"), P(PONG, "2"), P(PING, ""), P(C, "c"), P(T, "d")},
     "ping 1 | pong 2 | ping | text abc | text d",
     0},
    {"a close inside", {P(T_, "a"), P(CLOSE, "\x03\xe8"), P(C, "b")}, "close 1000", 0},
    {"two fragmented messages",
     {P(T_, "a"), P(C, "b"), P(B_, "c"), P(C, "d")},
     "text ab | binary cd",
     0},
    {"long fragments", {X(B_, 300), X(C_, 70), X(C, 130)}, "binary x*500", 0},
    {"nothing to continue, last", {P(C, "a"), P(T, "b")}, "error 1002", 0},
    {"nothing to continue, not last", {P(C_, "a"), P(T, "b")}, "error 1002", 0},
    {"nothing to continue after a message", {P(T, "a"), P(C, "b")}, "text a | error 1002", 0},
    {"nothing to continue after fragments",
     {P(T_, "a"), P(C, "b"), P(C, "c")},
     "text ab | error 1002",
     0},
    {"a text inside a message", {P(T_, "a"), P(T, "b")}, "error 1002", 0},
    {"a binary inside a message", {P(T_, "a"), P(B, "b")}, "error 1002", 0},
    {"a fragmented text inside a message", {P(T_, "a"), P(T_, "b")}, "error 1002", 0},
    {"a message that never ends", {P(T_, "a"), P(C_, "b"), P(PING, "")}, "ping", 0},

    /* UTF-8 */
    {"Greek", {P(T, "\xce\xba\xe1\xbd\xb9")}, "text \\xce\\xba\\xe1\\xbd\\xb9", 0},
    {"split inside a code point", {P(T_, "\xce"), P(C, "\xba")}, "text \\xce\\xba", 0},
    {"four bytes in four fragments",
     {P(T_, "\xf0"), P(C_, "\x9f"), P(C_, "\x98"), P(C, "\x80")},
     "text \\xf0\\x9f\\x98\\x80",
     0},
    {"a ping inside a code point",
     {P(T_, "\xe2\x82"), P(PING, "\xff"), P(C, "\xac")},
     "ping \\xff | text \\xe2\\x82\\xac",
     0},
    {"U+10FFFF", {P(T, "\xf4\x8f\xbf\xbf")}, "text \\xf4\\x8f\\xbf\\xbf", 0},
    {"above U+10FFFF", {P(T, "\xf4\x90\x80\x80")}, "error 1007", 0},
    {"U+D7FF and U+E000",
     {P(T, "\xed\x9f\xbf\xee\x80\x80")},
     "text \\xed\\x9f\\xbf\\xee\\x80\\x80",
     0},
    {"a surrogate", {P(T, "\xed\xa0\x80")}, "error 1007", 0},
    {"a surrogate pair", {P(T, "a\xed\xa0\xbd\xed\xb8\x80")}, "error 1007", 0},
    {"NUL is a character", {P(T, "a\0b")}, "text a\\x00b", 0},
    {"overlong slash in two", {P(T, "\xc0\xaf")}, "error 1007", 0},
    {"overlong slash in three", {P(T, "\xe0\x80\xaf")}, "error 1007", 0},
    {"overlong slash in four", {P(T, "\xf0\x80\x80\xaf")}, "error 1007", 0},
    {"overlong U+007F", {P(T, "\xc1\xbf")}, "error 1007", 0},
    {"overlong U+07FF", {P(T, "\xe0\x9f\xbf")}, "error 1007", 0},
    {"overlong U+FFFF", {P(T, "\xf0\x8f\xbf\xbf")}, "error 1007", 0},
    {"overlong NUL", {P(T, "\xc0\x80")}, "error 1007", 0},
    {"five bytes", {P(T, "\xf8\x88\x80\x80\x80")}, "error 1007", 0},
    {"FE and FF", {P(T, "\xfe\xff")}, "error 1007", 0},
    {"a continuation byte alone", {P(T, "a\x80")}, "error 1007", 0},
    {"truncated", {P(T, "12345678\xe2\x82")}, "error 1007", 0},
    {"truncated at once", {P(T, "\xf0")}, "error 1007", 0},
    {"truncated in the last fragment", {P(T_, "a"), P(C, "\xce")}, "error 1007", 0},
    {"broken off by ASCII",
     {P(T, "\xce"
           "a")},
     "error 1007",
     0},
    {"invalid after eight good bytes", {P(T, "12345678\xff")}, "error 1007", 0},
    {"invalid in the middle of sixteen",
     {P(T, "1234567\xff"
           "12345678")},
     "error 1007",
     0},
    {"fails fast in the first fragment", {P(T_, "a\xff")}, "error 1007", 0},
    {"fails fast in a later fragment", {P(T_, "\xce\xba"), P(C_, "\xf4\x90")}, "error 1007", 0},
    {"fails fast across fragments", {P(T_, "\xf4"), P(C_, "\x90")}, "error 1007", 0},
    {"after a good message", {P(T, "a"), P(T, "\x80"), P(T, "b")}, "text a | error 1007", 0},
    {"binary is not looked at", {P(B_, "\xff"), P(C, "\xfe")}, "binary \\xff\\xfe", 0},

    /* Close */
    {"close of 0", {P(CLOSE, "")}, "close 1005", 0},
    {"close of 1", {P(CLOSE, "\x03")}, "error 1002", 0},
    {"close of 2", {P(CLOSE, "\x03\xe8")}, "close 1000", 0},
    {"close with a reason",
     {P(CLOSE, "\x03\xe8"
               "bye")},
     "close 1000 bye",
     0},
    {"close of 125",
     {P(CLOSE, "\x03\xe8"
               "1234567890123456789012345678901234567890123456789012345678901"
               "23456789012345678901234567890123456789012345678901234567890123")},
     "close 1000 1234567890123456789012345678901234567890123456789012345678901"
     "23456789012345678901234567890123456789012345678901234567890123",
     0},
    {"close of 126", {X(CLOSE, 126)}, "error 1002", 0},
    {"message after close", {P(CLOSE, "\x03\xe8"), P(T, "a")}, "close 1000", 0},
    {"ping after close", {P(CLOSE, "\x03\xe8"), P(PING, "a")}, "close 1000", 0},
    {"second close after close", {P(CLOSE, "\x03\xe8"), P(CLOSE, "\x03\xe9")}, "close 1000", 0},
    {"broken frame after close", {P(CLOSE, "\x03\xe8"), P(0xff, "a")}, "close 1000", 0},
    {"message before close", {P(T, "a"), P(CLOSE, "")}, "text a | close 1005", 0},
    {"1001", {P(CLOSE, "\x03\xe9")}, "close 1001", 0},
    {"1002", {P(CLOSE, "\x03\xea")}, "close 1002", 0},
    {"1003", {P(CLOSE, "\x03\xeb")}, "close 1003", 0},
    {"1007", {P(CLOSE, "\x03\xef")}, "close 1007", 0},
    {"1008", {P(CLOSE, "\x03\xf0")}, "close 1008", 0},
    {"1009", {P(CLOSE, "\x03\xf1")}, "close 1009", 0},
    {"1010", {P(CLOSE, "\x03\xf2")}, "close 1010", 0},
    {"1011", {P(CLOSE, "\x03\xf3")}, "close 1011", 0},
    {"1012, registered later", {P(CLOSE, "\x03\xf4")}, "close 1012", 0},
    {"1014, registered later", {P(CLOSE, "\x03\xf6")}, "close 1014", 0},
    {"3000", {P(CLOSE, "\x0b\xb8")}, "close 3000", 0},
    {"3999", {P(CLOSE, "\x0f\x9f")}, "close 3999", 0},
    {"4000", {P(CLOSE, "\x0f\xa0")}, "close 4000", 0},
    {"4999", {P(CLOSE, "\x13\x87")}, "close 4999", 0},
    {"code 0", {P(CLOSE, "\0\0")}, "error 1002", 0},
    {"code 999", {P(CLOSE, "\x03\xe7")}, "error 1002", 0},
    {"code 1004", {P(CLOSE, "\x03\xec")}, "error 1002", 0},
    {"code 1005", {P(CLOSE, "\x03\xed")}, "error 1002", 0},
    {"code 1006", {P(CLOSE, "\x03\xee")}, "error 1002", 0},
    {"code 1015", {P(CLOSE, "\x03\xf7")}, "error 1002", 0},
    {"code 1016", {P(CLOSE, "\x03\xf8")}, "error 1002", 0},
    {"code 1100", {P(CLOSE, "\x04\x4c")}, "error 1002", 0},
    {"code 2000", {P(CLOSE, "\x07\xd0")}, "error 1002", 0},
    {"code 2999", {P(CLOSE, "\x0b\xb7")}, "error 1002", 0},
    {"code 5000", {P(CLOSE, "\x13\x88")}, "error 1002", 0},
    {"code 65535", {P(CLOSE, "\xff\xff")}, "error 1002", 0},
    {"reason with a code point",
     {P(CLOSE, "\x0f\xa1\xe2\x82\xac")},
     "close 4001 \\xe2\\x82\\xac",
     0},
    {"reason not UTF-8", {P(CLOSE, "\x03\xe8\xce\xba\xff")}, "error 1007", 0},
    {"reason truncated", {P(CLOSE, "\x03\xe8\xe2\x82")}, "error 1007", 0},
    {"reason with a surrogate", {P(CLOSE, "\x03\xe8\xed\xa0\x80")}, "error 1007", 0},
    {"wrong code and wrong reason", {P(CLOSE, "\x03\xe7\xff")}, "error 1002", 0},
};

#endif
