/* The table of terminal messages: names, directions, sizes, and that a caller
 * who breaks a limit is stopped. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "wire/terminal_message.h"
#include "wire/terminal_schema.h"

/* 64 characters each; every `<` takes six bytes on the wire. */
#define WIDE_64 "<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<"
#define WIDE_16 "<<<<<<<<<<<<<<<<"
#define WIDE_80 WIDE_64 WIDE_16
#define WIDE_256 WIDE_64 WIDE_64 WIDE_64 WIDE_64
#define WIDE_320 WIDE_256 WIDE_64
#define CREDENTIAL "AAAAAAAAAABBBBBBBBBBCCCCCCCCCCDDDDDDDDDD-_9"

/* The direction of each, apart from the table that is tested. */
static void names_and_directions_are_those_of_the_protocol(void **state)
{
    static const char *const FROM_TERMINAL[] = {
        "hello",     "log_in",   "log_out", "ready",  "ping_shown",     "bye",        "probe",
        "displayed", "progress", "attempt", "result", "cancel_payment", "ask_payment"};
    static const char *const FROM_SERVER[] = {"log_in_required",
                                              "log_in_refused",
                                              "welcome",
                                              "logged_out",
                                              "ready_confirmed",
                                              "ping",
                                              "api_mode",
                                              "probe_answered",
                                              "offer",
                                              "withdraw",
                                              "go",
                                              "outcome",
                                              "payment_ended",
                                              "resume",
                                              "cancel_requested",
                                              "result_refused",
                                              "error"};
    size_t i;

    (void)state;
    for (i = 0; i < TERMINAL_MESSAGE_TYPES; i++) {
        bool up = i <= TERMINAL_ASK_PAYMENT;
        const char *name = up ? FROM_TERMINAL[i] : FROM_SERVER[i - TERMINAL_LOG_IN_REQUIRED];
        enum terminal_message_type found = TERMINAL_MESSAGE_TYPES;

        assert_string_equal(terminal_message_name((enum terminal_message_type)i), name);
        assert_int_equal(terminal_message_from_terminal((enum terminal_message_type)i), up);
        assert_true(terminal_schema_find(slice_of(name), &found));
        assert_int_equal(found, i);
    }
}

/* Every rule that is told to people fits its buffer. */
static void every_field_has_a_rule(void **state)
{
    size_t type;

    (void)state;
    for (type = 0; type < TERMINAL_MESSAGE_TYPES; type++) {
        const struct terminal_schema *schema = terminal_schema_of((enum terminal_message_type)type);
        const struct terminal_field *field;

        for (field = schema->fields; field->name != NULL; field++) {
            char rule[TERMINAL_RULE_SIZE];

            terminal_field_rule(field, rule);
            assert_true(strlen(rule) > 0);
            assert_true(strlen(rule) < TERMINAL_RULE_SIZE - 1);
            assert_true(strlen(rule) + strlen(schema->name) + strlen(field->name) + 21 <
                        TERMINAL_PROBLEM_SIZE);
        }
    }
}

static const struct terminal_field *field_of(enum terminal_message_type type, const char *name)
{
    const struct terminal_field *field = terminal_schema_of(type)->fields;

    while (field->name != NULL && strcmp(field->name, name) != 0) {
        field++;
    }
    assert_non_null(field->name);
    return field;
}

static void fields_take_what_is_within_their_limits(void **state)
{
    const struct terminal_field *seconds = field_of(TERMINAL_WELCOME, "heartbeatSeconds");
    const struct terminal_field *pin = field_of(TERMINAL_LOG_IN, "pin");
    const struct terminal_field *text = field_of(TERMINAL_ERROR, "message");

    (void)state;
    assert_false(terminal_field_takes_integer(seconds, 0));
    assert_true(terminal_field_takes_integer(seconds, 1));
    assert_true(terminal_field_takes_integer(seconds, 3600));
    assert_false(terminal_field_takes_integer(seconds, 3601));

    assert_true(terminal_field_takes_text(pin, slice_of("0190")));
    assert_false(terminal_field_takes_text(pin, slice_of("123")));
    assert_false(terminal_field_takes_text(pin, slice_of("123456789")));
    assert_false(terminal_field_takes_text(pin, slice_of("12:4")));
    assert_false(terminal_field_takes_text(pin, slice_make("12\0004", 4)));

    assert_true(terminal_field_takes_text(text, slice_make(NULL, 0)));
    assert_true(terminal_field_takes_text(text, slice_of("caf\xc3\xa9\n")));
    assert_false(terminal_field_takes_text(text, slice_of("caf\xc3")));
    assert_false(terminal_field_takes_text(text, slice_make("a\0b", 3)));
}

static void a_type_is_found_by_its_whole_name(void **state)
{
    enum terminal_message_type found = TERMINAL_MESSAGE_TYPES;

    (void)state;
    assert_false(terminal_schema_find(slice_make(NULL, 0), &found));
    assert_false(terminal_schema_find(slice_of("pin"), &found));
    assert_false(terminal_schema_find(slice_of("pings"), &found));
    assert_int_equal(found, TERMINAL_MESSAGE_TYPES);
    assert_true(terminal_schema_find(slice_of("ping"), &found));
    assert_int_equal(found, TERMINAL_PING);
}

