/* For stories of payments: what a terminal says of them, what a point of sale
 * and an administrator do, and how a payment stands in the store. */
#ifndef TESTS_STORY_SALE_H
#define TESTS_STORY_SALE_H

#include "broker/payment_admin.h"
#include "broker/payment_call.h"
#include "broker/payment_cancel.h"
#include "processor/processor.h"
#include "store/delivery.h"
#include "store/payment.h"
#include "story/actor.h"
#include "story/pos.h"

/* --- The terminal's word --------------------------------------------------------- */

static inline void sale_said(struct actor *actor, const struct terminal_message *message)
{
    actor_says_only(actor, message);
    stage_settle(actor->stage);
}

static inline void actor_displays(struct actor *actor, unsigned payment)
{
    stage_note(actor->stage, "%s -> displayed %u", actor->name, payment);
    sale_said(actor, &(struct terminal_message){.type = TERMINAL_DISPLAYED,
                                                .displayed = stage_payment(actor->stage, payment)});
}

static inline void actor_is_at_screen(struct actor *actor, unsigned payment, const char *screen)
{
    stage_note(actor->stage, "%s -> progress %u %s", actor->name, payment, screen);
    sale_said(actor, &(struct terminal_message){
                         .type = TERMINAL_PROGRESS,
                         .progress = {.payment = stage_payment(actor->stage, payment),
                                      .screen = slice_of(screen)}});
}

static inline struct terminal_attempt sale_card(int64_t payment, int64_t attempt)
{
    return (struct terminal_attempt){.payment = payment,
                                     .attempt = attempt,
                                     .entry = slice_of("tap"),
                                     .brand = slice_of("visa"),
                                     .card = slice_of("credit"),
                                     .first_six = slice_of("412493"),
                                     .last_four = slice_of("9990"),
                                     .holder = slice_of("VISA TEST"),
                                     .reference = slice_of("VisaOfTheTray")};
}

static inline void actor_attempts_only(struct actor *actor, unsigned payment, int64_t attempt)
{
    stage_note(actor->stage, "%s -> attempt %u/%" PRId64, actor->name, payment, attempt);
    actor_says_only(actor,
                    &(struct terminal_message){
                        .type = TERMINAL_ATTEMPT,
                        .attempt = sale_card(stage_payment(actor->stage, payment), attempt)});
}

static inline void actor_attempts(struct actor *actor, unsigned payment, int64_t attempt)
{
    actor_attempts_only(actor, payment, attempt);
    stage_settle(actor->stage);
}

static inline void actor_reports(struct actor *actor, unsigned payment, int64_t attempt,
                                 bool approved)
{
    struct terminal_message message = {.type = TERMINAL_RESULT};

    stage_note(actor->stage, "%s -> result %u/%" PRId64 " %s", actor->name, payment, attempt,
               approved ? "approved" : "declined");
    message.result.attempt = sale_card(stage_payment(actor->stage, payment), attempt);
    message.result.approved = approved;
    message.result.approval_code = slice_of(approved ? "T00042" : "");
    message.result.reason = slice_of(approved ? "" : "Transaction Declined: NO MONEY");
    sale_said(actor, &message);
}

static inline void actor_cancels(struct actor *actor, unsigned payment, const char *by)
{
    stage_note(actor->stage, "%s -> cancel_payment %u by %s", actor->name, payment, by);
    sale_said(actor, &(struct terminal_message){
                         .type = TERMINAL_CANCEL_PAYMENT,
                         .cancel_payment = {.payment = stage_payment(actor->stage, payment),
                                            .by = slice_of(by)}});
}

static inline void actor_asks(struct actor *actor, unsigned payment)
{
    stage_note(actor->stage, "%s -> ask_payment %u", actor->name, payment);
    sale_said(actor,
              &(struct terminal_message){.type = TERMINAL_ASK_PAYMENT,
                                         .ask_payment = stage_payment(actor->stage, payment)});
}

