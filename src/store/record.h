/* The rows that other rooms see, as values. */
#ifndef STORE_RECORD_H
#define STORE_RECORD_H

#include <stdbool.h>
#include <stdint.h>

#include "base/password.h"
#include "base/secret.h"
#include "core/account.h"
#include "core/card.h"
#include "core/code.h"
#include "core/payment.h"
#include "core/permission.h"
#include "core/rate.h"

/* Every moment is milliseconds since 1970 UTC; 0 where it never was. */

struct business {
    int64_t id; /* from 1 */
    char name[ACCOUNT_NAME_SIZE];
    char currency[ACCOUNT_CURRENCY_SIZE];
    bool api_mode;
    /* Behaves in everything that differs as Helcim does (contract.md, Common). */
    bool preset_helcim;
    bool rate_is_own; /* `rate` was set by an administrator; else the server's default holds */
    struct rate_limits rate;
    unsigned processor; /* enum processor_kind */
    int64_t created_ms;
};

struct user {
    int64_t id;
    int64_t business;
    char name[ACCOUNT_NAME_SIZE];
    char email[ACCOUNT_EMAIL_SIZE]; /* folded: unique in the system */
    enum account_role role;
    bool has_pin;
    int64_t created_ms;
};

struct token {
    int64_t id;
    int64_t business;
    char name[ACCOUNT_NAME_SIZE];
    struct permissions permissions;
    int64_t created_ms;
    int64_t expires_ms;   /* 0: never */
    int64_t used_ms;      /* when it was last used, to the minute */
    int64_t old_until_ms; /* until then the secret before the last rotation is good; 0: it is not */
};

/* A Smart Terminal of a business. The row lives for ever: a removed one keeps
 * its code, so that it gets it back when it registers again. */
struct device {
    int64_t id;
    int64_t business;
    char serial[ACCOUNT_SERIAL_SIZE];
    char code[CODE_SIZE];         /* "": registered while API mode was off */
    char name[ACCOUNT_NAME_SIZE]; /* given by an administrator; "" at first */
    int64_t user;                 /* who is logged in on it; 0: nobody */
    int64_t created_ms;           /* when it got its code; before that, when it first logged in */
    int64_t credential_ms;        /* when the newest credential was given */
    int64_t seen_ms;              /* when it was last connected, to the minute */
    unsigned wrong_pins;          /* in a row, on this terminal */
    bool has_credential;          /* else somebody must log in with e-mail and password */
    bool renew;                   /* it gets another credential at its next connection */
    bool removed;
};

/* Who changed what, and when. Sizes in bytes. */
enum { AUDIT_WORDS_SIZE = 81, AUDIT_ACTION_SIZE = 41, AUDIT_DETAIL_SIZE = 1025 };
struct audit {
    int64_t id;
    int64_t at_ms;
    int64_t business; /* 0: of none */
    char actor[AUDIT_WORDS_SIZE];
    char action[AUDIT_ACTION_SIZE];
    char subject[AUDIT_WORDS_SIZE];
    char detail[AUDIT_DETAIL_SIZE];
};

/* --- Payments ------------------------------------------------------------- */

/* A payment: what was asked for, and how it stands. */
struct payment_row {
    int64_t id;
    int64_t business;
    int64_t device;
    char code[CODE_SIZE]; /* of the device, as it is now */
    int64_t token;        /* whose call began it */
    struct payment payment;
    char currency[ACCOUNT_CURRENCY_SIZE];
    int64_t amount_minor;
    char invoice[PAYMENT_INVOICE_SIZE];  /* as the POS sent it, or "" */
    char customer[PAYMENT_INVOICE_SIZE]; /* likewise */
    int64_t original;                    /* of a refund: what it gives back; 0: none */
    char key[PAYMENT_KEY_SIZE];          /* "": none, or free again */
    int64_t approved;                    /* the approved transaction's id; 0: none */
    int64_t created_ms;
    int64_t ended_ms; /* 0 while it is not final */
};

