/* The heap, its lock, and the looks at what is due.
 *
 * A look is a store job of loop 0: as many at once as the writer commits at
 * once, each in a place of its own, so that a deadline needs no memory when it
 * comes. What a look finds is compared with the deadline that it was remembered
 * for, never with the wall clock: the row decides. A look that the store could
 * not do is done again a second later. */
#include "broker/payment_clock.h"

#include <assert.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/log.h"
#include "broker/broker.h"
#include "broker/payment_card.h"
#include "broker/payment_heap.h"
#include "broker/payment_news.h"
#include "broker/payment_watch.h"

enum { LOOKS_MAX = STORE_BATCH_MAX };

struct look {
    struct store_job job;
    struct broker *broker;
    struct payment_moment moment;
    struct payment_told told;
    struct payment_run run;
    bool is_out;
};

struct scan {
    struct store_job job;
    struct broker *broker;
    bool starting; /* the server was started anew */
    bool is_out;
    bool failed; /* not all of them could be remembered */
};

struct payment_clock {
    pthread_mutex_t lock;     /* of the heap and next_ms */
    struct payment_heap heap; /* of what is to come */
    int64_t next_ms;          /* when the owner calls again; before its first call: never sooner */
    atomic_bool missed;       /* something is open that the heap does not have */
    /* of loop 0 alone */
    bool running;
    struct scan scan;
    struct look looks[LOOKS_MAX];
};

enum fail payment_clock_create(struct payment_clock **out)
{
    struct payment_clock *clock = calloc(1, sizeof(*clock));

    if (clock == NULL) {
        return FAIL_MEMORY;
    }
    pthread_mutex_init(&clock->lock, NULL);
    payment_heap_init(&clock->heap, PAYMENT_CLOCK_MAX, LOOKS_MAX);
    clock->next_ms = INT64_MIN;
    *out = clock;
    return FAIL_NONE;
}

void payment_clock_destroy(struct payment_clock **clock)
{
    if (*clock == NULL) {
        return;
    }
    payment_heap_finish(&(*clock)->heap);
    pthread_mutex_destroy(&(*clock)->lock);
    free(*clock);
    *clock = NULL;
}

/* --- Remembering ------------------------------------------------------------------ */

static void call_by(struct broker *broker, int64_t due_ms)
{
    struct payment_clock *clock = broker->clock;
    bool sooner;

    if (broker_is_stopping(broker)) {
        return;
    }
    pthread_mutex_lock(&clock->lock);
    sooner = due_ms < clock->next_ms;
    if (sooner) {
        clock->next_ms = due_ms;
    }
    pthread_mutex_unlock(&clock->lock);
    if (sooner) {
        broker->port.clock(broker->port.context);
    }
}

static enum fail remember(struct broker *broker, const struct payment_moment *moment)
{
    struct payment_clock *clock = broker->clock;
    enum fail fail;

    pthread_mutex_lock(&clock->lock);
    fail = payment_heap_put(&clock->heap, moment);
    pthread_mutex_unlock(&clock->lock);
    if (fail == FAIL_NONE) {
        call_by(broker, moment->due_ms);
    }
    return fail;
}

/* Of a stored deadline, whatever the wall clock has done meanwhile. */
static int64_t clamp(int64_t delay_ms)
{
    if (delay_ms < 0) {
        return 0;
    }
    return delay_ms > PAYMENT_LIMIT_MS ? PAYMENT_LIMIT_MS : delay_ms;
}

/* The open payments are read again soon. */
static void note_missed(struct broker *broker)
{
    atomic_store(&broker->clock->missed, true);
    call_by(broker, clock_monotonic_ms() + PAYMENT_CLOCK_AGAIN_MS);
}

void payment_clock_follow(struct broker *broker, const struct payment_row *row, int64_t now_ms)
{
    struct payment_moment moment = {.due_ms = clock_monotonic_ms(),
                                    .business = row->business,
                                    .payment = row->id,
                                    .deadline_ms = row->payment.deadline_ms};

    if (row->payment.deadline_ms == 0) {
        return;
    }
    moment.due_ms += clamp(row->payment.deadline_ms - now_ms);
    if (remember(broker, &moment) != FAIL_NONE) {
        log_event(LOG_ERROR, "memory.short", log_text("where", "a payment's deadline"));
        note_missed(broker);
    }
}

