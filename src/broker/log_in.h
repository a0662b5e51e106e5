/* A person logs in on a terminal, and the terminal is registered with it.
 *
 * E-mail and password work everywhere; a PIN only on a terminal that has
 * proven its credential, and only for a user of that terminal's business. Who
 * guesses is locked out (docs/why/lockout.md). */
#ifndef BROKER_LOG_IN_H
#define BROKER_LOG_IN_H

#include <stdbool.h>
#include <stdint.h>

#include "base/address.h"
#include "base/metric.h"
#include "base/secret.h"
#include "base/task.h"
#include "broker/lockout.h"
#include "store/store.h"

struct broker;

enum log_in_outcome {
    LOG_IN_DONE,
    LOG_IN_WRONG,      /* unknown or wrong: never told apart */
    LOG_IN_LOCKED,     /* too many wrong ones: nothing was looked at; `wait_ms` */
    LOG_IN_PIN_LOCKED, /* too many wrong PINs on this terminal: none is looked at */
    /* This serial number is connected or has a payment that is not over, and this
     * is not it. */
    LOG_IN_SERIAL_IN_USE,
    LOG_IN_NO_CODES_LEFT, /* the business has used all its device codes */
    LOG_IN_BUSY,          /* too many log-ins at once; nothing was tried */
    LOG_IN_TROUBLE,       /* the store could not be asked */
    LOG_IN_OUTCOMES,
};

/* Passwords of unproven terminals that are checked or wait for it. The pool's
 * queue holds more: those places are kept for terminals that have proven
 * themselves, so that a crowd of strangers keeps no shop from logging in. */
enum { LOG_IN_STRANGERS_MAX = 64 };

/* Log-ins by their outcome, and terminals that were locked by wrong PINs. */
extern struct counter log_in_counters[LOG_IN_OUTCOMES];
extern struct counter log_in_pin_locks;

/* Belongs to the caller until log_in_start, then to itself until `done`, then
 * to the caller again (log_in_free wipes it). */
struct log_in {
    /* in */
    char email[ACCOUNT_EMAIL_SIZE]; /* "" when by PIN */
    char password[ACCOUNT_PASSWORD_MAX + 1];
    char pin[ACCOUNT_PIN_SIZE];
    char serial[ACCOUNT_SERIAL_SIZE];
    int64_t proven_device;   /* the terminal's credential was shown on this connection; else 0 */
    int64_t proven_business; /* of that device */
    /* The device was given a credential on this very connection, which it may
     * hold already and not have shown yet: another one would retire it. */
    bool keep_credential;
    struct address address; /* of the terminal */
    unsigned loop;
    void (*done)(struct log_in *log_in, enum log_in_outcome outcome);
    void *context; /* the caller's */
    /* out, when LOG_IN_DONE */
    struct device device;
    struct business business;
    struct user user;
    char credential[SECRET_TEXT_SIZE]; /* for the terminal to store; "" for none */
    int64_t wait_ms;                   /* when LOG_IN_LOCKED: until a log-in is looked at */
    int64_t open_payment;              /* when LOG_IN_SERIAL_IN_USE: which is not over; 0: that
                                          terminal is connected */
    /* of the log-in */
    struct broker *broker;
    uint64_t changes; /* broker_changes when it was started */
    struct lockout_place lockout;
    bool counted; /* among broker->strangers_checked */
    char password_hash[PASSWORD_HASH_SIZE];
    bool user_known;
    bool password_right;
    enum log_in_outcome outcome;
    bool pin_locks; /* this very PIN was the one too many */
    struct task task;
    struct store_job job;
};

/* NULL when there is no memory. */
struct log_in *log_in_new(void);
/* Accepts NULL; sets the pointer NULL. */
void log_in_free(struct log_in **log_in);
void log_in_start(struct broker *broker, struct log_in *log_in);

/* Keyed, so that a stolen database alone does not tell the PINs. */
struct secret_hash log_in_pin_hash(const uint8_t key[SECRET_KEY_SIZE], int64_t business,
                                   const char *pin);

#endif
