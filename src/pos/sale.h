/* A sale from a point of sale: asked for, followed to its end, cancelled where
 * the person wants that, and told truthfully (contract.md, Devices, What no
 * vendor offers and we add).
 *
 * A 202 with a Location is followed there. An API that gives none, as Helcim's,
 * is asked for transactions with the sale's invoice number: that shows approvals
 * and declines, but neither a cancel nor where the terminal is. What this sale
 * has not been told it does not know, and says so: a time-out is never an
 * outcome (architecture.md, Law 3).
 *
 * It blocks, and reaches the world through struct pos_api only. */
#ifndef POS_SALE_H
#define POS_SALE_H

#include <stdbool.h>
#include <stdint.h>

#include "pos/ask.h"

enum {
    SALE_START_MS = 30000,   /* for an answer to the request, with its repeats */
    SALE_SILENCE_MS = 60000, /* without an answer while it is followed */
    SALE_AFTER_MS = 60000,   /* from an asked cancel until it stops following */
    SALE_WAIT_FIRST_MS = 200,
    SALE_WAIT_MAX_MS = 1000,
    SALE_WAIT_LIMITED_MS = 5000, /* after a 429 */
};

/* How it ended. */
enum sale_end {
    SALE_APPROVED,
    SALE_DECLINED,
    SALE_CANCELLED,   /* `payment.reason` says by whom; reversed: with an approval taken back */
    SALE_EXPIRED,     /* nobody presented a card in time */
    SALE_NOT_STARTED, /* for certain; `refusal` and `problem` say why */
    SALE_UNKNOWN,     /* `problem` says why */
};

enum sale_step_kind {
    SALE_STEP_SHOWN,     /* 202; `payment.id` is 0 where there was no Location */
    SALE_STEP_STATE,     /* `payment.state` is another one, not final */
    SALE_STEP_DECLINE,   /* `text` is its reason, `transaction` its id */
    SALE_STEP_AGAIN,     /* the request is repeated with the same key; `text` says why */
    SALE_STEP_SEARCH,    /* the terminal takes no sale now (`text`), perhaps because of this
                            one: it is looked for by its invoice number */
    SALE_STEP_TROUBLE,   /* an answer did not come or was none, it is asked again; `text` */
    SALE_STEP_LIMIT,     /* the time for the sale is over: it is to be cancelled */
    SALE_STEP_CANCEL,    /* the API has answered a cancel: `text` is its result */
    SALE_STEP_NO_CANCEL, /* there is no way to cancel it from here */
};

struct sale_step {
    enum sale_step_kind kind;
    const char *text; /* NULL: none; borrowed during the call */
    int64_t transaction;
};

struct sale {
    /* in; all borrowed */
    const struct pos_api *api;
    const char *code;
    const char *amount; /* the text of a JSON number */
    const char *currency;
    const char *invoice;
    const char *customer; /* NULL: none */
    const char *key;
    bool is_repeat;   /* the key may have been used before: an earlier transaction
                         of the invoice number may be this sale's */
    int64_t limit_ms; /* after this a cancel is asked for */
    void (*on_step)(void *context, const struct sale *sale, const struct sale_step *step);
    void *context;
    /* out */
    enum sale_end end;
    bool is_sent;                       /* the request for it went out at least once */
    enum pos_outcome refusal;           /* of SALE_NOT_STARTED */
    struct pos_payment payment;         /* as last seen; id 0: there was no Location */
    struct pos_transaction transaction; /* the last one seen; id 0: none */
    char problem[POS_PROBLEM_SIZE];
};

void sale_run(struct sale *sale);

/* "approved", "declined", ... "not_started", "unknown": for scripts. */
const char *sale_end_name(enum sale_end end);

#endif
