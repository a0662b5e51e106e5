/* The states of a terminal's connection: every state with every event, against
 * rules that were written down a second time from docs/terminal-protocol.md. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <ctype.h>
#include <stdbool.h>
#include <string.h>

#include "core/device.h"

enum { REFUSED = -1 };

static bool state_is_one_of(enum device_state state, const enum device_state *list, size_t count)
{
    size_t i;

    for (i = 0; i < count; i++) {
        if (list[i] == state) {
            return true;
        }
    }
    return false;
}

#define IS_ONE_OF(state, ...)                                                                      \
    state_is_one_of((state), (const enum device_state[]){__VA_ARGS__},                             \
                    sizeof((const enum device_state[]){__VA_ARGS__}) / sizeof(enum device_state))

/* What the terminal says. Some of it may cross with an administrator's removal
 * of the user, of which the terminal cannot know yet. */
static int after_message(enum device_state state, enum device_event event)
{
    bool is_registered = IS_ONE_OF(state, DEVICE_REGISTERED, DEVICE_READY);
    bool has_crossed = IS_ONE_OF(state, DEVICE_LOGGED_OUT, DEVICE_LOGGING_OUT);

    switch ((int)event) {
    case DEVICE_HELLO:
        return state == DEVICE_NEW ? (int)DEVICE_CHECKING : REFUSED;
    case DEVICE_LOG_IN:
        return state == DEVICE_LOGGED_OUT ? (int)DEVICE_LOGGING_IN : REFUSED;
    case DEVICE_LOG_OUT:
        return is_registered ? (int)DEVICE_LOGGING_OUT : has_crossed ? (int)state : REFUSED;
    case DEVICE_CONTINUE:
        return is_registered ? (int)DEVICE_READY : has_crossed ? (int)state : REFUSED;
    case DEVICE_OFFER_SHOWN: /* offers come to those alone that are ready */
        return IS_ONE_OF(state, DEVICE_NEW, DEVICE_CHECKING, DEVICE_REGISTERED) ? REFUSED
                                                                                : (int)state;
    case DEVICE_PAYMENT:    /* a result may be older than this connection and its log-in */
    case DEVICE_PING_SHOWN: /* never in doubt once somebody could have been logged in */
        return IS_ONE_OF(state, DEVICE_NEW, DEVICE_CHECKING) ? REFUSED : (int)state;
    default: /* DEVICE_BYE */
        return state == DEVICE_NEW ? REFUSED : (int)DEVICE_GONE;
    }
}

static int expected_after(enum device_state state, enum device_event event)
{
    bool is_asked = IS_ONE_OF(state, DEVICE_CHECKING, DEVICE_LOGGING_IN);

    if (state == DEVICE_GONE || event == DEVICE_CLOSED) {
        return DEVICE_GONE;
    }
    switch ((int)event) {
    case DEVICE_USER_REMOVED:
        return IS_ONE_OF(state, DEVICE_REGISTERED, DEVICE_READY) ? (int)DEVICE_LOGGED_OUT
                                                                 : (int)state;
    case DEVICE_KNOWN:
        return is_asked ? (int)DEVICE_REGISTERED : REFUSED;
    case DEVICE_UNKNOWN:
        return is_asked ? (int)DEVICE_LOGGED_OUT : REFUSED;
    case DEVICE_LEFT:
        return state == DEVICE_LOGGING_OUT ? (int)DEVICE_LOGGED_OUT : REFUSED;
    default:
        return after_message(state, event);
    }
}

static void every_state_answers_every_event_as_the_protocol_says(void **state)
{
    unsigned from;
    unsigned event;

    (void)state;
    for (from = 0; from < DEVICE_STATES; from++) {
        for (event = 0; event < DEVICE_EVENTS; event++) {
            enum device_state now = (enum device_state)from;
            bool taken = device_step(&now, (enum device_event)event);
            int expected = expected_after((enum device_state)from, (enum device_event)event);

            if ((taken ? (int)now : REFUSED) != expected) {
                fail_msg("%s with event %u: %s %s, expected state %d",
                         device_state_name((enum device_state)from), event,
                         taken ? "went to" : "refused in", device_state_name(now), expected);
            }
        }
    }
}

