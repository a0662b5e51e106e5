/* Offer, then go: the one place where either the terminal's word that it shows
 * the amount or the end of its time is taken (Law 4).
 *
 * The row decides, in a store job. Whatever else ended the offer meanwhile (the
 * POS's cancel, its deadline) has been committed, and the terminal's word is too
 * late then. Nobody is told before the commit (Law 1). Where the job's own
 * commit has failed nothing is known, and the row is read again; where that
 * fails, too, the terminal is told that the offer is void, which is always
 * safe, and the row's deadline ends it. */
#include "broker/payment_offer.h"

#include <assert.h>

#include "base/clock.h"
#include "broker/broker.h"
#include "broker/payment_clock.h"
#include "broker/payment_news.h"
#include "broker/payment_watch.h"

enum { HOPS_MAX = 3, NS_PER_US = 1000 };

struct histogram payment_screen_time;

/* --- To the terminal ---------------------------------------------------------- */

static void offer_send(struct payment_call *call);

static void run_send(struct task *task)
{
    offer_send(TASK_OWNER(task, struct payment_call, task));
}

static void offer_post(struct payment_call *call, unsigned loop)
{
    call->terminal_loop = loop;
    call->task.run = run_send;
    executor_post(call->broker->loops[loop], &call->task);
}

/* On loop call->terminal_loop: what is found there cannot vanish under us. */
static void offer_send(struct payment_call *call)
{
    struct broker *broker = call->broker;
    struct presence_view view;
    bool is_there = presence_find_device(&broker->presence, call->business, call->row.device,
                                         &view) == FAIL_NONE &&
                    view.ready;

    if (is_there && view.loop == call->terminal_loop) {
        broker->port.offer(view.entry, call);
    } else if (is_there && call->hops++ < HOPS_MAX) {
        offer_post(call, view.loop);
    } else {
        payment_call_missed(call);
    }
}

void payment_offer_start(struct payment_call *call)
{
    call->hops = 0;
    if (call->terminal_loop == call->loop) {
        offer_send(call);
    } else {
        offer_post(call, call->terminal_loop);
    }
}

/* --- The decision -------------------------------------------------------------- */

/* The terminal's session may have gone while the store was asked: the go that is
 * committed stays, and the terminal is told by `resume` when it is back. */
static void decided(struct payment_call *call, enum payment_answer answer)
{
    if (call->terminal != NULL) {
        call->broker->port.offer_decided(call, call->go);
    }
    payment_call_end(call, answer);
}

static enum fail reread_run(struct store_job *job, struct store_tx *tx)
{
    struct payment_call *call = LIST_ITEM(job, struct payment_call, job);

    return store_payment_find(tx, call->business, call->row.id, &call->row);
}

/* An offer that is still open waits for its deadline: its withdrawal makes sure
 * that no sale is begun, but the store could not be told. A go that took all the
 * same has its own time limit. */
static void reread_done(struct store_job *job, enum fail fail)
{
    struct payment_call *call = LIST_ITEM(job, struct payment_call, job);
    enum payment_state state = call->row.payment.state;

    call->go = fail == FAIL_NONE && state == PAYMENT_DISPLAYED;
    if (call->go) {
        payment_clock_follow(call->broker, &call->row, clock_wall_ms());
        payment_watch_tell(call->broker, call->row.id);
    }
    if (fail != FAIL_NONE || state == PAYMENT_OFFERED) {
        decided(call, PAYMENT_TROUBLE);
    } else {
        decided(call, state == PAYMENT_REFUSED ? PAYMENT_NOT_LISTENING : PAYMENT_ACCEPTED);
    }
}

static enum fail decide_run(struct store_job *job, struct store_tx *tx)
{
    struct payment_call *call = LIST_ITEM(job, struct payment_call, job);
    struct payment_event event = {.kind = call->go ? PAYMENT_SHOWN : PAYMENT_NOT_SHOWN};
    struct payment_told told;
    enum fail fail = payment_run_load(tx, &call->run, &told, call->business, call->row.id);

    if (fail != FAIL_NONE) {
        return fail;
    }
    event.now_ms = call->run.now_ms;
    fail = payment_run_step(tx, &call->run, &told, &event);
    call->row = told.row;
    return fail;
}

static void decide_done(struct store_job *job, enum fail fail)
{
    struct payment_call *call = LIST_ITEM(job, struct payment_call, job);
    struct payment_told told = {0};

    if (fail != FAIL_NONE) {
        job->run = reread_run;
        job->done = reread_done;
        broker_read(call->broker, job, call->terminal_loop);
        return;
    }
    told.row = call->row;
    payment_news(call->broker, &told, &call->run);
    call->go = (call->run.effects & EFFECT_GO) != 0;
    decided(call, call->go ? PAYMENT_ACCEPTED : PAYMENT_NOT_LISTENING);
}

static void decide(struct payment_call *call, bool shown)
{
    call->go = shown;
    call->job.run = decide_run;
    call->job.done = decide_done;
    broker_write(call->broker, &call->job, call->terminal_loop);
}

void payment_call_shown(struct payment_call *call)
{
    histogram_observe(&payment_screen_time, (clock_monotonic_ns() - call->began_ns) / NS_PER_US);
    decide(call, true);
}

void payment_call_missed(struct payment_call *call)
{
    decide(call, false);
}
