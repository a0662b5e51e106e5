/* A payment on a Smart Terminal, as a pure machine beside its life (life.h): no
 * socket, disk, clock or chance. It is told what happened and answers with what
 * is to be done (docs/terminal-protocol.md, Payments).
 *
 * It holds one payment at most: the offer that is shown, then the sale that go
 * has started, until the server has said that nothing more happens with it.
 * Whatever the server may act upon is durable before it is sent, and said in a
 * line before that: the lines are the terminal's journal.
 *
 * The effects of one step are done in their order. Texts in effects are
 * borrowed from the event and from the sale, until the next step. */
#ifndef TERMINAL_SALE_H
#define TERMINAL_SALE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/fail.h"
#include "base/text.h"
#include "terminal/person.h"
#include "terminal/sale_record.h"
#include "wire/terminal_message.h"

enum {
    SALE_EFFECTS_MAX = 8,
    SALE_BACKSTOP_SPARE_SECONDS = 30, /* past the customer's own time limit */
};

enum sale_state {
    SALE_IDLE,     /* no payment */
    SALE_OFFERED,  /* the amount is shown, the reader off; dies with its connection */
    SALE_STARTING, /* go was taken, and is on its way to the disk; the reader off */
    SALE_CARD,     /* the reader is on */
    SALE_PIN,      /* a card was presented, and asks for its PIN */
    SALE_DECIDING, /* the terminal's own application is at work */
    SALE_KEEPING,  /* what is to be said is on its way to the disk */
    SALE_SAYING,   /* it is durable; said on each connection until it is answered */
    SALE_RETRY,    /* declined; Try again is offered */
    SALE_OVER,     /* its outcome is final; payment_ended is to come */
    SALE_STATES,
};

enum sale_timer {
    SALE_TIMER_STEP,     /* the offer's life, the person's thinking, the application's work */
    SALE_TIMER_BACKSTOP, /* no word from the server */
    SALE_TIMERS,
};

enum sale_event_kind {
    SALE_BEGIN,    /* the terminal was switched on, before anything else */
    SALE_KNOWN,    /* the server knows this terminal, and wants a log-in first: a result may
                      be said even so */
    SALE_WELCOMED, /* there is a connection that payments may be talked of on */
    SALE_LOST,     /* there is none any more */
    SALE_MESSAGE,  /* of payments; an offer only while the terminal is ready */
    SALE_STORED,   /* all that was asked to be stored is durable, or that failed */
    SALE_DUE,      /* what SALE_WAIT asked for is over */
    SALE_TOLD,     /* a person does something by themselves; see sale_awaits */
};

struct sale_event {
    enum sale_event_kind kind;
    union {
        struct {
            const struct terminal_message *message;
            int64_t now_ms; /* monotonic */
        } heard;
        enum fail stored;
        struct {
            enum sale_timer timer;
            uint64_t chance; /* a random number */
        } due;
        struct person_command told;
    };
};

enum sale_effect_kind {
    SALE_SEND,
    SALE_STORE, /* the record durably, then SALE_STORED */
    SALE_WAIT,  /* then SALE_DUE; a timer that runs begins anew */
    SALE_STOP,  /* the timer, if it runs */
    SALE_SAY,
};

enum sale_saying {
    SALE_SAY_OFFERED,
    SALE_SAY_WITHDRAWN, /* `word`: why */
    SALE_SAY_GO,
    SALE_SAY_CARD,           /* presented, as the card of the effect says */
    SALE_SAY_RESULT,         /* the terminal's own decision, in the record */
    SALE_SAY_CANCEL,         /* `word`: by whom */
    SALE_SAY_UNSENT,         /* `word`: the message that the server does not have for sure */
    SALE_SAY_RESUMED,        /* `word`: the message with which it is talked of again */
    SALE_SAY_APPROVED,       /* `text`: the approval code */
    SALE_SAY_DECLINED,       /* `text`: the reason */
    SALE_SAY_ENDED,          /* `word`: the state, `text`: the reason */
    SALE_SAY_RESULT_REFUSED, /* `text`: the server's message */
    SALE_SAYINGS,
};

struct sale_effect {
    enum sale_effect_kind kind;
    union {
        struct {
            enum terminal_message_type type;
            int64_t payment;  /* of all but TERMINAL_ATTEMPT and TERMINAL_RESULT */
            const char *word; /* by whom, or which screen; static */
        } send;
        struct {
            enum sale_timer timer;
            int64_t delay_ms;
        } wait;
        enum sale_timer stop;
        struct {
            enum sale_saying what;
            int64_t payment;
            uint32_t attempt;
            int64_t transaction;
            bool final;                       /* of DECLINED */
            const struct sale_record *record; /* of OFFERED, RESULT and RESUMED */
            const struct card *card;          /* of CARD */
            struct slice word;
            struct slice text;
        } say;
    };
};

struct sale_effects {
    size_t count;
    struct sale_effect list[SALE_EFFECTS_MAX];
};

struct sale {
    enum sale_state state;
    struct sale_record record; /* durable from SALE_CARD on, but for what was answered meanwhile */
    struct person person;
    bool online;
    int64_t offered_ms;               /* of SALE_OFFERED */
    struct card card;                 /* of SALE_PIN and SALE_DECIDING */
    enum payment_reason cancel_asked; /* the server wants it cancelled, and by whom */
};

/* `record` as it is on disk: a payment in it is talked of again. */
void sale_init(struct sale *sale, const struct sale_record *record, const struct person *person);

/* The one function that makes anything happen. */
void sale_step(struct sale *sale, const struct sale_event *event, struct sale_effects *effects);

/* Whether a result of this terminal is unanswered: it is said before a log-in. */
bool sale_keeps_result(const struct sale *sale);
/* The same, also while it is on its way to the disk: then its credential is kept. */
bool sale_has_result(const struct sale *sale);

/* Whether the act makes sense now. */
bool sale_awaits(const struct sale *sale, enum person_act act);

#endif
