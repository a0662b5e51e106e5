/* For the tests of payments: a shop with one Smart Terminal, played by the test,
 * on a real store; two clocks that the test moves; and a door that writes down
 * what the broker asks of it. The terminal is on loop TERMINAL_LOOP, points of
 * sale call from loop POS_LOOP. */
#ifndef TESTS_PAYMENT_SCENE_H
#define TESTS_PAYMENT_SCENE_H

#include "unit/broker/moving_clock.h"
#include "unit/broker/scene.h"

#include "broker/payment_admin.h"
#include "broker/payment_call.h"
#include "broker/payment_cancel.h"
#include "broker/payment_clock.h"
#include "broker/payment_news.h"
#include "broker/payment_report.h"
#include "broker/payment_wait.h"
#include "core/card.h"
#include "processor/processor.h"
#include "store/delivery.h"

enum { CLOCK_LOOP, TERMINAL_LOOP, POS_LOOP };
enum { TOLD_MAX = 8 };

struct shop {
    struct scene *scene;
    struct device device;
    struct presence terminal;
    char session; /* what the door calls its session */
    /* what the broker asked of the door */
    struct payment_call *offered;
    unsigned offers;
    unsigned decisions;
    bool go;           /* of the last one */
    bool is_blind;     /* the file is not looked at from outside */
    int64_t committed; /* the state of the newest payment in the file, when it was told */
    struct payment_told told[TOLD_MAX];
    unsigned told_count;
    unsigned deliveries;
    unsigned clock_calls;
};

/* One at a time: the port's functions have no context of their own. */
static struct shop *shop_now;

static inline void shop_offer(struct presence *presence, struct payment_call *call)
{
    assert_ptr_equal(presence, &shop_now->terminal);
    call->terminal = &shop_now->session;
    shop_now->offered = call;
    shop_now->offers++;
}

static inline void shop_offer_decided(struct payment_call *call, bool go)
{
    assert_ptr_equal(call->terminal, &shop_now->session);
    shop_now->decisions++;
    shop_now->go = go;
    if (shop_now->is_blind) {
        return;
    }
    shop_now->committed = fixture_number(shop_now->scene->fixture,
                                         "SELECT state FROM payment ORDER BY id DESC LIMIT 1");
}

static inline void shop_payment_tell(struct presence *presence, const struct payment_told *told)
{
    assert_ptr_equal(presence, &shop_now->terminal);
    assert_in_range(shop_now->told_count, 0, TOLD_MAX - 1);
    shop_now->told[shop_now->told_count++] = *told;
}

static inline void shop_deliveries(void *context, int64_t business)
{
    (void)context;
    assert_int_equal(business, shop_now->scene->business);
    shop_now->deliveries++;
}

static inline void shop_clock(void *context)
{
    (void)context;
    shop_now->clock_calls++;
}

static const struct port SHOP_PORT = {.offer = shop_offer,
                                      .offer_decided = shop_offer_decided,
                                      .payment_tell = shop_payment_tell,
                                      .deliveries = shop_deliveries,
                                      .clock = shop_clock};

/* --- The terminal ------------------------------------------------------------------ */

static inline void shop_no_kick(void *context, struct presence *old)
{
    (void)context;
    (void)old;
    abort(); /* no test here replaces anybody */
}

/* Connected on this loop, and past Continue. */
static inline void shop_connect(struct shop *shop, unsigned loop)
{
    struct presence_table *table = &shop->scene->broker->presence;

    shop->terminal = (struct presence){.device = shop->device.id,
                                       .business = shop->device.business,
                                       .loop = loop,
                                       .listening = true};
    memcpy(shop->terminal.code, shop->device.code, sizeof(shop->terminal.code));
    WORKS(presence_add(table, &shop->terminal, shop_no_kick, NULL));
    presence_set_ready(table, &shop->terminal, true);
}

static inline void shop_disconnect(struct shop *shop)
{
    assert_true(presence_remove(&shop->scene->broker->presence, &shop->terminal));
}

/* --- The shop ---------------------------------------------------------------------- */

static inline enum fail shop_device_add(struct store_tx *tx, void *argument)
{
    struct shop *shop = argument;

    shop->device = device_add(tx, shop->scene->business, "TW-1", "credential");
    return FAIL_NONE;
}

static inline struct shop *shop_open_with(bool threads)
{
    struct shop *shop = calloc(1, sizeof(*shop));

    assert_non_null(shop);
    shop_now = shop;
    moving_clock_start();
    shop->scene = scene_make(&SHOP_PORT, threads);
    scene_do(shop->scene, shop_device_add, shop);
    shop_connect(shop, TERMINAL_LOOP);
    (void)payment_clock_run(shop->scene->broker);
    return shop;
}

