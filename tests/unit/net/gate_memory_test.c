/* What the gate remembers of addresses, and for how long; without memory; from
 * several threads. */
#include <pthread.h>

#include "unit/net/gate_scene.h"
#include "unit/wire/failing_memory.h"

enum { THREADS = 4, ROUNDS = 3000 };

/* Fewer places than threads. */
static const struct gate_options TIGHT = {.strangers_max = 2,
                                          .terminals_max = 1,
                                          .address_max = 4,
                                          .address_per_minute = 6,
                                          .address_known_times = 3};
/* With places enough. */
static const struct gate_options WIDE = {.strangers_max = 1 << 20,
                                         .terminals_max = 1 << 20,
                                         .address_max = 1 << 20,
                                         .address_per_minute = 6,
                                         .address_known_times = 3};

/* --- What is remembered ------------------------------------------------------------ */

/* The nth address of another thousand. */
static struct address numbered(uint32_t number)
{
    struct address address = at("2001:db8::");

    memcpy(address.bytes + 4, &number, sizeof(number));
    return address;
}

static void visit_of(uint32_t number)
{
    struct address address = numbered(number);

    assert_int_equal(gate_enter(gate, &address, now_ms, &places[0]), GATE_ENTERED);
    gate_leave(gate, &places[0]);
}

static void an_address_that_has_gone_is_forgotten_after_a_minute(void **state)
{
    uint32_t i;

    (void)state;
    start(&WIDE);
    know("192.0.2.1");
    for (i = 0; i < 10; i++) {
        visit_of(i);
    }
    expect_counts(0, 0, 11);
    now_ms += MINUTE_MS - 1;
    visit_of(10);
    expect_counts(0, 0, 12);
    now_ms += 1;
    for (i = 0; i < 5; i++) {
        visit_of(11); /* two at a time */
    }
    expect_counts(0, 0, 3); /* the known one, and the last two */
    now_ms += GATE_KNOWN_MS;
    visit_of(12);
    expect_counts(0, 0, 1);
    finish();
}

static void who_is_inside_is_not_forgotten(void **state)
{
    uint32_t i;

    (void)state;
    start(&WIDE);
    assert_int_equal(enter(1, "192.0.2.1"), GATE_ENTERED);
    assert_int_equal(enter(2, "192.0.2.1"), GATE_ENTERED);
    now_ms += 10 * MINUTE_MS;
    for (i = 0; i < 10; i++) {
        visit_of(i);
        now_ms += MINUTE_MS;
    }
    gate_leave(gate, &places[1]);
    visit_of(11);
    expect_counts(1, 0, 2);
    gate_leave(gate, &places[2]);
    finish();
}

static void a_crowd_of_addresses_pushes_out_its_like_and_not_the_known(void **state)
{
    uint32_t i;

    (void)state;
    start(&WIDE);
    know("192.0.2.1");
    assert_int_equal(enter(1, "192.0.2.2"), GATE_ENTERED);
    (void)visits("192.0.2.3"); /* the first of the crowd: the first to be forgotten */
    for (i = 0; i < GATE_ADDRESSES_MAX - 3; i++) {
        visit_of(i);
    }
    expect_counts(1, 0, GATE_ADDRESSES_MAX);
    assert_int_equal(visits("192.0.2.3"), 0);
    visit_of(i++);
    visit_of(i++);
    expect_counts(1, 0, GATE_ADDRESSES_MAX);
    assert_int_equal(visits("192.0.2.1"), 18); /* known as before */
    for (; i < GATE_ADDRESSES_MAX + 10; i++) {
        visit_of(i);
    }
    expect_counts(1, 0, GATE_ADDRESSES_MAX);
    now_ms += MINUTE_MS;
    assert_int_equal(visits("192.0.2.1"), 18);
    gate_leave(gate, &places[1]);
    finish();
}

static void when_all_are_known_the_oldest_goes(void **state)
{
    uint32_t i;

    (void)state;
    start(&WIDE);
    for (i = 0; i < GATE_ADDRESSES_MAX; i++) {
        struct address address = numbered(i);

        gate_know(gate, &address, now_ms);
    }
    expect_counts(0, 0, GATE_ADDRESSES_MAX);
    know("192.0.2.1");
    expect_counts(0, 0, GATE_ADDRESSES_MAX);
    assert_int_equal(visits("192.0.2.1"), 18);
    finish();
}

/* --- Memory and threads ---------------------------------------------------------------- */

static void without_memory_nobody_new_comes_in(void **state)
{
    struct address address = at("192.0.2.1");
    size_t i;

    (void)state;
    failing_memory_start(0);
    assert_int_equal(gate_create(&gate, &SMALL), FAIL_MEMORY);
    failing_memory_stop();
    assert_null(gate);
    for (i = 0; i < 2; i++) { /* the entry; the table */
        start(&SMALL);
        failing_memory_start(i);
        assert_int_equal(gate_enter(gate, &address, now_ms, &places[0]), GATE_NO_MEMORY);
        failing_memory_start(i);
        gate_know(gate, &address, now_ms);
        failing_memory_stop();
        expect_counts(0, 0, 0);
        assert_int_equal(gate_enter(gate, &address, now_ms, &places[0]), GATE_ENTERED);
        finish();
    }
}

static void *come_and_go(void *context)
{
    uint32_t *number = context;
    uint32_t i;

    for (i = 0; i < ROUNDS; i++) {
        struct address address = numbered((*number + i) % 7);
        struct gate_place place;

        struct gate_counts counts;

        if (gate_enter(gate, &address, MINUTE_MS * (int64_t)i, &place) == GATE_ENTERED) {
            counts = gate_count(gate);
            assert_in_range(counts.strangers + counts.terminals, 1, 3);
            assert_true(gate_place_is_of(&place, &address));
            if (i % 3 == 0) {
                (void)gate_enrol(gate, &place);
            } else if (i % 5 == 0) {
                gate_know(gate, &address, MINUTE_MS * (int64_t)i);
            }
            gate_leave(gate, &place);
        }
    }
    return NULL;
}

static void several_loops_may_use_it_at_once(void **state)
{
    pthread_t threads[THREADS];
    uint32_t numbers[THREADS];
    uint32_t i;

    (void)state;
    start(&TIGHT);
    for (i = 0; i < THREADS; i++) {
        numbers[i] = i;
        assert_int_equal(pthread_create(&threads[i], NULL, come_and_go, &numbers[i]), 0);
    }
    for (i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    }
    finish(); /* nobody is left inside */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_address_that_has_gone_is_forgotten_after_a_minute),
        cmocka_unit_test(who_is_inside_is_not_forgotten),
        cmocka_unit_test(a_crowd_of_addresses_pushes_out_its_like_and_not_the_known),
        cmocka_unit_test(when_all_are_known_the_oldest_goes),
        cmocka_unit_test(without_memory_nobody_new_comes_in),
        cmocka_unit_test(several_loops_may_use_it_at_once),
    };

    return cmocka_run_group_tests(tests, start_id, NULL);
}
