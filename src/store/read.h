/* Queries for lists, for the doors and the administrator. */
#ifndef STORE_READ_H
#define STORE_READ_H

#include <stddef.h>
#include <stdint.h>

#include "base/fail.h"
#include "base/task.h"
#include "store/record.h"
#include "store/store.h"

enum { READ_DEVICES_MAX = 100 };

struct read_device {
    char code[CODE_SIZE];
    int64_t created_ms;
};

/* GET /devices: those with a code, oldest first. Embedded in the caller's
 * struct, which keeps it until `done`. */
struct read_devices {
    /* in */
    int64_t business;
    char code_part[CODE_SIZE]; /* upper case; "" for all */
    unsigned limit;            /* 1 to READ_DEVICES_MAX */
    uint64_t offset;
    struct executor *home;
    void (*done)(struct read_devices *query);
    /* out */
    enum fail fail;
    size_t count;
    struct read_device rows[READ_DEVICES_MAX];
    /* of the store */
    struct store_job job;
};
void read_devices_start(struct store *store, struct read_devices *query);

/* GET /devices/{code}/payments/{id}. Embedded in the caller's struct. */
enum { READ_ATTEMPTS_MAX = PAYMENT_ATTEMPTS_MAX };
struct read_payment {
    /* in */
    int64_t business;
    char code[CODE_SIZE];
    int64_t payment;
    struct executor *home;
    void (*done)(struct read_payment *query);
    /* out; FAIL_NOT_FOUND: no such device, or no such payment on it */
    enum fail fail;
    bool device_found;
    struct payment_row row;
    size_t attempt_count;
    struct attempt_row attempts[READ_ATTEMPTS_MAX];
    /* of the store */
    struct store_job job;
};
void read_payment_start(struct store *store, struct read_payment *query);

/* GET /devices/{code}/payments, newest first. */
enum { READ_PAYMENTS_MAX = 100 };
struct read_payments {
    /* in */
    int64_t business;
    char code[CODE_SIZE];
    unsigned limit; /* 1 to READ_PAYMENTS_MAX */
    int64_t before; /* only those with a smaller id; 0: from the newest */
    bool open_only; /* only those that are not final */
    struct executor *home;
    void (*done)(struct read_payments *query);
    /* out; FAIL_NOT_FOUND: no such device */
    enum fail fail;
    size_t count;
    struct payment_row rows[READ_PAYMENTS_MAX];
    /* of the store */
    struct store_job job;
};
void read_payments_start(struct store *store, struct read_payments *query);

/* GET /card-transactions/{id}: FAIL_NOT_FOUND unknown or foreign. */
struct read_transaction {
    /* in */
    int64_t business;
    int64_t transaction;
    struct executor *home;
    void (*done)(struct read_transaction *query);
    /* out */
    enum fail fail;
    struct transaction_row row;
    /* of the store */
    struct store_job job;
};
void read_transaction_start(struct store *store, struct read_transaction *query);

/* GET /card-transactions, newest first. */
enum { READ_TRANSACTIONS_MAX = 1000, READ_SEARCH_SIZE = 129 };
struct read_transactions {
    /* in; empty or 0: not asked for */
    int64_t business;
    int64_t from_ms;               /* created at or after */
    int64_t until_ms;              /* created before */
    char search[READ_SEARCH_SIZE]; /* part of the amount's text, of first six + last four, of the
                                      holder's name or of the approval code; any case */
    char customer[PAYMENT_INVOICE_SIZE];
    char invoice[PAYMENT_INVOICE_SIZE];
    char card_token[CARD_TOKEN_SIZE];
    int64_t batch;
    unsigned limit; /* 1 to READ_TRANSACTIONS_MAX */
    uint64_t offset;
    struct executor *home;
    void (*done)(struct read_transactions *query);
    /* out */
    enum fail fail;
    size_t count;
    struct transaction_row *rows; /* borrowed until `done` returns */
    /* of the store */
    struct store_job job;
};
void read_transactions_start(struct store *store, struct read_transactions *query);

/* Payments of a business for the administrator, inside a job, newest first;
 * `open_only`: those that are not final. */
MUST_CHECK enum fail read_payment_rows(struct store_tx *tx, int64_t business, bool open_only,
                                       int64_t limit,
                                       void (*each)(void *context, const struct payment_row *row),
                                       void *context);

/* An event of a payment, for the administrator, with its delivery if there is one. */
struct event_row {
    int64_t number;
    enum event_kind kind;
    int64_t at_ms;
    int64_t transaction; /* of EVENT_CARD_TRANSACTION */
    int64_t delivery;    /* 0: none, no webhook wanted it */
    enum delivery_state state;
};
/* In order of their numbers, inside a job. It walks through all events of the
 * business: not for a door. */
MUST_CHECK enum fail read_payment_events(struct store_tx *tx, int64_t business, int64_t payment,
                                         void (*each)(void *context, const struct event_row *row),
                                         void *context);

/* Whole lists, inside a job: `each` is called once a row, in order of id. */
MUST_CHECK enum fail read_businesses(struct store_tx *tx,
                                     void (*each)(void *context, const struct business *row),
                                     void *context);
MUST_CHECK enum fail read_users(struct store_tx *tx, int64_t business,
                                void (*each)(void *context, const struct user *row), void *context);
MUST_CHECK enum fail read_tokens(struct store_tx *tx, int64_t business,
                                 void (*each)(void *context, const struct token *row),
                                 void *context);
MUST_CHECK enum fail read_device_rows(struct store_tx *tx, int64_t business,
                                      void (*each)(void *context, const struct device *row),
                                      void *context);

/* The last `limit` rows of the audit, newest first; of every business, or of
 * one. */
MUST_CHECK enum fail read_audit(struct store_tx *tx, int64_t limit,
                                void (*each)(void *context, const struct audit *row),
                                void *context);
MUST_CHECK enum fail read_audit_of(struct store_tx *tx, int64_t business, int64_t limit,
                                   void (*each)(void *context, const struct audit *row),
                                   void *context);

#endif
