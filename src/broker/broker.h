/* The broker runs the rules: it knows the store, who is connected, and the
 * loops on which the doors live. One for the whole program. */
#ifndef BROKER_BROKER_H
#define BROKER_BROKER_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/fail.h"
#include "base/pool.h"
#include "base/secret.h"
#include "base/task.h"
#include "broker/guard.h"
#include "broker/lockout.h"
#include "broker/port.h"
#include "broker/presence.h"
#include "broker/rate.h"
#include "core/rate.h"
#include "store/store.h"

enum { BROKER_LOOPS_MAX = 16 };

struct access_cache;
struct conflict_table;
struct payment_clock;
struct payment_watch_table;
struct usage;

struct broker {
    struct store *store;    /* borrowed */
    struct pool *passwords; /* borrowed: argon2id runs here */
    struct port port;
    struct presence_table presence;
    struct rate_table rates;
    struct rate_limits rate;       /* of businesses that have none of their own */
    struct guard unknown_tokens;   /* of an address */
    struct guard unknown_codes;    /* of a business */
    struct lockout_table lockouts; /* of wrong passwords */
    atomic_uint strangers_checked; /* passwords on unproven terminals that wait or are checked */
    unsigned loop_count;
    struct executor *loops[BROKER_LOOPS_MAX];      /* borrowed */
    struct access_cache *access[BROKER_LOOPS_MAX]; /* owned; each used on its loop only */
    struct usage *usage;                           /* owned */
    struct conflict_table *conflicts;              /* owned */
    struct payment_watch_table *watches;           /* owned */
    struct payment_clock *clock;                   /* owned */
    int64_t credential_life_ms;
    uint8_t pin_key[SECRET_KEY_SIZE];
    atomic_bool stopping;
    atomic_uint_fast64_t changes;
};

struct broker_options {
    struct store *store;
    struct pool *passwords;
    const struct port *port;
    unsigned loop_count;
    struct executor *const *loops;
    const uint8_t *pin_key;     /* SECRET_KEY_SIZE bytes */
    struct rate_limits rate;    /* of businesses that have none of their own */
    int64_t credential_life_ms; /* a terminal's credential older than this is unknown; 0: never */
};
MUST_CHECK enum fail broker_create(struct broker **out, const struct broker_options *options);
/* After the loops and the store have stopped. Accepts NULL; sets it NULL. */
void broker_destroy(struct broker **broker);

/* From now on nothing new reaches the store: jobs are answered FAIL_CLOSED. */
void broker_stop(struct broker *broker);
/* Then a late answer of the store must begin nothing new: at the end the store
 * and the password pool are gone before the last answers are run. */
bool broker_is_stopping(const struct broker *broker);

/* The store's jobs, unless the broker is stopping; `done` runs on loop `loop`. */
void broker_write(struct broker *broker, struct store_job *job, unsigned loop);
void broker_read(struct broker *broker, struct store_job *job, unsigned loop);

/* Counts the administrator's changes. Whoever read the store before a change
 * and acts on it after the loops were told must read again: it notes the count
 * before it reads and compares when it acts. */
uint64_t broker_changes(const struct broker *broker);

/* Counts a committed change, then tells every loop; returns when all know it.
 * Never from a loop. */
void broker_api_mode_changed(struct broker *broker, int64_t business, bool on);
void broker_device_removed(struct broker *broker, int64_t business, int64_t device);
void broker_device_revoked(struct broker *broker, int64_t business, int64_t device);
void broker_device_moved(struct broker *broker, int64_t business, int64_t device);
/* The broken terminal is told that it is removed, the one that was `other` that
 * it is to connect again. One with `serial` that connects as `device` between
 * the commit and this call is right already. */
struct broker_replacement {
    int64_t business;
    int64_t device;
    int64_t other; /* 0: none */
    const char *serial;
};
void broker_device_replaced(struct broker *broker, const struct broker_replacement *replacement);
void broker_business_removed(struct broker *broker, int64_t business);
void broker_user_removed(struct broker *broker, int64_t business, int64_t user);

/* Runs `each` once on every loop and waits for all. Never from a loop. */
void broker_on_every_loop(struct broker *broker,
                          void (*each)(struct broker *broker, unsigned loop, const void *argument),
                          const void *argument);

#endif
