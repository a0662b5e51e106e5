/* Who has something waiting, whose turn it is, and what time it is.
 *
 * Everything but courier_wake happens on one loop. Endpoints with something to
 * do stand in one line (`turns`), and each does what it may when it comes to
 * the front: so one that has much never keeps the others waiting. A wake has a
 * place in a short array; when that is full the store is asked who has
 * something, so that a wake needs no memory and is never lost.
 *
 * One timer serves all of them, set from the beginning to the end: moving it
 * needs no memory either. */
#include "hook/courier.h"

#include <assert.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/secret.h"
#include "hook/courier_part.h"
#include "hook/endpoint.h"

enum { FAR_MS = 3600000 }; /* the timer, when nothing is due */

int64_t courier_now_ms(const struct courier *courier)
{
    return loop_now_ms(courier->loop) + courier->offset_ms;
}

static void on_timer(struct loop_timer *timer);

static void timer_set(struct courier *courier, int64_t due_ms)
{
    int64_t delay_ms = due_ms - courier_now_ms(courier);
    enum fail fail;

    courier->soonest_ms = due_ms;
    fail = loop_timer_set(courier->loop, &courier->timer, delay_ms > 0 ? delay_ms : 0, on_timer);
    assert(fail == FAIL_NONE); /* it was set before, so there is room for it */
    (void)fail;
}

void courier_alarm(struct courier *courier, int64_t due_ms)
{
    if (due_ms < courier->soonest_ms && !courier->stopping) {
        timer_set(courier, due_ms);
    }
}

/* Those whose time has come get a turn. */
static void on_timer(struct loop_timer *timer)
{
    struct courier *courier = LIST_ITEM(timer, struct courier, timer);
    int64_t now_ms = courier_now_ms(courier);
    int64_t soonest_ms = now_ms + FAR_MS;
    struct list_link *link;

    for (link = list_first(&courier->endpoints); link != NULL;
         link = list_next(&courier->endpoints, link)) {
        struct endpoint *endpoint = LIST_ITEM(link, struct endpoint, link);

        if (endpoint->alarm_ms <= now_ms) {
            endpoint->alarm_ms = INT64_MAX; /* its turn says anew when */
            if (!list_holds(&endpoint->turn)) {
                list_push_back(&courier->turns, &endpoint->turn);
            }
        } else if (endpoint->alarm_ms < soonest_ms) {
            soonest_ms = endpoint->alarm_ms;
        }
    }
    timer_set(courier, soonest_ms);
    if (courier->scan.due_ms <= now_ms) {
        scan_ask(courier, false);
    } else {
        courier_alarm(courier, courier->scan.due_ms);
    }
    courier_pump(courier);
}

void courier_pump(struct courier *courier)
{
    if (courier->pumping || courier->stopping) {
        return;
    }
    courier->pumping = true;
    do {
        scan_turn(courier);
        while (courier->posts < COURIER_POSTS_MAX && courier->loads < COURIER_LOADS_MAX &&
               !list_is_empty(&courier->turns)) {
            endpoint_turn(LIST_ITEM(list_pop_front(&courier->turns), struct endpoint, turn));
        }
    } while (courier->scan.wanted && !courier->scan.running);
    courier->pumping = false;
}

/* --- Places ------------------------------------------------------------------- */

struct load *courier_load_take(struct courier *courier, void *owner)
{
    struct load *load = courier->load;

    assert(courier->loads < COURIER_LOADS_MAX);
    while (load->owner != NULL) {
        load++;
    }
    load->owner = owner;
    courier->loads++;
    return load;
}

void courier_load_give(struct courier *courier, struct load *load)
{
    secret_wipe(&load->webhook, sizeof(load->webhook));
    load->owner = NULL;
    courier->loads--;
}

/* Of those that have everything in the store the one that has the most time. */
static struct endpoint *idlest(const struct courier *courier)
{
    struct endpoint *found = NULL;
    struct list_link *link;

    for (link = list_first(&courier->endpoints); link != NULL;
         link = list_next(&courier->endpoints, link)) {
        struct endpoint *endpoint = LIST_ITEM(link, struct endpoint, link);

        if (endpoint_is_idle(endpoint) && (found == NULL || endpoint->alarm_ms > found->alarm_ms)) {
            found = endpoint;
        }
    }
    return found;
}

/* Somebody waits in the store, and is looked for again after `delay_ms`. */
static void crowd(struct courier *courier, int64_t delay_ms)
{
    struct scan *scan = &courier->scan;
    int64_t due_ms = courier_now_ms(courier) + delay_ms;

    scan->crowded = true;
    if (due_ms < scan->due_ms) {
        scan->due_ms = due_ms;
        courier_alarm(courier, due_ms);
    }
}

struct endpoint *courier_place(struct courier *courier, int64_t business)
{
    struct endpoint *endpoint = NULL;
    enum fail fail = endpoint_create(&endpoint, courier, business);

