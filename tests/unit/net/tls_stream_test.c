/* Two streams that talk to each other, over pipes in memory with the test between
 * them. */
#include "net/tls.h"

#include "unit/net/tls_pair_scene.h"
#include "unit/wire/failing_memory.h"

enum { LARGE = 400 * 1024, SHAKE_MAX = 32 * 1024 };

/* Bytes that tell where they stand. */
static char *pattern(size_t length)
{
    char *bytes = malloc(length);
    size_t i;

    assert_non_null(bytes);
    for (i = 0; i < length; i++) {
        bytes[i] = (char)(i * 31 / 7);
    }
    return bytes;
}

/* --- Bytes ------------------------------------------------------------------------- */

static void bytes_go_both_ways(void **state)
{
    uint64_t before = counter_read(&tls_handshakes_full);

    (void)state;
    open_pair();
    assert_int_equal(tls_stream_state(tls_here.stream), TLS_OPEN);
    assert_int_equal(counter_read(&tls_handshakes_full), before + 1);
    tls_say(&tls_there, &tls_here, "hello");
    tls_say(&tls_here, &tls_there, "welcome");
    tls_say(&tls_there, &tls_here, "again");
    assert_string_equal(tls_here.heard, "helloagain");
}

static void nothing_that_is_said_can_be_read_on_the_way(void **state)
{
    (void)state;
    open_pair();
    assert_int_equal(tls_stream_write(tls_here.stream, slice_of("api-token: swordfish")), TLS_OPEN);
    assert_true(tls_here.out_length > 20);
    assert_null(memmem(tls_here.out, tls_here.out_length, "swordfish", 9));
    assert_null(memmem(tls_here.out, tls_here.out_length, "token", 5));
}

static void a_handshake_may_come_byte_by_byte(void **state)
{
    (void)state;
    tls_pair_start(server, client, "pos.example.com");
    tls_settle(1);
    assert_int_equal(tls_here.state, TLS_OPEN);
    assert_int_equal(tls_there.state, TLS_OPEN);
    assert_int_equal(tls_stream_write(tls_there.stream, slice_of("one byte at a time")), TLS_OPEN);
    tls_settle(1);
    assert_string_equal(tls_here.heard, "one byte at a time");
    assert_int_equal(tls_here.deliveries, 1); /* a record is whole or not there */
}

static void a_large_text_goes_in_records(void **state)
{
    char *bytes = pattern(LARGE);

    (void)state;
    open_pair();
    assert_int_equal(tls_stream_write(tls_here.stream, slice_make(bytes, LARGE)), TLS_OPEN);
    assert_in_range(tls_here.out_length, LARGE, LARGE + LARGE / 128);
    tls_settle(5000);
    assert_int_equal(tls_there.heard_length, LARGE);
    assert_memory_equal(tls_there.heard, bytes, LARGE);
    assert_int_equal(tls_there.deliveries, (LARGE + RECORD - 1) / RECORD);
    free(bytes);
}

static void writing_nothing_sends_nothing(void **state)
{
    (void)state;
    open_pair();
    assert_int_equal(tls_stream_write(tls_here.stream, slice_of("")), TLS_OPEN);
    assert_int_equal(tls_here.out_length, 0);
}

/* --- Holding ------------------------------------------------------------------------- */

static void what_is_held_is_not_decrypted_and_not_lost(void **state)
{
    (void)state;
    open_pair();
    assert_int_equal(tls_stream_write(tls_there.stream, slice_of("one ")), TLS_OPEN);
    assert_int_equal(tls_stream_write(tls_there.stream, slice_of("two ")), TLS_OPEN);
    assert_int_equal(tls_stream_write(tls_there.stream, slice_of("three ")), TLS_OPEN);
    tls_here.hold = true;
    tls_settle(TLS_PIPE_SIZE);
    assert_string_equal(tls_here.heard, "one ");
    tls_here.state = tls_stream_take(tls_here.stream, slice_of(""), tls_room, TLS_ROOM);
    assert_string_equal(tls_here.heard, "one two ");
    assert_int_equal(tls_stream_write(tls_there.stream, slice_of("four ")), TLS_OPEN);
    tls_settle(TLS_PIPE_SIZE); /* more comes while some is held */
    assert_string_equal(tls_here.heard, "one two three ");
    tls_here.hold = false;
    tls_here.state = tls_stream_take(tls_here.stream, slice_of(""), tls_room, TLS_ROOM);
    assert_string_equal(tls_here.heard, "one two three four ");
    tls_say(&tls_there, &tls_here, "five");
}

static void the_beginning_of_a_record_is_held_too(void **state)
{
    (void)state;
    open_pair();
    assert_int_equal(tls_stream_write(tls_there.stream, slice_of("whole ")), TLS_OPEN);
    assert_int_equal(tls_stream_write(tls_there.stream, slice_of("in two pieces")), TLS_OPEN);
    tls_here.hold = true;
    tls_carry(&tls_there, &tls_here, tls_there.out_length - 7);
    assert_string_equal(tls_here.heard, "whole in two pieces");
    assert_int_equal(tls_here.state, TLS_OPEN);
}

