/* Who may connect: how many, and how many of them from one address. */
#include "unit/net/gate_scene.h"

/* So many strangers come in, and not one more; they have the first places that
 * are none yet. */
static void expect_room_for(size_t strangers)
{
    size_t place = 0;
    size_t i;

    for (i = 0; i < strangers; i++) {
        while (places[place].visitor != NULL || places[place].enrolled) {
            place++;
        }
        assert_int_equal(gate_enter(gate, NULL, now_ms, &places[place]), GATE_ENTERED);
    }
    assert_int_equal(enter(PLACES_MAX - 1, "192.0.2.99"), GATE_FULL);
}

static void the_places_of_terminals_that_are_not_there_are_lent_to_strangers(void **state)
{
    size_t i;

    (void)state;
    start(&SMALL);
    for (i = 0; i < 6; i++) { /* four of their own, two lent */
        assert_int_equal(enter(i, i < 3 ? "192.0.2.1" : "192.0.2.2"), GATE_ENTERED);
    }
    assert_int_equal(enter(6, "192.0.2.3"), GATE_FULL);
    gate_leave(gate, &places[0]);
    assert_int_equal(enter(6, "192.0.2.3"), GATE_ENTERED);
    assert_int_equal(enter(7, "192.0.2.3"), GATE_FULL);
    expect_counts(6, 0, 3);
    finish();
}

static void a_terminal_takes_only_its_own_place_from_strangers(void **state)
{
    size_t terminals;
    size_t i;

    (void)state;
    for (terminals = 0; terminals <= 2; terminals++) {
        start(&SMALL);
        for (i = 0; i < terminals; i++) {
            assert_int_equal(gate_enter(gate, NULL, now_ms, &places[i]), GATE_ENTERED);
            assert_true(gate_enrol(gate, &places[i]));
        }
        expect_room_for(6 - terminals);
        assert_int_equal(gate_count(gate).strangers, 6 - terminals);
        assert_int_equal(gate_count(gate).terminals, terminals);
        finish();
    }
}

static void a_terminal_that_leaves_lends_its_place_again(void **state)
{
    (void)state;
    start(&SMALL);
    assert_int_equal(enter(40, "192.0.2.1"), GATE_ENTERED);
    assert_int_equal(enter(41, "192.0.2.1"), GATE_ENTERED);
    assert_true(gate_enrol(gate, &places[40]));
    assert_true(gate_enrol(gate, &places[41]));
    expect_room_for(4);
    gate_leave(gate, &places[40]);
    expect_room_for(1);
    gate_leave(gate, &places[41]);
    expect_room_for(1);
    finish();
}

/* A day of coming, proving and going, in an order that chance has made. */
static void never_are_more_inside_than_there_are_places(void **state)
{
    uint32_t chance = 1;
    size_t strangers = 0;
    size_t terminals = 0;
    unsigned round;

    (void)state;
    start(&SMALL);
    for (round = 0; round < 10000; round++) {
        struct gate_place *place;

        chance = chance * 1664525 + 1013904223;
        place = &places[chance >> 28];
        if (place->enrolled) {
            gate_leave(gate, place);
            terminals--;
        } else if (place->visitor == NULL) {
            bool room = strangers + terminals < 6;

            assert_int_equal(gate_enter(gate, NULL, now_ms, place),
                             room ? GATE_ENTERED : GATE_FULL);
            strangers += room;
        } else if ((chance >> 20) % 4 == 0) {
            gate_leave(gate, place);
            strangers--;
        } else {
            bool room = terminals < 2; /* whatever strangers have borrowed */

            assert_int_equal(gate_enrol(gate, place), room);
            strangers -= room;
            terminals += room;
        }
        assert_int_equal(gate_count(gate).strangers, strangers);
        assert_int_equal(gate_count(gate).terminals, terminals);
    }
    finish();
}

static void one_address_has_its_share_of_them(void **state)
{
    size_t i;

    (void)state;
    start(&SMALL);
    for (i = 0; i < 4; i++) {
        assert_int_equal(enter(i, "2001:db8::1"), GATE_ENTERED);
    }
    assert_int_equal(enter(4, "2001:db8::2"), GATE_ADDRESS_FULL); /* the same first 64 bits */
    assert_int_equal(enter(4, "2001:db8:0:1::1"), GATE_ENTERED);
    gate_leave(gate, &places[2]);
    assert_int_equal(enter(2, "2001:db8::2"), GATE_ENTERED);
    finish();
}

static void an_address_that_has_its_share_is_told_that_first(void **state)
{
    size_t i;

    (void)state;
    start(&SMALL);
    for (i = 0; i < 6; i++) {
        assert_int_equal(enter(i, i < 4 ? "192.0.2.1" : "192.0.2.2"), GATE_ENTERED);
    }
    assert_int_equal(enter(6, "192.0.2.1"), GATE_ADDRESS_FULL); /* it pushes out its own */
    assert_int_equal(enter(6, "192.0.2.2"), GATE_FULL);
    finish();
}

