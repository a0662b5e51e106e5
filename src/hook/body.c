/* Two bodies, to the byte as the contract has them: fields in its order, no
 * blanks. Nothing in them depends on when they are written. */
#include "hook/body.h"

#include <assert.h>

#include "base/clock.h"
#include "core/money.h"
#include "wire/json_write.h"

enum { ID_SIZE = 24, SECONDS_LENGTH = 19, UTC_SECONDS_SIZE = 24 };

static void card_transaction_write(const struct delivery_row *row, struct buf *out)
{
    char id[ID_SIZE];
    bool fits = text_format(id, sizeof(id), "%lld", (long long)row->transaction);

    assert(fits);
    (void)fits;
    json_open_object(out, NULL);
    json_add_text(out, "id", id); /* a text, not a number */
    json_add_text(out, "type", "cardTransaction");
    json_close_object(out);
}

/* "2026-01-14T18:38:18Z": without the milliseconds. */
static void utc_seconds(int64_t wall_ms, char out[UTC_SECONDS_SIZE])
{
    char text[CLOCK_UTC_SIZE];

    clock_utc_text(wall_ms, text);
    (void)text_format(out, UTC_SECONDS_SIZE, "%.*sZ", SECONDS_LENGTH, text);
}

static void terminal_cancel_write(const struct delivery_row *row, struct buf *out)
{
    char at[UTC_SECONDS_SIZE];
    char amount[MONEY_SIZE];

    utc_seconds(row->at_ms, at);
    money_write(row->amount_minor, amount);
    json_open_object(out, NULL);
    json_add_text(out, "type", "terminalCancel");
    json_open_object(out, "data");
    json_add_text(out, "cancelledAt", at);
    json_add_text(out, "currency", row->currency);
    json_add_text(out, "deviceCode", row->code);
    json_add_raw(out, "transactionAmount", slice_of(amount));
    json_add_text(out, "invoiceNumber", row->invoice);
    json_add_text(out, "customerCode", row->customer);
    json_close_object(out);
    json_close_object(out);
}

void body_write(const struct delivery_row *row, struct buf *out)
{
    switch (row->kind) {
    case EVENT_CARD_TRANSACTION:
        card_transaction_write(row, out);
        break;
    case EVENT_TERMINAL_CANCEL:
        terminal_cancel_write(row, out);
        break;
    case EVENT_KINDS:
    default:
        assert(false);
    }
}
