/* The table of payments: every state with every event under both authorities. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "payment_play.h"

/* --- Every pair ------------------------------------------------------------------ */

/* How each state is come to, and what it answers to each of ten events: shown,
 * missed, the next attempt, the last attempt's outcome "approved", the next
 * result "approved", a cancel by the customer on the terminal, one by the POS,
 * time, a removal, and an administrator's "cancelled". */
struct row {
    enum payment_state state;
    const char *story;
    const char *answers[PAYMENT_EVENTS];
};

#define ENDED_BY_SERVER "late", "late", "late", "late", "late"

static const struct row SERVER_ROWS[PAYMENT_STATES] = {
    {PAYMENT_OFFERED,
     "",
     {"displayed 120s go", "refused(not_shown) withdraw free", "unexpected", "unexpected",
      "unexpected", "refused(customer) withdraw free", "refused(pos) withdraw free",
      "refused(not_shown) withdraw free", "refused(administrator) withdraw free", "late"}},
    {PAYMENT_DISPLAYED,
     "shown",
     {"repeated", "late", "authorising 0s authorise", "unexpected", "unexpected",
      "cancelled(customer) terminalCancel tell", "cancelled(pos) terminalCancel tell",
      "expired(time) terminalCancel tell", "unknown", "late"}},
    {PAYMENT_AUTHORISING,
     "shown, attempt 1 due 10",
     {"late", "late", "unexpected", "approved transaction tell", "unexpected", "late", "late",
      "late", "unknown", "late"}},
    {PAYMENT_RETRY,
     "shown, attempt 1, declined 1",
     {"late", "late", "authorising 0s authorise", "contradicted", "unexpected",
      "declined(customer) tell", "declined(pos) tell", "declined(time) tell", "unknown", "late"}},
    {PAYMENT_UNKNOWN,
     "shown, attempt 1 due 10, removed",
     {"late", "late", "late", "approved transaction tell", "unexpected", "late", "late", "late",
      "repeated", "cancelled(administrator) terminalCancel tell"}},
    {PAYMENT_APPROVED,
     "shown, attempt 1, approved 1",
     {"late", "late", "late", "repeated", "unexpected", ENDED_BY_SERVER}},
    {PAYMENT_DECLINED,
     "shown, attempt 1, declined 1, customer",
     {"late", "late", "late", "contradicted", "unexpected", ENDED_BY_SERVER}},
    {PAYMENT_CANCELLED,
     "shown, customer",
     {"late", "late", "late", "unexpected", "unexpected", ENDED_BY_SERVER}},
    {PAYMENT_EXPIRED,
     "shown, time",
     {"late", "late", "late", "unexpected", "unexpected", ENDED_BY_SERVER}},
    {PAYMENT_REFUSED,
     "missed",
     {"late", "late", "late", "unexpected", "unexpected", ENDED_BY_SERVER}},
};

static const struct row TERMINAL_ROWS[PAYMENT_STATES] = {
    {PAYMENT_OFFERED,
     "",
     {"displayed 120s go", "refused(not_shown) withdraw free", "unexpected", "unexpected",
      "unexpected", "refused(customer) withdraw free", "refused(pos) withdraw free",
      "refused(not_shown) withdraw free", "refused(administrator) withdraw free", "late"}},
    {PAYMENT_DISPLAYED,
     "shown",
     {"repeated", "late", "unexpected", "unexpected", "approved transaction tell",
      "cancelled(customer) terminalCancel tell", "displayed 30s asked(pos) ask",
      "displayed 30s asked(time) ask", "unknown asked(administrator) ask", "late"}},
    {PAYMENT_AUTHORISING, /* which no story comes to */
     NULL,
     {"unexpected", "unexpected", "unexpected", "unexpected", "unexpected", "unexpected",
      "unexpected", "unexpected", "unexpected", "unexpected"}},
    {PAYMENT_RETRY,
     "shown, declined 1",
     {"late", "late", "unexpected", "unexpected", "approved transaction tell",
      "declined(customer) tell", "retry 30s asked(pos) ask", "retry 30s asked(time) ask",
      "unknown asked(administrator) ask", "late"}},
    {PAYMENT_UNKNOWN,
     "shown, time, time",
     {"late", "late", "unexpected", "unexpected", "approved transaction tell",
      "cancelled(customer) terminalCancel tell", "unknown asked(pos) ask", "late", "repeated",
      "cancelled(administrator) terminalCancel tell"}},
    {PAYMENT_APPROVED,
     "shown, approved 1",
     {"late", "late", "unexpected", "unexpected", "contradicted", ENDED_BY_SERVER}},
    {PAYMENT_DECLINED,
     "shown, declined 1, customer",
     {"late", "late", "unexpected", "unexpected", "contradicted", ENDED_BY_SERVER}},
    {PAYMENT_CANCELLED,
     "shown, customer",
     {"late", "late", "unexpected", "unexpected", "contradicted", ENDED_BY_SERVER}},
    {PAYMENT_EXPIRED,
     "shown, terminal time",
     {"late", "late", "unexpected", "unexpected", "contradicted", ENDED_BY_SERVER}},
    {PAYMENT_REFUSED,
     "missed",
     {"late", "late", "unexpected", "unexpected", "contradicted", ENDED_BY_SERVER}},
};

static void event_text(enum payment_event_kind kind, uint32_t last, char *out, size_t size)
{
    static const char *const words[PAYMENT_EVENTS] = {
        "shown",    "missed", "attempt", "outcome", "result",
        "customer", "pos",    "time",    "removed", "resolved cancelled",
    };

    if (kind == PAYMENT_ATTEMPT || kind == PAYMENT_RESULT) {
        snprintf(out, size, "%s %u", words[kind], last + 1);
    } else if (kind == PAYMENT_OUTCOME) {
        snprintf(out, size, "%s %u", words[kind], last > 0 ? last : 1);
    } else {
        snprintf(out, size, "%s", words[kind]);
    }
}

static void check_row(enum payment_authority authority, const struct row *row)
{
    char text[80];
    struct play play;
    unsigned i;

    for (i = 0; i < PAYMENT_EVENTS; i++) {
        play_begin(&play, authority);
        if (row->story != NULL) {
            play_story(&play, row->story);
        } else {
            play.payment.state = row->state;
        }
        assert_int_equal(play.payment.state, row->state);
        buf_finish(&play.told);
        buf_init(&play.told, PLAY_TEXT_MAX);
        event_text((enum payment_event_kind)i, play.payment.attempt, text, sizeof(text));
        play_story(&play, text);
        assert_told(&play, text, row->answers[i]);
    }
}

static void every_state_answers_every_event(void **state)
{
    unsigned i;

    (void)state;
    for (i = 0; i < PAYMENT_STATES; i++) {
        assert_int_equal(SERVER_ROWS[i].state, i);
        check_row(AUTHORITY_SERVER, &SERVER_ROWS[i]);
        assert_int_equal(TERMINAL_ROWS[i].state, i);
        check_row(AUTHORITY_TERMINAL, &TERMINAL_ROWS[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_state_answers_every_event),
    };

    return cmocka_run_group_tests_name("core/payment", tests, NULL, NULL);
}
