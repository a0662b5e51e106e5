/* The table of all messages between a terminal and the server, and what its
 * fields take.
 *
 * The schema is closed (architecture.md, Law 7): what is not here is neither
 * read nor written. Kinds and limits are those of docs/terminal-protocol.md;
 * change both together, and the page of the terminal with them. A field that
 * may be null is empty in the struct, so "" is never written there. */
#include "wire/terminal_schema.h"

#include <assert.h>
#include <inttypes.h>
#include <string.h>

enum {
    FORM_PASSWORD = 1,
    FORM_PIN = 2,
    REASON_MAX = 32,
    LETTERS_MAX = 80, /* of a name, of the message in a ping */
    HEARTBEAT_MAX = 3600,
    HOLDER_MAX = 26, /* characters of a card holder's name */
    REASON_DIGITS_MAX = 8,
    FIRST_SIX = 6,
    LAST_FOUR = 4,
    AMOUNT_MAX = 999999999, /* 9,999,999.99 */
    TIME_LIMIT_MAX = 3600,
    LIMITS_SIZE = 48, /* of two numbers and " to " */
};

/* What every program that reads JSON keeps exactly (RFC 8259, 6); too large
 * for an enum. */
#define ID_MAX INT64_C(9007199254740991)
/* Of a payment, which terminals send back: a card number has more digits than
 * these eleven. */
#define PAYMENT_MAX INT64_C(99999999999)

/* A row of the table: the name on the wire, the member of struct
 * terminal_message, then what the field takes. */
#define ROW(wire_name, member, field_kind)                                                         \
    .name = (wire_name), .kind = TERMINAL_FIELD_##field_kind,                                      \
    .offset = offsetof(struct terminal_message, member)
#define LIMITS(least, most) .minimum = (least), .maximum = (most)
#define INTEGER(name, member, least, most)                                                         \
    {                                                                                              \
        ROW(name, member, INTEGER), LIMITS(least, most)                                            \
    }
#define BOOL(name, member)                                                                         \
    {                                                                                              \
        ROW(name, member, BOOL)                                                                    \
    }
#define TEXT(name, member, kind, least, most)                                                      \
    {                                                                                              \
        ROW(name, member, kind), LIMITS(least, most)                                               \
    }
#define NULLABLE(name, member, kind, least, most)                                                  \
    {                                                                                              \
        ROW(name, member, kind), LIMITS(least, most), .nullable = true                             \
    }
#define IN_FORM(number, name, member, kind, least, most)                                           \
    {                                                                                              \
        ROW(name, member, kind), LIMITS(least, most), .form = (number)                             \
    }
#define WORD(name, member, list)                                                                   \
    {                                                                                              \
        ROW(name, member, WORD), LIMITS(1, REASON_MAX), .words = (list)                            \
    }
/* A card presented, as the attempt at `place` has it. */
#define CARD_FIELDS(place)                                                                         \
    INTEGER("payment", place.payment, 1, PAYMENT_MAX),                                             \
        INTEGER("attempt", place.attempt, 1, TERMINAL_ATTEMPT_MAX),                                \
        WORD("entry", place.entry, "tap insert swipe"),                                            \
        WORD("brand", place.brand, "visa mastercard amex discover interac"),                       \
        WORD("card", place.card, "credit debit"),                                                  \
        TEXT("firstSix", place.first_six, DIGITS, FIRST_SIX, FIRST_SIX),                           \
        TEXT("lastFour", place.last_four, DIGITS, LAST_FOUR, LAST_FOUR),                           \
        NULLABLE("cardHolderName", place.holder, NAME, 1, TERMINAL_HOLDER_MAX),                    \
        TEXT("reference", place.reference, LETTERS, TERMINAL_REFERENCE_MIN,                        \
             TERMINAL_REFERENCE_MAX)

