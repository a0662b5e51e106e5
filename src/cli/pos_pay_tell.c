/* Each step as it happens, then the end. Steps and ends of a sale go to standard
 * output, and every line at once: a person waits in front of the terminal. What
 * went wrong goes to standard error. With --json each line is an object; the
 * last has an `outcome`, the others a `step`. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "cli/output.h"
#include "cli/pos_pay.h"
#include "cli/pos_shared.h"
#include "core/money.h"
#include "wire/json_write.h"

enum { AMOUNT_SIZE = POS_WORD_SIZE + 8, CARD_SIZE = 96 };

/* --- Words ------------------------------------------------------------ */

/* An amount as people write it; as it came where it is none. */
static void amount_show(const char *amount, const char *currency, char out[AMOUNT_SIZE])
{
    char shown[MONEY_SIZE];
    int64_t minor;

    if (money_read(slice_of(amount), &minor) == NULL) {
        money_show(minor, shown);
        amount = shown;
    }
    (void)text_format(out, AMOUNT_SIZE, "%s %s", amount, currency);
}

static void card_show(const struct pos_transaction *transaction, char out[CARD_SIZE])
{
    const char *number = transaction->card_number;
    size_t length = strlen(number);

    out[0] = '\0';
    if (length == 10) {
        (void)text_format(out, CARD_SIZE, ", %s %.6s...%s", transaction->card_type, number,
                          number + 6);
    }
    if (transaction->approval_code[0] != '\0') {
        size_t used = strlen(out);

        (void)text_format(out + used, CARD_SIZE - used, ", approval code %s",
                          transaction->approval_code);
    }
}

static const struct {
    const char *state;
    const char *sentence;
} STATES[] = {
    {"offered", "The terminal is asked to show the amount."},
    {"tip", "The customer chooses a tip."},
    {"card", "The terminal waits for a card."},
    {"pin", "The customer enters the PIN."},
    {"authorising", "The card is being authorised."},
    {"retry", "The customer may try again."},
    {"unknown", "What became of the card is not known; the terminal will say."},
};

static void tell_state(const struct sale *sale)
{
    const char *state = sale->payment.state;
    size_t i;

    if (strcmp(state, "displayed") == 0) {
        return; /* that is what "shows the amount" has said */
    }
    for (i = 0; i < CLI_COUNT(STATES); i++) {
        if (strcmp(STATES[i].state, state) == 0) {
            output_line("%s", STATES[i].sentence);
            return;
        }
    }
    output_line("The payment is now: %s.", state);
}

/* A reason begins with the same words again. */
static void tell_decline(const struct sale_step *step)
{
    static const char PREFIX[] = "Transaction Declined: ";
    const char *reason = step->text;

    if (slice_starts_with(slice_of(reason), PREFIX)) {
        reason += sizeof(PREFIX) - 1;
    }
    output_line("Transaction %" PRId64 " was declined%s%s.", step->transaction,
                reason[0] == '\0' ? "" : ": ", reason);
}

static void tell_cancel(const char *result)
{
    if (strcmp(result, "cancelled") == 0) {
        output_line("The cancel was taken.");
    } else if (strcmp(result, "too late") == 0) {
        output_line("It is too late to cancel.");
    } else if (strcmp(result, "device unreachable") == 0) {
        output_line("The terminal cannot be reached to cancel.");
    } else {
        output_line("The answer to the cancel was: %s.", result);
    }
}

static void tell_shown(const struct sale *sale)
{
    if (sale->payment.id != 0) {
        output_line("The terminal shows the amount: payment %" PRId64 ".", sale->payment.id);
        return;
    }
    output_line("The terminal shows the amount.");
    output_line("This API names no payment that could be followed. Its card transactions with "
                "invoice number %s are looked for: they tell approvals and declines, not a "
                "cancel.",
                sale->invoice);
}

static void tell_no_cancel(const char *problem)
{
    if (problem != NULL) {
        output_line("The cancel was refused: %s. The sale goes on.", problem);
        return;
    }
    output_line("This API has no call that cancels: cancel on the terminal itself. Its outcome is "
                "still looked for; Ctrl-C again ends at once.");
}

/* --- Steps --------------------------------------------------------------- */

