/* Payments walked at random from a seed: whatever is said in whatever order, the
 * rules of payment_properties.h hold, and every state is reached. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "payment_properties.h"

enum { WALKS = 150000, STEPS = 40 };

/* Visits of each state, with each authority. */
static unsigned visits[2][PAYMENT_STATES];
/* Events of each kind that came to each verdict. */
static unsigned verdicts[PAYMENT_EVENTS][PAYMENT_UNEXPECTED + 1];

static uint64_t next(uint64_t *seed)
{
    uint64_t x = (*seed += UINT64_C(0x9e3779b97f4a7c15));

    x = (x ^ (x >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ (x >> 27)) * UINT64_C(0x94d049bb133111eb);
    return x ^ (x >> 31);
}

static void walk(uint64_t seed, enum payment_authority authority)
{
    uint64_t first = seed;
    struct walk walked = walk_begin(authority);
    unsigned i;

    for (i = 0; i < STEPS; i++) {
        uint64_t chance = next(&seed);
        struct walk_choice choice = {(uint8_t)chance, (uint8_t)(chance >> 8),
                                     (uint8_t)(chance >> 16)};
        struct payment_event event;
        struct payment_step step;
        const char *broken;

        if (i == 0 && (chance >> 24) % 8 != 0) {
            choice.kind = PAYMENT_SHOWN;
        }
        event = walk_event(&walked, choice);
        broken = walk_step(&walked, &event, &step);
        if (broken != NULL) {
            fail_msg("seed %llu, authority %d, step %u, event %d: %s", (unsigned long long)first,
                     (int)authority, i, (int)event.kind, broken);
        }
        visits[authority][walked.payment.state]++;
        verdicts[event.kind][step.verdict]++;
    }
}

static void no_order_of_events_breaks_a_rule(void **state)
{
    uint64_t i;

    (void)state;
    for (i = 0; i < WALKS; i++) {
        walk(i << 20, AUTHORITY_SERVER);
        walk(i << 20, AUTHORITY_TERMINAL);
    }
}

/* Otherwise the walks above show less than they say. */
static void the_walks_reach_every_state_and_verdict(void **state)
{
    unsigned i;

    (void)state;
    for (i = 0; i < PAYMENT_STATES; i++) {
        assert_true(visits[AUTHORITY_SERVER][i] > 100);
        assert_true((visits[AUTHORITY_TERMINAL][i] > 100) == (i != PAYMENT_AUTHORISING));
    }
    for (i = 0; i < PAYMENT_EVENTS; i++) {
        assert_true(verdicts[i][PAYMENT_TAKEN] > 100);
    }
    for (i = 0; i <= PAYMENT_UNEXPECTED; i++) {
        assert_true(verdicts[PAYMENT_OUTCOME][i] > 100 || i == PAYMENT_LATE);
        assert_true(verdicts[PAYMENT_RESULT][i] > 100);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_order_of_events_breaks_a_rule),
        cmocka_unit_test(the_walks_reach_every_state_and_verdict),
    };

    return cmocka_run_group_tests_name("core/payment, properties", tests, NULL, NULL);
}