/* clang-format off */
static const struct terminal_schema SCHEMAS[TERMINAL_MESSAGE_TYPES] = {
    [TERMINAL_HELLO] = {.name = "hello", .from_terminal = true, .fields = {
        INTEGER("protocol", hello.protocol, TERMINAL_PROTOCOL, TERMINAL_PROTOCOL),
        TEXT("serial", hello.serial, SERIAL, 1, TERMINAL_SERIAL_MAX),
        TEXT("version", hello.version, VISIBLE, 1, TERMINAL_VERSION_MAX),
        NULLABLE("credential", hello.credential, BASE64URL, TERMINAL_CREDENTIAL_LENGTH,
                 TERMINAL_CREDENTIAL_LENGTH),
    }},
    [TERMINAL_LOG_IN] = {.name = "log_in", .from_terminal = true,
                         .forms = "either email and password or pin", .fields = {
        IN_FORM(FORM_PASSWORD, "email", log_in.email, TEXT, 1, TERMINAL_EMAIL_MAX),
        IN_FORM(FORM_PASSWORD, "password", log_in.password, TEXT, 1, TERMINAL_PASSWORD_MAX),
        IN_FORM(FORM_PIN, "pin", log_in.pin, DIGITS, TERMINAL_PIN_MIN, TERMINAL_PIN_MAX),
    }},
    [TERMINAL_LOG_OUT] = {.name = "log_out", .from_terminal = true},
    [TERMINAL_READY] = {.name = "ready", .from_terminal = true},
    [TERMINAL_PING_SHOWN] = {.name = "ping_shown", .from_terminal = true, .fields = {
        INTEGER("id", ping_shown, 0, ID_MAX),
    }},
    [TERMINAL_BYE] = {.name = "bye", .from_terminal = true, .fields = {
        WORD("reason", bye.reason, "sleep power"),
    }},
    [TERMINAL_PROBE] = {.name = "probe", .from_terminal = true},

    [TERMINAL_DISPLAYED] = {.name = "displayed", .from_terminal = true, .fields = {
        INTEGER("payment", displayed, 1, PAYMENT_MAX),
    }},
    [TERMINAL_PROGRESS] = {.name = "progress", .from_terminal = true, .fields = {
        INTEGER("payment", progress.payment, 1, PAYMENT_MAX),
        WORD("screen", progress.screen, "tip card pin authorising"),
    }},
    [TERMINAL_ATTEMPT] = {.name = "attempt", .from_terminal = true, .lenient = true, .fields = {
        CARD_FIELDS(attempt),
    }},
    [TERMINAL_RESULT] = {.name = "result", .from_terminal = true, .lenient = true, .fields = {
        CARD_FIELDS(result.attempt),
        BOOL("approved", result.approved),
        NULLABLE("approvalCode", result.approval_code, CODE, TERMINAL_APPROVAL_LENGTH,
                 TERMINAL_APPROVAL_LENGTH),
        NULLABLE("reason", result.reason, REASON, 1, TERMINAL_REASON_MAX),
    }},
    [TERMINAL_CANCEL_PAYMENT] = {.name = "cancel_payment", .from_terminal = true, .fields = {
        INTEGER("payment", cancel_payment.payment, 1, PAYMENT_MAX),
        WORD("by", cancel_payment.by, "customer cashier pos time lost administrator"),
    }},
    [TERMINAL_ASK_PAYMENT] = {.name = "ask_payment", .from_terminal = true, .fields = {
        INTEGER("payment", ask_payment, 1, PAYMENT_MAX),
    }},

    [TERMINAL_LOG_IN_REQUIRED] = {.name = "log_in_required", .fields = {
        WORD("reason", log_in_required.reason, "new unknown_credential logged_out"),
        NULLABLE("businessName", log_in_required.business_name, SHORT_TEXT, 1, TERMINAL_NAME_MAX),
        BOOL("pin", log_in_required.pin),
        TEXT("message", log_in_required.message, TEXT, 0, TERMINAL_TEXT_MAX),
    }},
    [TERMINAL_LOG_IN_REFUSED] = {.name = "log_in_refused", .fields = {
        WORD("reason", log_in_refused.reason, "wrong locked serial_in_use no_codes_left busy trouble"),
        TEXT("message", log_in_refused.message, TEXT, 0, TERMINAL_TEXT_MAX),
        BOOL("pin", log_in_refused.pin),
        INTEGER("waitSeconds", log_in_refused.wait_seconds, 0, TERMINAL_WAIT_SECONDS_MAX),
    }},
    [TERMINAL_WELCOME] = {.name = "welcome", .fields = {
        INTEGER("business", welcome.business, 1, ID_MAX),
        TEXT("businessName", welcome.business_name, SHORT_TEXT, 0, TERMINAL_NAME_MAX),
        WORD("currency", welcome.currency, "CAD USD"),
        TEXT("user", welcome.user, SHORT_TEXT, 0, TERMINAL_NAME_MAX),
        NULLABLE("code", welcome.code, CODE, TERMINAL_CODE_LENGTH, TERMINAL_CODE_LENGTH),
        BOOL("apiMode", welcome.api_mode),
        INTEGER("heartbeatSeconds", welcome.heartbeat_seconds, 1, HEARTBEAT_MAX),
        NULLABLE("credential", welcome.credential, BASE64URL, TERMINAL_CREDENTIAL_LENGTH,
                 TERMINAL_CREDENTIAL_LENGTH),
    }},
    [TERMINAL_LOGGED_OUT] = {.name = "logged_out"},
    [TERMINAL_READY_CONFIRMED] = {.name = "ready_confirmed"},
    [TERMINAL_PING] = {.name = "ping", .fields = {
        INTEGER("id", ping.id, 0, ID_MAX),
        NULLABLE("message", ping.message, SHORT_TEXT, 1, TERMINAL_TEXT_MAX),
    }},
    [TERMINAL_API_MODE] = {.name = "api_mode", .fields = {
        BOOL("on", api_mode),
    }},
    [TERMINAL_PROBE_ANSWERED] = {.name = "probe_answered"},
    [TERMINAL_OFFER] = {.name = "offer", .fields = {
        INTEGER("payment", offer.payment, 1, PAYMENT_MAX),
        WORD("kind", offer.kind, "purchase refund"),
        INTEGER("amount", offer.amount, 1, AMOUNT_MAX),
        WORD("currency", offer.currency, "CAD USD"),
        NULLABLE("invoiceNumber", offer.invoice, SHORT_TEXT, 1, TERMINAL_INVOICE_MAX),
        WORD("authority", offer.authority, "server terminal"),
        INTEGER("timeLimitSeconds", offer.time_limit_seconds, 1, TIME_LIMIT_MAX),
    }},
    [TERMINAL_WITHDRAW] = {.name = "withdraw", .fields = {
        INTEGER("payment", withdraw, 1, PAYMENT_MAX),
    }},
    [TERMINAL_GO] = {.name = "go", .fields = {
        INTEGER("payment", go, 1, PAYMENT_MAX),
    }},
    [TERMINAL_OUTCOME] = {.name = "outcome", .fields = {
        INTEGER("payment", outcome.payment, 1, PAYMENT_MAX),
        INTEGER("attempt", outcome.attempt, 1, TERMINAL_ATTEMPT_MAX),
        BOOL("approved", outcome.approved),
        INTEGER("transaction", outcome.transaction, 1, ID_MAX),
        NULLABLE("approvalCode", outcome.approval_code, CODE, TERMINAL_APPROVAL_LENGTH,
                 TERMINAL_APPROVAL_LENGTH),
        NULLABLE("reason", outcome.reason, TEXT, 1, TERMINAL_REASON_MAX),
        BOOL("final", outcome.final),
    }},
    [TERMINAL_PAYMENT_ENDED] = {.name = "payment_ended", .fields = {
        INTEGER("payment", payment_ended.payment, 1, PAYMENT_MAX),
        WORD("state", payment_ended.state, "approved declined cancelled expired refused unknown"),
        NULLABLE("reason", payment_ended.reason, IDENTIFIER, 1, REASON_MAX),
    }},
    [TERMINAL_RESUME] = {.name = "resume", .fields = {
        INTEGER("payment", resume.payment, 1, PAYMENT_MAX),
        INTEGER("attempt", resume.attempt, 0, TERMINAL_ATTEMPT_MAX),
    }},
    [TERMINAL_CANCEL_REQUESTED] = {.name = "cancel_requested", .fields = {
        INTEGER("payment", cancel_requested.payment, 1, PAYMENT_MAX),
        WORD("by", cancel_requested.by, "pos time administrator"),
    }},
    [TERMINAL_RESULT_REFUSED] = {.name = "result_refused", .fields = {
        INTEGER("payment", result_refused.payment, 1, PAYMENT_MAX),
        INTEGER("attempt", result_refused.attempt, 1, TERMINAL_ATTEMPT_MAX),
        TEXT("message", result_refused.message, TEXT, 0, TERMINAL_TEXT_MAX),
    }},
    [TERMINAL_ERROR] = {.name = "error", .fields = {
        TEXT("reason", error.reason, IDENTIFIER, 1, REASON_MAX),
        TEXT("message", error.message, TEXT, 0, TERMINAL_TEXT_MAX),
        INTEGER("retryAfterMs", error.retry_after_ms, 0, TERMINAL_RETRY_AFTER_MS_MAX),
    }},
};
/* clang-format on */

