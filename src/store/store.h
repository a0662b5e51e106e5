/* What survives a power cut: the verbs of the domain on SQLite.
 *
 * One writer thread takes jobs, runs each inside a savepoint, and commits up
 * to 64 of them at once (WAL, synchronous=FULL). A job is answered only after
 * the commit that holds it. Readers are threads of their own.
 *
 * Every verb that touches rows of a business takes the business's id: unknown
 * and foreign are the same FAIL_NOT_FOUND (architecture.md, Law 5). */
#ifndef STORE_STORE_H
#define STORE_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/fail.h"
#include "base/metric.h"
#include "base/task.h"
#include "store/record.h"

struct store;
struct store_tx; /* an open transaction on the writer, or a reader's view; only inside a job */

enum { STORE_BATCH_MAX = 64, STORE_QUEUE_MAX = 8192, STORE_PROBLEM_SIZE = 512 };

struct store_options {
    const char *directory; /* borrowed during the call; exists; the database is tillwire.db in it */
    bool threads;          /* false: jobs run inline in store_write and store_read (simulation) */
    unsigned readers;      /* threads; at least 1 when `threads` */
    /* Called once, on the store's thread, after an input or output error other
     * than a full disk: nothing is acknowledged after it, and the process is
     * to end non-zero (Law 9). */
    void (*broken)(void *context, enum fail fail);
    void *context; /* borrowed */
};

/* Opens or makes the database, checkpoints what a crash left, and brings the
 * schema up to date. The directory's lock is the caller's business (base/lock.h).
 * On failure a sentence for people in `problem`; FAIL_VERSION when the
 * database was made by a newer program. */
MUST_CHECK enum fail store_open(struct store **out, const struct store_options *options,
                                char problem[STORE_PROBLEM_SIZE]);
/* Runs what is queued, commits, stops the threads, sets the pointer NULL.
 * Accepts NULL. */
void store_close(struct store **store);

/* A job is embedded in the caller's own struct, and is the store's from
 * store_write or store_read until `done` runs. */
struct store_job {
    struct task task; /* of the store */
    /* On a store thread. A failure rolls this job back, not its neighbours. */
    enum fail (*run)(struct store_job *job, struct store_tx *tx);
    /* On `home`, after the commit (or the failure to commit: then nothing is
     * known, and the caller reads the row again). */
    void (*done)(struct store_job *job, enum fail fail);
    struct executor *home; /* borrowed; unused by the _wait functions */
    enum fail fail;        /* of the store */
};

/* From any thread. A full queue is answered through `done` with FAIL_LIMIT. */
void store_write(struct store *store, struct store_job *job);
void store_read(struct store *store, struct store_job *job);
/* The same, blocking: for the administrator's thread and the command line.
 * `home` and `done` are not used. */
MUST_CHECK enum fail store_write_wait(struct store *store, struct store_job *job);
MUST_CHECK enum fail store_read_wait(struct store *store, struct store_job *job);

struct store_counters {
    uint64_t commits;
    uint64_t failures; /* batches that were not committed */
    uint64_t jobs;     /* written */
    uint64_t queue;    /* jobs that wait for the writer now */
    uint64_t reading;  /* jobs that wait for a reader now */
    /* Since the last commit that went well: why the last batch was not
     * committed, and when by the machine's clock. FAIL_NONE: all went well. */
    enum fail fail;
    int64_t failed_ms;
    bool broken; /* the disk has failed: nothing is acknowledged any more */
};
struct store_counters store_counters(struct store *store);

/* How long commits take that go well, the disk's flush included; of all stores
 * of the program. */
extern struct histogram store_commit_time;

/* --- Businesses ------------------------------------------------------- */

MUST_CHECK enum fail store_business_add(struct store_tx *tx, const char *name, const char *currency,
                                        bool api_mode, int64_t now_ms, int64_t *id);
MUST_CHECK enum fail store_business_find(struct store_tx *tx, int64_t business,
                                         struct business *out);
MUST_CHECK enum fail store_business_set_name(struct store_tx *tx, int64_t business,
                                             const char *name);
MUST_CHECK enum fail store_business_set_api_mode(struct store_tx *tx, int64_t business, bool on);
MUST_CHECK enum fail store_business_set_preset(struct store_tx *tx, int64_t business, bool helcim);
/* NULL: the server's default again. */
MUST_CHECK enum fail store_business_set_rate(struct store_tx *tx, int64_t business,
                                             const struct rate_limits *rate);
