/* The caller's side of a payment's begin: what is looked at before anything is
 * shown, in the order of the contract: the code, the currency, the key, and only
 * then whether the terminal listens and is free.
 *
 * A key that is taken is answered from its payment, or by it: a repeat of a call
 * that is undecided waits for it. Where no terminal listens nothing is written,
 * so a reader answers; but not a call with a key, for the same request may wait
 * for the writer at this moment, and a reader would not see it. */
#include "broker/payment_call.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "broker/broker.h"
#include "broker/payment_clock.h"
#include "broker/payment_offer.h"
#include "processor/processor.h"

/* An offer is decided within PAYMENT_OFFER_MS; the rest is for a busy store. */
enum { AGAIN_WAIT_MS = PAYMENT_OFFER_MS + 5000 };

struct counter payment_answers[PAYMENT_ANSWERS];

struct payment_call *payment_call_new(void)
{
    return calloc(1, sizeof(struct payment_call));
}

void payment_call_free(struct payment_call **call)
{
    free(*call);
    *call = NULL;
}

/* --- The answer ----------------------------------------------------------------- */

/* On the caller's loop; the call is the caller's after it. */
static void answer(struct payment_call *call, enum payment_answer what)
{
    call->payment = what == PAYMENT_ACCEPTED ? call->row.id : 0;
    counter_add(&payment_answers[what], 1);
    call->done(call, what);
}

static void run_answer(struct task *task)
{
    struct payment_call *call = TASK_OWNER(task, struct payment_call, task);

    answer(call, call->answer);
}

void payment_call_end(struct payment_call *call, enum payment_answer what)
{
    call->answer = what;
    if (call->terminal_loop == call->loop) {
        answer(call, what);
        return;
    }
    call->task.run = run_answer;
    executor_post(call->broker->loops[call->loop], &call->task);
}

/* --- An earlier call with the same key --------------------------------------------- */

static bool is_decided(const struct payment_row *row)
{
    return row->payment.state != PAYMENT_OFFERED;
}

static enum payment_answer answer_of(const struct payment_row *row)
{
    return row->payment.state == PAYMENT_REFUSED ? PAYMENT_NOT_LISTENING : PAYMENT_ACCEPTED;
}

static void again_done(struct payment_wait *wait, enum fail fail)
{
    struct payment_call *call = LIST_ITEM(wait, struct payment_call, wait);

    answer(call, fail == FAIL_NONE ? answer_of(&wait->row) : PAYMENT_TROUBLE);
}

static void again_wait(struct payment_call *call)
{
    call->wait.business = call->business;
    call->wait.payment = call->row.id;
    call->wait.limit_ms = AGAIN_WAIT_MS;
    call->wait.loop = call->loop;
    call->wait.is_over = is_decided;
    call->wait.done = again_done;
    payment_wait_start(call->broker, &call->wait);
}

/* --- In the job ---------------------------------------------------------------------- */

static void settle(struct payment_call *call, enum payment_answer what)
{
    call->next = CALL_ANSWERED;
    call->answer = what;
}

/* What the call asks for, as a row. */
static void row_make(struct payment_call *call, const struct device *device,
                     const struct business *business)
{
    struct payment_row *row = &call->row;
    int64_t now_ms = clock_wall_ms();

    *row = (struct payment_row){
        .business = call->business,
        .device = device->id,
        .token = call->token,
        .payment = payment_make(
            call->kind, processor_authority((enum processor_kind)business->processor), now_ms),
        .amount_minor = call->amount_minor,
        .original = call->original,
        .created_ms = now_ms};
    memcpy(row->code, call->code, sizeof(row->code));
    memcpy(row->currency, business->currency, sizeof(row->currency));
    memcpy(row->invoice, call->invoice, sizeof(row->invoice));
    memcpy(row->customer, call->customer, sizeof(row->customer));
    memcpy(row->key, call->key, sizeof(row->key));
}

/* contract.md, Devices: what makes two requests with one key the same. */
static bool is_same(const struct payment_row *row, const struct payment_row *other)
{
    return row->device == other->device && row->payment.kind == other->payment.kind &&
           strcmp(row->currency, other->currency) == 0 &&
           row->amount_minor == other->amount_minor && row->original == other->original &&
           strcmp(row->invoice, other->invoice) == 0 && strcmp(row->customer, other->customer) == 0;
}