/* --- Ends ------------------------------------------------------------------------------ */

static void a_goodbye_ends_both_sides(void **state)
{
    (void)state;
    open_pair();
    tls_stream_close(tls_here.stream);
    assert_int_equal(tls_stream_state(tls_here.stream), TLS_ENDED);
    tls_carry(&tls_here, &tls_there, TLS_PIPE_SIZE);
    assert_int_equal(tls_there.state, TLS_ENDED);
    tls_stream_close(tls_there.stream);
    assert_true(tls_there.out_length > 0); /* it answers */
    tls_stream_close(tls_there.stream);
    tls_carry(&tls_there, &tls_here, TLS_PIPE_SIZE);
    assert_int_equal(tls_here.state, TLS_ENDED);
    assert_int_equal(tls_here.heard_length, 0);
}

static void what_came_before_a_goodbye_is_delivered(void **state)
{
    (void)state;
    open_pair();
    assert_int_equal(tls_stream_write(tls_there.stream, slice_of("last words")), TLS_OPEN);
    tls_stream_close(tls_there.stream);
    tls_carry(&tls_there, &tls_here, TLS_PIPE_SIZE);
    assert_string_equal(tls_here.heard, "last words");
    assert_int_equal(tls_here.state, TLS_ENDED);
}

static void a_goodbye_in_the_handshake_says_nothing(void **state)
{
    (void)state;
    tls_pair_start(server, client, "pos.example.com");
    tls_stream_close(tls_here.stream);
    assert_int_equal(tls_here.out_length, 0);
    assert_int_equal(tls_stream_state(tls_here.stream), TLS_ENDED);
}

static void a_changed_byte_breaks_it_with_an_alert(void **state)
{
    uint64_t failures = counter_read(&tls_failures);

    (void)state;
    open_pair();
    assert_int_equal(tls_stream_write(tls_there.stream, slice_of("pay 10.00")), TLS_OPEN);
    tls_there.out[tls_there.out_length - 3] ^= 1;
    tls_carry(&tls_there, &tls_here, TLS_PIPE_SIZE);
    assert_int_equal(tls_here.state, TLS_BROKEN);
    assert_int_equal(tls_here.heard_length, 0);
    assert_non_null(strstr(tls_stream_problem(tls_here.stream), "breaks the rules of TLS: "));
    assert_true(tls_here.out_length > 0);
    tls_carry(&tls_here, &tls_there, TLS_PIPE_SIZE);
    assert_int_equal(tls_there.state, TLS_BROKEN);
    assert_string_equal(tls_stream_problem(tls_there.stream),
                        "the other side refuses: bad record mac");
    assert_int_equal(counter_read(&tls_failures), failures); /* handshakes alone */
    assert_int_equal(tls_stream_take(tls_here.stream, slice_of("more"), tls_room, TLS_ROOM),
                     TLS_BROKEN);
}

static void what_is_no_tls_is_told_so(void **state)
{
    uint64_t failures = counter_read(&tls_failures);

    (void)state;
    tls_pair_start(server, NULL, NULL);
    tls_here.state =
        tls_stream_take(tls_here.stream, slice_of("SSH-2.0-OpenSSH_9.2\r\n"), tls_room, TLS_ROOM);
    assert_int_equal(tls_here.state, TLS_BROKEN);
    assert_string_equal(tls_stream_problem(tls_here.stream), "what came is not TLS");
    assert_int_equal(counter_read(&tls_failures), failures + 1);
    tls_pair_end();
    tls_pair_start(server, client, "pos.example.com");
    tls_there.state = tls_stream_take(tls_there.stream, slice_of("HTTP/1.1 400 Bad Request\r\n"),
                                      tls_room, TLS_ROOM);
    assert_int_equal(tls_there.state, TLS_BROKEN);
    assert_non_null(strstr(tls_stream_problem(tls_there.stream), "does not speak TLS"));
}

/* A hello of four records that announces more than will ever come. */
static void a_hello_without_end_is_cut(void **state)
{
    static const unsigned char HEAD[] = {0x16, 3, 1, 0x40, 0, 1, 1, 0, 0, 3, 3};
    char *record = calloc(1, RECORD + 5);
    size_t taken = 0;

    (void)state;
    assert_non_null(record);
    tls_pair_start(server, NULL, NULL);
    memcpy(record, HEAD, sizeof(HEAD));
    while (tls_stream_state(tls_here.stream) == TLS_SHAKING && taken < (size_t)SHAKE_MAX * 4) {
        (void)tls_stream_take(tls_here.stream, slice_make(record, RECORD + 5), tls_room, TLS_ROOM);
        taken += RECORD + 5;
        memset(record + 5, 0, 6); /* the first record alone begins a message */
    }
    free(record);
    assert_int_equal(tls_stream_state(tls_here.stream), TLS_BROKEN);
    assert_in_range(taken, SHAKE_MAX, SHAKE_MAX + RECORD);
    assert_string_equal(tls_stream_problem(tls_here.stream),
                        "the handshake is longer than 32768 bytes");
}

