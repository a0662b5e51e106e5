/* Terminal messages: golden texts in both directions, and what the closed
 * schema refuses. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "wire/terminal_message.h"

#define CREDENTIAL "AAAAAAAAAABBBBBBBBBBCCCCCCCCCCDDDDDDDDDD-_9"
#define X16 "xxxxxxxxxxxxxxxx"
#define X64 X16 X16 X16 X16
#define X256 X64 X64 X64 X64
#define D8 "12345678"

/* Every form of every message, exactly as it is written. */
static const char *const GOLDEN[] = {
    "{\"type\":\"hello\",\"protocol\":1,\"serial\":\"TW-ab12cd34ef\",\"version\":\"0.1.0\","
    "\"credential\":null}",
    "{\"type\":\"hello\",\"protocol\":1,\"serial\":\"a.b_C-9\",\"version\":\"web/1\","
    "\"credential\":\"" CREDENTIAL "\"}",
    "{\"type\":\"log_in\",\"email\":\"a@example.com\",\"password\":\"p\xc3\xa4ss word\"}",
    "{\"type\":\"log_in\",\"pin\":\"1234\"}",
    "{\"type\":\"log_out\"}",
    "{\"type\":\"ready\"}",
    "{\"type\":\"ping_shown\",\"id\":123456}",
    "{\"type\":\"bye\",\"reason\":\"sleep\"}",
    "{\"type\":\"bye\",\"reason\":\"power\"}",
    "{\"type\":\"log_in_required\",\"reason\":\"new\",\"businessName\":null,\"pin\":false,"
    "\"message\":\"Log in.\"}",
    "{\"type\":\"log_in_required\",\"reason\":\"logged_out\",\"businessName\":\"Caf\xc3\xa9 "
    "\\u0026 "
    "Bar\",\"pin\":true,\"message\":\"\"}",
    "{\"type\":\"log_in_required\",\"reason\":\"unknown_credential\",\"businessName\":null,"
    "\"pin\":false,\"message\":\"m\"}",
    "{\"type\":\"log_in_refused\",\"reason\":\"wrong\",\"message\":\"m\",\"pin\":true,"
    "\"waitSeconds\":0}",
    "{\"type\":\"log_in_refused\",\"reason\":\"serial_in_use\",\"message\":\"m\",\"pin\":false,"
    "\"waitSeconds\":0}",
    "{\"type\":\"log_in_refused\",\"reason\":\"no_codes_left\",\"message\":\"m\",\"pin\":false,"
    "\"waitSeconds\":0}",
    "{\"type\":\"log_in_refused\",\"reason\":\"busy\",\"message\":\"m\",\"pin\":false,"
    "\"waitSeconds\":0}",
    "{\"type\":\"log_in_refused\",\"reason\":\"trouble\",\"message\":\"m\",\"pin\":false,"
    "\"waitSeconds\":0}",
    "{\"type\":\"welcome\",\"business\":1,\"businessName\":\"Shop\",\"currency\":\"CAD\","
    "\"user\":\"Ann\",\"code\":\"JSV5\",\"apiMode\":true,\"heartbeatSeconds\":20,"
    "\"credential\":\"" CREDENTIAL "\"}",
    "{\"type\":\"welcome\",\"business\":9007199254740991,\"businessName\":\"Shop\","
    "\"currency\":\"USD\",\"user\":\"Ann\",\"code\":null,\"apiMode\":false,"
    "\"heartbeatSeconds\":20,\"credential\":null}",
    "{\"type\":\"logged_out\"}",
    "{\"type\":\"ready_confirmed\"}",
    "{\"type\":\"ping\",\"id\":7,\"message\":null}",
    "{\"type\":\"ping\",\"id\":7,\"message\":\"\\u003cb\\u003e Hello\\n\"}",
    "{\"type\":\"api_mode\",\"on\":true}",
    "{\"type\":\"api_mode\",\"on\":false}",
    "{\"type\":\"error\",\"reason\":\"hello_expected\",\"message\":\"Say hello first.\","
    "\"retryAfterMs\":0}",
    "{\"type\":\"log_in_refused\",\"reason\":\"locked\",\"message\":\"m\",\"pin\":false,"
    "\"waitSeconds\":90}",
    "{\"type\":\"error\",\"reason\":\"revoked\",\"message\":\"m\",\"retryAfterMs\":0}",
    "{\"type\":\"error\",\"reason\":\"moved\",\"message\":\"m\",\"retryAfterMs\":1500}",
    "{\"type\":\"error\",\"reason\":\"stopping\",\"message\":\"m\",\"retryAfterMs\":9999}",
    "{\"type\":\"probe\"}",
    "{\"type\":\"probe_answered\"}",
    "{\"type\":\"displayed\",\"payment\":1}",
    "{\"type\":\"progress\",\"payment\":99999999999,\"screen\":\"pin\"}",
    "{\"type\":\"attempt\",\"payment\":1,\"attempt\":1,\"entry\":\"tap\",\"brand\":\"visa\","
    "\"card\":\"credit\",\"firstSix\":\"412493\",\"lastFour\":\"9990\",\"cardHolderName\":null,"
    "\"reference\":\"VisaOfTheTray\"}",
    "{\"type\":\"result\",\"payment\":1,\"attempt\":1000,\"entry\":\"swipe\",\"brand\":\"visa\","
    "\"card\":\"credit\",\"firstSix\":\"412493\",\"lastFour\":\"9990\",\"cardHolderName\":\"Zoë "
    "Smith\",\"reference\":\"VisaOfTheTray\",\"approved\":true,\"approvalCode\":\"T00042\","
    "\"reason\":null}",
    "{\"type\":\"result\",\"payment\":1,\"attempt\":2,\"entry\":\"tap\",\"brand\":\"visa\","
    "\"card\":\"credit\",\"firstSix\":\"412493\",\"lastFour\":\"9990\",\"cardHolderName\":null,"
    "\"reference\":\"VisaOfTheTray\",\"approved\":false,\"approvalCode\":null,\"reason\":"
    "\"DECLINED-HELP 9999 - System Error\"}",
    "{\"type\":\"cancel_payment\",\"payment\":7,\"by\":\"administrator\"}",
    "{\"type\":\"ask_payment\",\"payment\":7}",
    "{\"type\":\"offer\",\"payment\":7,\"kind\":\"purchase\",\"amount\":1234,\"currency\":\"CAD\","
    "\"invoiceNumber\":\"INV7\",\"authority\":\"server\",\"timeLimitSeconds\":120}",
    "{\"type\":\"offer\",\"payment\":7,\"kind\":\"refund\",\"amount\":999999999,\"currency\":"
    "\"USD\",\"invoiceNumber\":null,\"authority\":\"terminal\",\"timeLimitSeconds\":120}",
    "{\"type\":\"withdraw\",\"payment\":7}",
    "{\"type\":\"go\",\"payment\":7}",
    "{\"type\":\"outcome\",\"payment\":7,\"attempt\":1,\"approved\":true,\"transaction\":"
    "9007199254740991,\"approvalCode\":\"T00042\",\"reason\":null,\"final\":true}",
    "{\"type\":\"outcome\",\"payment\":7,\"attempt\":1,\"approved\":false,\"transaction\":5,"
    "\"approvalCode\":null,\"reason\":\"Transaction Declined: INCORRECT PIN\",\"final\":false}",
    "{\"type\":\"payment_ended\",\"payment\":7,\"state\":\"cancelled\",\"reason\":\"not_shown\"}",
    "{\"type\":\"payment_ended\",\"payment\":7,\"state\":\"approved\",\"reason\":null}",
    "{\"type\":\"resume\",\"payment\":7,\"attempt\":0}",
    "{\"type\":\"cancel_requested\",\"payment\":7,\"by\":\"time\"}",
    "{\"type\":\"result_refused\",\"payment\":7,\"attempt\":1,\"message\":\"m\"}",
};

