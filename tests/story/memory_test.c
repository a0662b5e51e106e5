/* Stories without memory: at each allocation that the server makes while it
 * handles an event, there is none left from there on until the event is over.
 * Whoever waits for an answer gets one, or its connection is closed; nothing
 * leaks (the address sanitizer looks), and a moment later all works again. */
#include <stdbool.h>

#include "unit/wire/failing_memory.h"

static bool memory_is_short; /* while the server runs */

#define STAGE_SERVER_BEGINS() (failing_memory_armed = memory_is_short)
#define STAGE_SERVER_ENDS() (failing_memory_armed = 0)

#include "story/actor.h"
#include "story/pos.h"
#include "story/sale.h"

enum { ALLOCATIONS_MAX = 2000 };

/* A story up to the moment, and the event of the moment. */
struct moment {
    void (*prepare)(struct actor *t1, struct actor *t2);
    void (*happen)(struct actor *t1, struct actor *t2);
    int fewest; /* allocations in it: else it would test nothing */
};

static void nothing(struct actor *t1, struct actor *t2)
{
    (void)t1;
    (void)t2;
}

static void is_greeted(struct actor *t1, struct actor *t2)
{
    (void)t2;
    actor_greets(t1);
}

static void is_registered(struct actor *t1, struct actor *t2)
{
    (void)t2;
    actor_registers(t1);
}

static void is_away(struct actor *t1, struct actor *t2)
{
    is_registered(t1, t2);
    actor_hangs_up(t1);
}

static void is_away_for_long(struct actor *t1, struct actor *t2)
{
    is_away(t1, t2);
    stage_days_pass(t1->stage, 31);
}

static void is_logged_out(struct actor *t1, struct actor *t2)
{
    is_registered(t1, t2);
    actor_says(t1, TERMINAL_LOG_OUT);
}

static void has_a_double(struct actor *t1, struct actor *t2)
{
    is_registered(t1, t2);
    memcpy(t2->credential, t1->credential, SECRET_TEXT_SIZE);
}

static void logs_in(struct actor *t1, struct actor *t2)
{
    (void)t2;
    actor_logs_in(t1);
}

static void comes_with_pin(struct actor *t1, struct actor *t2)
{
    (void)t2;
    actor_pin(t1, STAGE_PIN);
}

static void guesses(struct actor *t1, struct actor *t2)
{
    (void)t2;
    actor_logs_in_only(t1, STAGE_EMAIL, "wrong horse");
    stage_settle(t1->stage);
}

static void guesses_pin(struct actor *t1, struct actor *t2)
{
    (void)t2;
    actor_pin(t1, "9999");
}

static void logs_out(struct actor *t1, struct actor *t2)
{
    (void)t2;
    actor_says(t1, TERMINAL_LOG_OUT);
}

static void is_pinged(struct actor *t1, struct actor *t2)
{
    (void)t2;
    pos_pings(t1->stage, t1->code);
    if (t1->session != NULL && t1->ping_count > 0) {
        actor_shows(t1, t1->pings[0]);
    } else {
        stage_wait(t1->stage, HUB_ANSWER_MS);
    }
}

static void nobody_is_pinged(struct actor *t1, struct actor *t2)
{
    (void)t2;
    pos_pings(t1->stage, "ZZZZ");
}

static void double_comes(struct actor *t1, struct actor *t2)
{
    (void)t1;
    actor_greets(t2);
}

/* --- Payments ------------------------------------------------------------------- */

static void is_open(struct actor *t1, struct actor *t2)
{
    (void)t2;
    actor_opens(t1);
}

static void has_a_payment(struct actor *t1, struct actor *t2)
{
    is_open(t1, t2);
    pos_sells(t1, 1234);
    actor_displays(t1, 1);
}

static void is_away_with_a_payment(struct actor *t1, struct actor *t2)
{
    has_a_payment(t1, t2);
    actor_hangs_up(t1);
}

