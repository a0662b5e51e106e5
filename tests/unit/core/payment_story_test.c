/* Stories of payments, down to reasons, deadlines and effects: every way in which
 * one can go, told as text. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "payment_play.h"

struct story {
    const char *said;
    const char *told;
};

static void check_stories(enum payment_authority authority, const struct story *stories,
                          size_t count)
{
    struct play play;
    size_t i;

    for (i = 0; i < count; i++) {
        play_begin(&play, authority);
        play_story(&play, stories[i].said);
        assert_told(&play, stories[i].said, stories[i].told);
        buf_finish(&play.told);
    }
}

#define CHECK(authority, ...)                                                                      \
    check_stories((authority), (const struct story[]){__VA_ARGS__},                                \
                  sizeof((const struct story[]){__VA_ARGS__}) / sizeof(struct story))

static void an_offer_lives_ten_seconds(void **state)
{
    struct payment payment = payment_make(PAYMENT_REFUND, AUTHORITY_TERMINAL, 5000);

    (void)state;
    assert_int_equal(payment.deadline_ms, 15000);
    assert_int_equal(payment.kind, PAYMENT_REFUND);
    assert_int_equal(payment.authority, AUTHORITY_TERMINAL);
    assert_int_equal(payment.state, PAYMENT_OFFERED);
    assert_int_equal(payment.reason, REASON_NONE);
    assert_int_equal(payment.attempt, 0);
}

/* The terminal has forgotten it by then, and would not act upon go. */
static void an_offer_that_has_died_gets_no_go(void **state)
{
    enum payment_authority authority;

    (void)state;
    for (authority = AUTHORITY_SERVER; authority <= AUTHORITY_TERMINAL; authority++) {
        CHECK(authority, {"wait 8, shown", "displayed 120s go"},
              {"wait 9, shown, shown", "refused(not_shown) withdraw free | late"},
              {"wait 90, shown", "refused(not_shown) withdraw free"});
    }
}

static void the_customer_tries_again_until_it_is_approved(void **state)
{
    (void)state;
    CHECK(AUTHORITY_SERVER,
          {"shown, attempt 1, declined 1, attempt 2 due 20, approved 2",
           "displayed 120s go | authorising 0s authorise | retry 120s transaction tell | "
           "authorising 20s authorise | approved transaction tell"},
          {"shown, attempt 1 due -5, approved 1",
           "displayed 120s go | authorising 0s authorise | approved transaction tell"});
    CHECK(AUTHORITY_TERMINAL,
          {"shown, declined 1, declined 2, approved 3",
           "displayed 120s go | retry 120s transaction tell | retry 120s transaction tell | "
           "approved transaction tell"});
}

static void attempts_come_one_by_one_and_each_is_decided_once(void **state)
{
    (void)state;
    CHECK(AUTHORITY_SERVER,
          {"shown, attempt 0, attempt 2, attempt 1, attempt 1, attempt 0, attempt 2",
           "displayed 120s go | unexpected | unexpected | authorising 0s authorise | repeated | "
           "unexpected | unexpected"},
          {"shown, attempt 1, declined 0, declined 2, declined 1, declined 1, attempt 1, attempt 3",
           "displayed 120s go | authorising 0s authorise | unexpected | unexpected | "
           "retry 120s transaction tell | repeated | repeated | unexpected"},
          {"shown, attempt 1, declined 1, attempt 2, declined 1, approved 1, declined 2, attempt 1",
           "displayed 120s go | authorising 0s authorise | retry 120s transaction tell | "
           "authorising 0s authorise | repeated | contradicted | retry 120s transaction tell | "
           "repeated"},
          {"shown, attempt 1, approved 1, attempt 1, attempt 2, attempt 3, attempt 0",
           "displayed 120s go | authorising 0s authorise | approved transaction tell | repeated | "
           "late | unexpected | unexpected"});
    CHECK(AUTHORITY_TERMINAL,
          {"shown, declined 0, declined 2, declined 1, declined 1, approved 1, declined 3",
           "displayed 120s go | unexpected | unexpected | retry 120s transaction tell | repeated | "
           "contradicted | unexpected"},
          {"approved 1, shown, approved 1", "unexpected | displayed 120s go | "
                                            "approved transaction tell"});
}