static void each_message_reads_and_is_written_the_same(void **state)
{
    bool met[TERMINAL_MESSAGE_TYPES] = {false};
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(GOLDEN) / sizeof(GOLDEN[0]); i++) {
        char problem[TERMINAL_PROBLEM_SIZE] = "";
        struct terminal_message message;
        struct json_document document;
        struct buf out;

        json_document_init(&document);
        buf_init(&out, TERMINAL_MESSAGE_MAX);
        if (terminal_message_read(&message, &document, slice_of(GOLDEN[i]), problem) != FAIL_NONE) {
            fail_msg("%s: %s", GOLDEN[i], problem);
        }
        met[message.type] = true;
        terminal_message_write(&out, &message);
        assert_int_equal(buf_fail(&out), FAIL_NONE);
        assert_int_equal(out.length, strlen(GOLDEN[i]));
        assert_memory_equal(out.bytes, GOLDEN[i], out.length);
        buf_finish(&out);
        json_document_finish(&document);
    }
    for (i = 0; i < TERMINAL_MESSAGE_TYPES; i++) {
        assert_true(met[i]);
    }
}

static void each_field_comes_to_its_place(void **state)
{
    char problem[TERMINAL_PROBLEM_SIZE];
    struct terminal_message message;
    struct json_document document;

    (void)state;
    json_document_init(&document);
    assert_int_equal(terminal_message_read(&message, &document, slice_of(GOLDEN[1]), problem), 0);
    assert_int_equal(message.type, TERMINAL_HELLO);
    assert_int_equal(message.hello.protocol, TERMINAL_PROTOCOL);
    assert_true(slice_is(message.hello.serial, "a.b_C-9"));
    assert_true(slice_is(message.hello.version, "web/1"));
    assert_true(slice_is(message.hello.credential, CREDENTIAL));

    assert_int_equal(terminal_message_read(&message, &document, slice_of(GOLDEN[2]), problem), 0);
    assert_int_equal(message.type, TERMINAL_LOG_IN);
    assert_true(slice_is(message.log_in.email, "a@example.com"));
    assert_true(slice_is(message.log_in.password, "p\xc3\xa4ss word"));
    assert_int_equal(message.log_in.pin.length, 0);
    assert_int_equal(terminal_message_read(&message, &document, slice_of(GOLDEN[3]), problem), 0);
    assert_int_equal(message.log_in.email.length, 0);
    assert_int_equal(message.log_in.password.length, 0);
    assert_true(slice_is(message.log_in.pin, "1234"));

    assert_int_equal(terminal_message_read(&message, &document, slice_of(GOLDEN[10]), problem), 0);
    assert_int_equal(message.type, TERMINAL_LOG_IN_REQUIRED);
    assert_true(slice_is(message.log_in_required.business_name, "Caf\xc3\xa9 & Bar"));
    assert_true(message.log_in_required.pin);

    assert_int_equal(terminal_message_read(&message, &document, slice_of(GOLDEN[18]), problem), 0);
    assert_int_equal(message.type, TERMINAL_WELCOME);
    assert_int_equal(message.welcome.business, INT64_C(9007199254740991));
    assert_true(slice_is(message.welcome.business_name, "Shop"));
    assert_true(slice_is(message.welcome.user, "Ann"));
    assert_int_equal(message.welcome.code.length, 0);
    assert_false(message.welcome.api_mode);
    assert_int_equal(message.welcome.heartbeat_seconds, 20);
    assert_int_equal(message.welcome.credential.length, 0);

    assert_int_equal(terminal_message_read(&message, &document, slice_of(GOLDEN[26]), problem), 0);
    assert_int_equal(message.type, TERMINAL_LOG_IN_REFUSED);
    assert_true(slice_is(message.log_in_refused.reason, "locked"));
    assert_int_equal(message.log_in_refused.wait_seconds, 90);
    assert_int_equal(terminal_message_read(&message, &document, slice_of(GOLDEN[28]), problem), 0);
    assert_int_equal(message.type, TERMINAL_ERROR);
    assert_true(slice_is(message.error.reason, "moved"));
    assert_int_equal(message.error.retry_after_ms, 1500);
    json_document_finish(&document);
}

