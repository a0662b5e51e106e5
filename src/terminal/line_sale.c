/* The terminal's journal of payments: each line names its payment, and which
 * further fields it has stands in one table (docs/headless-terminal.md, Events). */
#include "terminal/line_sale.h"

#include <assert.h>

#include "core/money.h"
#include "wire/json_write.h"

enum {
    HAS_OFFER = 1 << 0,
    HAS_ATTEMPT = 1 << 1,
    HAS_CARD = 1 << 2,
    HAS_DECISION = 1 << 3,
    HAS_TRANSACTION = 1 << 4,
    HAS_FINAL = 1 << 5,
};

static const struct {
    const char *name;
    unsigned fields;
    const char *word; /* what the effect's word is called; NULL: it has none */
    const char *text; /* likewise; an empty text is null */
} sayings[SALE_SAYINGS] = {
    [SALE_SAY_OFFERED] = {"payment_offered", HAS_OFFER, NULL, NULL},
    [SALE_SAY_WITHDRAWN] = {"payment_withdrawn", 0, "reason", NULL},
    [SALE_SAY_GO] = {"payment_go", 0, NULL, NULL},
    [SALE_SAY_CARD] = {"payment_card", HAS_ATTEMPT | HAS_CARD, NULL, NULL},
    [SALE_SAY_RESULT] = {"payment_result", HAS_ATTEMPT | HAS_DECISION, NULL, NULL},
    [SALE_SAY_CANCEL] = {"payment_cancel", 0, "by", NULL},
    [SALE_SAY_UNSENT] = {"payment_unsent", HAS_ATTEMPT, "message", NULL},
    [SALE_SAY_RESUMED] = {"payment_resumed", HAS_OFFER | HAS_ATTEMPT, "message", NULL},
    [SALE_SAY_APPROVED] = {"payment_approved", HAS_ATTEMPT | HAS_TRANSACTION, NULL, "approvalCode"},
    [SALE_SAY_DECLINED] = {"payment_declined", HAS_ATTEMPT | HAS_TRANSACTION | HAS_FINAL, NULL,
                           "reason"},
    [SALE_SAY_ENDED] = {"payment_ended", HAS_ATTEMPT, "state", "reason"},
    [SALE_SAY_RESULT_REFUSED] = {"payment_result_refused", HAS_ATTEMPT, NULL, "message"},
};

const char *line_sale_name(enum sale_saying what)
{
    assert(what < SALE_SAYINGS);
    return sayings[what].name;
}

/* --- JSON ---------------------------------------------------------------- */

static void add_text_or_null(struct buf *out, const char *name, struct slice text)
{
    if (text.length == 0) {
        json_add_null(out, name);
    } else {
        json_add_slice(out, name, text);
    }
}

static void add_offer(struct buf *out, const struct sale_record *record)
{
    char amount[MONEY_SIZE];

    money_write(record->amount_minor, amount);
    json_add_text(out, "kind", payment_kind_name(record->kind));
    json_add_raw(out, "amount", slice_of(amount));
    json_add_text(out, "currency", record->currency);
    add_text_or_null(out, "invoiceNumber", slice_of(record->invoice));
    json_add_text(out, "authority",
                  record->authority == AUTHORITY_TERMINAL ? "terminal" : "server");
}

static void add_card(struct buf *out, const struct card *card)
{
    json_add_text(out, "brand", card_brand_name(card->brand));
    json_add_text(out, "card", card_kind_name(card->kind));
    json_add_text(out, "entry", card_entry_name(card->entry));
    json_add_text(out, "lastFour", card->last_four);
}

static void add_decision(struct buf *out, const struct sale_record *record)
{
    json_add_bool(out, "approved", record->approved);
    add_text_or_null(out, "approvalCode", slice_of(record->approval_code));
    add_text_or_null(out, "reason", slice_of(record->reason));
}

void line_sale_json(struct buf *out, const struct sale_effect *effect)
{
    enum sale_saying what = effect->say.what;
    unsigned fields = sayings[what].fields;

    json_add_integer(out, "payment", effect->say.payment);
    if ((fields & HAS_OFFER) != 0) {
        add_offer(out, effect->say.record);
    }
    if ((fields & HAS_ATTEMPT) != 0) {
        json_add_integer(out, "attempt", effect->say.attempt);
    }
    if ((fields & HAS_CARD) != 0) {
        add_card(out, effect->say.card);
    }
    if ((fields & HAS_DECISION) != 0) {
        add_decision(out, effect->say.record);
    }
    if ((fields & HAS_TRANSACTION) != 0) {
        json_add_integer(out, "transaction", effect->say.transaction);
    }
    if (sayings[what].word != NULL) {
        json_add_slice(out, sayings[what].word, effect->say.word);
    }
    if (sayings[what].text != NULL) {
        add_text_or_null(out, sayings[what].text, effect->say.text);
    }
    if ((fields & HAS_FINAL) != 0) {
        json_add_bool(out, "final", effect->say.final);
    }
}

/* --- English ------------------------------------------------------------- */