const struct terminal_schema *terminal_schema_of(enum terminal_message_type type)
{
    assert(type < TERMINAL_MESSAGE_TYPES);
    return &SCHEMAS[type];
}

bool terminal_schema_find(struct slice name, enum terminal_message_type *out)
{
    unsigned type;

    if (name.length == 0) {
        return false;
    }
    for (type = 0; type < TERMINAL_MESSAGE_TYPES; type++) {
        /* The first letter alone rules most of them out. */
        if (SCHEMAS[type].name[0] == name.bytes[0] && slice_is(name, SCHEMAS[type].name)) {
            *out = (enum terminal_message_type)type;
            return true;
        }
    }
    return false;
}

bool terminal_field_takes_integer(const struct terminal_field *field, int64_t value)
{
    return value >= field->minimum && value <= field->maximum;
}

/* What a text of a kind is made of, where that is a set of characters, and how
 * its limits go on for people. */
struct kind {
    const char *characters; /* NULL: any, or looked at otherwise */
    const char *unit;
};

#define UPPER "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define LOWER "abcdefghijklmnopqrstuvwxyz"
#define DIGITS "0123456789"

static const struct kind KINDS[] = {
    [TERMINAL_FIELD_INTEGER] = {NULL, ""},
    [TERMINAL_FIELD_BOOL] = {NULL, ""},
    [TERMINAL_FIELD_TEXT] = {NULL, " bytes of text"},
    [TERMINAL_FIELD_SHORT_TEXT] = {NULL, " characters of text"},
    [TERMINAL_FIELD_NAME] = {NULL, " characters of text without digits"},
    [TERMINAL_FIELD_REASON] = {NULL, " bytes of text with at most 8 digits"},
    [TERMINAL_FIELD_LETTERS] = {UPPER LOWER, " of A-Z a-z"},
    [TERMINAL_FIELD_SERIAL] = {UPPER LOWER DIGITS "._-", " of A-Z a-z 0-9 . _ -"},
    [TERMINAL_FIELD_VISIBLE] = {NULL, " visible ASCII characters"},
    [TERMINAL_FIELD_DIGITS] = {DIGITS, " of 0-9"},
    [TERMINAL_FIELD_CODE] = {UPPER DIGITS, " of A-Z 0-9"},
    [TERMINAL_FIELD_BASE64URL] = {UPPER LOWER DIGITS "-_", " of A-Z a-z 0-9 - _"},
    [TERMINAL_FIELD_IDENTIFIER] = {LOWER "_", " of a-z _"},
    [TERMINAL_FIELD_WORD] = {NULL, ""},
};