static void fields_may_stand_in_any_order_with_blanks(void **state)
{
    struct slice text = slice_of(" { \"id\" : 5 , \"type\" : \"ping\\u005fshown\" } \n");
    char problem[TERMINAL_PROBLEM_SIZE];
    struct terminal_message message;
    struct json_document document;

    (void)state;
    json_document_init(&document);
    assert_int_equal(terminal_message_read(&message, &document, text, problem), FAIL_NONE);
    assert_int_equal(message.type, TERMINAL_PING_SHOWN);
    assert_int_equal(message.ping_shown, 5);
    json_document_finish(&document);
}

struct refusal {
    const char *text;
    const char *problem;
};

#define HELLO(rest) "{\"type\":\"hello\"," rest "}"
#define HELLO_WITH(serial, version, credential)                                                    \
    HELLO("\"protocol\":1,\"serial\":" serial ",\"version\":" version ",\"credential\""            \
          ":" credential)
#define SERIAL_RULE "hello: the field serial must be 1 to 64 of A-Z a-z 0-9 . _ -"
#define VERSION_RULE "hello: the field version must be 1 to 32 visible ASCII characters"
#define CREDENTIAL_RULE "hello: the field credential must be 43 of A-Z a-z 0-9 - _, or null"
#define FORMS_RULE "log_in: it needs either email and password or pin"
#define PIN_RULE "log_in: the field pin must be 4 to 8 of 0-9"
#define ID_RULE "ping_shown: the field id must be 0 to 9007199254740991"
#define NO_TYPE "a message is a JSON object with a text named type"
#define WELCOME(name, currency, code, on)                                                          \
    "{\"type\":\"welcome\",\"business\":1,\"businessName\":" name ",\"currency\":" currency        \
    ",\"user\":\"u\",\"code\":" code ",\"apiMode\":" on                                            \
    ",\"heartbeatSeconds\":20,\"credential\":null}"