static void check_written(const struct terminal_message *message)
{
    char problem[TERMINAL_PROBLEM_SIZE] = "";
    struct terminal_message again;
    struct json_document document;
    struct buf out;

    buf_init(&out, TERMINAL_MESSAGE_MAX);
    terminal_message_write(&out, message);
    assert_int_equal(buf_fail(&out), FAIL_NONE);
    json_document_init(&document);
    if (terminal_message_read(&again, &document, buf_view(&out), problem) != FAIL_NONE) {
        fail_msg("%s", problem);
    }
    assert_int_equal(again.type, message->type);
    json_document_finish(&document);
    buf_finish(&out);
}

static void the_longest_messages_fit_their_limit(void **state)
{
    struct terminal_message welcome = {
        .type = TERMINAL_WELCOME,
        .welcome = {.business = INT64_C(9007199254740991),
                    .business_name = slice_of(WIDE_80),
                    .currency = slice_of("CAD"),
                    .user = slice_of(WIDE_80),
                    .code = slice_of("ABCD"),
                    .heartbeat_seconds = 3600,
                    .credential = slice_of(CREDENTIAL)},
    };
    struct terminal_message required = {
        .type = TERMINAL_LOG_IN_REQUIRED,
        .log_in_required = {.reason = slice_of("unknown_credential"),
                            .business_name = slice_of(WIDE_80),
                            .message = slice_of(WIDE_320)},
    };
    struct terminal_message log_in = {
        .type = TERMINAL_LOG_IN,
        .log_in = {.email = slice_make(WIDE_256, TERMINAL_EMAIL_MAX),
                   .password = slice_of(WIDE_256)},
    };
    struct terminal_message error = {
        .type = TERMINAL_ERROR,
        .error = {.reason = slice_of("protocol"), .message = slice_of(WIDE_320)},
    };

    (void)state;
    check_written(&welcome);
    check_written(&required);
    check_written(&log_in);
    check_written(&error);
}

/* 80 characters of four bytes each: the longest name an account can have. */
static void a_name_of_eighty_wide_characters_is_written(void **state)
{
    char name[TERMINAL_NAME_MAX];
    struct terminal_message message = {
        .type = TERMINAL_LOG_IN_REQUIRED,
        .log_in_required = {.reason = slice_of("new"), .message = slice_of("m")},
    };
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(name); i += 4) {
        memcpy(name + i, "\xf0\x9f\x98\x80", 4);
    }
    message.log_in_required.business_name = slice_make(name, sizeof(name));
    check_written(&message);
}

/* Writes the message in a process of its own; true when it was aborted. */
static bool write_aborts(const struct terminal_message *message)
{
    pid_t child = fork();
    int status = 0;

    assert_true(child >= 0);
    if (child == 0) {
        struct buf out;

        (void)signal(SIGABRT, SIG_DFL); /* cmocka and sanitizers have their own */
        (void)close(STDERR_FILENO);
        buf_init(&out, TERMINAL_MESSAGE_MAX);
        terminal_message_write(&out, message);
        _exit(0);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    return WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT;
}

static void a_caller_who_breaks_a_limit_is_stopped(void **state)
{
    struct terminal_message fine = {.type = TERMINAL_PING,
                                    .ping = {.id = 1, .message = slice_of(WIDE_80)}};
    struct terminal_message too_long = {.type = TERMINAL_PING,
                                        .ping = {.id = 1, .message = slice_of(WIDE_80 "<")}};
    struct terminal_message negative = {.type = TERMINAL_PING_SHOWN, .ping_shown = -1};
    struct terminal_message no_text = {
        .type = TERMINAL_ERROR,
        .error = {.reason = slice_of("protocol"), .message = slice_of("\xff")}};
    struct terminal_message zero_byte = {
        .type = TERMINAL_ERROR,
        .error = {.reason = slice_of("protocol"), .message = slice_make("a\0b", 3)}};
    struct terminal_message word = {.type = TERMINAL_BYE, .bye = {.reason = slice_of("bored")}};
    struct terminal_message no_form = {.type = TERMINAL_LOG_IN};
    struct terminal_message two_forms = {
        .type = TERMINAL_LOG_IN,
        .log_in = {.email = slice_of("a"), .password = slice_of("b"), .pin = slice_of("1234")}};
    struct terminal_message half_a_form = {.type = TERMINAL_LOG_IN,
                                           .log_in = {.email = slice_of("a")}};
    struct terminal_message no_type = {.type = TERMINAL_MESSAGE_TYPES};

    (void)state;
#ifdef NDEBUG
    skip(); /* coverage is measured without asserts */
#endif
    assert_false(write_aborts(&fine));
    assert_true(write_aborts(&too_long));
    assert_true(write_aborts(&negative));
    assert_true(write_aborts(&no_text));
    assert_true(write_aborts(&zero_byte));
    assert_true(write_aborts(&word));
    assert_true(write_aborts(&no_form));
    assert_true(write_aborts(&two_forms));
    assert_true(write_aborts(&half_a_form));
    assert_true(write_aborts(&no_type));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_and_directions_are_those_of_the_protocol),
        cmocka_unit_test(every_field_has_a_rule),
        cmocka_unit_test(fields_take_what_is_within_their_limits),
        cmocka_unit_test(a_type_is_found_by_its_whole_name),
        cmocka_unit_test(the_longest_messages_fit_their_limit),
        cmocka_unit_test(a_name_of_eighty_wide_characters_is_written),
        cmocka_unit_test(a_caller_who_breaks_a_limit_is_stopped),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