    if (fail == FAIL_LIMIT) {
        struct endpoint *idle = idlest(courier);

        if (idle != NULL) {
            endpoint_destroy(&idle);
            crowd(courier, COURIER_SCAN_AGAIN_MS);
            fail = endpoint_create(&endpoint, courier, business);
        }
    }
    if (fail != FAIL_NONE) {
        crowd(courier, fail == FAIL_MEMORY ? COURIER_TROUBLE_MS : COURIER_SCAN_AGAIN_MS);
    }
    return endpoint;
}

void courier_place_freed(struct courier *courier)
{
    if (courier->scan.crowded) {
        scan_ask(courier, false);
    }
}

/* --- Wakes --------------------------------------------------------------------- */

static void on_woken(struct task *task)
{
    struct courier *courier = TASK_OWNER(task, struct courier, woken_task);
    int64_t woken[COURIER_WOKEN_MAX];
    unsigned count;
    unsigned i;
    bool many;

    pthread_mutex_lock(&courier->lock);
    courier->woken_posted = false;
    many = courier->woken_many;
    count = courier->woken_count;
    for (i = 0; i < count; i++) {
        woken[i] = courier->woken[i];
    }
    courier->woken_many = false;
    courier->woken_count = 0;
    pthread_mutex_unlock(&courier->lock);
    if (courier->stopping) {
        return;
    }
    for (i = 0; i < count; i++) {
        struct endpoint *endpoint = endpoint_find(courier, woken[i]);

        if (endpoint == NULL) {
            endpoint = courier_place(courier, woken[i]);
        }
        if (endpoint != NULL) {
            endpoint_wake(endpoint);
        }
    }
    if (many) {
        scan_ask(courier, true);
    }
    courier_pump(courier);
}

/* By the lock. */
static bool is_woken(const struct courier *courier, int64_t business)
{
    unsigned i;

    for (i = 0; i < courier->woken_count; i++) {
        if (courier->woken[i] == business) {
            return true;
        }
    }
    return false;
}

void courier_wake(struct courier *courier, int64_t business)
{
    bool post = false;

    pthread_mutex_lock(&courier->lock);
    if (!courier->closed) {
        if (!is_woken(courier, business)) {
            if (courier->woken_count < COURIER_WOKEN_MAX) {
                courier->woken[courier->woken_count++] = business;
            } else {
                courier->woken_many = true;
            }
        }
        post = !courier->woken_posted;
        courier->woken_posted = true;
    }
    if (post) { /* by the lock: after courier_stop nothing is posted any more */
        executor_post(courier->home, &courier->woken_task);
    }
    pthread_mutex_unlock(&courier->lock);
}

/* --- Its life --------------------------------------------------------------------- */

enum fail courier_create(struct courier **out, const struct courier_options *options)
{
    struct courier *courier = calloc(1, sizeof(*courier));
    enum fail fail;

    if (courier == NULL) {
        return FAIL_MEMORY;
    }
    courier->loop = options->loop;
    courier->home = options->home;
    courier->store = options->store;
    courier->client = options->client;
    fail = loop_timer_set(courier->loop, &courier->timer, FAR_MS, on_timer);
    if (fail != FAIL_NONE) {
        free(courier);
        return fail;
    }
    courier->offset_ms = clock_wall_ms() - loop_now_ms(courier->loop);
    courier->soonest_ms = courier_now_ms(courier) + FAR_MS;
    courier->scan.due_ms = INT64_MAX;
    courier->woken_task.run = on_woken;
    list_init(&courier->endpoints);
    list_init(&courier->turns);
    table_init(&courier->table, COURIER_ENDPOINTS_MAX, endpoint_matches, endpoint_hash);
    pthread_mutex_init(&courier->lock, NULL);
    *out = courier;
    return FAIL_NONE;
}

void courier_start(struct courier *courier)
{
    scan_ask(courier, true);
    courier_pump(courier);
}

void courier_stop(struct courier *courier)
{
    pthread_mutex_lock(&courier->lock);
    courier->closed = true;
    pthread_mutex_unlock(&courier->lock);
    courier->stopping = true;
    loop_timer_cancel(courier->loop, &courier->timer);
}

void courier_destroy(struct courier **courier_at)
{
    struct courier *courier = *courier_at;

    if (courier == NULL) {
        return;
    }
    *courier_at = NULL;
    loop_timer_cancel(courier->loop, &courier->timer);
    assert(courier->posts == 0 && courier->loads == 0 && !courier->scan.running);
    assert(!courier->woken_posted); /* the loop has run what was posted */
    while (!list_is_empty(&courier->endpoints)) {
        struct endpoint *endpoint =
            LIST_ITEM(list_first(&courier->endpoints), struct endpoint, link);

        endpoint_destroy(&endpoint);
    }
    table_finish(&courier->table);
    pthread_mutex_destroy(&courier->lock);
    free(courier);
}
