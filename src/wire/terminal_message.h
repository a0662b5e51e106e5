/* The messages between a Smart Terminal and the terminal door: one table, both
 * directions, a closed schema (docs/terminal-protocol.md).
 *
 * Reading refuses a message with an unknown type, an unknown field, a missing
 * field, or a value outside its limits: no field fits card data, and none can
 * be smuggled in. In attempt and result such a field is left out instead where
 * that is possible, for the outcome must not be lost with it. */
#ifndef WIRE_TERMINAL_MESSAGE_H
#define WIRE_TERMINAL_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/fail.h"
#include "base/text.h"
#include "wire/json.h"

enum {
    TERMINAL_PROTOCOL = 1,
    TERMINAL_MESSAGE_MAX = 4096, /* bytes of one message, both directions */
    TERMINAL_SERIAL_MAX = 64,    /* A-Z a-z 0-9 . _ - */
    TERMINAL_VERSION_MAX = 32,   /* visible ASCII */
    TERMINAL_EMAIL_MAX = 254,
    TERMINAL_PASSWORD_MAX = 256,
    TERMINAL_PIN_MIN = 4, /* digits */
    TERMINAL_PIN_MAX = 8,
    TERMINAL_NAME_MAX = 320, /* bytes: 80 characters of a business's or user's name */
    TERMINAL_TEXT_MAX = 320, /* bytes: 80 characters of a ping, a message for people */
    TERMINAL_CODE_LENGTH = 4,
    TERMINAL_CREDENTIAL_LENGTH = 43, /* base64url of 256 bits */
    TERMINAL_WAIT_SECONDS_MAX = 86400,
    TERMINAL_RETRY_AFTER_MS_MAX = 3600000,
    TERMINAL_INVOICE_MAX = 256, /* bytes: 64 characters */
    TERMINAL_REASON_MAX = 160,  /* bytes of why a card was declined */
    TERMINAL_APPROVAL_LENGTH = 6,
    TERMINAL_HOLDER_MAX = 104,  /* bytes: 26 characters, none of them a digit */
    TERMINAL_REFERENCE_MIN = 8, /* letters */
    TERMINAL_REFERENCE_MAX = 32,
    TERMINAL_ATTEMPT_MAX = 1000,
};

enum terminal_message_type {
    /* terminal -> server */
    TERMINAL_HELLO,  /* the first message of a connection */
    TERMINAL_LOG_IN, /* e-mail and password, or the PIN alone */
    TERMINAL_LOG_OUT,
    TERMINAL_READY,          /* Continue was pressed */
    TERMINAL_PING_SHOWN,     /* the ping is visible on the screen */
    TERMINAL_BYE,            /* going to sleep or off: not listening from now on */
    TERMINAL_PROBE,          /* asks for a sign of life; for those that see no WebSocket pings */
    TERMINAL_DISPLAYED,      /* the amount of an offer is on the screen */
    TERMINAL_PROGRESS,       /* where it is between go and the card's outcome */
    TERMINAL_ATTEMPT,        /* a card was presented: the server decides */
    TERMINAL_RESULT,         /* a card was presented, and the terminal has decided */
    TERMINAL_CANCEL_PAYMENT, /* ended here without an approval */
    TERMINAL_ASK_PAYMENT,    /* how does it stand? */
    /* server -> terminal */
    TERMINAL_LOG_IN_REQUIRED,
    TERMINAL_LOG_IN_REFUSED,
    TERMINAL_WELCOME, /* logged in and registered */
    TERMINAL_LOGGED_OUT,
    TERMINAL_READY_CONFIRMED,
    TERMINAL_PING,
    TERMINAL_API_MODE, /* switched on or off while connected */
    TERMINAL_PROBE_ANSWERED,
    TERMINAL_OFFER,            /* show the amount, reader off */
    TERMINAL_WITHDRAW,         /* the offer is void */
    TERMINAL_GO,               /* reader on */
    TERMINAL_OUTCOME,          /* of an attempt, stored */
    TERMINAL_PAYMENT_ENDED,    /* nothing more happens with it: forget it */
    TERMINAL_RESUME,           /* it is open here: go on with it, or cancel it */
    TERMINAL_CANCEL_REQUESTED, /* the terminal decides: cancel it if you can */
    TERMINAL_RESULT_REFUSED,   /* contradicts what is final: stop repeating it */
    TERMINAL_ERROR,            /* what was wrong; the connection is closed after it */
    TERMINAL_MESSAGE_TYPES,
};

struct terminal_hello {
    int64_t protocol;
    struct slice serial;
    struct slice version;    /* of the terminal's software */
    struct slice credential; /* empty: it has none yet */
};

struct terminal_log_in {
    struct slice email; /* empty when a PIN is given */
    struct slice password;
    struct slice pin; /* empty when e-mail and password are given */
};

struct terminal_bye {
    struct slice reason; /* "sleep", "power" */
};

struct terminal_log_in_required {
    struct slice reason;        /* "new", "unknown_credential", "logged_out" */
    struct slice business_name; /* empty when the terminal is not known: null on the wire */
    bool pin;                   /* a PIN is enough */
    struct slice message;       /* for people */
};