#define REFUSED(seconds)                                                                           \
    "{\"type\":\"log_in_refused\",\"reason\":\"locked\",\"message\":\"m\",\"pin\":true,"           \
    "\"waitSeconds\":" seconds "}"
#define WAIT_RULE "log_in_refused: the field waitSeconds must be 0 to 86400"
#define STOPPING(wait)                                                                             \
    "{\"type\":\"error\",\"reason\":\"stopping\",\"message\":\"m\",\"retryAfterMs\":" wait "}"
#define RETRY_RULE "error: the field retryAfterMs must be 0 to 3600000"

static const struct refusal REFUSALS[] = {
    {"", "the message is not JSON: the document ends too early (byte 0)"},
    {"{\"type\":\"ready\",}", "the message is not JSON: a name in quotation marks is expected "
                              "(byte 16)"},
    {"{\"type\":\"ready\",\"type\":\"ready\"}",
     "the message is not JSON: a name stands twice in one object (byte 16)"},
    {"[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]",
     "the message is not JSON: lists and objects are nested more than 16 deep (byte 16)"},
    {"[]", NO_TYPE},
    {"\"ready\"", NO_TYPE},
    {"null", NO_TYPE},
    {"{}", NO_TYPE},
    {"{\"Type\":\"ready\"}", NO_TYPE},
    {"{\"type\":null}", NO_TYPE},
    {"{\"type\":1}", NO_TYPE},
    {"{\"type\":[\"ready\"]}", NO_TYPE},
    {"{\"type\":\"steady\"}", "the message type steady is not known"},
    {"{\"type\":\"READY\"}", "the message type READY is not known"},
    {"{\"type\":\"\"}", "the message type is not known"},
    {"{\"type\":\"log_off\"}", "the message type log_off is not known"},
    {"{\"type\":\"a~b\"}", "the message type is not known"},
    {"{\"type\":\"5413330000009130\"}", "the message type is not known"},
    {"{\"type\":\"" X16 X16 "x\"}", "the message type is not known"},
    {"{\"type\":\"ready\",\"colour\":1}", "ready: the field colour is not known"},
    {"{\"type\":\"ready\",\"5413330000009130\":1}", "ready: the field is not known"},
    {"{\"type\":\"ready\",\"a b\":1}", "ready: the field is not known"},
    {"{\"type\":\"ready\",\"\":1}", "ready: the field is not known"},
    {"{\"type\":\"ready\",\"id\":1}", "ready: the field id is not known"},
    {"{\"type\":\"log_out\",\"reason\":\"x\"}", "log_out: the field reason is not known"},

    {HELLO("\"serial\":\"a\",\"version\":\"1\",\"credential\":null"),
     "hello: the field protocol is missing"},
    {HELLO("\"protocol\":1,\"version\":\"1\",\"credential\":null"),
     "hello: the field serial is missing"},
    {HELLO("\"protocol\":1,\"serial\":\"a\",\"credential\":null"),
     "hello: the field version is missing"},
    {HELLO("\"protocol\":1,\"serial\":\"a\",\"version\":\"1\""),
     "hello: the field credential is missing"},
    {HELLO("\"protocol\":2"), "hello: the field protocol must be 1"},
    {HELLO("\"protocol\":0"), "hello: the field protocol must be 1"},
    {HELLO("\"protocol\":1.0"), "hello: the field protocol must be 1"},
    {HELLO("\"protocol\":\"1\""), "hello: the field protocol must be 1"},
    {HELLO("\"protocol\":null"), "hello: the field protocol must be 1"},
    {HELLO_WITH("\"\"", "\"1\"", "null"), SERIAL_RULE},
    {HELLO_WITH("null", "\"1\"", "null"), SERIAL_RULE},
    {HELLO_WITH("1", "\"1\"", "null"), SERIAL_RULE},
    {HELLO_WITH("\"a b\"", "\"1\"", "null"), SERIAL_RULE},
    {HELLO_WITH("\"a/b\"", "\"1\"", "null"), SERIAL_RULE},
    {HELLO_WITH("\"\xc3\xa9\"", "\"1\"", "null"), SERIAL_RULE},
    {HELLO_WITH("\"" X64 "x\"", "\"1\"", "null"), SERIAL_RULE},
    {HELLO_WITH("\"a\"", "\"\"", "null"), VERSION_RULE},
    {HELLO_WITH("\"a\"", "\"1 2\"", "null"), VERSION_RULE},
    {HELLO_WITH("\"a\"", "\"1\\n\"", "null"), VERSION_RULE},
    {HELLO_WITH("\"a\"", "\"\xc3\xa9\"", "null"), VERSION_RULE},
    {HELLO_WITH("\"a\"", "\"" X16 X16 "x\"", "null"), VERSION_RULE},
    {HELLO_WITH("\"a\"", "\"1\"", "\"\""), CREDENTIAL_RULE},
    {HELLO_WITH("\"a\"", "\"1\"", "\"" X16 X16 "xxxxxxxxxx\""), CREDENTIAL_RULE},
    {HELLO_WITH("\"a\"", "\"1\"", "\"" X16 X16 "xxxxxxxxxxxx\""), CREDENTIAL_RULE},
    {HELLO_WITH("\"a\"", "\"1\"", "\"" X16 X16 "xxxxxxxxxx=\""), CREDENTIAL_RULE},
    {HELLO_WITH("\"a\"", "\"1\"", "\"" X16 X16 "xxxxxxxxxx+\""), CREDENTIAL_RULE},
    {HELLO_WITH("\"a\"", "\"1\"", "false"), CREDENTIAL_RULE},
    {HELLO_WITH("\"a\"", "\"1\"", "null,\"cardNumber\":\"1\""),
     "hello: the field cardNumber is not known"},

    {"{\"type\":\"log_in\"}", FORMS_RULE},
    {"{\"type\":\"log_in\",\"email\":\"a\"}", "log_in: the field password is missing"},
    {"{\"type\":\"log_in\",\"password\":\"a\"}", "log_in: the field email is missing"},
    {"{\"type\":\"log_in\",\"email\":\"a\",\"pin\":\"1234\"}", FORMS_RULE},
    {"{\"type\":\"log_in\",\"pin\":\"1234\",\"password\":\"a\"}", FORMS_RULE},
    {"{\"type\":\"log_in\",\"email\":\"a\",\"password\":\"b\",\"pin\":null}", FORMS_RULE},
    {"{\"type\":\"log_in\",\"email\":null,\"password\":null,\"pin\":\"1234\"}",
     "log_in: the field email must be 1 to 254 bytes of text"},
    {"{\"type\":\"log_in\",\"email\":\"\",\"password\":\"b\"}",
     "log_in: the field email must be 1 to 254 bytes of text"},
    {"{\"type\":\"log_in\",\"email\":\"" X256 "\",\"password\":\"b\"}",
     "log_in: the field email must be 1 to 254 bytes of text"},
    {"{\"type\":\"log_in\",\"email\":\"a\",\"password\":\"" X256 "x\"}",
     "log_in: the field password must be 1 to 256 bytes of text"},
    {"{\"type\":\"log_in\",\"pin\":\"123\"}", PIN_RULE},
    {"{\"type\":\"log_in\",\"pin\":\"" D8 "9\"}", PIN_RULE},
    {"{\"type\":\"log_in\",\"pin\":\"12a4\"}", PIN_RULE},
    {"{\"type\":\"log_in\",\"pin\":1234}", PIN_RULE},
    {"{\"type\":\"log_in\",\"pin\":\"\"}", PIN_RULE},

    {"{\"type\":\"ping_shown\"}", "ping_shown: the field id is missing"},
    {"{\"type\":\"ping_shown\",\"id\":-1}", ID_RULE},
    {"{\"type\":\"ping_shown\",\"id\":9007199254740992}", ID_RULE},
    {"{\"type\":\"ping_shown\",\"id\":99999999999999999999}", ID_RULE},
    {"{\"type\":\"ping_shown\",\"id\":1e3}", ID_RULE},
    {"{\"type\":\"ping_shown\",\"id\":\"1\"}", ID_RULE},
    {"{\"type\":\"ping_shown\",\"id\":[1]}", ID_RULE},
    {"{\"type\":\"bye\",\"reason\":\"\"}", "bye: the field reason must be one of sleep power"},
    {"{\"type\":\"bye\",\"reason\":\"sleep power\"}",
     "bye: the field reason must be one of sleep power"},
    {"{\"type\":\"bye\",\"reason\":\"slee\"}", "bye: the field reason must be one of sleep power"},
    {"{\"type\":\"bye\",\"reason\":null}", "bye: the field reason must be one of sleep power"},

    {WELCOME("\"n\"", "\"EUR\"", "null", "true"),
     "welcome: the field currency must be one of CAD USD"},
    {WELCOME("\"n\"", "\"cad\"", "null", "true"),
     "welcome: the field currency must be one of CAD USD"},
    {WELCOME("\"n\"", "\"CAD\"", "\"ABC\"", "true"),
     "welcome: the field code must be 4 of A-Z 0-9, or null"},
    {WELCOME("\"n\"", "\"CAD\"", "\"ABCDE\"", "true"),
     "welcome: the field code must be 4 of A-Z 0-9, or null"},
    {WELCOME("\"n\"", "\"CAD\"", "\"abcd\"", "true"),
     "welcome: the field code must be 4 of A-Z 0-9, or null"},
    {WELCOME("\"n\"", "\"CAD\"", "null", "1"), "welcome: the field apiMode must be true or false"},
    {WELCOME("\"n\"", "\"CAD\"", "null", "null"),
     "welcome: the field apiMode must be true or false"},
    {WELCOME("\"n\"", "\"CAD\"", "null", "\"true\""),
     "welcome: the field apiMode must be true or false"},
    {WELCOME("null", "\"CAD\"", "null", "true"),
     "welcome: the field businessName must be 0 to 80 characters of text"},
    {WELCOME("\"" X64 X16 "x\"", "\"CAD\"", "null", "true"),
     "welcome: the field businessName must be 0 to 80 characters of text"},
    {"{\"type\":\"ping\",\"id\":1,\"message\":\"\"}",
     "ping: the field message must be 1 to 80 characters of text, or null"},
    {"{\"type\":\"ping\",\"id\":1,\"message\":\"" X64 X16 "x\"}",
     "ping: the field message must be 1 to 80 characters of text, or null"},
    {"{\"type\":\"api_mode\"}", "api_mode: the field on is missing"},
    {"{\"type\":\"probe\",\"id\":1}", "probe: the field id is not known"},
    {"{\"type\":\"log_in_refused\",\"reason\":\"locked\",\"message\":\"m\",\"pin\":true}",
     "log_in_refused: the field waitSeconds is missing"},
    {REFUSED("86401"), WAIT_RULE},
    {REFUSED("-1"), WAIT_RULE},
    {REFUSED("null"), WAIT_RULE},
    {REFUSED("1.5"), WAIT_RULE},
    {"{\"type\":\"error\",\"reason\":\"a\",\"message\":\"m\"}",
     "error: the field retryAfterMs is missing"},
    {STOPPING("3600001"), RETRY_RULE},
    {STOPPING("-1"), RETRY_RULE},
    {STOPPING("\"1\""), RETRY_RULE},
    {"{\"type\":\"error\",\"reason\":\"A\",\"message\":\"\"}",
     "error: the field reason must be 1 to 32 of a-z _"},
    {"{\"type\":\"error\",\"reason\":\"a\",\"message\":\"" X256 X64 "x\"}",
     "error: the field message must be 0 to 320 bytes of text"},
};

