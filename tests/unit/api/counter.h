/* For the tests of payments at the API's door: a counter of the shop with one
 * terminal that is ready, and one of another business. What it is offered it
 * shows, or not, or the test says later. */
#ifndef TESTS_API_COUNTER_H
#define TESTS_API_COUNTER_H

#include "unit/api/door.h"

#include "api/payments.h"
#include "base/clock.h"
#include "broker/payment_call.h"
#include "broker/payment_clock.h"
#include "broker/payment_report.h"

enum counter_does { COUNTER_SHOWS, COUNTER_MISSES, COUNTER_WAITS };

struct counter_terminal {
    enum counter_does does;
    struct device device;
    struct device foreign; /* of the other business */
    struct presence presence;
    struct payment_call *call; /* offered, and not answered yet */
    unsigned offers;
    unsigned goes;
    unsigned withdrawals;
};

static struct counter_terminal till;

static void counter_offer(struct presence *presence, struct payment_call *call)
{
    till.offers++;
    call->terminal = presence;
    if (till.does == COUNTER_SHOWS) {
        payment_call_shown(call);
    } else if (till.does == COUNTER_MISSES) {
        payment_call_missed(call);
    } else {
        till.call = call;
    }
}

static void counter_decided(struct payment_call *call, bool go)
{
    (void)call;
    till.goes += go;
    till.withdrawals += !go;
}

static void counter_tell(struct presence *presence, const struct payment_told *told)
{
    (void)presence;
    (void)told;
}

static void counter_deliveries(void *context, int64_t business)
{
    (void)context;
    (void)business;
}

static void counter_clock(void *context)
{
    (void)context;
}

static void counter_no_kick(void *context, struct presence *old)
{
    (void)context;
    (void)old;
    abort();
}

static inline enum fail counter_devices(struct store_tx *tx, void *argument)
{
    (void)argument;
    till.device = device_add(tx, door.scene->business, "TW-1", "ours");
    till.foreign = device_add(tx, door.scene->other, "TW-2", "theirs");
    return FAIL_NONE;
}

/* Tokens: "pos" may begin payments, "look" may read, "all" may all, "weak" nothing. */
static inline void counter_open(bool store_threads)
{
    static const struct port port = {.ping = door_port_ping,
                                     .offer = counter_offer,
                                     .offer_decided = counter_decided,
                                     .payment_tell = counter_tell,
                                     .deliveries = counter_deliveries,
                                     .clock = counter_clock};

    door_open_with(&port, store_threads);
    door_token("pos", ACCESS_NONE, ACCESS_NONE, PROCESSING_POSITIVE);
    door_token("look", ACCESS_READ, ACCESS_NONE, PROCESSING_NONE);
    door_token("all", ACCESS_WRITE, ACCESS_WRITE, PROCESSING_ADMIN);
    door_token("weak", ACCESS_NONE, ACCESS_WRITE, PROCESSING_AUTH);
    till = (struct counter_terminal){.does = COUNTER_SHOWS};
    scene_do(door.scene, counter_devices, NULL);
    till.presence = (struct presence){
        .device = till.device.id, .business = door.scene->business, .listening = true};
    memcpy(till.presence.code, till.device.code, CODE_SIZE);
    WORKS(presence_add(&door.scene->broker->presence, &till.presence, counter_no_kick, NULL));
    presence_set_ready(&door.scene->broker->presence, &till.presence, true);
    (void)payment_clock_run(door.scene->broker);
}

/* What was posted to the loops, for the terminal and for whoever waits. */
static inline void counter_turn(void)
{
    unsigned quiet = 0;
    unsigned loop;

    for (loop = 0; quiet < SCENE_LOOPS; loop = (loop + 1) % SCENE_LOOPS) {
        if (list_is_empty(&door.scene->loops[loop].tasks)) {
            quiet++;
        } else {
            scene_run(door.scene, loop, 1);
            quiet = 0;
        }
    }
}

static inline void counter_close(void)
{
    counter_turn();
    (void)presence_remove(&door.scene->broker->presence, &till.presence);
    door_close();
}

/* What the terminal says: done when it returns (the store has no threads). */
static inline void counter_said(struct payment_report *report, enum fail fail)
{
    WORKS(fail);
    payment_report_free(&report);
}

static inline void counter_says(enum payment_said said, int64_t payment,
                                const struct attempt_row *attempt)
{
    struct payment_report *report = payment_report_new();

    assert_non_null(report);
    report->said = said;
    report->business = door.scene->business;
    report->device = till.device.id;
    report->payment = payment;
    report->by = REASON_CUSTOMER;
    if (attempt != NULL) {
        report->attempt = *attempt;
    }
    report->done = counter_said;
    payment_report_start(door.scene->broker, report);
}

static inline void counter_presents(int64_t payment, uint32_t number)
{
    const struct attempt_row attempt = {.number = number,
                                        .card = test_card_find(slice_of("visa"))->card};

    counter_says(SAID_ATTEMPT, payment, &attempt);
}

/* A purchase that is begun; its id. */
static inline int64_t counter_begin(const char *amount)
{
    struct exchange exchange;
    const char *location;
    char body[128];
    int64_t id;

    assert_true(
        text_format(body, sizeof(body), "{\"currency\":\"CAD\",\"transactionAmount\":%s}", amount));
    door_send(&exchange, &api_payment_purchase,
              &(struct door_request){.token = "pos", .code = till.device.code, .body = body});
    assert_int_equal(exchange.status, 202);
    location = strstr(exchange.headers.bytes, "/payments/");
    assert_non_null(location);
    id = strtoll(location + strlen("/payments/"), NULL, 10);
    fake_exchange_finish(&exchange);
    return id;
}

/* --- Looking -------------------------------------------------------------------------- */

/* The answer's body, until the next one. */
static inline const char *answer_of(const struct api_route *route,
                                    const struct door_request *request, int status)
{
    static char text[SERVE_LARGE];
    struct exchange exchange;

    door_send(&exchange, route, request);
    assert_int_equal(exchange.answers, 1);
    if (exchange.status != status) {
        print_message("%s\n", (const char *)exchange.body.bytes);
    }
    assert_int_equal(exchange.status, status);
    assert_true(text_format(text, sizeof(text), "%s", (const char *)exchange.body.bytes));
    fake_exchange_finish(&exchange);
    return text;
}

static inline const char *shown(int64_t id)
{
    return answer_of(
        &api_payment_show,
        &(struct door_request){.token = "look", .code = till.device.code, .id = door_text(id)},
        200);
}

static inline void assert_holds(const char *text, const char *part)
{
    if (strstr(text, part) == NULL) {
        print_message("%s does not hold %s\n", text, part);
    }
    assert_non_null(strstr(text, part));
}

#endif
