/* Which businesses have something waiting: asked at the start, after a wake
 * that there was no room for, and while more of them wait than there are
 * places. A look takes a limited number and goes on where the last one ended,
 * so that each gets its turn. */
#include <stddef.h>

#include "base/log.h"
#include "hook/courier_part.h"
#include "hook/endpoint.h"
#include "store/delivery.h"

static void on_business(void *context, int64_t business)
{
    struct scan *scan = context;

    scan->businesses[scan->count++] = business;
}

static enum fail scan_run(struct store_job *job, struct store_tx *tx)
{
    struct scan *scan = LIST_ITEM(job, struct scan, job);

    return store_deliveries_businesses(tx, scan->after, COURIER_SCAN_MAX, on_business, scan);
}

/* Everything that was found is in memory now; false when there was no place for
 * one. */
static bool take_all(struct courier *courier)
{
    struct scan *scan = &courier->scan;
    unsigned i;

    for (i = 0; i < scan->count; i++) {
        struct endpoint *endpoint = endpoint_find(courier, scan->businesses[i]);

        if (endpoint == NULL) {
            endpoint = courier_place(courier, scan->businesses[i]);
        }
        if (endpoint == NULL) {
            return false;
        }
        if (scan->wakes_all || !endpoint->known) {
            endpoint_wake(endpoint);
        }
        scan->after = scan->businesses[i];
    }
    return true;
}

/* The round is over; another one later, while somebody waits for a place. */
static void round_end(struct courier *courier)
{
    struct scan *scan = &courier->scan;

    scan->wanted = false;
    if (scan->crowded && scan->due_ms == INT64_MAX) {
        scan->due_ms = courier_now_ms(courier) + COURIER_SCAN_AGAIN_MS;
        courier_alarm(courier, scan->due_ms);
    }
}

static void on_scanned(struct store_job *job, enum fail fail)
{
    struct scan *scan = LIST_ITEM(job, struct scan, job);
    struct courier *courier = LIST_ITEM(scan, struct courier, scan);

    scan->running = false;
    if (fail != FAIL_NONE) {
        log_event(LOG_WARNING, "delivery.delayed",
                  log_text("what", "who has deliveries waiting was not read"),
                  log_text("why", fail_text(fail)));
        scan->wanted = false;
        scan->due_ms = courier_now_ms(courier) + COURIER_TROUBLE_MS;
        courier_alarm(courier, scan->due_ms);
    } else if (!take_all(courier)) {
        round_end(courier);
    } else if (scan->count < COURIER_SCAN_MAX) {
        scan->after = 0;
        if (scan->whole) {
            scan->wakes_all = false;
            scan->crowded = scan->crowded && courier->table.count >= COURIER_ENDPOINTS_MAX;
            round_end(courier);
        }
        scan->whole = true; /* from the first one on, now */
    }
    courier_pump(courier);
}

void scan_ask(struct courier *courier, bool wakes_all)
{
    struct scan *scan = &courier->scan;

    scan->wanted = true;
    scan->due_ms = INT64_MAX;
    if (wakes_all) {
        scan->wakes_all = true;
        scan->after = 0;
    }
    /* What a look that is under way does not bring may have come after it. */
    scan->whole = scan->after == 0 && !scan->running;
}

void scan_turn(struct courier *courier)
{
    struct scan *scan = &courier->scan;

    if (!scan->wanted || scan->running) {
        return;
    }
    scan->running = true;
    scan->count = 0;
    scan->job.run = scan_run;
    scan->job.done = on_scanned;
    scan->job.home = courier->home;
    store_read(courier->store, &scan->job);
}
