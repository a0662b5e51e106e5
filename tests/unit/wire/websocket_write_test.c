/* Frames out: exact bytes where the RFC gives them, else read back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "unit/wire/failing_memory.h"
#include "unit/wire/websocket_record.h"

enum { OUT_MAX = 200000 };

static const uint8_t MASK[4] = {0x37, 0xfa, 0x21, 0x3d};

static struct record record;

static void assert_bytes(const struct buf *out, const char *bytes, size_t length)
{
    assert_int_equal(buf_fail(out), FAIL_NONE);
    assert_int_equal(out->length, length);
    assert_memory_equal(out->bytes, bytes, length);
}

/* The examples of RFC 6455, 5.7. */
static void the_examples_of_the_rfc_come_out_as_printed(void **state)
{
    struct buf out;

    (void)state;
    buf_init(&out, OUT_MAX);
    websocket_write(&out, WEBSOCKET_TEXT, slice_of("Hello"), NULL);
    assert_bytes(&out, "\x81\x05\x48\x65\x6c\x6c\x6f", 7);
    buf_clear(&out);
    websocket_write(&out, WEBSOCKET_TEXT, slice_of("Hello"), MASK);
    assert_bytes(&out, "\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58", 11);
    buf_clear(&out);
    websocket_write(&out, WEBSOCKET_PING, slice_of("Hello"), NULL);
    assert_bytes(&out, "\x89\x05\x48\x65\x6c\x6c\x6f", 7);
    buf_clear(&out);
    websocket_write(&out, WEBSOCKET_PONG, slice_of("Hello"), MASK);
    assert_bytes(&out, "\x8a\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58", 11);
    buf_finish(&out);
}

static void each_length_has_its_shortest_head(void **state)
{
    static const struct {
        size_t length;
        size_t head;
        const char *bytes;
    } CASES[] = {
        {0, 2, "\x82\x00"},
        {125, 2, "\x82\x7d"},
        {126, 4, "\x82\x7e\x00\x7e"},
        {127, 4, "\x82\x7e\x00\x7f"},
        {65535, 4, "\x82\x7e\xff\xff"},
        {65536, 10, "\x82\x7f\0\0\0\0\0\x01\0\0"},
    };
    static char payload[65536];
    size_t i;

    (void)state;
    memset(payload, 'y', sizeof(payload));
    for (i = 0; i < sizeof(CASES) / sizeof(CASES[0]); i++) {
        struct buf out;

        buf_init(&out, OUT_MAX);
        websocket_write(&out, WEBSOCKET_BINARY, slice_make(payload, CASES[i].length), NULL);
        assert_int_equal(buf_fail(&out), FAIL_NONE);
        assert_int_equal(out.length, CASES[i].head + CASES[i].length);
        assert_memory_equal(out.bytes, CASES[i].bytes, CASES[i].head);
        buf_finish(&out);
    }
}

/* What one role writes, the other reads. */
static void read_back(struct buf *out, enum websocket_role reader)
{
    struct websocket websocket;

    assert_int_equal(buf_fail(out), FAIL_NONE);
    websocket_init(&websocket, reader, OUT_MAX);
    record_start(&record, &websocket);
    record_read(&record, out->bytes, out->length);
    assert_null(websocket.partial);
    websocket_finish(&websocket);
}

static void check_read_back(struct buf *out, enum websocket_role reader, const char *expected)
{
    read_back(out, reader);
    assert_string_equal(record.text, expected);
}

static void what_one_side_writes_the_other_reads(void **state)
{
    static const size_t LENGTHS[] = {20, 63, 64, 125, 126, 127, 128, 4095, 65535, 65536, 70001};
    static char payload[70001];
    size_t i;

    (void)state;
    memset(payload, 'y', sizeof(payload));
    for (i = 0; i < 2 * sizeof(LENGTHS) / sizeof(LENGTHS[0]); i++) {
        const uint8_t *mask = i % 2 == 0 ? MASK : NULL;
        char expected[64];
        struct buf out;

        buf_init(&out, OUT_MAX);
        websocket_write(&out, WEBSOCKET_TEXT, slice_make(payload, LENGTHS[i / 2]), mask);
        websocket_write(&out, WEBSOCKET_PING, slice_of("p"), mask);
        (void)snprintf(expected, sizeof(expected), "text y*%zu | ping p", LENGTHS[i / 2]);
        check_read_back(&out, mask == NULL ? WEBSOCKET_CLIENT : WEBSOCKET_SERVER, expected);
        buf_finish(&out);
    }
}