enum fail payment_clock_wake(struct broker *broker, int64_t payment, int64_t delay_ms)
{
    struct payment_moment moment = {
        .due_ms = clock_monotonic_ms() + delay_ms, .payment = payment, .wake = true};

    return remember(broker, &moment);
}

/* --- One look ----------------------------------------------------------------------- */

/* A payment whose device was removed has no deadline, but its processor may
 * still owe an answer. */
static bool is_owed(const struct payment_told *told)
{
    const struct payment *payment = &told->row.payment;

    return payment->authority == AUTHORITY_SERVER && payment_run_is_undecided(told) &&
           (payment->state == PAYMENT_AUTHORISING || payment->state == PAYMENT_UNKNOWN);
}

static enum fail look_step(struct look *look, struct store_tx *tx)
{
    const struct payment *payment = &look->told.row.payment;
    struct payment_event event = {.kind = PAYMENT_TIME, .now_ms = look->run.now_ms};
    bool is_due = payment->deadline_ms == look->moment.deadline_ms;

    if (is_owed(&look->told) && (is_due || look->told.attempt.due_ms == look->moment.deadline_ms)) {
        return payment_card_decide(tx, &look->run, &look->told);
    }
    if (!is_due || payment->deadline_ms == 0) {
        return FAIL_NONE;
    }
    return payment_run_step(tx, &look->run, &look->told, &event);
}

static enum fail look_run(struct store_job *job, struct store_tx *tx)
{
    struct look *look = LIST_ITEM(job, struct look, job);
    const struct payment_moment *moment = &look->moment;
    enum fail fail =
        payment_run_load(tx, &look->run, &look->told, moment->business, moment->payment);

    if (fail == FAIL_NOT_FOUND) {
        look->run.taken = false; /* its business was removed, or its commit has failed */
        look->run.effects = 0;
        return FAIL_NONE;
    }
    return fail == FAIL_NONE ? look_step(look, tx) : fail;
}

static void look_again(struct broker *broker, struct payment_moment moment)
{
    struct payment_clock *clock = broker->clock;

    moment.due_ms = clock_monotonic_ms() + PAYMENT_CLOCK_AGAIN_MS;
    pthread_mutex_lock(&clock->lock);
    payment_heap_put_back(&clock->heap, &moment);
    pthread_mutex_unlock(&clock->lock);
    call_by(broker, moment.due_ms);
}

static void clock_work(struct broker *broker);

static void look_done(struct store_job *job, enum fail fail)
{
    struct look *look = LIST_ITEM(job, struct look, job);
    struct broker *broker = look->broker;

    look->is_out = false;
    if (fail == FAIL_NONE) {
        payment_news_to_terminal(broker, &look->told, &look->run);
    } else {
        look_again(broker, look->moment);
    }
    clock_work(broker);
}

/* --- Everything that is open --------------------------------------------------------- */

static void scan_each(void *context, const struct payment_deadline *row)
{
    struct scan *scan = context;
    bool is_cut_off = scan->starting && row->state == PAYMENT_OFFERED;
    struct payment_moment moment = {.due_ms = clock_monotonic_ms(),
                                    .business = row->business,
                                    .payment = row->payment,
                                    .deadline_ms = row->deadline_ms};

    /* Without a deadline it is looked at once at a start: see is_owed. */
    if (row->deadline_ms == 0 && !scan->starting) {
        return;
    }
    if (!is_cut_off) {
        moment.due_ms += clamp(row->deadline_ms - clock_wall_ms());
    }
    scan->failed = scan->failed || remember(scan->broker, &moment) != FAIL_NONE;
}

static enum fail scan_run(struct store_job *job, struct store_tx *tx)
{
    struct scan *scan = LIST_ITEM(job, struct scan, job);

    scan->failed = false;
    return store_payments_open(tx, scan_each, scan);
}

static void scan_done(struct store_job *job, enum fail fail)
{
    struct scan *scan = LIST_ITEM(job, struct scan, job);

    scan->is_out = false;
    if (fail != FAIL_NONE || scan->failed) {
        note_missed(scan->broker);
    }
}