/* With all that belongs to it: users, tokens, devices, payments, transactions,
 * events, its webhook. FAIL_BUSY: one of its payments is not final. */
MUST_CHECK enum fail store_business_remove(struct store_tx *tx, int64_t business);

/* --- Users ------------------------------------------------------------ */

struct store_user_new {
    int64_t business;
    const char *name;
    const char *email;             /* folded */
    const char *password_hash;     /* of password.h */
    const struct secret_hash *pin; /* keyed hash; NULL: no PIN */
    enum account_role role;
    int64_t now_ms;
};
/* FAIL_CONFLICT with `*taken` "email" or "pin"; FAIL_NOT_FOUND without the business. */
MUST_CHECK enum fail store_user_add(struct store_tx *tx, const struct store_user_new *user,
                                    int64_t *id, const char **taken);
MUST_CHECK enum fail store_user_find(struct store_tx *tx, int64_t business, int64_t id,
                                     struct user *out);
/* The only verb without a business: e-mails are unique in the system, and the
 * log-in learns the business from it. */
MUST_CHECK enum fail store_user_by_email(struct store_tx *tx, const char *email, struct user *out,
                                         char password_hash[PASSWORD_HASH_SIZE]);
MUST_CHECK enum fail store_user_by_pin(struct store_tx *tx, int64_t business,
                                       const struct secret_hash *pin, struct user *out);
/* Each field that is not NULL is changed. FAIL_CONFLICT as store_user_add. */
struct store_user_change {
    const char *name;
    const char *email;
    const char *password_hash;
    const struct secret_hash *pin;
    const enum account_role *role;
};
MUST_CHECK enum fail store_user_set(struct store_tx *tx, int64_t business, int64_t id,
                                    const struct store_user_change *change, const char **taken);
/* Also logs the user out of every device. */
MUST_CHECK enum fail store_user_remove(struct store_tx *tx, int64_t business, int64_t id);

/* --- Tokens ----------------------------------------------------------- */

struct store_token_new {
    int64_t business;
    const char *name;
    struct secret_hash hash;
    struct permissions permissions;
    int64_t now_ms;
    int64_t expires_ms; /* 0: never */
};
/* FAIL_NOT_FOUND without the business. */
MUST_CHECK enum fail store_token_add(struct store_tx *tx, const struct store_token_new *token,
                                     int64_t *id);
MUST_CHECK enum fail store_token_find(struct store_tx *tx, int64_t business, int64_t id,
                                      struct token *out);
/* For the api-token header: the token tells the business. Also one that has
 * expired: whoever asks compares expires_ms with the clock. */
MUST_CHECK enum fail store_token_by_hash(struct store_tx *tx, const struct secret_hash *hash,
                                         struct token *out);
/* By the secret that it had before its last rotation, which is good until
 * old_until_ms. */
MUST_CHECK enum fail store_token_by_old_hash(struct store_tx *tx, const struct secret_hash *hash,
                                             struct token *out);
MUST_CHECK enum fail store_token_set(struct store_tx *tx, int64_t business, int64_t id,
                                     const char *name, const struct permissions *permissions);
/* 0: never. */
MUST_CHECK enum fail store_token_set_expiry(struct store_tx *tx, int64_t business, int64_t id,
                                            int64_t expires_ms);
/* Another secret; the present one is good until `old_until_ms` (0: from now on
 * it is not), and the one before it is not from now on. */
MUST_CHECK enum fail store_token_rotate(struct store_tx *tx, int64_t business, int64_t id,
                                        const struct secret_hash *hash, int64_t old_until_ms);
MUST_CHECK enum fail store_token_used(struct store_tx *tx, int64_t business, int64_t id,
                                      int64_t wall_ms);
MUST_CHECK enum fail store_token_remove(struct store_tx *tx, int64_t business, int64_t id);

/* --- Devices ---------------------------------------------------------- */

struct store_registration {
    int64_t business;
    const char *serial;
    int64_t user;                         /* who logged in */
    bool with_code;                       /* API mode is on */
    bool proven;                          /* the connection showed a valid credential of this row */
    const struct secret_hash *credential; /* the one given now; NULL: it keeps what it has */
    int64_t now_ms;
};
/* Finds the row of (business, serial) or makes it, gives it a code if it has
 * none and may have one, and notes who is logged in. Proven: the credential
 * becomes `next` beside the current one; else it becomes the only one and the
 * old ones are retired. A removed device comes back with its old code.
 * Without a credential only a row that has one is logged in (FAIL_NOT_FOUND).
 * FAIL_LIMIT: this business has used all its device codes. */