static void a_close_carries_code_and_reason(void **state)
{
    struct buf out;

    (void)state;
    buf_init(&out, OUT_MAX);
    websocket_write_close(&out, WEBSOCKET_CLOSE_NORMAL, "bye", NULL);
    assert_bytes(&out,
                 "\x88\x05\x03\xe8"
                 "bye",
                 7);
    buf_clear(&out);
    websocket_write_close(&out, (enum websocket_close)4001, "replaced", MASK);
    check_read_back(&out, WEBSOCKET_SERVER, "close 4001 replaced");
    buf_clear(&out);
    websocket_write_close(&out, WEBSOCKET_CLOSE_GOING_AWAY, NULL, NULL);
    assert_bytes(&out, "\x88\x02\x03\xe9", 4);
    buf_clear(&out);
    websocket_write_close(&out, WEBSOCKET_CLOSE_NO_STATUS, "not sent", NULL);
    assert_bytes(&out, "\x88\x00", 2);
    buf_finish(&out);
}

static void a_long_reason_is_cut_between_code_points(void **state)
{
    char reason[160];
    size_t ascii;

    (void)state;
    /* So many ASCII characters, then a euro sign of three bytes: with 120 it just fits. */
    for (ascii = 119; ascii <= 124; ascii++) {
        size_t kept = ascii > 123 ? 123 : ascii <= 120 ? ascii + 3 : ascii;
        struct buf out;

        memset(reason, 'r', ascii);
        memcpy(reason + ascii, "\xe2\x82\xac", 4);
        buf_init(&out, OUT_MAX);
        websocket_write_close(&out, WEBSOCKET_CLOSE_POLICY, reason, NULL);
        assert_int_equal(out.length, 4 + kept);
        assert_memory_equal(out.bytes + 4, reason, kept);
        read_back(&out, WEBSOCKET_CLIENT);
        assert_true(strncmp(record.text, "close 1008 r", 12) == 0);
        buf_finish(&out);
    }
}

static void a_frame_that_does_not_fit_is_left_out_whole(void **state)
{
    struct buf out;

    (void)state;
    buf_init(&out, 10);
    websocket_write(&out, WEBSOCKET_TEXT, slice_of("123"), MASK); /* 9 bytes */
    assert_int_equal(out.length, 9);
    websocket_write(&out, WEBSOCKET_TEXT, slice_of("45"), NULL);
    assert_int_equal(out.length, 9);
    assert_int_equal(buf_fail(&out), FAIL_LIMIT);
    buf_finish(&out);
}

static void a_failing_allocation_writes_nothing(void **state)
{
    struct buf out;

    (void)state;
    buf_init(&out, OUT_MAX);
    failing_memory_start(0);
    websocket_write(&out, WEBSOCKET_TEXT, slice_of("hello"), NULL);
    websocket_write_close(&out, WEBSOCKET_CLOSE_NORMAL, "bye", MASK);
    failing_memory_stop();
    assert_int_equal(out.length, 0);
    assert_int_equal(buf_fail(&out), FAIL_MEMORY);
    buf_finish(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_examples_of_the_rfc_come_out_as_printed),
        cmocka_unit_test(each_length_has_its_shortest_head),
        cmocka_unit_test(what_one_side_writes_the_other_reads),
        cmocka_unit_test(a_close_carries_code_and_reason),
        cmocka_unit_test(a_long_reason_is_cut_between_code_points),
        cmocka_unit_test(a_frame_that_does_not_fit_is_left_out_whole),
        cmocka_unit_test(a_failing_allocation_writes_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