static inline struct shop *shop_open(void)
{
    return shop_open_with(false);
}

static inline bool shop_has_task(struct shop *shop, unsigned loop)
{
    struct home *home = &shop->scene->loops[loop];
    bool has;

    pthread_mutex_lock(&home->lock);
    has = !list_is_empty(&home->tasks);
    pthread_mutex_unlock(&home->lock);
    return has;
}

/* Every loop runs what was posted to it, until nothing is. */
static inline void shop_turn(struct shop *shop)
{
    unsigned quiet = 0;
    unsigned loop;

    for (loop = 0; quiet < SCENE_LOOPS; loop = (loop + 1) % SCENE_LOOPS) {
        if (shop_has_task(shop, loop)) {
            scene_run(shop->scene, loop, 1);
            quiet = 0;
        } else {
            quiet++;
        }
    }
}

static inline void shop_close(struct shop *shop)
{
    shop_turn(shop);
    if (shop->terminal.present) {
        shop_disconnect(shop);
    }
    scene_remove(shop->scene);
    moving_clock_stop();
    free(shop);
    shop_now = NULL;
}

/* The clock's owner calls when its time has come, and the loops run. */
static inline void shop_wait(struct shop *shop, int64_t ms)
{
    moving_clock_ms += ms;
    (void)payment_clock_run(shop->scene->broker);
    shop_turn(shop);
}

/* The process dies and starts again: nothing in memory is left. What waits for
 * an answer never gets it; its terminal is not connected. */
static inline void shop_crash(struct shop *shop)
{
    struct scene *scene = shop->scene;

    shop_disconnect(shop);
    broker_stop(scene->broker);
    shop_turn(shop);
    broker_destroy(&scene->broker);
    store_close(&scene->fixture->store);
    fixture_open(scene->fixture, false);
    scene->store = scene->fixture->store;
    scene_broker(scene, &SHOP_PORT);
    WORKS(payment_clock_recover(scene->broker));
    (void)payment_clock_run(scene->broker);
}

static inline int64_t shop_count(struct shop *shop, const char *sql)
{
    return fixture_number(shop->scene->fixture, sql);
}

/* --- Settings ------------------------------------------------------------------------ */

static inline enum fail shop_set_preset(struct store_tx *tx, void *argument)
{
    struct shop *shop = argument;

    return store_business_set_preset(tx, shop->scene->business, true);
}

static inline enum fail shop_set_device_decides(struct store_tx *tx, void *argument)
{
    struct shop *shop = argument;

    return store_business_set_processor(tx, shop->scene->business, PROCESSOR_DEVICE);
}

static inline enum fail shop_set_api_mode_off(struct store_tx *tx, void *argument)
{
    struct shop *shop = argument;

    return store_business_set_api_mode(tx, shop->scene->business, false);
}

static inline void shop_set(struct shop *shop, scene_verb *verb)
{
    scene_do(shop->scene, verb, shop);
}

/* --- Points of sale -------------------------------------------------------------------- */

struct pos {
    struct payment_call *call;
    unsigned answers;
    enum payment_answer answer;
    int64_t payment;
};

static inline void pos_on_done(struct payment_call *call, enum payment_answer answer)
{
    struct pos *pos = call->context;

    pos->answers++;
    pos->answer = answer;
    pos->payment = call->payment;
    payment_call_free(&call);
}

/* A purchase of 12.34, not started yet. */
static inline struct payment_call *pos_make(struct shop *shop, struct pos *pos, const char *key)
{
    struct payment_call *call = payment_call_new();

    assert_non_null(call);
    *pos = (struct pos){.call = call};
    call->business = shop->scene->business;
    call->token = 7;
    memcpy(call->code, shop->device.code, sizeof(call->code));
    memcpy(call->currency, "CAD", 4);
    call->amount_minor = 1234;
    (void)text_format(call->invoice, sizeof(call->invoice), "INV7");
    (void)text_format(call->key, sizeof(call->key), "%s", key);
    call->loop = POS_LOOP;
    call->done = pos_on_done;
    call->context = pos;
    return call;
}

static inline void pos_start(struct shop *shop, struct payment_call *call)
{
    payment_call_start(shop->scene->broker, call);
    shop_turn(shop);
}

static inline void pos_buy(struct shop *shop, struct pos *pos, const char *key)
{
    pos_start(shop, pos_make(shop, pos, key));
}