static void the_tenth_decline_ends_it(void **state)
{
    const enum payment_authority authorities[] = {AUTHORITY_SERVER, AUTHORITY_TERMINAL};
    struct play play;
    char text[80];
    unsigned i;
    unsigned number;

    (void)state;
    for (i = 0; i < 2; i++) {
        play_begin(&play, authorities[i]);
        play_story(&play, "shown");
        for (number = 1; number <= 10; number++) {
            assert_false(payment_is_final(play.payment.state));
            snprintf(text, sizeof(text), i == 0 ? "attempt %u, declined %u" : "declined %u", number,
                     number);
            play_story(&play, text);
        }
        assert_int_equal(play.payment.state, PAYMENT_DECLINED);
        assert_int_equal(play.payment.reason, REASON_NONE);
        assert_int_equal(play.payment.attempt, 10);
        buf_finish(&play.told);
    }
}

/* --- Cancels -------------------------------------------------------------------------- */

static void before_go_every_end_is_a_refusal(void **state)
{
    static const char *const words[] = {"customer", "cashier", "lost", "terminal time"};
    static const char *const told[] = {"customer", "cashier", "lost", "time"};
    enum payment_authority authority;
    char expected[80];
    struct play play;
    unsigned i;

    (void)state;
    for (authority = AUTHORITY_SERVER; authority <= AUTHORITY_TERMINAL; authority++) {
        for (i = 0; i < 4; i++) {
            play_begin(&play, authority);
            play_story(&play, words[i]);
            snprintf(expected, sizeof(expected), "refused(%s) withdraw free", told[i]);
            assert_told(&play, words[i], expected);
            buf_finish(&play.told);
        }
        CHECK(authority, {"pos reverse, shown", "refused(pos) withdraw free | late"},
              {"terminal none, terminal not_shown, missed, missed",
               "unexpected | unexpected | refused(not_shown) withdraw free | late"});
    }
}

static void a_terminal_names_the_pos_only_where_it_had_to_be_asked(void **state)
{
    (void)state;
    CHECK(AUTHORITY_SERVER,
          {"shown, terminal pos, terminal administrator, terminal none, terminal not_shown, lost",
           "displayed 120s go | unexpected | unexpected | unexpected | unexpected | "
           "cancelled(lost) terminalCancel tell"},
          {"terminal pos, terminal administrator", "unexpected | unexpected"});
    CHECK(AUTHORITY_TERMINAL,
          {"shown, terminal none, terminal not_shown, pos, terminal pos",
           "displayed 120s go | unexpected | unexpected | displayed 30s asked(pos) ask | "
           "cancelled(pos) terminalCancel tell"},
          {"shown, removed, terminal administrator",
           "displayed 120s go | unknown asked(administrator) ask | "
           "cancelled(administrator) terminalCancel tell"});
}

static void what_ends_after_a_decline_ends_declined_and_without_terminalCancel(void **state)
{
    (void)state;
    CHECK(AUTHORITY_SERVER,
          {"shown, attempt 1, declined 1, cashier",
           "displayed 120s go | authorising 0s authorise | retry 120s transaction tell | "
           "declined(cashier) tell"},
          {"shown, attempt 1, declined 1, terminal time",
           "displayed 120s go | authorising 0s authorise | retry 120s transaction tell | "
           "declined(time) tell"});
    CHECK(AUTHORITY_TERMINAL,
          {"shown, declined 1, time, terminal time",
           "displayed 120s go | retry 120s transaction tell | retry 30s asked(time) ask | "
           "declined(time) tell"},
          {"shown, declined 1, pos, terminal pos",
           "displayed 120s go | retry 120s transaction tell | retry 30s asked(pos) ask | "
           "declined(pos) tell"});
}

/* The backstop of the terminal is time's too. */
static void a_terminal_whose_time_is_over_ends_expired(void **state)
{
    (void)state;
    CHECK(AUTHORITY_SERVER, {"shown, terminal time", "displayed 120s go | expired(time) "
                                                     "terminalCancel tell"});
    CHECK(AUTHORITY_TERMINAL,
          {"shown, time, terminal time", "displayed 120s go | displayed 30s asked(time) ask | "
                                         "expired(time) terminalCancel tell"});
}