struct terminal_log_in_refused {
    /* "wrong", "locked", "serial_in_use", "no_codes_left", "busy", "trouble" */
    struct slice reason;
    struct slice message; /* for people */
    bool pin;             /* whether a PIN may be tried again */
    int64_t wait_seconds; /* before the next log-in is looked at; 0: none */
};

struct terminal_welcome {
    int64_t business;
    struct slice business_name;
    struct slice currency; /* "CAD", "USD" */
    struct slice user;     /* who is logged in */
    struct slice code;     /* empty: no device code (API mode off), null on the wire */
    bool api_mode;
    int64_t heartbeat_seconds; /* how often the server pings an idle connection */
    struct slice
        credential; /* empty: keep the present one (null); else store it durably, then use it */
};

struct terminal_ping {
    int64_t id;
    struct slice message; /* of the POS, <= 80 characters; empty: null on the wire */
};

struct terminal_error {
    /* "protocol", "hello_expected", "replaced", "removed", "revoked", "moved", "stopping", ... */
    struct slice reason;
    struct slice message;   /* for people */
    int64_t retry_after_ms; /* at least so long before it connects again */
};

struct terminal_offer {
    int64_t payment;
    struct slice kind; /* "purchase", "refund" */
    int64_t amount;    /* minor units */
    struct slice currency;
    struct slice invoice;       /* empty: null on the wire */
    struct slice authority;     /* who decides: "server", "terminal" */
    int64_t time_limit_seconds; /* for the customer, from go and from each decline */
};

struct terminal_progress {
    int64_t payment;
    struct slice screen; /* "tip", "card", "pin", "authorising" */
};

struct terminal_attempt {
    int64_t payment;
    int64_t attempt;    /* from 1, one more with each card presented */
    struct slice entry; /* "tap", "insert", "swipe" */
    struct slice brand; /* "visa", "mastercard", "amex", "discover", "interac" */
    struct slice card;  /* "credit", "debit" */
    struct slice first_six;
    struct slice last_four;
    struct slice holder;    /* empty: null on the wire */
    struct slice reference; /* what the terminal calls this card: letters */
};

struct terminal_result {
    struct terminal_attempt attempt;
    bool approved;
    struct slice approval_code; /* empty: null on the wire */
    struct slice reason;        /* likewise: of a decline */
};

struct terminal_cancel_payment {
    int64_t payment;
    struct slice by; /* "customer", "cashier", "pos", "time", "lost", "administrator" */
};

struct terminal_outcome {
    int64_t payment;
    int64_t attempt;
    bool approved;
    int64_t transaction;
    struct slice approval_code; /* empty: null on the wire */
    struct slice reason;        /* likewise */
    bool final;                 /* else Try again is offered */
};

struct terminal_payment_ended {
    int64_t payment;
    struct slice state;  /* "approved", "declined", "cancelled", "expired", "refused", "unknown" */
    struct slice reason; /* empty: null on the wire */
};

struct terminal_resume {
    int64_t payment;
    int64_t attempt; /* the last one that is known here; 0: none */
};

struct terminal_cancel_requested {
    int64_t payment;
    struct slice by; /* "pos", "time", "administrator" */
};

struct terminal_result_refused {
    int64_t payment;
    int64_t attempt;
    struct slice message; /* for people */
};

struct terminal_message {
    enum terminal_message_type type;
    unsigned dropped; /* fields that were left out: of attempt and result only, whose rest counts */
    union {
        struct terminal_hello hello;
        struct terminal_log_in log_in;
        struct terminal_bye bye;
        struct terminal_log_in_required log_in_required;
        struct terminal_log_in_refused log_in_refused;
        struct terminal_welcome welcome;
        int64_t ping_shown; /* the ping's id */
        struct terminal_ping ping;
        bool api_mode;
        struct terminal_error error;
        int64_t displayed; /* the payment's id; likewise withdraw, go and ask_payment */
        int64_t withdraw;
        int64_t go;
        int64_t ask_payment;
        struct terminal_offer offer;
        struct terminal_progress progress;
        struct terminal_attempt attempt;
        struct terminal_result result;
        struct terminal_cancel_payment cancel_payment;
        struct terminal_outcome outcome;
        struct terminal_payment_ended payment_ended;
        struct terminal_resume resume;
        struct terminal_cancel_requested cancel_requested;
        struct terminal_result_refused result_refused;
    };
};

/* "ping_shown": the value of the member "type". */
const char *terminal_message_name(enum terminal_message_type type);
/* True for the messages that a terminal sends. */
bool terminal_message_from_terminal(enum terminal_message_type type);

/* Reads one message. Slices point into `document` and `text`. FAIL_INVALID with
 * the reason in `problem` ("hello: the field serial is missing"), or FAIL_MEMORY. */
enum { TERMINAL_PROBLEM_SIZE = 160 };
MUST_CHECK enum fail terminal_message_read(struct terminal_message *message,
                                           struct json_document *document, struct slice text,
                                           char problem[TERMINAL_PROBLEM_SIZE]);

/* Appends the message's JSON text. The caller keeps the limits (assert). */
void terminal_message_write(struct buf *out, const struct terminal_message *message);

#endif
