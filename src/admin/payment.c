/* admin payment: what became of payments, and a person's word on one of which
 * nobody else can say it any more. */
#include "admin/event.h"
#include "admin/newest.h"
#include "base/clock.h"
#include "broker/payment_admin.h"
#include "core/money.h"
#include "store/read.h"

enum { ROWS_USUAL = 100, ROWS_MAX = 1000 };

/* --- Rows -------------------------------------------------------------------------- */

/* The members of a row, without its braces. */
static void row_show(struct admin_call *call, const struct payment_row *row)
{
    char amount[MONEY_SIZE];

    money_show(row->amount_minor, amount);
    admin_show_number(call, "id", row->id);
    admin_show_text(call, "code", row->code);
    admin_show_text(call, "kind", payment_kind_name(row->payment.kind));
    admin_show_text(call, "amount", amount);
    admin_show_text(call, "currency", row->currency);
    admin_show_text(call, "state", payment_state_name(row->payment.state, SCREEN_NONE));
    admin_show_text(call, "reason", payment_reason_name(row->payment.reason));
    admin_show_words(call, "invoiceNumber", row->invoice);
    admin_show_number_or_none(call, "transaction", row->approved);
    admin_show_time(call, "created", row->created_ms);
    admin_show_time(call, "ended", row->ended_ms);
}

/* --- list ---------------------------------------------------------------------------- */

static void row_keep(void *context, const struct payment_row *row)
{
    newest_keep(context, row);
}

static void listed_show(struct admin_call *call, const void *row)
{
    row_show(call, row);
}

static enum fail list_run(struct admin_call *call, void *argument, struct store_tx *tx)
{
    struct newest *newest = argument;

    return read_payment_rows(tx, call->business, admin_given(call, "open"), newest->limit, row_keep,
                             newest);
}

static bool list(struct admin_call *call)
{
    struct newest newest = {.size = sizeof(struct payment_row)};

    return admin_business(call) && admin_limit(call, ROWS_USUAL, ROWS_MAX, &newest.limit) &&
           newest_list(call, &newest, list_run, &newest, listed_show);
}

/* --- show ---------------------------------------------------------------------------- */

static void attempt_show(void *context, const struct attempt_row *attempt)
{
    struct admin_call *call = context;
    const char *outcome = attempt->approved ? "approved" : "declined";

    admin_open_row(call);
    admin_show_number(call, "number", attempt->number);
    admin_show_text(call, "card", card_brand_name(attempt->card.brand));
    admin_show_words(call, "lastFour", attempt->card.last_four);
    admin_show_text(call, "outcome", attempt->ended_ms == 0 ? NULL : outcome);
    admin_show_words(call, "reason", attempt->reason);
    admin_show_words(call, "approvalCode", attempt->approval_code);
    admin_show_number_or_none(call, "transaction", attempt->transaction);
    admin_show_time(call, "began", attempt->began_ms);
    admin_show_time(call, "ended", attempt->ended_ms);
    admin_close_row(call);
}

static void event_show(void *context, const struct event_row *event)
{
    struct admin_call *call = context;

    admin_open_row(call);
    admin_show_number(call, "number", event->number);
    admin_show_text(call, "type", event_name(event->kind));
    admin_show_time(call, "at", event->at_ms);
    admin_show_number_or_none(call, "transaction", event->transaction);
    admin_show_number_or_none(call, "delivery", event->delivery);
    admin_show_text(call, "deliveryState",
                    event->delivery == 0 ? NULL : delivery_state_name(event->state));
    admin_close_row(call);
}

static enum fail show_run(struct admin_call *call, void *argument, struct store_tx *tx)
{
    struct payment_row row;
    enum fail fail = store_payment_find(tx, call->business, call->id, &row);

    (void)argument;
    if (fail != FAIL_NONE) {
        return fail;
    }
    admin_open_row(call);
    row_show(call, &row);
    admin_open_list_of(call, "attempts");
    fail = store_attempts(tx, call->business, call->id, attempt_show, call);
    admin_close_list(call);
    if (fail == FAIL_NONE) {
        admin_open_list_of(call, "events");
        fail = read_payment_events(tx, call->business, call->id, event_show, call);
        admin_close_list(call);
    }
    admin_close_row(call);
    return fail;
}

static bool refuse_unknown(struct admin_call *call)
{
    return admin_refuse(call, "business %lld has no payment %lld", (long long)call->business,
                        (long long)call->id);
}