/* "12.34 CAD (invoice INV7)". */
static void say_amount(struct buf *out, const struct sale_record *record,
                       void (*add_clean)(struct buf *out, struct slice text))
{
    char amount[MONEY_SIZE];

    money_show(record->amount_minor, amount);
    buf_format(out, "%s %s", amount, record->currency);
    if (record->invoice[0] != '\0') {
        buf_text(out, " (invoice ");
        add_clean(out, slice_of(record->invoice));
        buf_byte(out, ')');
    }
}

static void say_withdrawn(struct buf *out, struct slice why)
{
    if (slice_is(why, "time")) {
        buf_text(out, "the point of sale did not go on with it; it is not on the screen any more.");
    } else if (slice_is(why, "connection")) {
        buf_text(out, "the connection was lost before it began; it is not on the screen any more.");
    } else {
        buf_text(out, "withdrawn by the point of sale.");
    }
}

static void say_result(struct buf *out, const struct sale_record *record)
{
    if (record->approved) {
        buf_format(out, "this terminal has approved it (approval code %s).", record->approval_code);
    } else {
        buf_format(out, "this terminal has declined it (%s).", record->reason);
    }
}

static void say_card(struct buf *out, const struct sale_effect *effect)
{
    static const char *const how[CARD_ENTRIES] = {
        [CARD_TAP] = "tapped",
        [CARD_INSERT] = "inserted",
        [CARD_SWIPE] = "swiped",
    };
    const struct card *card = effect->say.card;

    buf_format(out, "card %u, %s %s ending in %s, %s.", effect->say.attempt,
               card_brand_name(card->brand), card_kind_name(card->kind), card->last_four,
               how[card->entry]);
}

static void say_with(struct buf *out, const char *before, struct slice text, const char *after,
                     void (*add_clean)(struct buf *out, struct slice text))
{
    buf_text(out, before);
    add_clean(out, text);
    buf_text(out, after);
}

/* " (by the customer)"; nothing for nobody. */
static void say_why(struct buf *out, struct slice reason,
                    void (*add_clean)(struct buf *out, struct slice text))
{
    static const char *const words[PAYMENT_REASONS] = {
        [REASON_CUSTOMER] = "by the customer",
        [REASON_CASHIER] = "by the cashier",
        [REASON_POS] = "by the point of sale",
        [REASON_TIME] = "its time was over",
        [REASON_LOST] = "this terminal had lost it",
        [REASON_NOT_SHOWN] = "it was not shown in time",
        [REASON_ADMINISTRATOR] = "by an administrator",
    };
    enum payment_reason known = REASON_NONE;

    if (reason.length > 0) {
        say_with(out, " (", payment_reason_read(reason, &known) ? slice_of(words[known]) : reason,
                 ")", add_clean);
    }
}

static void say_ended(struct buf *out, const struct sale_effect *effect,
                      void (*add_clean)(struct buf *out, struct slice text))
{
    say_with(out, "ended: ", effect->say.word, "", add_clean);
    say_why(out, effect->say.text, add_clean);
    buf_byte(out, '.');
}

void line_sale_english(struct buf *out, const struct sale_effect *effect,
                       void (*add_clean)(struct buf *out, struct slice text))
{
    struct slice text = effect->say.text;

    buf_format(out, "Payment %lld: ", (long long)effect->say.payment);
    switch (effect->say.what) {
    case SALE_SAY_OFFERED:
        say_amount(out, effect->say.record, add_clean);
        buf_format(out, " is on the screen, a %s.", payment_kind_name(effect->say.record->kind));
        break;
    case SALE_SAY_WITHDRAWN:
        say_withdrawn(out, effect->say.word);
        break;
    case SALE_SAY_GO:
        buf_text(out, "begun. Tap, insert or swipe a card.");
        break;
    case SALE_SAY_CARD:
        say_card(out, effect);
        break;
    case SALE_SAY_RESULT:
        say_result(out, effect->say.record);
        break;
    case SALE_SAY_CANCEL:
        buf_text(out, "ended here without an approval");
        say_why(out, effect->say.word, add_clean);
        buf_byte(out, '.');
        break;
    case SALE_SAY_UNSENT:
        say_with(out, "not known to the server for sure (", effect->say.word,
                 "); kept, and said again.", add_clean);
        break;
    case SALE_SAY_RESUMED:
        say_amount(out, effect->say.record, add_clean);
        say_with(out, ", connected again and going on (", effect->say.word, ").", add_clean);
        break;
    case SALE_SAY_APPROVED:
        buf_format(out, "approved, transaction %lld.", (long long)effect->say.transaction);
        break;
    case SALE_SAY_DECLINED:
        say_with(out, "declined (", text, effect->say.final ? ")." : "). Try again is offered.",
                 add_clean);
        break;
    case SALE_SAY_ENDED:
        say_ended(out, effect, add_clean);
        break;
    case SALE_SAY_RESULT_REFUSED:
        say_with(out,
                 "the server does not accept what this terminal has decided; its operator has "
                 "been told: ",
                 text, "", add_clean);
        break;
    case SALE_SAYINGS:
        break;
    }
}
