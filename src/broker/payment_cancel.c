/* The POS's cancel, and what became of it.
 *
 * What can be ended at once is ended in one job. Where somebody else has the
 * word (the processor that decides about a card, the terminal that decides by
 * itself) the answer waits for it a while. A card that was declined meanwhile
 * leaves a payment that can still be ended: then the job is done again. */
#include "broker/payment_cancel.h"

#include <stdlib.h>

#include "base/clock.h"
#include "broker/broker.h"
#include "broker/payment_news.h"

struct payment_cancel *payment_cancel_new(void)
{
    return calloc(1, sizeof(struct payment_cancel));
}

void payment_cancel_free(struct payment_cancel **cancel)
{
    free(*cancel);
    *cancel = NULL;
}

static void cancel_try(struct payment_cancel *cancel);

/* --- What it came to ------------------------------------------------------------- */

/* A sale that was declined before it was cancelled ended `declined`. */
static bool was_cancelled(const struct payment *payment)
{
    if (payment->state == PAYMENT_CANCELLED) {
        return true;
    }
    return (payment->state == PAYMENT_DECLINED || payment->state == PAYMENT_REFUSED) &&
           (payment->reason == REASON_POS || payment->reason == REASON_CUSTOMER ||
            payment->reason == REASON_CASHIER);
}

/* Nobody but its terminal can end it, and it has been asked to. */
static bool is_asked(const struct payment *payment)
{
    return !payment_is_final(payment->state) && payment->cancel_asked != REASON_NONE;
}

static bool is_over(const struct payment_row *row)
{
    return row->payment.state != PAYMENT_AUTHORISING && !is_asked(&row->payment);
}

static enum payment_cancel_answer answer_of(const struct payment *payment)
{
    if (was_cancelled(payment)) {
        return CANCEL_CANCELLED;
    }
    return is_asked(payment) ? CANCEL_DEVICE_UNREACHABLE : CANCEL_TOO_LATE;
}

static void answer(struct payment_cancel *cancel)
{
    cancel->row = cancel->told.row;
    cancel->done(cancel, answer_of(&cancel->row.payment));
}

/* --- Waiting for whoever has the word --------------------------------------------- */

/* A wait that was not possible is no trouble: the first job's row is true. */
static void wait_done(struct payment_wait *wait, enum fail fail)
{
    struct payment_cancel *cancel = LIST_ITEM(wait, struct payment_cancel, wait);

    if (fail == FAIL_NONE || fail == FAIL_TIMEOUT) {
        cancel->told.row = wait->row;
    }
    if (fail == FAIL_NONE && !payment_is_final(wait->row.payment.state) &&
        clock_monotonic_ms() < cancel->due_ms) {
        cancel_try(cancel);
        return;
    }
    answer(cancel);
}

static void cancel_wait(struct payment_cancel *cancel)
{
    cancel->wait.business = cancel->business;
    cancel->wait.payment = cancel->payment;
    cancel->wait.limit_ms = cancel->due_ms - clock_monotonic_ms();
    cancel->wait.loop = cancel->loop;
    cancel->wait.is_over = is_over;
    cancel->wait.done = wait_done;
    payment_wait_start(cancel->broker, &cancel->wait);
}

static bool is_connected(const struct payment_cancel *cancel)
{
    struct presence_view view;

    return presence_find_device(&cancel->broker->presence, cancel->business,
                                cancel->told.row.device, &view) == FAIL_NONE;
}

/* --- The job ------------------------------------------------------------------------ */

static enum fail cancel_load(struct payment_cancel *cancel, struct store_tx *tx)
{
    struct device device = {0};
    enum fail fail = store_device_by_code(tx, cancel->business, cancel->code, &device);

    if (fail == FAIL_NOT_FOUND) {
        cancel->answer = CANCEL_NO_DEVICE;
        return FAIL_NONE;
    }
    if (fail == FAIL_NONE) {
        fail = payment_run_load(tx, &cancel->run, &cancel->told, cancel->business, cancel->payment);
    }
    cancel->has_payment = fail == FAIL_NONE && cancel->told.row.device == device.id;
    if (!cancel->has_payment) {
        cancel->answer = CANCEL_NO_PAYMENT;
    }
    return fail == FAIL_NOT_FOUND ? FAIL_NONE : fail;
}

static enum fail cancel_run(struct store_job *job, struct store_tx *tx)
{
    struct payment_cancel *cancel = LIST_ITEM(job, struct payment_cancel, job);
    struct payment_event event = {.kind = PAYMENT_POS_CANCEL,
                                  .reverse_if_approved = cancel->reverse_if_approved};
    enum fail fail;

    cancel->has_payment = false;
    fail = cancel_load(cancel, tx);
    if (fail != FAIL_NONE || !cancel->has_payment) {
        return fail;
    }
    event.now_ms = cancel->run.now_ms;
    return payment_run_step(tx, &cancel->run, &cancel->told, &event);
}

static void cancel_done(struct store_job *job, enum fail fail)
{
    struct payment_cancel *cancel = LIST_ITEM(job, struct payment_cancel, job);

    if (fail != FAIL_NONE || !cancel->has_payment) {
        cancel->done(cancel, fail == FAIL_NONE ? cancel->answer : CANCEL_TROUBLE);
        return;
    }
    payment_news_to_terminal(cancel->broker, &cancel->told, &cancel->run);
    if (is_over(&cancel->told.row) ||
        (is_asked(&cancel->told.row.payment) && !is_connected(cancel))) {
        answer(cancel);
    } else {
        cancel_wait(cancel);
    }
}

static void cancel_try(struct payment_cancel *cancel)
{
    cancel->job.run = cancel_run;
    cancel->job.done = cancel_done;
    broker_write(cancel->broker, &cancel->job, cancel->loop);
}

void payment_cancel_start(struct broker *broker, struct payment_cancel *cancel)
{
    cancel->broker = broker;
    cancel->due_ms = clock_monotonic_ms() + PAYMENT_CANCEL_WAIT_MS;
    cancel_try(cancel);
}
