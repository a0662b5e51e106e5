/* The rules of a payment: one table, a pure step (architecture.md, The path of
 * a payment, Laws 2 to 4; contract.md, What happens on the device).
 *
 * A payment is one request on a device, from the POS's call to its end. The
 * step takes its state and an event with its time, changes the state, and says
 * what is to be done; it never acts. Whoever runs it saves the state, commits,
 * and acts then.
 *
 * Who decides whether a card is charged is the payment's authority: with the
 * processor `test` the server, with `device` the terminal. What the authority
 * has not said is not known: a time that runs out is never an outcome. */
#ifndef CORE_PAYMENT_H
#define CORE_PAYMENT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/text.h"

enum {
    PAYMENT_DISPLAY_MS = 3000, /* for the terminal to show the amount */
    PAYMENT_OFFER_MS = 10000,  /* an offer without go is dead after it, on both sides */
    PAYMENT_LIMIT_MS = 120000, /* for the customer, from go and from each decline */
    PAYMENT_CANCEL_MS = 30000, /* for a terminal that decides to answer a cancel */
    PAYMENT_ATTEMPTS_MAX = 10, /* of one payment; the tenth decline ends it */
    PAYMENT_INVOICE_MAX = 64,  /* characters, and of a customer code */
    PAYMENT_INVOICE_SIZE = PAYMENT_INVOICE_MAX * 4 + 1,
    PAYMENT_KEY_MAX = 255, /* of an idempotency key, visible ASCII */
    PAYMENT_KEY_SIZE = PAYMENT_KEY_MAX + 1,
    PAYMENT_REASON_MAX = 160, /* bytes of a decline's reason */
    PAYMENT_REASON_SIZE = PAYMENT_REASON_MAX + 1,
    PAYMENT_APPROVAL_SIZE = 7, /* an approval code: six characters */
};

/* Under the preset `helcim` a key is forgotten after so long. */
#define PAYMENT_KEY_LIFE_HELCIM_MS INT64_C(300000)

enum payment_kind { PAYMENT_PURCHASE, PAYMENT_REFUND, PAYMENT_KINDS };

enum payment_state {
    PAYMENT_OFFERED,     /* committed; nobody has seen the amount for sure; no reader is on */
    PAYMENT_DISPLAYED,   /* go is committed: the terminal may take a card */
    PAYMENT_AUTHORISING, /* a card was presented; its authority has not decided */
    PAYMENT_RETRY,       /* the last attempt was declined; Try again is offered */
    PAYMENT_UNKNOWN,     /* only the authority, or a person, can say what became of it */
    /* final: nothing changes any more */
    PAYMENT_APPROVED,
    PAYMENT_DECLINED,
    PAYMENT_CANCELLED,
    PAYMENT_EXPIRED,
    PAYMENT_REFUSED, /* no sale was started: the POS was answered 409 */
    PAYMENT_STATES,
};

/* Where a terminal is between go and an attempt; memory of the door, never
 * stored. SCREEN_NONE: it has not said. */
enum payment_screen {
    SCREEN_NONE,
    SCREEN_TIP,
    SCREEN_CARD,
    SCREEN_PIN,
    SCREEN_AUTHORISING,
    SCREENS
};

enum payment_authority { AUTHORITY_SERVER, AUTHORITY_TERMINAL };

/* Who or what ended it without an approval. */
enum payment_reason {
    REASON_NONE,
    REASON_CUSTOMER,
    REASON_CASHIER,
    REASON_POS,
    REASON_TIME,
    REASON_LOST,          /* the terminal does not have it any more */
    REASON_NOT_SHOWN,     /* of REFUSED: the terminal did not show the amount in time */
    REASON_ADMINISTRATOR, /* a person has resolved it, or has removed its device */
    PAYMENT_REASONS,
};

struct payment {
    enum payment_kind kind;
    enum payment_authority authority;
    enum payment_state state;
    enum payment_reason reason; /* of the end */
    uint32_t attempt;           /* the last one's number, from 1; 0: none */
    bool declined;              /* one of its attempts was declined: a transaction exists */
    bool reverse_if_approved;   /* the POS wants an approval that still lands reversed */
    bool reversed;              /* and so it was: CANCELLED, with an approved transaction */
    /* Not REASON_NONE: the terminal, which decides, was asked to cancel, and by
     * whom; it is told again whenever it comes back. */
    enum payment_reason cancel_asked;
    int64_t deadline_ms; /* wall clock: then PAYMENT_TIME is due; 0: never */
};