MUST_CHECK enum fail store_device_register(struct store_tx *tx,
                                           const struct store_registration *registration,
                                           struct device *out);
/* Of these and all that follow: not removed ones. */
MUST_CHECK enum fail store_device_by_code(struct store_tx *tx, int64_t business, const char *code,
                                          struct device *out);
MUST_CHECK enum fail store_device_by_serial(struct store_tx *tx, int64_t business,
                                            const char *serial, struct device *out);
/* By current or next; `*is_next` tells which. */
MUST_CHECK enum fail store_device_by_credential(struct store_tx *tx,
                                                const struct secret_hash *credential,
                                                struct device *out, bool *is_next);
/* `next` has arrived: it becomes current and the old one is dropped. In the
 * same job as the look-up that said `*is_next`, for `next` may be replaced
 * meanwhile. FAIL_NOT_FOUND also when there is no next. */
MUST_CHECK enum fail store_device_promote(struct store_tx *tx, int64_t business, int64_t device);
/* Another credential as `next`, replacing a next that never came. */
MUST_CHECK enum fail store_device_offer_credential(struct store_tx *tx, int64_t business,
                                                   int64_t device,
                                                   const struct secret_hash *credential,
                                                   int64_t now_ms);
MUST_CHECK enum fail store_device_log_out(struct store_tx *tx, int64_t business, int64_t device);
MUST_CHECK enum fail store_device_set_name(struct store_tx *tx, int64_t business, int64_t device,
                                           const char *name);
/* Retires its credentials and its log-in; keeps the row and the code. */
MUST_CHECK enum fail store_device_remove(struct store_tx *tx, int64_t business, int64_t device);
/* The same, but it stays registered: the terminal must log in anew. */
MUST_CHECK enum fail store_device_revoke(struct store_tx *tx, int64_t business, int64_t device);
/* Another credential at its next connection. FAIL_NOT_FOUND also when it has none. */
MUST_CHECK enum fail store_device_renew(struct store_tx *tx, int64_t business, int64_t device);
MUST_CHECK enum fail store_device_seen(struct store_tx *tx, int64_t business, int64_t device,
                                       int64_t wall_ms);
/* Counts one more wrong PIN in a row, to 1000 at most; store_device_register
 * begins again at 0. */
MUST_CHECK enum fail store_device_wrong_pin(struct store_tx *tx, int64_t business, int64_t device,
                                            unsigned *wrong);
/* By the credential that was dropped last: no terminal should have it any more.
 * Also of removed ones. */
MUST_CHECK enum fail store_device_by_old_credential(struct store_tx *tx,
                                                    const struct secret_hash *credential,
                                                    struct device *out);

struct store_replacement {
    int64_t business;
    int64_t device;     /* whose terminal is broken */
    const char *serial; /* of the terminal that takes its place */
    int64_t other;      /* out: the device that this terminal was until now; 0: none */
};
/* The terminal of this serial number becomes the device, with its code, name
 * and history. Where it is registered already its credentials come with it, and
 * the broken one's serial number gets what it leaves behind: that device's
 * code, removed and without a credential. Else the next log-in of a terminal
 * of this serial number is this device. FAIL_CONFLICT: it has this serial
 * number already. */
MUST_CHECK enum fail store_device_replace(struct store_tx *tx,
                                          struct store_replacement *replacement);

/* --- Who changed what ------------------------------------------------- */

/* Never a secret in it. FAIL_INVALID for a text that is too long (struct audit
 * of record.h, whose rows these become). */
struct store_audit {
    int64_t at_ms;       /* wall clock */
    int64_t business;    /* 0: of none */
    const char *actor;   /* "uid 1000 (anna)", "user 7", "tillwire" */
    const char *action;  /* "token.rotate" */
    const char *subject; /* "token 3", "device JSV5" */
    const char *detail;  /* "name, expires"; "" for none */
};
/* In the job of the change itself. */
MUST_CHECK enum fail store_audit_add(struct store_tx *tx, const struct store_audit *audit);

/* --- The wall clock ---------------------------------------------------- */

/* When the database was last written to, as far as somebody said so; 0: never. */
MUST_CHECK enum fail store_moment(struct store_tx *tx, int64_t *wall_ms);
MUST_CHECK enum fail store_moment_set(struct store_tx *tx, int64_t wall_ms);

#endif