static void answer_by_key(struct payment_call *call, const struct payment_row *earlier)
{
    if (!is_same(&call->row, earlier)) {
        settle(call, PAYMENT_KEY_TAKEN);
        return;
    }
    call->row = *earlier;
    call->answer = answer_of(earlier);
    call->next = is_decided(earlier) ? CALL_ANSWERED : CALL_AGAIN;
}

/* FAIL_NOT_FOUND: the key is free, or will be: `*expired` is the payment that it
 * is to be taken from. */
static enum fail key_look(struct payment_call *call, struct store_tx *tx, int64_t *expired)
{
    struct payment_row earlier;
    enum fail fail = FAIL_NOT_FOUND;

    if (call->key[0] != '\0') {
        fail = store_payment_by_key(tx, call->business, call->key, &earlier);
    }
    if (fail != FAIL_NONE) {
        return fail;
    }
    if (call->preset_helcim &&
        call->row.created_ms - earlier.created_ms >= PAYMENT_KEY_LIFE_HELCIM_MS) {
        *expired = earlier.id;
        return FAIL_NOT_FOUND;
    }
    answer_by_key(call, &earlier);
    return FAIL_NONE;
}

/* On the writer. FAIL_BUSY undoes the whole job, the freed key too. */
static enum fail row_add(struct payment_call *call, struct store_tx *tx, int64_t expired)
{
    enum fail fail = FAIL_NONE;

    if (expired != 0) {
        fail = store_payment_free_key(tx, call->business, expired);
    }
    if (fail == FAIL_NONE) {
        fail = store_payment_add(tx, &call->row);
    }
    call->next = CALL_OFFERED;
    return fail;
}

static enum fail begin_known(struct payment_call *call, struct store_tx *tx,
                             const struct device *device)
{
    struct business business = {0};
    int64_t expired = 0;
    enum fail fail = store_business_find(tx, call->business, &business);

    if (fail != FAIL_NONE) {
        return fail;
    }
    if (call->currency[0] != '\0' && strcmp(call->currency, business.currency) != 0) {
        settle(call, PAYMENT_CURRENCY);
        return FAIL_NONE;
    }
    row_make(call, device, &business);
    fail = key_look(call, tx, &expired);
    if (fail != FAIL_NOT_FOUND) {
        return fail;
    }
    if (!call->listening || !business.api_mode) {
        settle(call, PAYMENT_NOT_LISTENING);
        return FAIL_NONE;
    }
    return row_add(call, tx, expired);
}

static enum fail begin_run(struct store_job *job, struct store_tx *tx)
{
    struct payment_call *call = LIST_ITEM(job, struct payment_call, job);
    struct device device = {0};
    enum fail fail = store_device_by_code(tx, call->business, call->code, &device);

    if (fail == FAIL_NOT_FOUND) {
        settle(call, PAYMENT_NO_DEVICE);
        return FAIL_NONE;
    }
    return fail == FAIL_NONE ? begin_known(call, tx, &device) : fail;
}

/* --- After it ---------------------------------------------------------------------------- */

static void go_on(struct payment_call *call)
{
    switch (call->next) {
    case CALL_ANSWERED:
        answer(call, call->answer);
        return;
    case CALL_AGAIN:
        again_wait(call);
        return;
    case CALL_OFFERED:
        break;
    }
    payment_clock_follow(call->broker, &call->row, call->row.created_ms);
    payment_offer_start(call);
}

/* A commit that failed for want of room was rolled back; after any other failure
 * of the disk the process ends, and the next start refuses what is offered. */
static void begin_done(struct store_job *job, enum fail fail)
{
    struct payment_call *call = LIST_ITEM(job, struct payment_call, job);

    if (fail == FAIL_NONE) {
        go_on(call);
    } else {
        answer(call, fail == FAIL_BUSY ? PAYMENT_BUSY : PAYMENT_TROUBLE);
    }
}

void payment_call_start(struct broker *broker, struct payment_call *call)
{
    struct presence_view view;

    assert(call->amount_minor > 0 && call->done != NULL);
    call->broker = broker;
    call->began_ns = clock_monotonic_ns();
    call->listening =
        presence_find(&broker->presence, call->business, call->code, &view) == FAIL_NONE &&
        view.ready;
    call->terminal_loop = call->listening ? view.loop : call->loop;
    call->job.run = begin_run;
    call->job.done = begin_done;
    if (call->listening || call->key[0] != '\0') {
        broker_write(broker, &call->job, call->loop);
    } else {
        broker_read(broker, &call->job, call->loop);
    }
}