/* A result with fields that no message has. */
static inline void actor_reports_with_card_data(struct actor *actor, unsigned payment)
{
    char text[1024];

    stage_note(actor->stage, "%s -> result %u/1 approved, and card data", actor->name, payment);
    (void)text_format(text, sizeof(text),
                      "{\"type\":\"result\",\"payment\":%" PRId64 ",\"attempt\":1,"
                      "\"entry\":\"tap\",\"brand\":\"visa\",\"card\":\"credit\","
                      "\"firstSix\":\"412493\",\"lastFour\":\"9990\","
                      "\"cardHolderName\":\"4124 9300 0000 9990\",\"reference\":\"VisaOfTheTray\","
                      "\"approved\":true,\"approvalCode\":\"T00042\",\"reason\":null,"
                      "\"pan\":\"4124930000009990\",\"cvv\":\"123\"}",
                      stage_payment(actor->stage, payment));
    session_events.on_message(actor->session, slice_of(text));
    stage_settle(actor->stage);
}

/* The whole way of a new terminal to "Ready to take payment". */
static inline void actor_opens(struct actor *actor)
{
    actor_registers(actor);
    actor_says(actor, TERMINAL_READY);
}

/* It has lost its connection and comes back with what it keeps. */
static inline void actor_returns(struct actor *actor)
{
    actor_greets(actor);
    actor_says(actor, TERMINAL_READY);
}

/* --- The server -------------------------------------------------------------------------- */

static inline void server_stops(struct stage *stage)
{
    stage_note(stage, "the server stops");
    stage_stop(stage);
}

/* It starts a while later. */
static inline void server_starts(struct stage *stage)
{
    stage->now_ms += 1000;
    stage_note(stage, "the server starts");
    stage_start(stage);
    stage_settle(stage);
}

/* --- The point of sale -------------------------------------------------------------- */

struct pos_sale {
    struct stage *stage;
    const char *who;
    struct payment_call *call;
};

static inline void pos_sold(struct payment_call *call, enum payment_answer answer)
{
    static const char *const names[PAYMENT_ANSWERS] = {[PAYMENT_ACCEPTED] = "accepted",
                                                       [PAYMENT_NO_DEVICE] = "no device",
                                                       [PAYMENT_NOT_LISTENING] = "not listening",
                                                       [PAYMENT_BUSY] = "busy",
                                                       [PAYMENT_KEY_TAKEN] = "key taken",
                                                       [PAYMENT_CURRENCY] = "wrong currency",
                                                       [PAYMENT_TROUBLE] = "trouble"};
    struct pos_sale *sale = call->context;

    STAGE_SERVER_ENDS();
    sale->stage->calls_under_way--;
    if (answer == PAYMENT_ACCEPTED) {
        stage_note(sale->stage, "%s <- accepted, payment %u", sale->who,
                   stage_payment_number(sale->stage, call->payment));
    } else {
        stage_note(sale->stage, "%s <- %s", sale->who, names[answer]);
    }
    free(sale);
    payment_call_free(&call);
    STAGE_SERVER_BEGINS();
}

struct pos_order {
    const char *who; /* NULL: POS */
    const char *key; /* NULL: none */
    int64_t amount_minor;
    unsigned loop;
    bool preset_helcim;
};

static inline void pos_orders_only(struct actor *actor, const struct pos_order *order)
{
    struct stage *stage = actor->stage;
    struct pos_sale *sale = calloc(1, sizeof(*sale));
    struct payment_call *call = payment_call_new();

    assert_non_null(sale);
    assert_non_null(call);
    sale->stage = stage;
    sale->who = order->who == NULL ? "POS" : order->who;
    stage_note(stage, "%s sells for %" PRId64 " on %s%s%s", sale->who, order->amount_minor,
               actor->code, order->key == NULL ? "" : ", key ",
               order->key == NULL ? "" : order->key);
    call->business = stage->business;
    call->token = 1;
    call->preset_helcim = order->preset_helcim;
    memcpy(call->code, actor->code, CODE_SIZE);
    call->kind = PAYMENT_PURCHASE;
    memcpy(call->currency, "CAD", 4);
    call->amount_minor = order->amount_minor;
    memcpy(call->invoice, "INV7", 5);
    if (order->key != NULL) {
        (void)text_format(call->key, sizeof(call->key), "%s", order->key);
    }
    call->loop = order->loop;
    call->done = pos_sold;
    call->context = sale;
    stage->calls_under_way++;
    STAGE_SERVER_BEGINS();
    payment_call_start(stage->broker, call);
    STAGE_SERVER_ENDS();
}

