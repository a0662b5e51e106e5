/* A terminal that was here before comes back and shows its credential. */
#ifndef BROKER_ARRIVAL_H
#define BROKER_ARRIVAL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/secret.h"
#include "store/store.h"

struct broker;

enum arrival_outcome {
    ARRIVAL_UNKNOWN,    /* no terminal has this credential (any more), or it is too old */
    ARRIVAL_LOGGED_OUT, /* known, but nobody is logged in on it */
    ARRIVAL_LOGGED_IN,
    ARRIVAL_TROUBLE, /* the store could not be asked */
};

/* A credential older than this is renewed when it is shown. */
#define ARRIVAL_RENEW_MS (30LL * 24 * 60 * 60 * 1000)
/* So far ahead of the wall clock a credential's age means nothing: the clock
 * was set back, and the credential is renewed. */
#define ARRIVAL_AHEAD_MS (5LL * 60 * 1000)

/* The caller's from arrival_new; its own between arrival_start and `done`. */
struct arrival {
    /* in */
    struct secret_hash credential;
    char serial[ACCOUNT_SERIAL_SIZE];
    /* Not 0: look once more for a terminal of this business, and change nothing:
     * by the credential, or by the serial number when it has just registered. */
    int64_t again;
    bool by_serial;
    unsigned loop;
    void (*done)(struct arrival *arrival, enum arrival_outcome outcome);
    void *context; /* the caller's */
    /* out, unless ARRIVAL_UNKNOWN or ARRIVAL_TROUBLE */
    struct device device;
    struct business business;
    struct user user;            /* when ARRIVAL_LOGGED_IN */
    bool open_payment;           /* likewise: one was not final when it was looked up */
    char next[SECRET_TEXT_SIZE]; /* a credential for the terminal to store; "" for none */
    /* of the arrival */
    struct broker *broker;
    uint64_t changes; /* broker_changes when it was started */
    bool is_next;
    bool logged_in;
    bool was_dropped; /* `device` had this credential until another one took its place */
    bool has_ended;   /* `device` has it, and it is too old */
    struct store_job job;
};

/* NULL when there is no memory. */
struct arrival *arrival_new(void);
/* Accepts NULL; sets the pointer NULL. */
void arrival_free(struct arrival **arrival);
void arrival_start(struct broker *broker, struct arrival *arrival);

#endif