static void while_the_processor_decides_a_cancel_is_too_late_for_all_but_a_reversal(void **state)
{
    (void)state;
    CHECK(AUTHORITY_SERVER,
          {"shown, attempt 1, pos, customer, time, approved 1, pos reverse",
           "displayed 120s go | authorising 0s authorise | late | late | late | "
           "approved transaction tell | late"},
          {"shown, attempt 1 due 9, pos reverse, pos reverse, pos, approved 1, approved 1, "
           "declined 1",
           "displayed 120s go | authorising 9s authorise | authorising 8s | repeated | late | "
           "cancelled(pos) transaction reverse tell | repeated | contradicted"},
          {"shown, attempt 1, pos reverse, declined 1, attempt 2",
           "displayed 120s go | authorising 0s authorise | authorising -1s | "
           "declined(pos) transaction tell | late"},
          {"shown, attempt 1, declined 1, attempt 2, pos reverse, approved 2, declined 1, "
           "approved 1",
           "displayed 120s go | authorising 0s authorise | retry 120s transaction tell | "
           "authorising 0s authorise | authorising -1s | "
           "cancelled(pos) transaction reverse tell | repeated | contradicted"});
}

/* --- The terminal decides ---------------------------------------------------------------- */

static void a_terminal_that_decides_is_asked_once_and_then_nobody_knows(void **state)
{
    (void)state;
    CHECK(AUTHORITY_TERMINAL,
          {"shown, pos, pos, pos reverse, pos reverse, time, time",
           "displayed 120s go | displayed 30s asked(pos) ask | repeated | "
           "displayed 28s asked(pos) | repeated | unknown asked(pos) | late"},
          {"shown, time, pos, pos reverse, time",
           "displayed 120s go | displayed 30s asked(time) ask | repeated | "
           "displayed 28s asked(time) | unknown asked(time)"},
          {"shown, declined 1, time, time, customer",
           "displayed 120s go | retry 120s transaction tell | retry 30s asked(time) ask | "
           "unknown asked(time) | declined(customer) tell"},
          {"shown, time, time, pos reverse, lost",
           "displayed 120s go | displayed 30s asked(time) ask | unknown asked(time) | "
           "unknown asked(pos) ask | cancelled(lost) terminalCancel tell"});
}

static void its_result_is_true_whatever_was_asked(void **state)
{
    (void)state;
    CHECK(AUTHORITY_TERMINAL,
          {"shown, pos, approved 1, terminal pos",
           "displayed 120s go | displayed 30s asked(pos) ask | approved transaction tell | late"},
          {"shown, pos reverse, approved 1, approved 1, terminal pos",
           "displayed 120s go | displayed 30s asked(pos) ask | "
           "cancelled(pos) transaction reverse tell | repeated | late"},
          {"shown, time, time, pos reverse, approved 1",
           "displayed 120s go | displayed 30s asked(time) ask | unknown asked(time) | "
           "unknown asked(pos) ask | cancelled(pos) transaction reverse tell"},
          {"shown, time, time, approved 1",
           "displayed 120s go | displayed 30s asked(time) ask | unknown asked(time) | "
           "approved transaction tell"});
}

/* Until it has answered, Try again may be on its screen. */
static void a_decline_is_no_answer_to_a_cancel(void **state)
{
    (void)state;
    CHECK(AUTHORITY_TERMINAL,
          {"shown, pos, declined 1, time, declined 2, terminal pos",
           "displayed 120s go | displayed 30s asked(pos) ask | "
           "retry 30s asked(pos) transaction ask tell | unknown asked(pos) | "
           "retry 30s asked(pos) transaction ask tell | declined(pos) tell"},
          {"shown, pos reverse, declined 1, approved 2",
           "displayed 120s go | displayed 30s asked(pos) ask | "
           "retry 30s asked(pos) transaction ask tell | "
           "cancelled(pos) transaction reverse tell"});
}