static void tell_step(const struct sale *sale, const struct sale_step *step)
{
    switch (step->kind) {
    case SALE_STEP_SHOWN:
        tell_shown(sale);
        break;
    case SALE_STEP_STATE:
        tell_state(sale);
        break;
    case SALE_STEP_DECLINE:
        tell_decline(step);
        break;
    case SALE_STEP_AGAIN:
        output_line("No usable answer: %s. Asking again with the same idempotency-key.",
                    step->text);
        break;
    case SALE_STEP_SEARCH:
        output_line("The answer is now: %s. That may be this very sale: its transactions are "
                    "looked for.",
                    step->text);
        break;
    case SALE_STEP_TROUBLE:
        output_line("How it stands could not be asked: %s. Trying again.", step->text);
        break;
    case SALE_STEP_LIMIT:
        output_line("The time for this sale is over: asking for a cancel.");
        break;
    case SALE_STEP_CANCEL:
        tell_cancel(step->text);
        break;
    case SALE_STEP_NO_CANCEL:
        tell_no_cancel(step->text);
        break;
    }
}

static void write_step(const struct sale *sale, const struct sale_step *step)
{
    static const char *const NAMES[] = {
        [SALE_STEP_SHOWN] = "shown",         [SALE_STEP_STATE] = "state",
        [SALE_STEP_DECLINE] = "declined",    [SALE_STEP_AGAIN] = "repeated",
        [SALE_STEP_SEARCH] = "searched",     [SALE_STEP_TROUBLE] = "trouble",
        [SALE_STEP_LIMIT] = "time_over",     [SALE_STEP_CANCEL] = "cancel",
        [SALE_STEP_NO_CANCEL] = "no_cancel",
    };
    struct buf object;

    pos_json_start(&object, NULL);
    json_add_text(&object, "step", NAMES[step->kind]);
    if (step->kind == SALE_STEP_SHOWN) {
        json_add_bool(&object, "followed", sale->payment.id != 0);
    }
    if (sale->payment.id != 0) {
        json_add_integer(&object, "payment", sale->payment.id);
    }
    if (step->kind == SALE_STEP_STATE) {
        json_add_text(&object, "state", sale->payment.state);
    }
    if (step->text != NULL) {
        json_add_text(&object, step->kind == SALE_STEP_CANCEL ? "result" : "problem", step->text);
    }
    if (step->transaction != 0) {
        json_add_integer(&object, "transactionId", step->transaction);
    }
    pos_json_print(&object);
}

void pay_tell_start(const struct pay_teller *teller, const struct sale *sale)
{
    char amount[AMOUNT_SIZE];
    struct buf object;

    if (teller->json) {
        pos_json_start(&object, NULL);
        json_add_text(&object, "step", "asked");
        json_add_text(&object, "name", teller->pairing->name);
        json_add_text(&object, "code", sale->code);
        json_add_raw(&object, "transactionAmount", slice_of(sale->amount));
        json_add_text(&object, "currency", sale->currency);
        json_add_text(&object, "invoiceNumber", sale->invoice);
        json_add_text(&object, "idempotencyKey", sale->key);
        pos_json_print(&object);
    } else {
        amount_show(sale->amount, sale->currency, amount);
        output_line("%s (%s) is asked for %s, invoice number %s, idempotency-key %s.",
                    teller->pairing->name, sale->code, amount, sale->invoice, sale->key);
    }
    (void)fflush(stdout);
}

void pay_tell_step(void *context, const struct sale *sale, const struct sale_step *step)
{
    const struct pay_teller *teller = context;

    if (teller->json) {
        write_step(sale, step);
    } else {
        tell_step(sale, step);
    }
    (void)fflush(stdout);
}

/* --- The end ---------------------------------------------------------------- */

static int exit_of(const struct sale *sale)
{
    switch (sale->end) {
    case SALE_APPROVED:
        return CLI_DONE;
    case SALE_DECLINED:
        return CLI_DECLINED;
    case SALE_CANCELLED:
    case SALE_EXPIRED:
        return CLI_CANCELLED;
    case SALE_NOT_STARTED:
        return pos_exit_of(sale->refusal);
    case SALE_UNKNOWN:
        break;
    }
    return CLI_UNKNOWN;
}

static void tell_approved(const struct sale *sale)
{
    const struct pos_transaction *transaction = &sale->transaction;
    char amount[AMOUNT_SIZE];
    char card[CARD_SIZE];

    if (transaction->id == 0) {
        output_line("Approved: transaction %" PRId64 ".", sale->payment.transaction);
        return;
    }
    amount_show(transaction->amount, transaction->currency, amount);
    card_show(transaction, card);
    output_line("Approved: %s, transaction %" PRId64 "%s.", amount, transaction->id, card);
}