static void an_enrolled_terminal_leaves_its_strangers_place(void **state)
{
    size_t i;

    (void)state;
    start(&SMALL);
    for (i = 0; i < 4; i++) {
        assert_int_equal(enter(i, "192.0.2.1"), GATE_ENTERED);
    }
    assert_true(gate_enrol(gate, &places[0]));
    assert_true(gate_enrol(gate, &places[0])); /* once is enough */
    expect_counts(3, 1, 1);
    assert_int_equal(enter(4, "192.0.2.1"), GATE_ENTERED); /* the address has room again */
    assert_true(gate_enrol(gate, &places[1]));
    assert_false(gate_enrol(gate, &places[2])); /* it stays a stranger */
    expect_counts(3, 2, 1);
    gate_leave(gate, &places[0]);
    assert_true(gate_enrol(gate, &places[2]));
    expect_counts(2, 2, 1);
    finish();
}

static void strangers_that_have_borrowed_every_place_keep_no_terminal_from_enrolling(void **state)
{
    size_t i;

    (void)state;
    start(&SMALL);
    for (i = 0; i < 6; i++) {
        assert_int_equal(enter(i, i < 3 ? "192.0.2.1" : "192.0.2.2"), GATE_ENTERED);
    }
    assert_int_equal(enter(6, "192.0.2.3"), GATE_FULL);
    assert_true(gate_enrol(gate, &places[5]));
    expect_counts(5, 1, 3);
    assert_int_equal(enter(6, "192.0.2.3"), GATE_FULL); /* its place went along with it */
    assert_true(gate_enrol(gate, &places[4]));
    expect_counts(4, 2, 3);
    assert_int_equal(enter(6, "192.0.2.3"), GATE_FULL);
    assert_false(gate_enrol(gate, &places[3])); /* as many terminals as may be */
    expect_counts(4, 2, 3);
    finish();
}

static void a_trusted_proxy_has_no_limits_of_an_address(void **state)
{
    size_t i;

    (void)state;
    start(&SMALL);
    for (i = 0; i < 6; i++) {
        assert_int_equal(gate_enter(gate, NULL, now_ms, &places[i]), GATE_ENTERED);
    }
    assert_int_equal(gate_enter(gate, NULL, now_ms, &places[6]), GATE_FULL); /* but of the whole */
    expect_counts(6, 0, 0);
    assert_true(gate_enrol(gate, &places[0]));
    for (i = 0; i < 100; i++) {
        gate_leave(gate, &places[1]);
        assert_int_equal(gate_enter(gate, NULL, now_ms, &places[1]), GATE_ENTERED);
    }
    assert_int_equal(gate_enter(gate, NULL, now_ms, &places[6]), GATE_FULL);
    expect_counts(5, 1, 0);
    finish();
}

static void a_place_knows_whose_it_is(void **state)
{
    struct address address = at("2001:db8::1");
    struct address neighbour = at("2001:db8::2");
    struct address other = at("2001:db8:1::1");

    (void)state;
    start(&SMALL);
    assert_false(gate_place_is_of(&places[0], &address));
    assert_int_equal(enter(0, "2001:db8::1"), GATE_ENTERED);
    assert_true(gate_place_is_of(&places[0], &address));
    assert_true(gate_place_is_of(&places[0], &neighbour));
    assert_false(gate_place_is_of(&places[0], &other));
    assert_true(gate_enrol(gate, &places[0]));
    assert_false(gate_place_is_of(&places[0], &address));
    assert_int_equal(gate_enter(gate, NULL, now_ms, &places[1]), GATE_ENTERED);
    assert_false(gate_place_is_of(&places[1], &address));
    memset(&address, 0, sizeof(address));
    assert_false(gate_place_is_of(&places[1], &address));
    finish();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_places_of_terminals_that_are_not_there_are_lent_to_strangers),
        cmocka_unit_test(a_terminal_takes_only_its_own_place_from_strangers),
        cmocka_unit_test(a_terminal_that_leaves_lends_its_place_again),
        cmocka_unit_test(never_are_more_inside_than_there_are_places),
        cmocka_unit_test(one_address_has_its_share_of_them),
        cmocka_unit_test(an_address_that_has_its_share_is_told_that_first),
        cmocka_unit_test(an_enrolled_terminal_leaves_its_strangers_place),
        cmocka_unit_test(strangers_that_have_borrowed_every_place_keep_no_terminal_from_enrolling),
        cmocka_unit_test(a_trusted_proxy_has_no_limits_of_an_address),
        cmocka_unit_test(a_place_knows_whose_it_is),
    };

    return cmocka_run_group_tests(tests, start_id, NULL);
}
