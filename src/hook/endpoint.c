/* One endpoint: its letters, its state, and how it comes and goes.
 *
 * Everything is done in its turn (endpoint_turn.c), which looks at what there is
 * and does the next thing. An answer (endpoint_answer.c), rows from the store
 * (endpoint_load.c) and a time that has come only note what they bring and ask
 * for a turn.
 *
 * The store says which deliveries may go, so no order is kept here: of a
 * payment only the oldest is among them. */
#include "hook/endpoint.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/secret.h"
#include "hook/courier_part.h"
#include "hook/endpoint_part.h"

static struct letter *letter_of(struct list_link *link)
{
    return LIST_ITEM(link, struct letter, link);
}

/* The first in this state; NULL: none. */
struct letter *endpoint_letter(const struct endpoint *endpoint, enum letter_state state)
{
    struct list_link *link;

    for (link = list_first(&endpoint->letters); link != NULL;
         link = list_next(&endpoint->letters, link)) {
        if (letter_of(link)->state == state) {
            return letter_of(link);
        }
    }
    return NULL;
}

unsigned endpoint_count(const struct endpoint *endpoint, enum letter_state state)
{
    struct list_link *link;
    unsigned count = 0;

    for (link = list_first(&endpoint->letters); link != NULL;
         link = list_next(&endpoint->letters, link)) {
        count += letter_of(link)->state == state;
    }
    return count;
}

void endpoint_drop(struct endpoint *endpoint, enum letter_state state)
{
    struct letter *letter;

    while ((letter = endpoint_letter(endpoint, state)) != NULL) {
        letter_destroy(&letter);
    }
}

void endpoint_ask_turn(struct endpoint *endpoint)
{
    if (!list_holds(&endpoint->turn)) {
        list_push_back(&endpoint->courier->turns, &endpoint->turn);
    }
}

/* The one function that changes its state. */
void endpoint_set_state(struct endpoint *endpoint, enum endpoint_state state)
{
    endpoint->state = state;
    switch (state) {
    case ENDPOINT_FAILING:
        endpoint->at_once = 1;
        endpoint_drop(endpoint, LETTER_READY);
        break;
    case ENDPOINT_RESTING:
    case ENDPOINT_PROBING:
        break;
    case ENDPOINT_GOOD:
    default:
        endpoint->probe = 0;
        endpoint->look = true;
    }
}

void endpoint_rest(struct endpoint *endpoint, const struct delivery_row *probe)
{
    endpoint->probe = probe->id;
    endpoint->probe_ms = probe->next_ms;
    endpoint_set_state(endpoint, ENDPOINT_RESTING);
}

int64_t endpoint_probe_due_ms(const struct endpoint *endpoint, int64_t now_ms)
{
    return endpoint->probe_ms > now_ms + COURIER_LATEST_MS ? now_ms : endpoint->probe_ms;
}

uint64_t endpoint_url_hash(const char *url)
{
    return table_hash_of(url, strlen(url));
}

void endpoint_trouble(struct endpoint *endpoint, const char *what, enum fail fail)
{
    static struct log_limit limit = {.per_minute = 6};

    endpoint->pause_ms = courier_now_ms(endpoint->courier) + COURIER_TROUBLE_MS;
    log_limited(&limit, LOG_WARNING, "delivery.delayed", log_number("business", endpoint->business),
                log_text("what", what), log_text("why", fail_text(fail)));
}

bool endpoint_matches(const void *item, const void *key)
{
    const struct endpoint *endpoint = item;
    const int64_t *business = key;

    return endpoint->business == *business;
}

static uint64_t hash_of(int64_t business)
{
    return table_hash_of(&business, sizeof(business));
}

uint64_t endpoint_hash(const void *item)
{
    const struct endpoint *endpoint = item;

    return hash_of(endpoint->business);
}

struct endpoint *endpoint_find(const struct courier *courier, int64_t business)
{
    return table_find(&courier->table, hash_of(business), &business);
}

enum fail endpoint_create(struct endpoint **out, struct courier *courier, int64_t business)
{
    struct endpoint *endpoint = calloc(1, sizeof(*endpoint));
    enum fail fail;

    if (endpoint == NULL) {
        return FAIL_MEMORY;
    }
    endpoint->courier = courier;
    endpoint->business = business;
    endpoint->at_once = 1;
    endpoint->next_ms = INT64_MAX;
    endpoint->pause_ms = INT64_MIN;
    endpoint->alarm_ms = INT64_MAX;
    list_init(&endpoint->letters);
    fail = table_add(&courier->table, endpoint);
    if (fail != FAIL_NONE) {
        free(endpoint);
        return fail;
    }
    list_push_back(&courier->endpoints, &endpoint->link);
    *out = endpoint;
    return FAIL_NONE;
}

void endpoint_destroy(struct endpoint **endpoint_at)
{
    struct endpoint *endpoint = *endpoint_at;

    *endpoint_at = NULL;
    assert(!endpoint->loading);
    while (!list_is_empty(&endpoint->letters)) {
        struct letter *letter = letter_of(list_first(&endpoint->letters));

        letter_destroy(&letter);
    }
    table_remove(&endpoint->courier->table, endpoint);
    list_remove(&endpoint->link);
    list_remove(&endpoint->turn);
    secret_wipe(&endpoint->webhook, sizeof(endpoint->webhook));
    free(endpoint);
}

void endpoint_wake(struct endpoint *endpoint)
{
    endpoint->look = true;
    if (endpoint->loading) {
        endpoint->stale = true;
    } else {
        endpoint_drop(endpoint, LETTER_READY);
    }
    endpoint_ask_turn(endpoint);
}

bool endpoint_is_idle(const struct endpoint *endpoint)
{
    return list_is_empty(&endpoint->letters) && !endpoint->loading && !endpoint->look &&
           !list_holds(&endpoint->turn); /* its time has come */
}
