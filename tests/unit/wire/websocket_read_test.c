/* The WebSocket reader against its table of cases, in every chopping. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "unit/wire/failing_memory.h"
#include "unit/wire/websocket_build.h"
#include "unit/wire/websocket_record.h"

enum {
    SPLIT_EACH_UP_TO = 2048, /* longer ones: at both ends, and now and then between */
    SPLIT_EDGE = 64,
    SPLIT_STEP = 4099,
    WAYS_MIN = 300,
};

static const size_t CASES = sizeof(WEBSOCKET_CASES) / sizeof(WEBSOCKET_CASES[0]);

static struct build built;
static struct record record;

/* Reads `length` bytes from a block of exactly that size, so that a sanitizer
 * sees a step past either end. */
static void read_piece(const char *bytes, size_t length)
{
    char *piece = malloc(length > 0 ? length : 1);

    assert_non_null(piece);
    memcpy(piece, bytes, length);
    record_read(&record, piece, length);
    free(piece);
}

static uint32_t case_max(const struct websocket_case *one)
{
    return one->message_max == 0 ? CASE_MESSAGE_MAX : one->message_max;
}

/* In pieces of `first` bytes and the rest, or byte by byte for `first` 0. */
static void check_case(const struct websocket_case *one, enum websocket_role role, size_t first)
{
    struct websocket websocket;
    size_t at = 0;

    websocket_init(&websocket, role, case_max(one));
    record_start(&record, &websocket);
    if (first == 0) {
        for (at = 0; at < built.length; at++) {
            read_piece(built.bytes + at, 1);
        }
    } else {
        read_piece(built.bytes, first);
        read_piece(built.bytes + first, built.length - first);
    }
    if (strcmp(record.text, one->expected) != 0) {
        print_error("case \"%s\", %s, first piece %zu\n", one->name,
                    role == WEBSOCKET_SERVER ? "server" : "client", first);
    }
    assert_string_equal(record.text, one->expected);
    websocket_finish(&websocket);
}

static size_t check_every_chopping(const struct websocket_case *one, enum websocket_role role)
{
    size_t ways = 1;
    size_t split;

    build_case(&built, one, role);
    check_case(one, role, 0);
    for (split = 1; split <= built.length; ways++) {
        bool is_edge = split <= SPLIT_EDGE || built.length - split < SPLIT_EDGE;

        check_case(one, role, split); /* at the end: whole */
        split += built.length <= SPLIT_EACH_UP_TO || is_edge ? 1 : SPLIT_STEP;
    }
    return ways;
}

static void each_case_reads_the_same_in_every_chopping(void **state)
{
    size_t ways = 0;
    size_t i;

    (void)state;
    for (i = 0; i < CASES; i++) {
        ways += check_every_chopping(&WEBSOCKET_CASES[i], WEBSOCKET_SERVER);
        ways += check_every_chopping(&WEBSOCKET_CASES[i], WEBSOCKET_CLIENT);
    }
    print_message("%zu cases, %zu ways of reading them\n", CASES, ways);
    assert_true(ways >= WAYS_MIN);
}

static void begin(struct websocket *websocket, enum websocket_role role, uint32_t message_max)
{
    websocket_init(websocket, role, message_max);
    record_start(&record, websocket);
}

static void nothing_is_held_between_whole_messages(void **state)
{
    struct websocket websocket;
    char whole[] = "\x81\x01"
                   "a";
    char first[] = "\x01\x01"
                   "b";
    char last[] = "\x80\x01"
                  "c";

    (void)state;
    begin(&websocket, WEBSOCKET_CLIENT, 100);
    failing_memory_start(0);
    record_read(&record, whole, 3);
    failing_memory_stop();
    assert_int_equal(failing_memory_asked, 0);
    record_read(&record, first, 3);
    assert_non_null(websocket.partial);
    record_read(&record, last, 1);
    assert_non_null(websocket.partial);
    record_read(&record, last + 1, 2);
    assert_null(websocket.partial);
    record_read(&record, whole, 2);
    assert_non_null(websocket.partial);
    record_read(&record, whole + 2, 1);
    assert_null(websocket.partial);
    assert_string_equal(record.text, "text a | text bc | text a");
    websocket_finish(&websocket);
}

static struct slice seen;

static void on_message_where(void *context, bool is_text, struct slice message)
{
    (void)context;
    (void)is_text;
    seen = message;
}

static void a_whole_frame_is_unmasked_where_it_stands(void **state)
{
    static const struct websocket_handler handler = {.on_message = on_message_where};
    struct websocket websocket;
    char frame[] = "\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58"; /* RFC 6455, 5.7 */

    (void)state;
    websocket_init(&websocket, WEBSOCKET_SERVER, 100);
    assert_int_equal(websocket_read(&websocket, &handler, NULL, frame, sizeof(frame) - 1), 0);
    assert_ptr_equal(seen.bytes, frame + 6);
    assert_memory_equal(seen.bytes, "Hello", 5);
    assert_null(websocket.partial);
    websocket_finish(&websocket);
}

static void an_announced_giant_allocates_nothing(void **state)
{
    struct websocket websocket;
    char giant[] = "\x81\xff\x7f\xff\xff\xff\xff\xff\xff\xff";

    (void)state;
    begin(&websocket, WEBSOCKET_SERVER, UINT32_MAX);
    failing_memory_start(0);
    record_read(&record, giant, sizeof(giant) - 1);
    failing_memory_stop();
    assert_string_equal(record.text, "error 1009");
    assert_int_equal(failing_memory_asked, 0);
    websocket_finish(&websocket);
}