static const struct {
    const char *reason;
    const char *sentence;
} REASONS[] = {
    {"customer", "Cancelled by the customer: no card was charged."},
    {"cashier", "Cancelled by the cashier on the terminal: no card was charged."},
    {"pos", "Cancelled by the point of sale: no card was charged."},
    {"time", "Cancelled because the time was over: no card was charged."},
    {"lost", "Cancelled: the terminal has lost the payment; no card was charged."},
    {"administrator", "Cancelled by an administrator."},
};

static void tell_cancelled(const struct pos_payment *payment)
{
    size_t i;

    if (payment->reversed) {
        output_line("Cancelled: transaction %" PRId64 " was approved and has been reversed.",
                    payment->transaction);
        return;
    }
    for (i = 0; i < CLI_COUNT(REASONS); i++) {
        if (strcmp(REASONS[i].reason, payment->reason) == 0) {
            output_line("%s", REASONS[i].sentence);
            return;
        }
    }
    output_line("Cancelled: no card was charged.");
}

/* What to do about it, for a person. */
static void tell_unknown(const struct pay_teller *teller, const struct sale *sale)
{
    output_trouble("how this sale ends is not known: %s", sale->problem);
    if (sale->payment.id != 0) {
        output_trouble("look again with: tillwire pos payments \"%s\"", teller->pairing->name);
        return;
    }
    output_trouble("send it again with --key %s --invoice %s: the same key makes no second sale, "
                   "where the API knows it",
                   sale->key, sale->invoice);
}

static void tell_end(const struct pay_teller *teller, const struct sale *sale)
{
    switch (sale->end) {
    case SALE_APPROVED:
        tell_approved(sale);
        break;
    case SALE_DECLINED:
        output_line("Declined: no card was charged%s.",
                    sale->payment.id == 0 ? ", as far as its transactions tell" : "");
        break;
    case SALE_CANCELLED:
        tell_cancelled(&sale->payment);
        break;
    case SALE_EXPIRED:
        output_line("Nobody presented a card in time: no card was charged.");
        break;
    case SALE_NOT_STARTED:
        output_trouble("%s: %s", sale->is_sent ? "no sale was started" : "nothing was sent",
                       sale->problem);
        break;
    case SALE_UNKNOWN:
        tell_unknown(teller, sale);
        break;
    }
}

static void add_transaction(struct buf *object, const struct sale *sale)
{
    const struct pos_transaction *transaction = &sale->transaction;
    int64_t approved = sale->payment.transaction;

    if (transaction->id == 0 && approved == 0) {
        json_add_null(object, "transactionId");
        return;
    }
    json_add_integer(object, "transactionId", transaction->id == 0 ? approved : transaction->id);
    if (transaction->id != 0) {
        json_add_text(object, "status", transaction->status);
        json_add_text(object, "amount", transaction->amount);
        json_add_text(object, "cardType", transaction->card_type);
        json_add_text(object, "cardNumber", transaction->card_number);
        json_add_text(object, "approvalCode", transaction->approval_code);
        json_add_text(object, "warning", transaction->warning);
    }
}

/* Of what was not started, why: as of a ping. */
static void write_end(const struct pay_teller *teller, const struct sale *sale)
{
    struct buf object;

    pos_json_start(&object, sale->end == SALE_NOT_STARTED ? pos_outcome_name(sale->refusal)
                                                          : sale_end_name(sale->end));
    json_add_text(&object, "name", teller->pairing->name);
    json_add_text(&object, "code", sale->code);
    if (sale->payment.id != 0) {
        json_add_integer(&object, "payment", sale->payment.id);
        json_add_text(&object, "reason",
                      sale->payment.reason[0] == '\0' ? NULL : sale->payment.reason);
        json_add_bool(&object, "reversed", sale->payment.reversed);
    }
    json_add_text(&object, "invoiceNumber", sale->invoice);
    json_add_text(&object, "idempotencyKey", sale->key);
    add_transaction(&object, sale);
    json_add_text(&object, "problem", sale->problem[0] == '\0' ? NULL : sale->problem);
    pos_json_print(&object);
}

int pay_tell_end(const struct pay_teller *teller, const struct sale *sale)
{
    bool is_trouble = sale->end == SALE_NOT_STARTED || sale->end == SALE_UNKNOWN;

    if (!teller->json || is_trouble) {
        tell_end(teller, sale);
    }
    if (teller->json) {
        write_end(teller, sale);
    }
    return exit_of(sale);
}