static void what_is_not_in_the_schema_is_refused(void **state)
{
    struct json_document document;
    size_t i;

    (void)state;
    json_document_init(&document);
    for (i = 0; i < sizeof(REFUSALS) / sizeof(REFUSALS[0]); i++) {
        struct terminal_message message = {.type = TERMINAL_MESSAGE_TYPES};
        char problem[TERMINAL_PROBLEM_SIZE] = "";

        assert_int_equal(
            terminal_message_read(&message, &document, slice_of(REFUSALS[i].text), problem),
            FAIL_INVALID);
        assert_string_equal(problem, REFUSALS[i].problem);
        assert_int_equal(message.type, TERMINAL_MESSAGE_TYPES);
    }
    json_document_finish(&document);
}

static const char *const AT_THE_LIMIT[] = {
    HELLO_WITH("\"" X64 "\"", "\"" X16 X16 "\"", "\"" CREDENTIAL "\""),
    HELLO_WITH("\"a\"", "\"~\"", "null"),
    "{\"type\":\"log_in\",\"pin\":\"" D8 "\"}",
    "{\"type\":\"ping_shown\",\"id\":0}",
    "{\"type\":\"ping_shown\",\"id\":9007199254740991}",
    "{\"type\":\"ping\",\"id\":1,\"message\":\"" X64 X16 "\"}",
    "{\"type\":\"error\",\"reason\":\"" X16 X16 "\",\"message\":\"" X256 X64 "\","
    "\"retryAfterMs\":3600000}",
    REFUSED("86400"),
    REFUSED("0"),
    "{\"type\":\"log_in\",\"email\":\"a\",\"password\":\"" X256 "\"}",
    WELCOME("\"" X64 X16 "\"", "\"CAD\"", "\"0ZA9\"", "true"),
    WELCOME("\"\"", "\"CAD\"", "null", "true"),
};