static void a_refused_event_changes_nothing(void **state)
{
    unsigned from;
    unsigned event;
    unsigned refused = 0;

    (void)state;
    for (from = 0; from < DEVICE_STATES; from++) {
        for (event = 0; event < DEVICE_EVENTS; event++) {
            enum device_state now = (enum device_state)from;

            if (!device_step(&now, (enum device_event)event)) {
                assert_int_equal(now, from);
                refused++;
            }
        }
    }
    assert_int_equal(refused, 10 + 8 + 4 + 5 + 6 + 5 + 4); /* by state, but for the last */
}

static void nothing_happens_after_the_end(void **state)
{
    unsigned event;

    (void)state;
    for (event = 0; event < DEVICE_EVENTS; event++) {
        enum device_state now = DEVICE_GONE;

        assert_true(device_step(&now, (enum device_event)event));
        assert_int_equal(now, DEVICE_GONE);
    }
}

/* However a terminal and an administrator carry on, only a hello and a yes of
 * the store lead to a terminal that is pinged. */
static void nobody_is_registered_without_the_store(void **state)
{
    unsigned from;
    unsigned event;

    (void)state;
    for (from = 0; from < DEVICE_STATES; from++) {
        for (event = 0; event < DEVICE_EVENTS; event++) {
            enum device_state now = (enum device_state)from;

            if (event != DEVICE_KNOWN && !device_is_registered(now)) {
                (void)device_step(&now, (enum device_event)event);
                assert_false(device_is_registered(now));
            }
        }
    }
}

static void the_whole_life_of_a_terminal(void **state)
{
    static const struct {
        enum device_event event;
        enum device_state then;
    } steps[] = {
        {DEVICE_HELLO, DEVICE_CHECKING},
        {DEVICE_UNKNOWN, DEVICE_LOGGED_OUT},
        {DEVICE_LOG_IN, DEVICE_LOGGING_IN},
        {DEVICE_UNKNOWN, DEVICE_LOGGED_OUT},
        {DEVICE_LOG_IN, DEVICE_LOGGING_IN},
        {DEVICE_KNOWN, DEVICE_REGISTERED},
        {DEVICE_PING_SHOWN, DEVICE_REGISTERED},
        {DEVICE_CONTINUE, DEVICE_READY},
        {DEVICE_PING_SHOWN, DEVICE_READY},
        {DEVICE_OFFER_SHOWN, DEVICE_READY},
        {DEVICE_PAYMENT, DEVICE_READY},
        {DEVICE_LOG_OUT, DEVICE_LOGGING_OUT},
        {DEVICE_PING_SHOWN, DEVICE_LOGGING_OUT},
        {DEVICE_LEFT, DEVICE_LOGGED_OUT},
        {DEVICE_LOG_IN, DEVICE_LOGGING_IN},
        {DEVICE_KNOWN, DEVICE_REGISTERED},
        {DEVICE_BYE, DEVICE_GONE},
    };
    enum device_state now = DEVICE_NEW;
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
        assert_true(device_step(&now, steps[i].event));
        assert_int_equal(now, steps[i].then);
    }
}

static void only_two_states_are_registered(void **state)
{
    unsigned each;

    (void)state;
    for (each = 0; each < DEVICE_STATES; each++) {
        assert_int_equal(device_is_registered((enum device_state)each),
                         each == DEVICE_REGISTERED || each == DEVICE_READY);
    }
}

static void every_state_has_a_name_of_its_own(void **state)
{
    unsigned each;
    unsigned other;

    (void)state;
    for (each = 0; each < DEVICE_STATES; each++) {
        const char *name = device_state_name((enum device_state)each);
        size_t i;

        assert_true(strlen(name) > 0);
        for (i = 0; name[i] != '\0'; i++) {
            assert_true(islower((unsigned char)name[i]) || name[i] == '_');
        }
        for (other = 0; other < each; other++) {
            assert_string_not_equal(name, device_state_name((enum device_state)other));
        }
    }
    assert_string_equal(device_state_name(DEVICE_LOGGING_OUT), "logging_out");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_state_answers_every_event_as_the_protocol_says),
        cmocka_unit_test(a_refused_event_changes_nothing),
        cmocka_unit_test(nothing_happens_after_the_end),
        cmocka_unit_test(nobody_is_registered_without_the_store),
        cmocka_unit_test(the_whole_life_of_a_terminal),
        cmocka_unit_test(only_two_states_are_registered),
        cmocka_unit_test(every_state_has_a_name_of_its_own),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