static void is_sold_to(struct actor *t1, struct actor *t2)
{
    (void)t2;
    pos_sells(t1, 1234);
    if (t1->session != NULL && t1->stage->payment_count > 0) {
        actor_displays(t1, 1);
    }
    stage_wait(t1->stage, PAYMENT_DISPLAY_MS);
}

static void presents_a_card(struct actor *t1, struct actor *t2)
{
    (void)t2;
    actor_attempts(t1, 1, 1);
}

static void gives_up(struct actor *t1, struct actor *t2)
{
    (void)t2;
    actor_cancels(t1, 1, "customer");
}

static void asks(struct actor *t1, struct actor *t2)
{
    (void)t2;
    actor_asks(t1, 1);
}

static void is_cancelled(struct actor *t1, struct actor *t2)
{
    (void)t2;
    pos_cancels(t1, 1, false);
    stage_wait(t1->stage, PAYMENT_CANCEL_WAIT_MS);
}

/* With memory the terminal comes back and is pinged. When the store has given
 * up, the program has ended, and is started again. */
static void works_again(struct stage *stage, struct actor *t1, struct actor *t2)
{
    if (t1->session != NULL) {
        actor_hangs_up(t1);
    }
    if (t2->session != NULL) {
        actor_hangs_up(t2);
    }
    if (stage->fixture->broken_count > 0) {
        stage_stop(stage);
        stage_start(stage);
        stage->fixture->broken_count = 0;
    }
    actor_greets(t1);
    assert_non_null(t1->session);
    if (!device_is_registered(t1->session->state)) {
        actor_logs_in(t1);
    }
    pos_pings(stage, t1->code);
    assert_int_equal(t1->ping_count, 1);
    actor_shows(t1, t1->pings[0]);
    assert_true(stage->pings_shown >= 1);
}

static void pays_and_gives_up(struct actor *t0)
{
    actor_says(t0, TERMINAL_READY);
    pos_sells(t0, 1055);
    actor_displays(t0, 1);
    actor_asks(t0, 1);
    actor_attempts(t0, 1, 1);
    actor_cancels(t0, 1, "customer");
    pos_sells(t0, 1234);
    actor_displays(t0, 2);
    actor_attempts(t0, 2, 1);
    pos_cancels(t0, 2, false);
    pos_sells(t0, 1234);
    actor_displays(t0, 3);
    pos_cancels(t0, 3, false);
    t0->stage->payment_count = 0;
}

/* Another terminal has lived through all of it, so that the store's statements
 * are prepared: the memory for that is a matter of the store's own tests. */
static void warm_up(struct stage *stage)
{
    struct actor t0 = actor_make(stage, "T0", "TW-0", 1);

    is_away_for_long(&t0, NULL);
    actor_greets(&t0);
    actor_says(&t0, TERMINAL_LOG_OUT);
    actor_pin(&t0, "9999");
    actor_pin(&t0, STAGE_PIN);
    pays_and_gives_up(&t0);
    actor_hangs_up(&t0);
    actor_greets(&t0);
    pos_pings(stage, "ZZZZ");
    actor_hangs_up(&t0);
}

/* True when the server met the end of its memory: the loop goes on until it
 * has enough. */
static bool short_at(const struct moment *moment, int nth)
{
    struct stage *stage = stage_make(2, false);
    struct actor t1 = actor_make(stage, "T1", "TW-1", 0);
    struct actor t2 = actor_make(stage, "T2", "TW-1", 1);
    size_t before;
    bool met;

    warm_up(stage);
    moment->prepare(&t1, &t2);
    before = stage->transcript.length;
    failing_memory_left = (size_t)nth;
    failing_memory_asked = 0;
    memory_is_short = true;
    moment->happen(&t1, &t2);
    memory_is_short = false;
    failing_memory_armed = 0;
    met = failing_memory_asked > (size_t)nth;
    stage_settle(stage);
    buf_byte(&stage->transcript, '\0');
    if (strstr(stage->transcript.bytes + before, "<- ") == NULL &&
        strstr(stage->transcript.bytes + before, "is cut off") == NULL) {
        print_message("allocation %d: nobody is told\n%s", nth, stage->transcript.bytes);
        assert_true(false);
    }
    stage->transcript.length--;
    works_again(stage, &t1, &t2);
    stage_remove(stage);
    return met;
}