static bool is_made_of(struct slice text, const char *characters)
{
    size_t i;

    for (i = 0; i < text.length; i++) {
        if (text.bytes[i] == '\0' || strchr(characters, text.bytes[i]) == NULL) {
            return false;
        }
    }
    return true;
}

static bool is_one_of(struct slice text, const char *words)
{
    struct slice rest = slice_of(words);
    struct slice word;

    while (slice_next_part(&rest, ' ', &word)) {
        if (slice_equals(text, word)) {
            return true;
        }
    }
    return false;
}

/* Text without U+0000, which the JSON reader refuses. */
static bool is_text(struct slice text)
{
    return text.length == 0 ||
           (slice_is_utf8(text) && memchr(text.bytes, '\0', text.length) == NULL);
}

static unsigned digits_in(struct slice text)
{
    unsigned count = 0;
    size_t i;

    for (i = 0; i < text.length; i++) {
        count += text.bytes[i] >= '0' && text.bytes[i] <= '9';
    }
    return count;
}

/* Of a text that may have any characters. */
static bool keeps_its_kind(enum terminal_field_kind kind, struct slice text)
{
    switch ((int)kind) {
    case TERMINAL_FIELD_SHORT_TEXT:
        return slice_code_points(text) <= LETTERS_MAX;
    case TERMINAL_FIELD_NAME:
        return slice_code_points(text) <= HOLDER_MAX && digits_in(text) == 0;
    case TERMINAL_FIELD_REASON:
        return digits_in(text) <= REASON_DIGITS_MAX;
    default:
        return true;
    }
}

