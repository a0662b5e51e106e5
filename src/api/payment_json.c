/* What is not known (yet) is null; dates are Mountain Time (contract.md, Common). */
#include "api/payment_json.h"

#include "base/clock.h"
#include "core/money.h"
#include "wire/json_write.h"

static void date_write(struct buf *out, const char *name, int64_t wall_ms)
{
    char text[CLOCK_MOUNTAIN_SIZE];

    if (wall_ms == 0) {
        json_add_null(out, name);
        return;
    }
    clock_mountain_text(wall_ms, text);
    json_add_text(out, name, text);
}

static void text_write(struct buf *out, const char *name, const char *text)
{
    json_add_text(out, name, text[0] == '\0' ? NULL : text);
}

void payment_json_id(struct buf *out, const char *name, int64_t id)
{
    if (id == 0) {
        json_add_null(out, name);
    } else {
        json_add_integer(out, name, id);
    }
}

static const char *attempt_state(const struct attempt_row *attempt)
{
    if (attempt->ended_ms == 0) {
        return "authorising";
    }
    return attempt->approved ? "approved" : "declined";
}

static void attempt_write(struct buf *out, const struct attempt_row *attempt)
{
    json_open_object(out, NULL);
    json_add_integer(out, "number", attempt->number);
    json_add_text(out, "state", attempt_state(attempt));
    payment_json_id(out, "transactionId", attempt->transaction);
    text_write(out, "warning", attempt->reason);
    date_write(out, "dateCreated", attempt->began_ms);
    json_close_object(out);
}

enum payment_screen payment_json_screen(struct broker *broker, const struct payment_row *row)
{
    struct presence_view view;

    if (presence_find(&broker->presence, row->business, row->code, &view) != FAIL_NONE ||
        view.payment != row->id) {
        return SCREEN_NONE;
    }
    return (enum payment_screen)view.screen;
}

const char *payment_json_state(const struct payment_row *row, enum payment_screen screen)
{
    return payment_state_name(row->payment.state, screen);
}

void payment_json_write(struct buf *out, const struct payment_json *payment)
{
    const struct payment_row *row = payment->row;
    char amount[MONEY_SIZE];
    size_t i;

    money_write(row->amount_minor, amount);
    json_open_object(out, NULL);
    json_add_integer(out, "id", row->id);
    json_add_text(out, "deviceCode", row->code);
    json_add_text(out, "type", payment_kind_name(row->payment.kind));
    json_add_text(out, "state", payment_json_state(row, payment->screen));
    json_add_text(out, "reason", payment_reason_name(row->payment.reason));
    json_add_text(out, "currency", row->currency);
    json_add_raw(out, "transactionAmount", slice_of(amount));
    text_write(out, "invoiceNumber", row->invoice);
    text_write(out, "customerCode", row->customer);
    payment_json_id(out, "transactionId", row->approved);
    json_add_bool(out, "reversed", row->payment.reversed);
    if (payment->attempts != NULL) {
        json_open_array(out, "attempts");
        for (i = 0; i < payment->attempt_count; i++) {
            attempt_write(out, &payment->attempts[i]);
        }
        json_close_array(out);
    }
    date_write(out, "dateCreated", row->created_ms);
    date_write(out, "dateEnded", row->ended_ms);
    json_close_object(out);
}
