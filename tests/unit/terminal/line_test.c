/* What a terminal says, letter by letter. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "terminal/line.h"

static const struct settings settings = {
    .serial = "S-2", .code = "JSV5", .business_name = "Demo Shop"};

static void expect(const struct line_form *form, const struct life_effect *effect,
                   const char *expected)
{
    struct buf line;

    buf_init(&line, LINE_MAX_BYTES);
    line_write(&line, form, &settings, effect);
    buf_byte(&line, '\0');
    assert_int_equal(buf_fail(&line), FAIL_NONE);
    assert_string_equal(line.bytes, expected);
    buf_finish(&line);
}

/* The same saying as JSON and as English, of a terminal that is alone. */
static void expect_both(struct life_effect effect, const char *json, const char *english)
{
    effect.kind = LIFE_SAY;
    expect(&(struct line_form){.json = true}, &effect, json);
    expect(&(struct line_form){.json = false}, &effect, english);
}

static struct life_effect saying(enum life_saying what, const char *word, const char *text)
{
    struct life_effect effect = {.kind = LIFE_SAY};

    effect.say.what = what;
    effect.say.word = slice_of(word);
    effect.say.text = slice_of(text);
    return effect;
}

static void each_event_has_its_json_and_its_sentence(void **state)
{
    struct life_effect effect;

    (void)state;
    expect_both(saying(LIFE_SAY_REGISTERED, "", "JSV5"),
                "{\"event\":\"registered\",\"code\":\"JSV5\"}\n",
                "Device code JSV5 (Demo Shop). Enter it in your point of sale.\n");
    expect_both(saying(LIFE_SAY_READY, "", ""), "{\"event\":\"ready\"}\n",
                "Ready to take payment.\n");
    expect_both(saying(LIFE_SAY_PING, "", ""), "{\"event\":\"ping\",\"message\":null}\n",
                "Ping from your point of sale.\n");
    expect_both(saying(LIFE_SAY_PING, "", "Till 2"),
                "{\"event\":\"ping\",\"message\":\"Till 2\"}\n",
                "Message from your point of sale: Till 2\n");
    effect = saying(LIFE_SAY_DISCONNECTED, "", "cut");
    effect.say.code = 1006;
    expect_both(effect, "{\"event\":\"disconnected\",\"code\":1006,\"reason\":\"cut\"}\n",
                "Disconnected (1006: cut). Trying again.\n");
    expect_both(saying(LIFE_SAY_LOG_IN_REFUSED, "wrong", "No."),
                "{\"event\":\"log_in_refused\",\"reason\":\"wrong\",\"message\":\"No.\"}\n",
                "The log-in was refused (wrong): No.\n");
    expect_both(saying(LIFE_SAY_LOGGED_OUT, "", ""), "{\"event\":\"logged_out\"}\n",
                "Logged out.\n");
    expect_both(saying(LIFE_SAY_API_MODE, "", ""), "{\"event\":\"api_mode\",\"on\":false}\n",
                "API mode is off: no point of sale can reach this terminal.\n");
    expect_both(saying(LIFE_SAY_REPLACED, "", ""), "{\"event\":\"replaced\"}\n",
                "Another connection of this terminal has taken the place of this one.\n");
    expect_both(saying(LIFE_SAY_REMOVED, "", ""), "{\"event\":\"removed\"}\n",
                "An administrator has removed this device.\n");
    expect_both(saying(LIFE_SAY_REVOKED, "", ""), "{\"event\":\"revoked\"}\n",
                "An administrator has taken this terminal's credential back: "
                "log in with e-mail and password.\n");
    expect_both(saying(LIFE_SAY_PROBLEM, "It says: ", "no"), "It says: no\n", "It says: no\n");
}

static void a_refused_log_in_says_how_long_it_is_locked(void **state)
{
    struct life_effect effect = saying(LIFE_SAY_LOG_IN_REFUSED, "locked", "Too many.");

    (void)state;
    effect.say.wait_seconds = 90;
    expect_both(effect,
                "{\"event\":\"log_in_refused\",\"reason\":\"locked\",\"message\":\"Too many.\","
                "\"waitSeconds\":90}\n",
                "The log-in was refused (locked): Too many. "
                "(no log-in is looked at for 90 seconds)\n");
    effect = saying(LIFE_SAY_PROBLEM, "The log-in was refused: ", "Too many.");
    effect.say.wait_seconds = 1;
    expect_both(effect, "The log-in was refused: Too many. (no log-in is looked at for 1 second)\n",
                "The log-in was refused: Too many. (no log-in is looked at for 1 second)\n");
}

static void one_of_several_says_which_it_is(void **state)
{
    struct life_effect effect = saying(LIFE_SAY_READY, "", "");

    (void)state;
    expect(&(struct line_form){.json = true, .number = 2}, &effect,
           "{\"event\":\"ready\",\"terminal\":2,\"serial\":\"S-2\"}\n");
    expect(&(struct line_form){.json = false, .number = 2}, &effect,
           "Terminal 2 (S-2): Ready to take payment.\n");
}

static void a_message_cannot_move_the_cursor(void **state)
{
    struct life_effect effect = saying(LIFE_SAY_PING, "", "a\x1b[2J\nb\x7f\xc2\x9b\xc3\xa9");

    (void)state;
    expect(&(struct line_form){.json = false}, &effect,
           "Message from your point of sale: a?[2J?b??\xc3\xa9\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_event_has_its_json_and_its_sentence),
        cmocka_unit_test(a_refused_log_in_says_how_long_it_is_locked),
        cmocka_unit_test(one_of_several_says_which_it_is),
        cmocka_unit_test(a_message_cannot_move_the_cursor),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