bool terminal_field_takes_text(const struct terminal_field *field, struct slice text)
{
    const char *characters = KINDS[field->kind].characters;

    if (text.length < (size_t)field->minimum || text.length > (size_t)field->maximum) {
        return false;
    }
    if (characters != NULL) {
        return is_made_of(text, characters);
    }
    if (field->kind == TERMINAL_FIELD_WORD) {
        return is_one_of(text, field->words);
    }
    if (field->kind == TERMINAL_FIELD_VISIBLE) {
        return slice_is_visible_ascii(text);
    }
    return is_text(text) && keeps_its_kind(field->kind, text);
}

/* "1 to 64", or "43" where the limits are one. */
static void limits_text(int64_t minimum, int64_t maximum, char *out, size_t size)
{
    if (minimum == maximum) {
        (void)text_format(out, size, "%" PRId64, minimum);
    } else {
        (void)text_format(out, size, "%" PRId64 " to %" PRId64, minimum, maximum);
    }
}

void terminal_field_rule(const struct terminal_field *field, char out[TERMINAL_RULE_SIZE])
{
    int64_t maximum = field->kind == TERMINAL_FIELD_SHORT_TEXT ? LETTERS_MAX
                      : field->kind == TERMINAL_FIELD_NAME     ? HOLDER_MAX
                                                               : field->maximum;
    char limits[LIMITS_SIZE];

    limits_text(field->minimum, maximum, limits, sizeof(limits));
    if (field->kind == TERMINAL_FIELD_BOOL) {
        (void)text_format(out, TERMINAL_RULE_SIZE, "true or false");
    } else if (field->kind == TERMINAL_FIELD_WORD) {
        (void)text_format(out, TERMINAL_RULE_SIZE, "one of %s", field->words);
    } else {
        (void)text_format(out, TERMINAL_RULE_SIZE, "%s%s%s", limits, KINDS[field->kind].unit,
                          field->nullable ? ", or null" : "");
    }
}
