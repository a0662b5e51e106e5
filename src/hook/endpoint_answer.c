/* What an endpoint has answered, and that it is written down.
 *
 * Of an endpoint that fails, nothing counts but its oldest delivery: a failure
 * is only noted here, and what counts is decided when all that was on its way
 * has been answered (endpoint_turn.c). */
#include <stddef.h>

#include "base/log.h"
#include "hook/courier_part.h"
#include "hook/endpoint_part.h"

enum { QUICK_MS = 1000, US_PER_MS = 1000 };

struct counter courier_delivered;
struct counter courier_refused;
struct counter courier_failed;
struct counter courier_dead;
struct histogram courier_time;

static void tell(const struct letter *letter)
{
    static struct log_limit refusals = {.per_minute = 60};
    const struct delivery_row *row = &letter->row;

    if (letter->answer == DELIVERY_TAKEN) {
        counter_add(&courier_delivered, 1);
        histogram_observe(&courier_time,
                          (letter->attempt.at_ms + letter->attempt.took_ms - row->at_ms) *
                              US_PER_MS);
    } else if (letter->answer == DELIVERY_REFUSED) {
        counter_add(&courier_refused, 1);
        log_limited(&refusals, LOG_INFO, "delivery.refused", log_number("business", row->business),
                    log_text("message", row->message_id), log_number("attempt", row->attempts),
                    log_text("why", letter->attempt.problem));
    }
    if (row->state == DELIVERY_DEAD) {
        counter_add(&courier_dead, 1);
        log_event(LOG_WARNING, "delivery.died", log_number("business", row->business),
                  log_text("message", row->message_id), log_number("attempts", row->attempts),
                  log_text("why", letter->attempt.problem));
    }
}

/* The answer is written down, or (`waits` false) nobody waits for it any more. */
static void settle(struct endpoint *endpoint, struct letter *letter, bool waits)
{
    const struct delivery_row *row = &letter->row;

    waits = waits && row->state == DELIVERY_WAITING;
    if (endpoint->state == ENDPOINT_FAILING && letter->answer == DELIVERY_ENDPOINT_FAILED) {
        endpoint->probe = 0;
        endpoint_set_state(endpoint, ENDPOINT_PROBING);
        if (waits) {
            endpoint_rest(endpoint, row);
        }
    } else if (endpoint->state == ENDPOINT_PROBING) {
        endpoint_set_state(endpoint, ENDPOINT_GOOD);
        log_event(LOG_INFO, "webhook.recovered", log_number("business", endpoint->business));
    }
    if (!waits) {
        endpoint->look = true; /* for the next of its payment */
    } else if (row->next_ms < endpoint->next_ms) {
        endpoint->next_ms = row->next_ms;
    }
    letter->state = LETTER_SETTLED;
    if (!endpoint->loading) {
        letter_destroy(&letter);
    }
}

void endpoint_on_saved(struct letter *letter, enum fail fail)
{
    struct endpoint *endpoint = letter->owner;

    if (fail == FAIL_NONE || fail == FAIL_NOT_FOUND) {
        letter->state = LETTER_SETTLED;
        if (fail == FAIL_NONE) {
            tell(letter);
        }
        settle(endpoint, letter, fail == FAIL_NONE);
    } else {
        letter->state = LETTER_UNSAVED;
        endpoint_trouble(endpoint, "the answer of an endpoint was not stored", fail);
    }
    endpoint_ask_turn(endpoint);
    courier_pump(endpoint->courier);
}

static void on_failure(struct endpoint *endpoint, struct letter *letter)
{
    counter_add(&courier_failed, 1);
    letter->state = LETTER_FAILED;
    if (endpoint->state == ENDPOINT_GOOD) {
        log_event(LOG_WARNING, "webhook.failed", log_number("business", endpoint->business),
                  log_text("why", letter->attempt.problem));
    }
    endpoint->url_hash = endpoint_url_hash(letter->url);
    endpoint_set_state(endpoint, ENDPOINT_FAILING);
}

void endpoint_on_answered(struct letter *letter)
{
    struct endpoint *endpoint = letter->owner;
    struct courier *courier = endpoint->courier;

    courier->posts--;
    endpoint_ask_turn(endpoint);
    if (courier->stopping && letter->attempt.status == 0) {
        /* Cut off by our own end: it says nothing of the endpoint. */
        letter->state = LETTER_SETTLED;
        letter_destroy(&letter);
    } else if (letter->answer == DELIVERY_ENDPOINT_FAILED) {
        on_failure(endpoint, letter);
    } else {
        if (letter->attempt.took_ms < QUICK_MS && endpoint->at_once < COURIER_AT_ONCE_MAX) {
            endpoint->at_once++;
        }
        letter_count(letter, letter->post.retry_after_s);
        letter_save(letter);
    }
    courier_pump(courier);
}
