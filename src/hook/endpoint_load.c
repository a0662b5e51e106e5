/* What a look into the store brings to an endpoint.
 *
 * What is on its way still waits there, so rows of letters that are here are
 * skipped; a letter whose answer was written while a look was under way stays
 * here until that look is done, for the look may have been before it. */
#include <stddef.h>

#include "base/log.h"
#include "hook/courier_part.h"
#include "hook/endpoint_part.h"

static bool holds(const struct endpoint *endpoint, int64_t delivery)
{
    struct list_link *link;

    for (link = list_first(&endpoint->letters); link != NULL;
         link = list_next(&endpoint->letters, link)) {
        if (LIST_ITEM(link, struct letter, link)->row.id == delivery) {
            return true;
        }
    }
    return false;
}

/* False without memory. */
static bool letter_add(struct endpoint *endpoint, const struct delivery_row *row)
{
    struct letter *letter = letter_create(endpoint->courier, row);

    if (letter == NULL) {
        endpoint_trouble(endpoint, "a delivery was not made", FAIL_MEMORY);
        endpoint->look = true;
        return false;
    }
    letter->owner = endpoint;
    letter->answered = endpoint_on_answered;
    letter->saved = endpoint_on_saved;
    list_push_back(&endpoint->letters, &letter->link);
    return true;
}

static void take_rows(struct endpoint *endpoint, const struct load *load)
{
    unsigned i;

    if (load->next_ms < endpoint->next_ms) {
        endpoint->next_ms = load->next_ms;
    }
    endpoint->look = endpoint->look || load->count == LOAD_ROWS;
    for (i = 0; i < load->count; i++) {
        if (!holds(endpoint, load->rows[i].id) && !letter_add(endpoint, &load->rows[i])) {
            return;
        }
    }
}

/* While it rests: another URL, or somebody wants it sent now. */
static void take_change(struct endpoint *endpoint, const struct load *load)
{
    if (!load->has_probe || endpoint_url_hash(load->webhook.url) != endpoint->url_hash) {
        endpoint_set_state(endpoint, ENDPOINT_PROBING);
    } else {
        endpoint->probe_ms = load->probe_row.next_ms;
    }
}

/* A delivery that is tried, if there is one; else nothing fails any more. */
static void take_probe(struct endpoint *endpoint, const struct load *load)
{
    if (load->has_probe) {
        (void)letter_add(endpoint, &load->probe_row);
    } else if (load->count > 0) {
        (void)letter_add(endpoint, &load->rows[0]);
    } else {
        endpoint_set_state(endpoint, ENDPOINT_GOOD);
    }
}

static void take_load(struct endpoint *endpoint, const struct load *load)
{
    if (!load->has_webhook) { /* then nothing waits */
        endpoint_drop(endpoint, LETTER_READY);
        endpoint->next_ms = INT64_MAX;
        if (endpoint->state == ENDPOINT_RESTING || endpoint->state == ENDPOINT_PROBING) {
            endpoint_set_state(endpoint, ENDPOINT_GOOD);
        }
        return;
    }
    endpoint->webhook = load->webhook;
    if (!endpoint->known) {
        endpoint->known = true;
        if (load->has_probe) {
            endpoint->url_hash = endpoint_url_hash(load->webhook.url);
            endpoint_rest(endpoint, &load->probe_row);
            return;
        }
    }
    switch (endpoint->state) {
    case ENDPOINT_GOOD:
        take_rows(endpoint, load);
        break;
    case ENDPOINT_RESTING:
        take_change(endpoint, load);
        break;
    case ENDPOINT_PROBING:
        take_probe(endpoint, load);
        break;
    case ENDPOINT_FAILING:
    default:
        break; /* what was read goes again after it has recovered */
    }
}

static void on_loaded(struct load *load, enum fail fail)
{
    struct endpoint *endpoint = load->owner;
    struct courier *courier = endpoint->courier;

    endpoint->loading = false;
    if (fail == FAIL_NONE) {
        take_load(endpoint, load);
    } else {
        endpoint->look = true;
        endpoint_trouble(endpoint, "deliveries were not read", fail);
    }
    endpoint_drop(endpoint, LETTER_SETTLED);
    courier_load_give(courier, load);
    endpoint_ask_turn(endpoint);
    courier_pump(courier);
}

void endpoint_load(struct endpoint *endpoint, unsigned limit)
{
    struct load *load = courier_load_take(endpoint->courier, endpoint);
    int64_t now_ms = courier_now_ms(endpoint->courier);

    load->due = (struct store_due){.business = endpoint->business,
                                   .now_ms = now_ms,
                                   .latest_ms = now_ms + COURIER_LATEST_MS,
                                   .limit = limit};
    load->find_failing = !endpoint->known;
    load->probe = endpoint->probe;
    load->done = on_loaded;
    endpoint->look = false;
    endpoint->loading = true;
    load_start(endpoint->courier, load);
}