static void what_is_just_at_a_limit_is_read(void **state)
{
    struct json_document document;
    size_t i;

    (void)state;
    json_document_init(&document);
    for (i = 0; i < sizeof(AT_THE_LIMIT) / sizeof(AT_THE_LIMIT[0]); i++) {
        char problem[TERMINAL_PROBLEM_SIZE] = "";
        struct terminal_message message;

        if (terminal_message_read(&message, &document, slice_of(AT_THE_LIMIT[i]), problem) !=
            FAIL_NONE) {
            fail_msg("%s: %s", AT_THE_LIMIT[i], problem);
        }
    }
    json_document_finish(&document);
}

static void a_message_has_at_most_4096_bytes(void **state)
{
    char text[TERMINAL_MESSAGE_MAX + 1];
    char problem[TERMINAL_PROBLEM_SIZE];
    struct terminal_message message;
    struct json_document document;

    (void)state;
    json_document_init(&document);
    memset(text, ' ', sizeof(text));
    memcpy(text, "{\"type\":\"ready\"}", 16);
    assert_int_equal(
        terminal_message_read(&message, &document, slice_make(text, TERMINAL_MESSAGE_MAX), problem),
        FAIL_NONE);
    assert_int_equal(terminal_message_read(&message, &document,
                                           slice_make(text, TERMINAL_MESSAGE_MAX + 1), problem),
                     FAIL_INVALID);
    assert_string_equal(problem, "the message is longer than 4096 bytes");
    json_document_finish(&document);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_message_reads_and_is_written_the_same),
        cmocka_unit_test(each_field_comes_to_its_place),
        cmocka_unit_test(fields_may_stand_in_any_order_with_blanks),
        cmocka_unit_test(what_is_not_in_the_schema_is_refused),
        cmocka_unit_test(what_is_just_at_a_limit_is_read),
        cmocka_unit_test(a_message_has_at_most_4096_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