static void short_everywhere(const struct moment *moment)
{
    int nth = 0;

    while (nth < ALLOCATIONS_MAX && short_at(moment, nth)) {
        nth++;
    }
    assert_in_range(nth, moment->fewest, ALLOCATIONS_MAX - 1);
}

static void a_first_hello(void **state)
{
    (void)state;
    short_everywhere(&(struct moment){nothing, is_greeted, 2});
}

static void a_first_log_in(void **state)
{
    (void)state;
    short_everywhere(&(struct moment){is_greeted, logs_in, 5});
}

static void a_return(void **state)
{
    (void)state;
    short_everywhere(&(struct moment){is_away, is_greeted, 3});
}

static void a_renewal(void **state)
{
    (void)state;
    short_everywhere(&(struct moment){is_away_for_long, is_greeted, 3});
}

static void a_log_in_by_pin(void **state)
{
    (void)state;
    short_everywhere(&(struct moment){is_logged_out, comes_with_pin, 3});
}

static void a_wrong_password(void **state)
{
    (void)state;
    short_everywhere(&(struct moment){is_greeted, guesses, 3});
}

static void a_wrong_pin(void **state)
{
    (void)state;
    short_everywhere(&(struct moment){is_logged_out, guesses_pin, 1});
}

static void a_log_out(void **state)
{
    (void)state;
    short_everywhere(&(struct moment){is_registered, logs_out, 1});
}

static void a_ping(void **state)
{
    (void)state;
    short_everywhere(&(struct moment){is_registered, is_pinged, 0});
}

static void a_ping_to_nobody(void **state)
{
    (void)state;
    short_everywhere(&(struct moment){is_registered, nobody_is_pinged, 0});
}

static void a_second_connection(void **state)
{
    (void)state;
    short_everywhere(&(struct moment){has_a_double, double_comes, 3});
}

static void an_offer_and_its_go(void **state)
{
    (void)state;
    short_everywhere(&(struct moment){is_open, is_sold_to, 3});
}

static void a_card_presented(void **state)
{
    (void)state;
    short_everywhere(&(struct moment){has_a_payment, presents_a_card, 3});
}

static void a_payment_given_up(void **state)
{
    (void)state;
    short_everywhere(&(struct moment){has_a_payment, gives_up, 3});
}

static void a_question_about_a_payment(void **state)
{
    (void)state;
    short_everywhere(&(struct moment){has_a_payment, asks, 2});
}

static void a_return_to_a_payment(void **state)
{
    (void)state;
    short_everywhere(&(struct moment){is_away_with_a_payment, is_greeted, 4});
}

static void a_payment_cancelled_by_the_pos(void **state)
{
    (void)state;
    short_everywhere(&(struct moment){has_a_payment, is_cancelled, 1});
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_first_hello),
        cmocka_unit_test(a_first_log_in),
        cmocka_unit_test(a_return),
        cmocka_unit_test(a_renewal),
        cmocka_unit_test(a_log_in_by_pin),
        cmocka_unit_test(a_wrong_password),
        cmocka_unit_test(a_wrong_pin),
        cmocka_unit_test(a_log_out),
        cmocka_unit_test(a_ping),
        cmocka_unit_test(a_ping_to_nobody),
        cmocka_unit_test(a_second_connection),
        cmocka_unit_test(an_offer_and_its_go),
        cmocka_unit_test(a_card_presented),
        cmocka_unit_test(a_payment_given_up),
        cmocka_unit_test(a_question_about_a_payment),
        cmocka_unit_test(a_return_to_a_payment),
        cmocka_unit_test(a_payment_cancelled_by_the_pos),
    };

    id_start();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
