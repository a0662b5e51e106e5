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
