/* The webhook of one business, with what is on its way to it. In memory while
 * something waits. Private to hook/. */
#ifndef HOOK_ENDPOINT_H
#define HOOK_ENDPOINT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/fail.h"
#include "base/list.h"
#include "store/record.h"

struct courier;

enum endpoint_state {
    ENDPOINT_GOOD,    /* takes what comes, several at once */
    ENDPOINT_FAILING, /* it has failed; what is still on its way is waited for */
    ENDPOINT_RESTING, /* its oldest delivery waits for the next attempt */
    ENDPOINT_PROBING, /* this attempt is made, and nothing else */
};

struct endpoint {
    struct courier *courier;
    int64_t business;
    enum endpoint_state state;
    struct list_link link;
    struct list_link turn;
    struct list letters; /* struct letter, in the order of their loading */
    bool known;          /* the first load has said whether it fails */
    bool look;           /* the store may have something that is not here */
    bool stale;          /* it was woken while it was loading */
    bool loading;
    unsigned at_once;       /* letters on their way: grows as they are taken */
    int64_t next_ms;        /* when another delivery is due; INT64_MAX: none waits for its time */
    int64_t pause_ms;       /* nothing before, after trouble of ours */
    int64_t alarm_ms;       /* when it wants a turn; INT64_MAX: not */
    int64_t probe;          /* the delivery that is tried while it fails; 0: the oldest */
    int64_t probe_ms;       /* when: as the store has it */
    uint64_t url_hash;      /* of the URL that failed */
    struct webhook webhook; /* while there are letters to be sent; else wiped */
};

/* FAIL_LIMIT: as many as there may be. FAIL_MEMORY. */
MUST_CHECK enum fail endpoint_create(struct endpoint **out, struct courier *courier,
                                     int64_t business);
/* When nothing of it is with the client or the store. Sets the pointer NULL. */
void endpoint_destroy(struct endpoint **endpoint);
/* NULL: it is not in memory. */
struct endpoint *endpoint_find(const struct courier *courier, int64_t business);
bool endpoint_matches(const void *item, const void *key);
uint64_t endpoint_hash(const void *item);

/* Something is new in the store, or its webhook was changed. */
void endpoint_wake(struct endpoint *endpoint);
/* Does what can be done; may destroy it. */
void endpoint_turn(struct endpoint *endpoint);
/* It may give way to another one: all that it has is in the store. */
bool endpoint_is_idle(const struct endpoint *endpoint);

#endif