static void a_large_message_announced_within_the_limit_holds_only_what_came(void **state)
{
    struct websocket websocket;
    char head[] = "\x82\x7f\0\0\0\0\x7f\xff\xff\xff"
                  "abc";

    (void)state;
    begin(&websocket, WEBSOCKET_CLIENT, UINT32_MAX);
    failing_memory_start(2); /* the state and a small buffer */
    record_read(&record, head, sizeof(head) - 1);
    failing_memory_stop();
    assert_int_equal(failing_memory_asked, 2);
    assert_string_equal(record.text, "");
    websocket_finish(&websocket);
}

static void nothing_is_delivered_after_stop(void **state)
{
    struct websocket websocket;
    char frames[] = "\x01\x01"
                    "a\x89\x01p\x80\x01"
                    "b\x81\x01"
                    "c";
    size_t stop_after;
    const char *expected[] = {"", "ping p", "ping p | text ab"};

    (void)state;
    for (stop_after = 1; stop_after < 3; stop_after++) {
        char copy[sizeof(frames)];
        size_t i;

        memcpy(copy, frames, sizeof(frames));
        begin(&websocket, WEBSOCKET_CLIENT, 100);
        record.stop_after = stop_after;
        record_read(&record, copy, sizeof(copy) - 1);
        record_read(&record, copy, sizeof(copy) - 1);
        assert_string_equal(record.text, expected[stop_after]);
        assert_null(websocket.partial);
        begin(&websocket, WEBSOCKET_CLIENT, 100);
        record.stop_after = stop_after;
        for (i = 0; i < sizeof(frames) - 1; i++) {
            record_read(&record, frames + i, 1);
        }
        assert_string_equal(record.text, expected[stop_after]);
        assert_null(websocket.partial);
    }
}

static void an_error_is_told_once_and_ends_the_reading(void **state)
{
    struct websocket websocket;
    char wrong[] = "\xc1\x01"
                   "a";
    char good[] = "\x81\x01"
                  "a";

    (void)state;
    begin(&websocket, WEBSOCKET_CLIENT, 100);
    record_read(&record, wrong, 3);
    assert_true(websocket.closed);
    record_read(&record, good, 3);
    record_read(&record, wrong, 3);
    assert_string_equal(record.text, "error 1002");
    websocket_finish(&websocket);
}

static void a_handler_may_leave_out_pongs(void **state)
{
    static const struct websocket_handler handler = {.on_message = on_message_where};
    struct websocket websocket;
    char pong[] = "\x8a\x01x";

    (void)state;
    websocket_init(&websocket, WEBSOCKET_CLIENT, 100);
    assert_int_equal(websocket_read(&websocket, &handler, NULL, pong, 3), WEBSOCKET_OPEN);
    websocket_finish(&websocket);
}

/* One walk: byte by byte or whole; true when an allocation failed. */
static bool walk_once(const struct websocket_case *one, size_t successes, size_t step)
{
    struct websocket websocket;
    size_t at;
    bool failed;

    build_case(&built, one, WEBSOCKET_SERVER);
    begin(&websocket, WEBSOCKET_SERVER, case_max(one));
    failing_memory_start(successes);
    for (at = 0; at < built.length; at += step) {
        record_read(&record, built.bytes + at, built.length - at < step ? built.length - at : step);
    }
    failing_memory_stop();
    failed = failing_memory_asked > successes;
    if (failed) {
        const char *end = strstr(record.text, "error 1011");

        assert_non_null(end);
        assert_int_equal(end - record.text, (ptrdiff_t)(record.used - strlen("error 1011")));
        assert_null(websocket.partial);
        assert_true(websocket.closed);
    } else {
        assert_string_equal(record.text, one->expected);
    }
    websocket_finish(&websocket);
    return failed;
}

static void each_allocation_that_fails_ends_with_1011(void **state)
{
    static const size_t STEPS[] = {1, 3, 100, BUILD_SIZE};
    size_t failures = 0;
    size_t i;
    size_t s;

    (void)state;
    for (i = 0; i < CASES; i++) {
        for (s = 0; s < sizeof(STEPS) / sizeof(STEPS[0]); s++) {
            size_t successes = 0;

            while (walk_once(&WEBSOCKET_CASES[i], successes, STEPS[s])) {
                successes++;
                failures++;
            }
        }
    }
    print_message("%zu failing allocations walked\n", failures);
    assert_true(failures > CASES);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_case_reads_the_same_in_every_chopping),
        cmocka_unit_test(nothing_is_held_between_whole_messages),
        cmocka_unit_test(a_whole_frame_is_unmasked_where_it_stands),
        cmocka_unit_test(an_announced_giant_allocates_nothing),
        cmocka_unit_test(a_large_message_announced_within_the_limit_holds_only_what_came),
        cmocka_unit_test(nothing_is_delivered_after_stop),
        cmocka_unit_test(an_error_is_told_once_and_ends_the_reading),
        cmocka_unit_test(a_handler_may_leave_out_pongs),
        cmocka_unit_test(each_allocation_that_fails_ends_with_1011),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
