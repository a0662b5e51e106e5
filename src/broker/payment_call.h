/* A payment begins: from the POS's call to the terminal's screen, and the
 * decision whether a sale is started (architecture.md, Law 4).
 *
 *   caller's loop    look up the terminal, one store job: the row and its key
 *   terminal's loop  port.offer; the terminal shows the amount, or does not
 *   terminal's loop  one store job: go, or refused
 *   terminal's loop  port.offer_decided: go, or withdraw
 *   caller's loop    done: 202, or 409
 *
 * In one place, the terminal's loop, either the terminal's word or the end of
 * its time is taken, never both. */
#ifndef BROKER_PAYMENT_CALL_H
#define BROKER_PAYMENT_CALL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/list.h"
#include "base/metric.h"
#include "base/task.h"
#include "broker/payment_run.h"
#include "broker/payment_wait.h"
#include "core/account.h"
#include "core/code.h"
#include "core/payment.h"
#include "store/payment.h"

struct broker;

enum payment_answer {
    PAYMENT_ACCEPTED,      /* go is committed: 202 */
    PAYMENT_NO_DEVICE,     /* this business has no such device: 404 */
    PAYMENT_NOT_LISTENING, /* no sale was started and none will be: 409 */
    PAYMENT_BUSY,          /* a payment is not final on the device: 409 */
    PAYMENT_KEY_TAKEN,     /* the key belongs to another request: 409 */
    PAYMENT_CURRENCY,      /* not the business's: 400 */
    PAYMENT_TROUBLE,       /* the store could not be asked, or has no room: 503; with a key, the
                              same request again tells what became of it */
};
enum { PAYMENT_ANSWERS = PAYMENT_TROUBLE + 1 };

/* Of the whole program: what payments' calls came to, and how long it took from
 * the call to the terminal's word that it shows the amount. */
extern struct counter payment_answers[PAYMENT_ANSWERS];
extern struct histogram payment_screen_time;

/* The caller's, from payment_call_new to payment_call_free; its own between
 * payment_call_start and `done`. */
struct payment_call {
    /* in */
    int64_t business;
    int64_t token;
    bool preset_helcim; /* a key is forgotten after PAYMENT_KEY_LIFE_HELCIM_MS */
    char code[CODE_SIZE];
    enum payment_kind kind;
    char currency[ACCOUNT_CURRENCY_SIZE]; /* of a refund: "", the business's */
    int64_t amount_minor;
    char invoice[PAYMENT_INVOICE_SIZE];
    char customer[PAYMENT_INVOICE_SIZE];
    int64_t original;
    char key[PAYMENT_KEY_SIZE]; /* "": none */
    unsigned loop;              /* the caller's, on which `done` runs */
    void (*done)(struct payment_call *call, enum payment_answer answer);
    void *context; /* the caller's */
    /* out, when PAYMENT_ACCEPTED: also of an earlier call with the same key */
    int64_t payment;
    /* of the door, on the terminal's loop */
    struct payment_row row; /* what is offered */
    void *terminal;         /* the session that was asked to show it; NULL: it has gone */
    struct list_link due;
    int64_t due_ms;
    /* of the broker */
    struct broker *broker;
    enum payment_answer answer;
    enum {
        CALL_ANSWERED, /* `answer` says what */
        CALL_OFFERED,  /* `row` is a new payment, to be offered */
        CALL_AGAIN,    /* `row` is an earlier call's payment, which is undecided */
    } next;
    unsigned terminal_loop;
    unsigned hops;
    bool listening; /* a terminal was connected and ready for payments when the call came */
    bool go;        /* what the job on the terminal's loop is to decide, and has decided */
    int64_t began_ns;
    struct payment_run run; /* of the decision */
    struct task task;
    struct payment_wait wait; /* for an earlier call's payment */
    struct store_job job;
};

/* NULL when there is no memory; all zeros. */
struct payment_call *payment_call_new(void);
/* Accepts NULL; sets the pointer NULL. */
void payment_call_free(struct payment_call **call);
/* On the caller's loop. */
void payment_call_start(struct broker *broker, struct payment_call *call);

/* Of the door, on the terminal's loop; exactly one of them, once, after
 * port.offer. port.offer_decided follows if call->terminal is not NULL then. */
void payment_call_shown(struct payment_call *call);
void payment_call_missed(struct payment_call *call);

#endif