static bool show(struct admin_call *call)
{
    enum fail fail;

    if (!admin_business(call) || !admin_id(call)) {
        return false;
    }
    fail = admin_read(call, show_run, NULL);
    if (fail == FAIL_NOT_FOUND) {
        return refuse_unknown(call);
    }
    return fail == FAIL_NONE || admin_refuse_fail(call, fail);
}

/* --- resolve --------------------------------------------------------------------------- */

struct resolution {
    const char *name;
    enum payment_state state;
    const char *means;
};

static const struct resolution RESOLUTIONS[] = {
    {"approved", PAYMENT_APPROVED,
     "the card was charged: an approved transaction is on record, and the point of sale is told"},
    {"declined", PAYMENT_DECLINED,
     "the card was not charged: a declined transaction is on record, and the point of sale is "
     "told"},
    {"cancelled", PAYMENT_CANCELLED,
     "no card was charged: the payment is over, and the point of sale is told"},
};
enum { RESOLUTION_COUNT = sizeof(RESOLUTIONS) / sizeof(RESOLUTIONS[0]) };

struct resolving {
    const struct resolution *as;
    struct payment_after after;
};

static enum fail resolve_run(struct admin_call *call, void *argument, struct store_tx *tx)
{
    struct resolving *resolving = argument;

    return payment_resolve(tx, call->business, call->id, resolving->as->state, clock_wall_ms(),
                           &resolving->after);
}

static bool as_read(struct admin_call *call, struct resolving *resolving)
{
    struct slice word = admin_option(call, "as");
    size_t i;

    for (i = 0; i < RESOLUTION_COUNT; i++) {
        if (slice_is(word, RESOLUTIONS[i].name)) {
            resolving->as = &RESOLUTIONS[i];
            return true;
        }
    }
    return admin_refuse(call, "--as is approved, declined or cancelled: what became of it at the "
                              "terminal");
}

static bool refuse_resolve(struct admin_call *call, const struct resolving *resolving,
                           enum fail fail)
{
    if (fail == FAIL_NOT_FOUND) {
        return refuse_unknown(call);
    }
    if (fail == FAIL_CONFLICT) {
        return admin_refuse(
            call, "payment %lld is %s; only one that is unknown can be resolved",
            (long long)call->id,
            payment_state_name(resolving->after.told.row.payment.state, SCREEN_NONE));
    }
    if (fail == FAIL_INVALID && resolving->as->state == PAYMENT_APPROVED) {
        return admin_refuse(call,
                            "payment %lld has no card whose outcome is open, so nothing can have "
                            "been charged for it; resolve it as cancelled, or as declined if a "
                            "card was",
                            (long long)call->id);
    }
    if (fail == FAIL_INVALID) {
        return admin_refuse(call,
                            "no card was presented for payment %lld, so none can have been "
                            "declined; resolve it as cancelled",
                            (long long)call->id);
    }
    return admin_refuse_fail(call, fail);
}

/* By what the rules made of it: a cancel after a decline is a decline. */
static const char *meaning(const struct payment *payment)
{
    size_t i = 0;

    if (payment->state == PAYMENT_APPROVED && payment->reverse_if_approved) {
        return "the card was charged: an approved transaction is on record, and the point of sale "
               "is told. It had asked for a charge to be taken back; nothing does that by itself "
               "now: give the money back at the terminal or by its processor";
    }
    if (payment->reversed) {
        return "the approval was taken back at once, as the point of sale had asked: both "
               "transactions are on record, and the point of sale is told";
    }
    while (i < RESOLUTION_COUNT && RESOLUTIONS[i].state != payment->state) {
        i++;
    }
    return i == RESOLUTION_COUNT ? NULL : RESOLUTIONS[i].means;
}

static bool resolve(struct admin_call *call)
{
    struct resolving resolving = {0};
    enum fail fail;

    if (!admin_business(call) || !admin_id(call) || !as_read(call, &resolving)) {
        return false;
    }
    fail = admin_write(call, resolve_run, &resolving);
    if (fail != FAIL_NONE) {
        return refuse_resolve(call, &resolving, fail);
    }
    payment_after(call->admin->broker, &resolving.after);
    admin_open_row(call);
    row_show(call, &resolving.after.told.row);
    admin_show_text(call, "means", meaning(&resolving.after.told.row.payment));
    admin_close_row(call);
    return true;
}

const struct admin_noun payment_noun = {"payment",
                                        {{"list", list}, {"show", show}, {"resolve", resolve}}};