static void much_may_come_at_once_after_the_handshake(void **state)
{
    char *bytes = pattern(LARGE);

    (void)state;
    open_pair();
    assert_int_equal(tls_stream_write(tls_there.stream, slice_make(bytes, LARGE)), TLS_OPEN);
    tls_settle(TLS_PIPE_SIZE);
    assert_int_equal(tls_here.heard_length, LARGE);
    free(bytes);
}

/* --- Without memory
 * -------------------------------------------------------------------------------- */

/* A whole talk; false when something failed on the way. */
static bool talk(void)
{
    struct tls_stream_options here = {
        .server = server, .events = &tls_side_events, .context = &tls_here};
    struct tls_stream_options there = {.client = client,
                                       .host = "pos.example.com",
                                       .events = &tls_side_events,
                                       .context = &tls_there};
    int round;

    if (tls_stream_create(&tls_here.stream, &here) != FAIL_NONE ||
        tls_stream_create(&tls_there.stream, &there) != FAIL_NONE) {
        return false;
    }
    tls_there.state = tls_stream_start(tls_there.stream);
    for (round = 0; round < 4; round++) {
        static char bytes[64 * 1024];
        struct tls_side *from = round % 2 == 0 ? &tls_there : &tls_here;
        struct tls_side *to = round % 2 == 0 ? &tls_here : &tls_there;
        size_t length = from->out_length;

        assert_true(length <= sizeof(bytes));
        memcpy(bytes, from->out, length);
        from->out_length = 0;
        to->state = tls_stream_take(to->stream, slice_make(bytes, length), tls_room, TLS_ROOM);
    }
    return tls_here.state == TLS_OPEN && tls_there.state == TLS_OPEN &&
           tls_stream_write(tls_here.stream, slice_of("hello")) == TLS_OPEN;
}

static void without_memory_a_stream_breaks_and_nothing_is_lost(void **state)
{
    size_t successes;
    bool failed = true;
    unsigned broken = 0;

    (void)state;
    open_pair(); /* what OpenSSL makes once is made */
    tls_pair_end();
    for (successes = 0; failed; successes++) {
        bool through;

        tls_side_start(&tls_here);
        tls_side_start(&tls_there);
        failing_memory_start(successes);
        through = talk();
        failing_memory_stop();
        failed = failing_memory_asked > successes;
        assert_true(through || failed);
        if (!through && tls_here.stream != NULL && tls_there.stream != NULL) {
            broken += tls_stream_state(tls_here.stream) == TLS_BROKEN ||
                      tls_stream_state(tls_there.stream) == TLS_BROKEN;
            assert_true(strlen(tls_stream_problem(tls_here.stream)) > 0);
        }
        tls_pair_end();
        ERR_clear_error();
    }
    assert_true(broken > 50);
    open_pair();
    tls_say(&tls_there, &tls_here, "all is well again");
}

static void without_memory_to_hold_it_breaks(void **state)
{
    char bytes[1024];
    size_t successes;

    (void)state;
    for (successes = 0; tls_here.heard_length == 0; successes++) {
        size_t length;

        tls_pair_end();
        open_pair();
        assert_int_equal(tls_stream_write(tls_there.stream, slice_of("one")), TLS_OPEN);
        assert_int_equal(tls_stream_write(tls_there.stream, slice_of("two")), TLS_OPEN);
        tls_here.hold = true;
        length = tls_there.out_length;
        assert_true(length < sizeof(bytes));
        memcpy(bytes, tls_there.out, length);
        failing_memory_start(successes); /* of which some go into decrypting the first */
        tls_here.state =
            tls_stream_take(tls_here.stream, slice_make(bytes, length), tls_room, TLS_ROOM);
        failing_memory_stop();
        assert_int_equal(tls_here.state, TLS_BROKEN);
    }
    assert_string_equal(tls_here.heard, "one");
    ERR_clear_error();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        EACH(bytes_go_both_ways),
        EACH(nothing_that_is_said_can_be_read_on_the_way),
        EACH(a_handshake_may_come_byte_by_byte),
        EACH(a_large_text_goes_in_records),
        EACH(writing_nothing_sends_nothing),
        EACH(what_is_held_is_not_decrypted_and_not_lost),
        EACH(the_beginning_of_a_record_is_held_too),
        EACH(a_goodbye_ends_both_sides),
        EACH(what_came_before_a_goodbye_is_delivered),
        EACH(a_goodbye_in_the_handshake_says_nothing),
        EACH(a_changed_byte_breaks_it_with_an_alert),
        EACH(what_is_no_tls_is_told_so),
        EACH(a_hello_without_end_is_cut),
        EACH(much_may_come_at_once_after_the_handshake),
        EACH(without_memory_a_stream_breaks_and_nothing_is_lost),
        EACH(without_memory_to_hold_it_breaks),
    };

    return cmocka_run_group_tests(tests, start, finish);
}