static inline void pos_orders(struct actor *actor, const struct pos_order *order)
{
    pos_orders_only(actor, order);
    stage_settle(actor->stage);
}

static inline void pos_sells(struct actor *actor, int64_t amount_minor)
{
    pos_orders(actor, &(struct pos_order){.amount_minor = amount_minor});
}

static inline void pos_cancelled(struct payment_cancel *cancel, enum payment_cancel_answer answer)
{
    static const char *const names[] = {[CANCEL_CANCELLED] = "cancelled",
                                        [CANCEL_TOO_LATE] = "too late",
                                        [CANCEL_DEVICE_UNREACHABLE] = "device unreachable",
                                        [CANCEL_NO_DEVICE] = "no device",
                                        [CANCEL_NO_PAYMENT] = "no payment",
                                        [CANCEL_TROUBLE] = "trouble"};
    struct stage *stage = cancel->context;

    STAGE_SERVER_ENDS();
    stage->calls_under_way--;
    if (answer <= CANCEL_DEVICE_UNREACHABLE) {
        stage_note(stage, "POS <- %s: %s", names[answer],
                   payment_state_name(cancel->row.payment.state, SCREEN_NONE));
    } else {
        stage_note(stage, "POS <- %s", names[answer]);
    }
    payment_cancel_free(&cancel);
    STAGE_SERVER_BEGINS();
}

static inline void pos_cancels(struct actor *actor, unsigned payment, bool reverse_if_approved)
{
    struct stage *stage = actor->stage;
    struct payment_cancel *cancel = payment_cancel_new();

    assert_non_null(cancel);
    stage_note(stage, "POS cancels %u%s", payment,
               reverse_if_approved ? ", reverse if approved" : "");
    cancel->business = stage->business;
    memcpy(cancel->code, actor->code, CODE_SIZE);
    cancel->payment = stage_payment(stage, payment);
    cancel->reverse_if_approved = reverse_if_approved;
    cancel->done = pos_cancelled;
    cancel->context = stage;
    stage->calls_under_way++;
    STAGE_SERVER_BEGINS();
    payment_cancel_start(stage->broker, cancel);
    STAGE_SERVER_ENDS();
    stage_settle(stage);
}

/* --- The administrator ------------------------------------------------------------------ */

struct sale_resolution {
    struct stage_job job;
    unsigned payment;
    enum payment_state state;
    struct payment_after after;
};

static inline enum fail sale_resolve(struct stage_job *job, struct store_tx *tx)
{
    struct sale_resolution *resolution = LIST_ITEM(job, struct sale_resolution, job);

    return payment_resolve(tx, job->stage->business, stage_payment(job->stage, resolution->payment),
                           resolution->state, clock_wall_ms(), &resolution->after);
}

static inline void admin_resolves(struct actor *actor, unsigned payment, enum payment_state state)
{
    struct sale_resolution resolution = {
        .job = {.stage = actor->stage, .verb = sale_resolve}, .payment = payment, .state = state};

    stage_note(actor->stage, "payment %u is resolved: %s", payment,
               payment_state_name(state, SCREEN_NONE));
    stage_job_do(&resolution.job);
    payment_after(actor->stage->broker, &resolution.after);
    stage_settle(actor->stage);
}

struct sale_removal {
    struct stage_job job;
    struct payment_after after;
};

static inline enum fail sale_device_remove(struct stage_job *job, struct store_tx *tx)
{
    struct sale_removal *removal = LIST_ITEM(job, struct sale_removal, job);
    enum fail fail = admin_device_delete(job, tx);

    return fail != FAIL_NONE ? fail
                             : payment_device_removed(tx, job->stage->business, job->device.id,
                                                      clock_wall_ms(), &removal->after);
}