static void a_result_that_comes_after_the_end_is_told_apart(void **state)
{
    (void)state;
    CHECK(AUTHORITY_TERMINAL,
          {"shown, customer, declined 1, declined 7, approved 1, approved 7, approved 0, "
           "declined 0",
           "displayed 120s go | cancelled(customer) terminalCancel tell | late | late | "
           "contradicted | contradicted | unexpected | unexpected"},
          {"shown, declined 1, approved 2, approved 2, declined 2, declined 1, approved 1, "
           "declined 3, approved 3",
           "displayed 120s go | retry 120s transaction tell | approved transaction tell | "
           "repeated | contradicted | repeated | contradicted | late | contradicted"},
          {"missed, approved 1, declined 1",
           "refused(not_shown) withdraw free | contradicted | late"});
}

/* --- Unknown -------------------------------------------------------------------------------- */

static void a_removed_device_leaves_its_payment_unknown(void **state)
{
    (void)state;
    CHECK(AUTHORITY_SERVER,
          {"shown, removed, customer, pos, attempt 1, attempt 2, approved 1, resolved approved, "
           "resolved declined, resolved expired, resolved cancelled, resolved cancelled",
           "displayed 120s go | unknown | late | late | late | unexpected | unexpected | "
           "unexpected | unexpected | unexpected | "
           "cancelled(administrator) terminalCancel tell | late"},
          {"shown, attempt 1, removed, attempt 1, declined 1",
           "displayed 120s go | authorising 0s authorise | unknown | repeated | "
           "declined(administrator) transaction tell"},
          {"shown, attempt 1, removed, pos reverse, pos reverse, approved 1",
           "displayed 120s go | authorising 0s authorise | unknown | unknown | repeated | "
           "cancelled(pos) transaction reverse tell"},
          {"shown, attempt 1, pos reverse, removed, declined 1",
           "displayed 120s go | authorising 0s authorise | authorising -1s | unknown | "
           "declined(pos) transaction tell"},
          {"shown, attempt 1, declined 1, removed, declined 1, approved 1, attempt 2",
           "displayed 120s go | authorising 0s authorise | retry 120s transaction tell | unknown | "
           "repeated | contradicted | late"});
    CHECK(AUTHORITY_TERMINAL,
          {"shown, pos, removed, removed, terminal pos",
           "displayed 120s go | displayed 30s asked(pos) ask | unknown asked(pos) ask | repeated | "
           "cancelled(pos) terminalCancel tell"});
}

static void a_person_resolves_what_is_unknown(void **state)
{
    (void)state;
    CHECK(AUTHORITY_SERVER,
          {"shown, attempt 1, removed, resolved approved, approved 1, declined 1",
           "displayed 120s go | authorising 0s authorise | unknown | "
           "approved(administrator) transaction tell | repeated | contradicted"},
          {"shown, attempt 1, pos reverse, removed, resolved approved",
           "displayed 120s go | authorising 0s authorise | authorising -1s | unknown | "
           "cancelled(pos) transaction reverse tell"},
          {"shown, attempt 1, removed, resolved declined, declined 1, approved 1",
           "displayed 120s go | authorising 0s authorise | unknown | "
           "declined(administrator) transaction tell | repeated | contradicted"},
          {"shown, attempt 1, removed, resolved cancelled, approved 1",
           "displayed 120s go | authorising 0s authorise | unknown | "
           "cancelled(administrator) terminalCancel tell | contradicted"},
          {"shown, attempt 1, declined 1, removed, resolved approved, resolved declined",
           "displayed 120s go | authorising 0s authorise | retry 120s transaction tell | unknown | "
           "unexpected | declined(administrator) tell"},
          {"shown, attempt 1, declined 1, attempt 2, removed, resolved cancelled",
           "displayed 120s go | authorising 0s authorise | retry 120s transaction tell | "
           "authorising 0s authorise | unknown | declined(administrator) tell"},
          {"shown, attempt 1, declined 1, attempt 2, removed, resolved declined",
           "displayed 120s go | authorising 0s authorise | retry 120s transaction tell | "
           "authorising 0s authorise | unknown | declined(administrator) transaction tell"},
          {"shown, attempt 1, declined 1, attempt 2, removed, resolved approved",
           "displayed 120s go | authorising 0s authorise | retry 120s transaction tell | "
           "authorising 0s authorise | unknown | approved(administrator) transaction tell"});
    CHECK(AUTHORITY_TERMINAL,
          {"shown, time, time, resolved expired, resolved cancelled, approved 1",
           "displayed 120s go | displayed 30s asked(time) ask | unknown asked(time) | unexpected | "
           "cancelled(administrator) terminalCancel tell | contradicted"},
          {"shown, declined 1, removed, resolved declined",
           "displayed 120s go | retry 120s transaction tell | unknown asked(administrator) ask | "
           "declined(administrator) tell"});
}

