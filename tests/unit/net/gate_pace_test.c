/* How fast an address may come: one that nobody knows, and one that is known. */
#include "unit/net/gate_scene.h"

static void a_minutes_worth_may_come_at_once_and_then_evenly(void **state)
{
    (void)state;
    start(&SMALL);
    assert_int_equal(visits("192.0.2.1"), 6);
    assert_int_equal(enter(0, "192.0.2.1"), GATE_TOO_FAST);
    now_ms += 9999;
    assert_int_equal(visits("192.0.2.1"), 0);
    now_ms += 1;
    assert_int_equal(visits("192.0.2.1"), 1);
    now_ms += 30 * SECOND_MS;
    assert_int_equal(visits("192.0.2.1"), 3);
    now_ms += MINUTE_MS;
    assert_int_equal(visits("192.0.2.1"), 6);
    now_ms += 100 * MINUTE_MS;
    assert_int_equal(visits("192.0.2.1"), 6); /* never more */
    finish();
}

static void being_refused_costs_no_more_time(void **state)
{
    unsigned i;

    (void)state;
    start(&SMALL);
    assert_int_equal(visits("192.0.2.1"), 6);
    for (i = 0; i < 100; i++) {
        now_ms += 100;
        if (i < 99) {
            assert_int_equal(visits("192.0.2.1"), 0);
        }
    }
    assert_int_equal(visits("192.0.2.1"), 1);
    finish();
}

static void one_address_is_not_slowed_by_another(void **state)
{
    (void)state;
    start(&SMALL);
    assert_int_equal(visits("192.0.2.1"), 6);
    assert_int_equal(visits("192.0.2.2"), 6);
    assert_int_equal(visits("2001:db8::1"), 6);
    assert_int_equal(visits("2001:db8::2"), 0);
    finish();
}

static void a_known_address_may_come_oftener(void **state)
{
    (void)state;
    start(&SMALL);
    assert_int_equal(visits("192.0.2.1"), 6); /* a stranger's storm */
    know("192.0.2.1");                        /* the shop behind the same address gets in */
    assert_int_equal(visits("192.0.2.1"), 12);
    now_ms += 10 * SECOND_MS;
    assert_int_equal(visits("192.0.2.1"), 3);
    finish();
}

static void an_address_is_known_for_a_week(void **state)
{
    (void)state;
    start(&SMALL);
    know("192.0.2.1");
    now_ms += GATE_KNOWN_MS - 1;
    assert_int_equal(enter(0, "192.0.2.1"), GATE_ENTERED); /* somebody is inside all the time */
    assert_int_equal(visits("192.0.2.1"), 17);
    now_ms += 1;
    assert_int_equal(visits("192.0.2.1"), 0); /* what was spent, of a smaller bucket */
    now_ms += MINUTE_MS;
    assert_int_equal(visits("192.0.2.1"), 6);
    know("192.0.2.1");
    now_ms += MINUTE_MS;
    assert_int_equal(visits("192.0.2.1"), 18);
    now_ms += GATE_KNOWN_MS - MINUTE_MS;
    assert_int_equal(visits("192.0.2.1"), 6); /* to the millisecond */
    finish();
}

static void this_machine_is_never_too_fast(void **state)
{
    unsigned i;

    (void)state;
    start(&SMALL);
    for (i = 0; i < 100; i++) {
        assert_int_equal(enter(0, i % 2 == 0 ? "127.0.0.1" : "::1"), GATE_ENTERED);
        gate_leave(gate, &places[0]);
    }
    for (i = 0; i < 4; i++) {
        assert_int_equal(enter(i, "127.0.0.1"), GATE_ENTERED);
    }
    assert_int_equal(enter(4, "127.0.0.1"), GATE_ADDRESS_FULL); /* but it is counted */
    finish();
}

static void to_be_told_that_it_is_full_is_no_visit(void **state)
{
    size_t i;

    (void)state;
    start(&SMALL);
    for (i = 0; i < 4; i++) {
        assert_int_equal(enter(i, "192.0.2.1"), GATE_ENTERED);
    }
    for (i = 0; i < 10; i++) {
        assert_int_equal(enter(4, "192.0.2.1"), GATE_ADDRESS_FULL);
    }
    gate_leave(gate, &places[0]);
    assert_int_equal(visits("192.0.2.1"), 2);
    finish();
}

static void clocks_that_differ_a_little_give_nothing_away(void **state)
{
    unsigned i;
    unsigned count = 0;

    (void)state;
    start(&SMALL);
    (void)visits("192.0.2.1");
    for (i = 0; i < 1000; i++) { /* two loops, one 50 ms ahead, a millisecond each */
        now_ms += i % 2 == 0 ? 51 : -49;
        count += visits("192.0.2.1");
    }
    assert_in_range(count, 0, 1); /* of a second */
    finish();
}

/* What docs/why/limits.md promises of the usual numbers. */
static void a_shop_of_300_gets_in_beside_a_storm(void **state)
{
    struct address address = at("203.0.113.9");
    struct gate_place place;
    unsigned strangers = 0;
    unsigned shop;

    (void)state;
    start(&GATE_USUAL);
    for (shop = 0; shop < 300; shop++) { /* and two strangers for each terminal */
        assert_int_equal(gate_enter(gate, &address, now_ms, &place), GATE_ENTERED);
        assert_true(gate_enrol(gate, &place));
        gate_know(gate, &address, now_ms);
        gate_leave(gate, &place);
        strangers += 2;
        assert_int_equal(gate_enter(gate, &address, now_ms, &place), GATE_ENTERED);
        gate_leave(gate, &place);
        assert_int_equal(gate_enter(gate, &address, now_ms, &place), GATE_ENTERED);
        gate_leave(gate, &place);
    }
    while (gate_enter(gate, &address, now_ms, &place) == GATE_ENTERED) {
        gate_leave(gate, &place);
        strangers++;
    }
    assert_int_equal(strangers + shop, 12000);
    finish();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_minutes_worth_may_come_at_once_and_then_evenly),
        cmocka_unit_test(being_refused_costs_no_more_time),
        cmocka_unit_test(one_address_is_not_slowed_by_another),
        cmocka_unit_test(a_known_address_may_come_oftener),
        cmocka_unit_test(an_address_is_known_for_a_week),
        cmocka_unit_test(this_machine_is_never_too_fast),
        cmocka_unit_test(to_be_told_that_it_is_full_is_no_visit),
        cmocka_unit_test(clocks_that_differ_a_little_give_nothing_away),
        cmocka_unit_test(a_shop_of_300_gets_in_beside_a_storm),
    };

    return cmocka_run_group_tests(tests, start_id, NULL);
}
