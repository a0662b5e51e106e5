/* A person logs in on a terminal, and the terminal is registered with it.
 *
 * E-mail and password work everywhere; a PIN only on a terminal that has
 * proven its credential, and only for a user of that terminal's business. */
#ifndef BROKER_LOG_IN_H
#define BROKER_LOG_IN_H

#include <stdbool.h>
#include <stdint.h>

#include "base/secret.h"
#include "base/task.h"
#include "store/store.h"

struct broker;

enum log_in_outcome {
    LOG_IN_DONE,
    LOG_IN_WRONG,         /* unknown or wrong: never told apart */
    LOG_IN_SERIAL_IN_USE, /* this serial number is connected, and this is not it */
    LOG_IN_NO_CODES_LEFT, /* the business has used all its device codes */
    LOG_IN_BUSY,          /* too many log-ins at once; nothing was tried */
    LOG_IN_TROUBLE,       /* the store could not be asked */
};

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
    unsigned loop;
    void (*done)(struct log_in *log_in, enum log_in_outcome outcome);
    void *context; /* the caller's */
    /* out, when LOG_IN_DONE */
    struct device device;
    struct business business;
    struct user user;
    char credential[SECRET_TEXT_SIZE]; /* for the terminal to store; "" for none */
    /* of the log-in */
    struct broker *broker;
    uint64_t changes; /* broker_changes when it was started */
    char password_hash[PASSWORD_HASH_SIZE];
    bool user_known;
    bool password_right;
    enum log_in_outcome outcome;
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
