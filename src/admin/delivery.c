/* admin webhook deliveries, delivery: what is on its way to a webhook, what has
 * arrived, and what waits for a resend. */
#include "store/delivery.h"
#include "admin/event.h"
#include "admin/newest.h"

enum { ROWS_USUAL = 100, ROWS_MAX = 1000, STATE_ANY = -1 };

/* The members of a row, without its braces. */
static void row_show(struct admin_call *call, const struct delivery_row *row)
{
    admin_show_number(call, "id", row->id);
    admin_show_text(call, "event", event_name(row->kind));
    admin_show_text(call, "state", delivery_state_name(row->state));
    admin_show_number(call, "attempts", row->attempts);
    admin_show_number(call, "payment", row->payment);
    admin_show_number_or_none(call, "transaction", row->transaction);
    admin_show_time(call, "created", row->created_ms);
    admin_show_time(call, "next", row->state == DELIVERY_WAITING ? row->next_ms : 0);
    admin_show_time(call, "ended", row->ended_ms);
    admin_show_text(call, "messageId", row->message_id);
}

/* --- deliveries ------------------------------------------------------------------ */

struct listing {
    struct newest newest;
    int state;
};

static void row_keep(void *context, const struct delivery_row *row)
{
    newest_keep(context, row);
}

static void listed_show(struct admin_call *call, const void *row)
{
    row_show(call, row);
}

static enum fail list_run(struct admin_call *call, void *argument, struct store_tx *tx)
{
    struct listing *listing = argument;
    struct newest *newest = &listing->newest;

    return store_deliveries(tx, call->business, listing->state, newest->limit, row_keep, newest);
}

static bool state_read(struct admin_call *call, int *state)
{
    enum delivery_state named = DELIVERY_WAITING;

    if (!admin_given(call, "state")) {
        *state = STATE_ANY;
        return true;
    }
    if (!delivery_state_read(admin_option(call, "state"), &named)) {
        return admin_refuse(call, "--state is waiting, delivered or dead");
    }
    *state = (int)named;
    return true;
}

bool webhook_deliveries(struct admin_call *call)
{
    struct listing listing = {.newest.size = sizeof(struct delivery_row)};

    return admin_business(call) && state_read(call, &listing.state) &&
           admin_limit(call, ROWS_USUAL, ROWS_MAX, &listing.newest.limit) &&
           newest_list(call, &listing.newest, list_run, &listing, listed_show);
}

/* --- delivery ---------------------------------------------------------------------- */

static void attempt_show(void *context, const struct delivery_attempt *attempt)
{
    struct admin_call *call = context;

    admin_open_row(call);
    admin_show_number(call, "number", attempt->number);
    admin_show_time(call, "at", attempt->at_ms);
    admin_show_number(call, "tookMs", attempt->took_ms);
    admin_show_number_or_none(call, "status", attempt->status);
    admin_show_words(call, "problem", attempt->problem);
    admin_close_row(call);
}

static enum fail show_run(struct admin_call *call, void *argument, struct store_tx *tx)
{
    struct delivery_row row;
    enum fail fail = store_delivery_find(tx, call->business, call->id, &row);

    (void)argument;
    if (fail != FAIL_NONE) {
        return fail;
    }
    admin_open_row(call);
    row_show(call, &row);
    admin_open_list_of(call, "answers");
    fail = store_delivery_attempts(tx, call->business, call->id, attempt_show, call);
    admin_close_list(call);
    admin_close_row(call);
    return fail;
}

bool webhook_delivery(struct admin_call *call)
{
    enum fail fail;

    if (!admin_business(call) || !admin_id(call)) {
        return false;
    }
    fail = admin_read(call, show_run, NULL);
    if (fail == FAIL_NOT_FOUND) {
        return admin_refuse(call, "business %lld has no delivery %lld", (long long)call->business,
                            (long long)call->id);
    }
    return fail == FAIL_NONE || admin_refuse_fail(call, fail);
}