/* Of a card that the terminal took and we have not heard of. */
static void a_person_has_seen_what_a_terminal_that_decides_has_done(void **state)
{
    (void)state;
    CHECK(AUTHORITY_TERMINAL,
          {"shown, time, time, resolved approved, approved 1, declined 1, approved 2",
           "displayed 120s go | displayed 30s asked(time) ask | unknown asked(time) | "
           "approved(administrator) transaction tell | repeated | contradicted | contradicted"},
          {"shown, removed, resolved declined, declined 1, approved 1",
           "displayed 120s go | unknown asked(administrator) ask | "
           "declined(administrator) transaction tell | repeated | contradicted"},
          {"shown, declined 1, removed, resolved approved, declined 1, approved 2",
           "displayed 120s go | retry 120s transaction tell | unknown asked(administrator) ask | "
           "approved(administrator) transaction tell | repeated | repeated"},
          {"shown, pos reverse, time, resolved approved, approved 1",
           "displayed 120s go | displayed 30s asked(pos) ask | unknown asked(pos) | "
           "approved(administrator) transaction tell | repeated"});
}

/* What the store says cannot be: there is no attempt. */
static void no_attempt_is_never_undecided(void **state)
{
    static const enum payment_state resolved[] = {PAYMENT_APPROVED, PAYMENT_DECLINED};
    struct payment_event event = {.kind = PAYMENT_RESOLVED, .last_undecided = true};
    struct play play;
    unsigned i;

    (void)state;
    for (i = 0; i < 2; i++) {
        play_begin(&play, AUTHORITY_SERVER);
        play_story(&play, "shown, removed");
        event.resolved_state = resolved[i];
        play_event(&play, &event);
        assert_told(&play, "no attempt", "displayed 120s go | unknown | unexpected");
        buf_finish(&play.told);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_offer_lives_ten_seconds),
        cmocka_unit_test(an_offer_that_has_died_gets_no_go),
        cmocka_unit_test(the_customer_tries_again_until_it_is_approved),
        cmocka_unit_test(attempts_come_one_by_one_and_each_is_decided_once),
        cmocka_unit_test(the_tenth_decline_ends_it),
        cmocka_unit_test(before_go_every_end_is_a_refusal),
        cmocka_unit_test(a_terminal_names_the_pos_only_where_it_had_to_be_asked),
        cmocka_unit_test(what_ends_after_a_decline_ends_declined_and_without_terminalCancel),
        cmocka_unit_test(a_terminal_whose_time_is_over_ends_expired),
        cmocka_unit_test(while_the_processor_decides_a_cancel_is_too_late_for_all_but_a_reversal),
        cmocka_unit_test(a_terminal_that_decides_is_asked_once_and_then_nobody_knows),
        cmocka_unit_test(its_result_is_true_whatever_was_asked),
        cmocka_unit_test(a_decline_is_no_answer_to_a_cancel),
        cmocka_unit_test(a_result_that_comes_after_the_end_is_told_apart),
        cmocka_unit_test(a_removed_device_leaves_its_payment_unknown),
        cmocka_unit_test(a_person_resolves_what_is_unknown),
        cmocka_unit_test(a_person_has_seen_what_a_terminal_that_decides_has_done),
        cmocka_unit_test(no_attempt_is_never_undecided),
    };

    return cmocka_run_group_tests_name("core/payment, stories", tests, NULL, NULL);
}
