/* Exactly the fields of the contract, in its order. There is no address and no
 * CVV to check where a card is present: those two answers are empty. */
#include "api/transaction_json.h"

#include "base/clock.h"
#include "base/text.h"
#include "core/money.h"
#include "wire/json_write.h"

static const char *type_name(enum transaction_type type)
{
    static const char *const NAMES[] = {[TRANSACTION_PURCHASE] = "purchase",
                                        [TRANSACTION_REFUND] = "refund",
                                        [TRANSACTION_REVERSE] = "reverse"};

    return NAMES[type];
}

void transaction_json_write(struct buf *out, const struct transaction_row *row)
{
    char created[CLOCK_MOUNTAIN_SIZE];
    char amount[MONEY_SIZE];
    char number[CARD_FIRST_SIZE + CARD_LAST_SIZE];

    clock_mountain_text(row->created_ms, created);
    money_write(row->amount_minor, amount);
    (void)text_format(number, sizeof(number), "%s%s", row->first_six, row->last_four);
    json_open_object(out, NULL);
    json_add_integer(out, "transactionId", row->id);
    json_add_text(out, "dateCreated", created);
    json_add_integer(out, "cardBatchId", row->batch);
    json_add_text(out, "status", row->approved ? "APPROVED" : "DECLINED");
    json_add_text(out, "user", row->user);
    json_add_text(out, "type", type_name(row->type));
    json_add_raw(out, "amount", slice_of(amount));
    json_add_text(out, "currency", row->currency);
    json_add_text(out, "avsResponse", "");
    json_add_text(out, "cvvResponse", "");
    json_add_text(out, "cardType", card_type_name(row->brand));
    json_add_text(out, "approvalCode", row->approval_code);
    json_add_text(out, "cardToken", row->card_token);
    json_add_text(out, "cardNumber", number);
    json_add_text(out, "cardHolderName", row->holder);
    json_add_text(out, "customerCode", row->customer);
    json_add_text(out, "invoiceNumber", row->invoice);
    json_add_text(out, "warning", row->warning);
    json_close_object(out);
}
