/* A point of sale: it asks for payments, again where no answer came, cancels
 * some, follows them, and writes down what it was told. */
#ifndef TESTS_SIMULATION_TILL_H
#define TESTS_SIMULATION_TILL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/list.h"
#include "broker/payment_call.h"
#include "broker/payment_cancel.h"
#include "simulation/world.h"
#include "store/read.h"

enum { TILL_TEXT_SIZE = 40, TILL_SENT_MAX = 8 };

/* What it knows of one sale. */
struct till_sale {
    struct list_link link; /* till->sales */
    struct till *till;
    unsigned number;
    struct terminal *terminal;
    int64_t amount_minor;
    char invoice[TILL_TEXT_SIZE]; /* nobody else's */
    char key[TILL_TEXT_SIZE];     /* "": none */
    struct moment again;          /* no answer came */
    struct moment follow;
    struct moment cancel;
    /* its journal */
    unsigned sent;     /* calls, among them some twice */
    unsigned accepted; /* 202 */
    unsigned refused;  /* 409 not listening or busy */
    unsigned answered; /* any answer */
    int64_t payment;   /* of the 202; 0: none came */
    bool is_cancelled; /* it was told so */
    bool was_too_late; /* and what it was told then */
    enum payment_state too_late_state;
    bool reverse; /* it asked for it with a cancel */
    bool saw_final;
    enum payment_state final_state;
    uint64_t final_order; /* when the server said so first */
    unsigned cancels;
    unsigned follows;
};

struct till {
    struct world *world;
    unsigned number;
    struct shop *shop;
    struct moment think;
    bool on;
    unsigned sale_count;
    struct list sales; /* struct till_sale */
};

struct till *till_new(struct world *world, struct shop *shop);
void till_destroy(struct till **till);
/* Begins after a while. */
void till_open(struct till *till);
/* Its power goes: what it has not heard yet, it does not hear; its journal stays. */
void till_lose_power(struct till *till, int64_t delay_ms);
/* Nothing new. */
void till_calm(struct till *till);

#endif