/* Although a payment is open on it. */
static inline void admin_removes_by_force(struct actor *actor)
{
    struct sale_removal removal = {
        .job = {.stage = actor->stage, .verb = sale_device_remove, .code = actor->code}};

    stage_note(actor->stage, "%s is removed by force", actor->code);
    stage_job_do(&removal.job);
    payment_after(actor->stage->broker, &removal.after);
    admin_tell(&(struct admin_change){
        .stage = actor->stage, .tell = admin_device_tell, .device = removal.job.device.id});
    stage_settle(actor->stage);
}

/* --- The store ----------------------------------------------------------------------- */

static inline enum fail sale_webhook_set(struct stage_job *job, struct store_tx *tx)
{
    static const uint8_t secret[WEBHOOK_SECRET_SIZE] = "a secret";

    return store_webhook_set(tx, job->stage->business, "https://pos.example.com/hook",
                             1 << EVENT_CARD_TRANSACTION | 1 << EVENT_TERMINAL_CANCEL, secret,
                             clock_wall_ms());
}

static inline enum fail sale_processor_set(struct stage_job *job, struct store_tx *tx)
{
    return store_business_set_processor(tx, job->stage->business, PROCESSOR_DEVICE);
}

static inline enum fail sale_preset_set(struct stage_job *job, struct store_tx *tx)
{
    return store_business_set_preset(tx, job->stage->business, true);
}

static inline void admin_sets_preset(struct stage *stage)
{
    stage_note(stage, "Shop has the preset helcim");
    stage_job_do(&(struct stage_job){.stage = stage, .verb = sale_preset_set});
}

/* A stage whose business has a webhook, and terminals that decide where told. */
static inline struct stage *sale_stage(unsigned loops, bool store_threads, bool terminals_decide)
{
    struct stage *stage = stage_make(loops, store_threads);

    stage_job_do(&(struct stage_job){.stage = stage, .verb = sale_webhook_set});
    if (terminals_decide) {
        stage_job_do(&(struct stage_job){.stage = stage, .verb = sale_processor_set});
    }
    return stage;
}

struct sale_look {
    struct stage_job job;
    unsigned payment;
    struct payment_row row;
    struct buf attempts;
};

static inline void sale_look_attempt(void *context, const struct attempt_row *row)
{
    struct sale_look *look = context;

    buf_format(&look->attempts, ", %u %s", row->number,
               row->ended_ms == 0 ? "undecided"
               : row->approved    ? "approved"
                                  : "declined");
    if (row->transaction != 0) {
        buf_format(&look->attempts, " as transaction %u",
                   stage_transaction_number(look->job.stage, row->transaction));
    }
}

static inline enum fail sale_look_run(struct stage_job *job, struct store_tx *tx)
{
    struct sale_look *look = LIST_ITEM(job, struct sale_look, job);
    int64_t id = stage_payment(job->stage, look->payment);
    enum fail fail = store_payment_find(tx, job->stage->business, id, &look->row);

    return fail != FAIL_NONE
               ? fail
               : store_attempts(tx, job->stage->business, id, sale_look_attempt, look);
}

/* How it stands in the store, with what the hub knows of its screen. */
static inline void sale_stands(struct actor *actor, unsigned payment)
{
    struct stage *stage = actor->stage;
    struct sale_look look = {.job = {.stage = stage, .verb = sale_look_run}, .payment = payment};
    unsigned screen = SCREEN_NONE;
    struct presence_view view;
    const char *reason;

    buf_init(&look.attempts, 1024);
    look.job.job.run = stage_job_run;
    WORKS(store_read_wait(stage->fixture->store, &look.job.job));
    if (presence_find_device(&stage->broker->presence, stage->business, look.row.device, &view) ==
            FAIL_NONE &&
        view.payment == look.row.id) {
        screen = view.screen;
    }
    buf_byte(&look.attempts, '\0');
    reason = payment_reason_name(look.row.payment.reason);
    stage_note(stage, "(payment %u is %s%s%s%s)", payment,
               payment_state_name(look.row.payment.state, (enum payment_screen)screen),
               reason == NULL ? "" : " by ", reason == NULL ? "" : reason, look.attempts.bytes);
    buf_finish(&look.attempts);
}

#endif
