/* What an endpoint does next. */
#include <assert.h>

#include "hook/courier_part.h"
#include "hook/endpoint_part.h"

/* False when nothing more can be sent now. */
static bool send_one(struct endpoint *endpoint, struct letter *letter)
{
    struct courier *courier = endpoint->courier;
    enum fail fail;

    if (letter == NULL || courier->posts >= COURIER_POSTS_MAX ||
        endpoint_count(endpoint, LETTER_SENT) >= endpoint->at_once) {
        return false;
    }
    courier->posts++;
    fail = letter_send(letter, &endpoint->webhook);
    if (fail != FAIL_NONE) {
        courier->posts--;
        endpoint_trouble(endpoint, "a delivery was not signed", fail);
    }
    return fail == FAIL_NONE;
}

/* Among so many rows there is one that is not here: what is being written still
 * waits in the store, and would be read again and again. */
static bool may_load(const struct endpoint *endpoint)
{
    return endpoint->look && endpoint_count(endpoint, LETTER_SENT) < endpoint->at_once &&
           endpoint_count(endpoint, LETTER_SENT) + endpoint_count(endpoint, LETTER_SAVING) <
               LOAD_ROWS;
}

/* May destroy it. */
static void turn_good(struct endpoint *endpoint, int64_t now_ms)
{
    if (endpoint->next_ms <= now_ms) {
        endpoint->next_ms = INT64_MAX;
        endpoint->look = true;
    }
    while (send_one(endpoint, endpoint_letter(endpoint, LETTER_READY))) {
    }
    if (endpoint->stale) { /* read before somebody changed something */
        endpoint->stale = false;
        endpoint_drop(endpoint, LETTER_READY);
    }
    if (endpoint_letter(endpoint, LETTER_READY) != NULL) {
        if (endpoint_count(endpoint, LETTER_SENT) < endpoint->at_once) {
            endpoint_ask_turn(endpoint); /* there was no place, or no memory */
        }
        return;
    }
    if (may_load(endpoint)) {
        endpoint_load(endpoint, LOAD_ROWS);
    } else if (!endpoint->look && list_is_empty(&endpoint->letters) &&
               endpoint->next_ms == INT64_MAX) {
        struct courier *courier = endpoint->courier;

        endpoint_destroy(&endpoint);
        courier_place_freed(courier);
    }
}

/* The oldest of those that have failed, and what any of them was asked to wait. */
static struct letter *oldest_failed(const struct endpoint *endpoint, int64_t *retry_after_s)
{
    struct letter *oldest = NULL;
    struct list_link *link;

    *retry_after_s = 0;
    for (link = list_first(&endpoint->letters); link != NULL;
         link = list_next(&endpoint->letters, link)) {
        struct letter *letter = LIST_ITEM(link, struct letter, link);

        if (letter->state != LETTER_FAILED) {
            continue;
        }
        if (oldest == NULL || letter->row.id < oldest->row.id) {
            oldest = letter;
        }
        if (letter->post.retry_after_s > *retry_after_s) {
            *retry_after_s = letter->post.retry_after_s;
        }
    }
    return oldest;
}

static void turn_failing(struct endpoint *endpoint)
{
    struct letter *oldest;
    int64_t retry_after_s;

    if (endpoint_letter(endpoint, LETTER_SENT) != NULL ||
        endpoint_letter(endpoint, LETTER_SAVING) != NULL) {
        return;
    }
    oldest = oldest_failed(endpoint, &retry_after_s);
    assert(oldest != NULL);
    oldest->state = LETTER_SAVING;
    endpoint_drop(endpoint, LETTER_FAILED);
    letter_count(oldest, retry_after_s);
    letter_save(oldest);
}

static void turn_probing(struct endpoint *endpoint)
{
    struct letter *letter = endpoint_letter(endpoint, LETTER_READY);

    if (letter != NULL) {
        if (!send_one(endpoint, letter)) {
            endpoint_ask_turn(endpoint); /* there was no place, or no memory */
        }
    } else if (list_is_empty(&endpoint->letters)) {
        endpoint_load(endpoint, 1);
    }
}

static void turn_resting(struct endpoint *endpoint, int64_t now_ms)
{
    secret_wipe(&endpoint->webhook, sizeof(endpoint->webhook));
    if (endpoint_probe_due_ms(endpoint, now_ms) <= now_ms) {
        endpoint_set_state(endpoint, ENDPOINT_PROBING);
        turn_probing(endpoint);
    } else if (endpoint->look) {
        endpoint_load(endpoint, 0);
    }
}

/* Answers that the store did not take go before anything else. */
static bool save_again(struct endpoint *endpoint)
{
    struct list_link *link = list_first(&endpoint->letters);
    bool any = false;

    while (link != NULL) {
        struct letter *letter = LIST_ITEM(link, struct letter, link);

        link = list_next(&endpoint->letters, link); /* the letter may go */
        if (letter->state == LETTER_UNSAVED) {
            letter_save(letter);
            any = true;
        }
    }
    return any;
}

/* When it wants another turn, if nothing happens before. */
static int64_t alarm_of(const struct endpoint *endpoint, int64_t now_ms)
{
    if (endpoint->loading) {
        return INT64_MAX; /* what it brings is a turn */
    }
    if (now_ms < endpoint->pause_ms) {
        return endpoint->pause_ms;
    }
    switch (endpoint->state) {
    case ENDPOINT_GOOD:
        return endpoint->next_ms;
    case ENDPOINT_RESTING:
        return endpoint_probe_due_ms(endpoint, now_ms);
    case ENDPOINT_FAILING:
    case ENDPOINT_PROBING:
    default:
        return INT64_MAX;
    }
}

void endpoint_turn(struct endpoint *endpoint)
{
    int64_t now_ms = courier_now_ms(endpoint->courier);

    if (endpoint_letter(endpoint, LETTER_READY) == NULL) {
        secret_wipe(&endpoint->webhook, sizeof(endpoint->webhook));
    }
    endpoint->alarm_ms = alarm_of(endpoint, now_ms);
    courier_alarm(endpoint->courier, endpoint->alarm_ms);
    if (endpoint->loading || now_ms < endpoint->pause_ms || save_again(endpoint)) {
        return;
    }
    switch (endpoint->state) {
    case ENDPOINT_GOOD:
        turn_good(endpoint, now_ms);
        break;
    case ENDPOINT_FAILING:
        turn_failing(endpoint);
        break;
    case ENDPOINT_RESTING:
        turn_resting(endpoint, now_ms);
        break;
    case ENDPOINT_PROBING:
    default:
        turn_probing(endpoint);
    }
}