static void scan_when_missed(struct broker *broker)
{
    struct scan *scan = &broker->clock->scan;

    if (scan->is_out || !atomic_exchange(&broker->clock->missed, false)) {
        return;
    }
    *scan = (struct scan){
        .job = {.run = scan_run, .done = scan_done}, .broker = broker, .is_out = true};
    broker_read(broker, &scan->job, 0);
}

/* --- Looking ------------------------------------------------------------------------- */

static bool take_due(struct payment_clock *clock, int64_t now_ms, struct payment_moment *out)
{
    const struct payment_moment *first;
    bool is_due;

    pthread_mutex_lock(&clock->lock);
    first = payment_heap_first(&clock->heap);
    is_due = first != NULL && first->due_ms <= now_ms;
    if (is_due) {
        *out = payment_heap_take(&clock->heap);
    }
    pthread_mutex_unlock(&clock->lock);
    return is_due;
}

/* NULL when as many are out as may be: the next that comes back goes on. */
static struct look *free_look(struct payment_clock *clock)
{
    size_t i;

    for (i = 0; i < LOOKS_MAX; i++) {
        if (!clock->looks[i].is_out) {
            return &clock->looks[i];
        }
    }
    return NULL;
}

/* A store without threads answers inside of it: then the outer one goes on. */
static void clock_work(struct broker *broker)
{
    struct payment_clock *clock = broker->clock;
    int64_t now_ms = clock_monotonic_ms();
    struct payment_moment moment;
    struct look *look;

    if (clock->running || broker_is_stopping(broker)) {
        return;
    }
    clock->running = true;
    while ((look = free_look(clock)) != NULL && take_due(clock, now_ms, &moment)) {
        if (moment.wake) {
            payment_watch_tell(broker, moment.payment);
            continue;
        }
        look->broker = broker;
        look->moment = moment;
        look->is_out = true;
        look->job.run = look_run;
        look->job.done = look_done;
        broker_write(broker, &look->job, 0);
    }
    clock->running = false;
}

int64_t payment_clock_run(struct broker *broker)
{
    struct payment_clock *clock = broker->clock;
    const struct payment_moment *first;
    int64_t now_ms;
    int64_t delay_ms = PAYMENT_CLOCK_LOOK_MS;

    if (broker_is_stopping(broker)) {
        return delay_ms;
    }
    scan_when_missed(broker);
    clock_work(broker);
    now_ms = clock_monotonic_ms();
    pthread_mutex_lock(&clock->lock);
    first = payment_heap_first(&clock->heap);
    if (first != NULL && first->due_ms - now_ms < delay_ms) {
        delay_ms = first->due_ms > now_ms ? first->due_ms - now_ms : 1;
    }
    if (atomic_load(&clock->missed) && delay_ms > PAYMENT_CLOCK_AGAIN_MS) {
        delay_ms = PAYMENT_CLOCK_AGAIN_MS;
    }
    clock->next_ms = now_ms + delay_ms;
    pthread_mutex_unlock(&clock->lock);
    return delay_ms;
}

/* --- At the start of a server ----------------------------------------------------------- */

enum fail payment_clock_recover(struct broker *broker)
{
    struct payment_clock *clock = broker->clock;
    struct scan *scan = &clock->scan;
    struct look *look = &clock->looks[0];
    int64_t now_ms;
    enum fail fail;

    *scan = (struct scan){.job = {.run = scan_run}, .broker = broker, .starting = true};
    fail = store_read_wait(broker->store, &scan->job);
    if (fail == FAIL_NONE && scan->failed) {
        fail = FAIL_MEMORY;
    }
    if (fail != FAIL_NONE) {
        return fail;
    }
    now_ms = clock_monotonic_ms();
    while (take_due(clock, now_ms, &look->moment)) {
        look->broker = broker;
        look->job.run = look_run;
        fail = store_write_wait(broker->store, &look->job);
        if (fail != FAIL_NONE) {
            look_again(broker, look->moment);
            continue;
        }
        look->run.delivery = false; /* the courier takes up what waits when it is started */
        payment_news(broker, &look->told, &look->run);
    }
    return FAIL_NONE;
}