/* A card presented for a payment, and what came of it. */
struct attempt_row {
    uint32_t number;
    int64_t began_ms;
    int64_t due_ms;   /* when the processor decides, until it has */
    int64_t ended_ms; /* 0: undecided */
    bool approved;
    bool duplicate; /* the suspected-duplicate rule holds against it */
    struct card card;
    char reason[PAYMENT_REASON_SIZE]; /* of a decline */
    char approval_code[PAYMENT_APPROVAL_SIZE];
    int64_t transaction; /* 0: none yet */
};

enum transaction_type { TRANSACTION_PURCHASE, TRANSACTION_REFUND, TRANSACTION_REVERSE };

/* A card transaction, as the API shows it (contract.md, Results). */
struct transaction_row {
    int64_t id;
    int64_t business;
    int64_t payment;
    uint32_t attempt;
    int64_t device;
    int64_t created_ms;
    int64_t batch;
    bool approved;
    enum transaction_type type;
    char user[ACCOUNT_NAME_SIZE]; /* who was logged in on the terminal */
    int64_t amount_minor;
    char currency[ACCOUNT_CURRENCY_SIZE];
    enum card_brand brand;
    enum card_kind kind;
    char approval_code[PAYMENT_APPROVAL_SIZE];
    char card_token[CARD_TOKEN_SIZE];
    char first_six[CARD_FIRST_SIZE];
    char last_four[CARD_LAST_SIZE];
    char holder[CARD_HOLDER_SIZE];
    char customer[PAYMENT_INVOICE_SIZE];
    char invoice[PAYMENT_INVOICE_SIZE];
    char warning[PAYMENT_REASON_SIZE];
};

/* --- Events and webhooks ----------------------------------------------------- */

enum event_kind { EVENT_CARD_TRANSACTION, EVENT_TERMINAL_CANCEL, EVENT_KINDS };

/* Where a business's events go. Wipe it: it holds secrets. */
enum { WEBHOOK_URL_SIZE = 1025, WEBHOOK_SECRET_SIZE = 32 };
struct webhook {
    int64_t business;
    char url[WEBHOOK_URL_SIZE];
    unsigned events; /* bits 1 << enum event_kind */
    uint8_t secret[WEBHOOK_SECRET_SIZE];
    bool has_old_secret; /* good until old_until_ms beside the new one */
    uint8_t old_secret[WEBHOOK_SECRET_SIZE];
    int64_t old_until_ms;
    int64_t created_ms;
};

enum delivery_state { DELIVERY_WAITING, DELIVERY_DELIVERED, DELIVERY_DEAD };
enum { DELIVERY_MESSAGE_SIZE = 41, DELIVERY_PROBLEM_SIZE = 257 };

/* One event on its way to a webhook, with what its body says. */
struct delivery_row {
    int64_t id;
    int64_t business;
    int64_t event;   /* its number */
    int64_t payment; /* its events go in order */
    enum event_kind kind;
    char message_id[DELIVERY_MESSAGE_SIZE]; /* "msg_...": the same on every attempt */
    enum delivery_state state;
    unsigned attempts; /* since it was made, or resent */
    int64_t next_ms;   /* not before, while it waits */
    int64_t created_ms;
    int64_t ended_ms;    /* 0 while it waits */
    int64_t at_ms;       /* when it happened */
    int64_t transaction; /* of cardTransaction */
    /* of terminalCancel: what the POS sent */
    char code[CODE_SIZE];
    char currency[ACCOUNT_CURRENCY_SIZE];
    int64_t amount_minor;
    char invoice[PAYMENT_INVOICE_SIZE];
    char customer[PAYMENT_INVOICE_SIZE];
};

/* What came of one attempt at a delivery. */
struct delivery_attempt {
    unsigned number; /* over its whole life */
    int64_t at_ms;
    int64_t took_ms;
    int status;                          /* 0: no answer */
    char problem[DELIVERY_PROBLEM_SIZE]; /* why not; "" when it was taken */
};

#endif