/* Called and shown; returns the payment that got its go. */
static inline int64_t pos_begin(struct shop *shop, int64_t amount_minor, const char *key)
{
    struct payment_call *call;
    struct pos pos;

    call = pos_make(shop, &pos, key);
    call->amount_minor = amount_minor;
    pos_start(shop, call);
    assert_ptr_equal(shop->offered, call);
    payment_call_shown(call);
    shop_turn(shop);
    assert_int_equal(pos.answers, 1);
    assert_int_equal(pos.answer, PAYMENT_ACCEPTED);
    assert_true(shop->go);
    return pos.payment;
}

struct canceller {
    unsigned answers;
    enum payment_cancel_answer answer;
    struct payment_row row;
};

static inline void canceller_on_done(struct payment_cancel *cancel,
                                     enum payment_cancel_answer answer)
{
    struct canceller *canceller = cancel->context;

    canceller->answers++;
    canceller->answer = answer;
    canceller->row = cancel->row;
    payment_cancel_free(&cancel);
}

static inline void pos_cancel(struct shop *shop, struct canceller *canceller, int64_t payment,
                              bool reverse)
{
    struct payment_cancel *cancel = payment_cancel_new();

    assert_non_null(cancel);
    *canceller = (struct canceller){0};
    cancel->business = shop->scene->business;
    memcpy(cancel->code, shop->device.code, sizeof(cancel->code));
    cancel->payment = payment;
    cancel->reverse_if_approved = reverse;
    cancel->loop = POS_LOOP;
    cancel->done = canceller_on_done;
    cancel->context = canceller;
    payment_cancel_start(shop->scene->broker, cancel);
    shop_turn(shop);
}

/* --- What the terminal says -------------------------------------------------------------- */

struct word {
    unsigned answers;
    enum fail fail;
    enum payment_verdict verdict;
    struct payment_told told;
};

static inline void word_on_done(struct payment_report *report, enum fail fail)
{
    struct word *word = report->context;

    word->answers++;
    word->fail = fail;
    word->verdict = report->verdict;
    word->told = report->told;
    payment_report_free(&report);
}

static inline struct payment_report *word_make(struct shop *shop, struct word *word,
                                               enum payment_said said, int64_t payment)
{
    struct payment_report *report = payment_report_new();

    assert_non_null(report);
    *word = (struct word){0};
    report->said = said;
    report->business = shop->scene->business;
    report->device = shop->device.id;
    report->payment = payment;
    report->loop = TERMINAL_LOOP;
    report->done = word_on_done;
    report->context = word;
    return report;
}

static inline void word_send(struct shop *shop, struct payment_report *report)
{
    payment_report_start(shop->scene->broker, report);
    shop_turn(shop);
}

static inline void say_attempt(struct shop *shop, struct word *word, int64_t payment,
                               uint32_t number)
{
    struct payment_report *report = word_make(shop, word, SAID_ATTEMPT, payment);

    report->attempt.number = number;
    report->attempt.card = test_card_find(slice_of("visa"))->card;
    word_send(shop, report);
}

static inline void say_result(struct shop *shop, struct word *word, int64_t payment,
                              uint32_t number, bool approved)
{
    struct payment_report *report = word_make(shop, word, SAID_RESULT, payment);

    report->attempt.number = number;
    report->attempt.card = test_card_find(slice_of("visa"))->card;
    report->attempt.approved = approved;
    (void)text_format(report->attempt.approval_code, sizeof(report->attempt.approval_code), "%s",
                      approved ? "AB12CD" : "");
    (void)text_format(report->attempt.reason, sizeof(report->attempt.reason), "%s",
                      approved ? "" : "Transaction Declined: INCORRECT PIN");
    word_send(shop, report);
}

static inline void say_cancel(struct shop *shop, struct word *word, int64_t payment,
                              enum payment_reason by)
{
    struct payment_report *report = word_make(shop, word, SAID_CANCEL, payment);

    report->by = by;
    word_send(shop, report);
}

static inline void say_ask(struct shop *shop, struct word *word, int64_t payment)
{
    word_send(shop, word_make(shop, word, SAID_ASK, payment));
}

/* --- What is on record --------------------------------------------------------------------- */

struct finding {
    int64_t business;
    int64_t payment;
    struct payment_row row;
};

static inline enum fail finding_run(struct store_tx *tx, void *argument)
{
    struct finding *finding = argument;

    return store_payment_find(tx, finding->business, finding->payment, &finding->row);
}

static inline struct payment_row shop_payment(struct shop *shop, int64_t payment)
{
    struct finding finding = {.business = shop->scene->business, .payment = payment};

    scene_do(shop->scene, finding_run, &finding);
    return finding.row;
}

static inline enum payment_state shop_state(struct shop *shop, int64_t payment)
{
    return shop_payment(shop, payment).payment.state;
}

#endif