enum payment_event_kind {
    PAYMENT_SHOWN,           /* the terminal shows the amount; after the deadline: refused */
    PAYMENT_NOT_SHOWN,       /* it did not in time, has gone, or the server was started anew */
    PAYMENT_ATTEMPT,         /* AUTHORITY_SERVER: a card was presented, decide */
    PAYMENT_OUTCOME,         /* AUTHORITY_SERVER: the processor has decided */
    PAYMENT_RESULT,          /* AUTHORITY_TERMINAL: it has decided */
    PAYMENT_TERMINAL_CANCEL, /* ended on the terminal without an approval, by `reason` */
    PAYMENT_POS_CANCEL,
    PAYMENT_TIME,     /* the deadline has passed; in AUTHORISING of the server's: never,
                         the processor decides then (PAYMENT_OUTCOME) */
    PAYMENT_REMOVED,  /* an administrator has removed the device by force */
    PAYMENT_RESOLVED, /* an administrator says what became of an UNKNOWN one */
    PAYMENT_EVENTS,
};

struct payment_event {
    enum payment_event_kind kind;
    int64_t now_ms; /* wall clock */
    union {
        struct {
            uint32_t number;
            bool approved;  /* of OUTCOME and RESULT */
            int64_t due_ms; /* of ATTEMPT: when the processor decides; now_ms or before: at once */
        } attempt;
        enum payment_reason by;            /* of TERMINAL_CANCEL */
        bool reverse_if_approved;          /* of POS_CANCEL */
        enum payment_state resolved_state; /* of RESOLVED: APPROVED, DECLINED or CANCELLED */
    };
    /* Of OUTCOME and RESOLVED when the payment is UNKNOWN: its last attempt is on
     * record without an outcome (attempt_row.ended_ms is 0). The state alone does
     * not tell, for it may have been AUTHORISING or RETRY before. */
    bool last_undecided;
};

/* What an event came to. */
enum payment_verdict {
    PAYMENT_TAKEN,        /* the state may have changed; do the effects */
    PAYMENT_REPEATED,     /* said before: nothing changes, the same answer again */
    PAYMENT_LATE,         /* it crossed with something else: nothing changes, tell how it stands */
    PAYMENT_CONTRADICTED, /* the authority says otherwise than what is recorded: alarm, keep both */
    PAYMENT_UNEXPECTED,   /* breaks the rules: a bug of whoever sent it; nothing changes */
};

/* What is to be done after the commit, or in it. */
enum payment_effect {
    EFFECT_GO = 1 << 0,          /* tell the terminal: reader on; and the POS 202 */
    EFFECT_WITHDRAW = 1 << 1,    /* tell the terminal that the offer is void; the POS 409 */
    EFFECT_AUTHORISE = 1 << 2,   /* ask the processor; its answer is PAYMENT_OUTCOME */
    EFFECT_TRANSACTION = 1 << 3, /* in the commit: the last attempt's outcome and transaction,
                                    its event (RESOLVED of the terminal's: of an attempt that is
                                    not on record yet, nor its card); approved when the state is
                                    APPROVED or `reversed` is set, else declined */
    EFFECT_REVERSE = 1 << 4,     /* in the commit: a transaction that takes it back, its event */
    EFFECT_TERMINAL_CANCEL = 1 << 5, /* in the commit: the event terminalCancel */
    EFFECT_FREE_KEY = 1 << 6,        /* in the commit: the idempotency key may be used again */
    EFFECT_ASK_CANCEL = 1 << 7,      /* ask the terminal, which decides, to cancel */
    EFFECT_TELL = 1 << 8,            /* tell the terminal how the payment stands; where the
                                        event came from the terminal, that is its answer */
};

struct payment_step {
    enum payment_verdict verdict;
    unsigned effects; /* of enum payment_effect; 0 unless PAYMENT_TAKEN */
};

/* A new one: offered, with the deadline of an offer. */
struct payment payment_make(enum payment_kind kind, enum payment_authority authority,
                            int64_t now_ms);
/* The one function that changes a payment. */
struct payment_step payment_step(struct payment *payment, const struct payment_event *event);

bool payment_is_final(enum payment_state state);
/* "offered", "displayed", "tip", "card", "pin", "authorising", "retry",
 * "unknown", "approved", ...: a displayed one is where its terminal says that
 * it is. */
const char *payment_state_name(enum payment_state state, enum payment_screen screen);
const char *payment_screen_name(enum payment_screen screen);
bool payment_screen_read(struct slice word, enum payment_screen *out);
/* "customer", "cashier", "pos", "time", "lost", "not_shown", "administrator";
 * REASON_NONE has none: NULL. */
const char *payment_reason_name(enum payment_reason reason);
bool payment_reason_read(struct slice word, enum payment_reason *out);
/* "purchase", "refund". */
const char *payment_kind_name(enum payment_kind kind);

#endif
