/* The administrator's verbs, on the database, and on the running server where
 * there is one: business, user, token, device, payment, webhook, audit, data; each
 * has verbs of its own.
 *
 * A request is words; an answer goes to a sink, so that this room knows
 * nothing of JSON or sockets. Everything here blocks: never on a loop. */
#ifndef ADMIN_ADMIN_H
#define ADMIN_ADMIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/text.h"

struct admin_upkeep;
struct broker;
struct store;

enum { ADMIN_OPTIONS_MAX = 16, ADMIN_PROBLEM_SIZE = 512 };

struct admin {
    struct store *store;               /* borrowed */
    struct broker *broker;             /* borrowed; NULL when no server runs */
    const uint8_t *pin_key;            /* borrowed; SECRET_KEY_SIZE bytes */
    const char *actor;                 /* borrowed; for the audit: "uid 1000 (anna)" */
    const struct admin_upkeep *upkeep; /* borrowed (admin/data.h); NULL when no server runs */
    bool allow_loopback;               /* webhooks may lead to this machine (dev) */
};

struct admin_option {
    struct slice name; /* "api-mode", "id", "code" */
    struct slice value;
};

struct admin_request {
    struct slice noun;
    struct slice verb;
    size_t option_count;
    struct admin_option options[ADMIN_OPTIONS_MAX];
};

/* Where the answer goes: one row, or a list of rows. Texts are borrowed. */
struct admin_sink {
    /* `name`: of a list inside a row; else NULL. */
    void (*open_list)(void *context, const char *name);
    void (*close_list)(void *context);
    void (*open_row)(void *context);
    void (*close_row)(void *context);
    void (*text)(void *context, const char *name, const char *text); /* NULL text: none */
    void (*number)(void *context, const char *name, int64_t number);
    void (*flag)(void *context, const char *name, bool flag);
    void *context;
};

/* True when it is done, durable, and known to every loop of a running server.
 * False: nothing was changed, and `problem` says why in a sentence for people.
 * What reached the sink before a failure is to be thrown away. */
bool admin_run(const struct admin *admin, const struct admin_request *request,
               const struct admin_sink *sink, char problem[ADMIN_PROBLEM_SIZE]);

#endif
