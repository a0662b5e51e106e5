/* The start of a sale, and what its parts share.
 *
 * Before anything is asked of the terminal, the transactions of the invoice
 * number are: that shows that the API can be reached and lets the token read,
 * without which nobody could say how the sale ended, and which transactions of
 * that number are older than it.
 *
 * A request that may have arrived is in doubt. It is sent again with the same
 * key, and only what an API can say of that very key ends the doubt. "Busy" and
 * "not listening" speak of the device alone: from an API that keeps keys they
 * come only where the key has started nothing; from any other they may be about
 * this very sale. */
#include "pos/sale.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pos/sale_part.h"
#include "wire/json_write.h"

enum { BODY_MAX = 4 * 1024 };

static const char *const END_NAMES[] = {
    [SALE_APPROVED] = "approved",       [SALE_DECLINED] = "declined",
    [SALE_CANCELLED] = "cancelled",     [SALE_EXPIRED] = "expired",
    [SALE_NOT_STARTED] = "not_started", [SALE_UNKNOWN] = "unknown",
};

const char *sale_end_name(enum sale_end end)
{
    assert((size_t)end < sizeof(END_NAMES) / sizeof(END_NAMES[0]));
    return END_NAMES[end];
}

/* --- For the parts ------------------------------------------------------ */

int64_t sale_now_ms(const struct sale *sale)
{
    return sale->api->now_ms(sale->api->context);
}

bool sale_is_cancel_wanted(const struct sale *sale)
{
    return sale->api->is_cancel_wanted(sale->api->context);
}

void sale_tell(const struct sale *sale, enum sale_step_kind kind, const char *text,
               int64_t transaction)
{
    const struct sale_step step = {.kind = kind, .text = text, .transaction = transaction};

    sale->on_step(sale->context, sale, &step);
}

void sale_problem(struct sale *sale, const char *format, ...)
{
    va_list arguments;

    /* What is longer is cut: it is for people. */
    va_start(arguments, format);
    (void)vsnprintf(sale->problem, sizeof(sale->problem), format, arguments);
    va_end(arguments);
}

void sale_pace_start(const struct sale *sale, struct sale_pace *pace)
{
    memset(pace, 0, sizeof(*pace));
    pace->wait_ms = SALE_WAIT_FIRST_MS;
    pace->answered_ms = sale_now_ms(sale);
}

void sale_pace_quicken(struct sale_pace *pace)
{
    pace->wait_ms = SALE_WAIT_FIRST_MS;
}

void sale_pace_answered(const struct sale *sale, struct sale_pace *pace)
{
    pace->answered_ms = sale_now_ms(sale);
    pace->problem[0] = '\0';
}

/* What may be otherwise at the next question: silence, limits, trouble inside. */
static bool may_pass(int status)
{
    return status == 0 || status == 429 || status >= 500;
}

bool sale_pace_trouble(struct sale *sale, struct sale_pace *pace, const struct pos_refusal *refusal)
{
    if (!may_pass(refusal->status)) {
        sale_problem(sale, "how it stands cannot be asked: %s", refusal->problem);
        return false;
    }
    if (sale_now_ms(sale) - pace->answered_ms >= SALE_SILENCE_MS) {
        sale_problem(sale, "the API has given no answer for a minute: %s", refusal->problem);
        return false;
    }
    if (strcmp(pace->problem, refusal->problem) != 0) {
        memcpy(pace->problem, refusal->problem, sizeof(pace->problem));
        sale_tell(sale, SALE_STEP_TROUBLE, pace->problem, 0);
    }
    pace->wait_ms = refusal->status == 429 ? SALE_WAIT_LIMITED_MS : SALE_WAIT_MAX_MS;
    return true;
}

void sale_pace_wait(const struct sale *sale, struct sale_pace *pace)
{
    sale->api->wait(sale->api->context, pace->wait_ms);
    if (pace->wait_ms < SALE_WAIT_MAX_MS) {
        pace->wait_ms += pace->wait_ms / 2;
    }
    if (pace->wait_ms > SALE_WAIT_MAX_MS) {
        pace->wait_ms = SALE_WAIT_MAX_MS;
    }
}

/* --- Before it ------------------------------------------------------------ */

/* The newest transaction of the invoice number, 0: none. */
static bool look_before(struct sale *sale, int64_t *last)
{
    struct pos_transaction_list *list = calloc(1, sizeof(*list));
    struct pos_refusal refusal = {.outcome = POS_UNREACHABLE};
    size_t i;
    bool found;

    *last = 0;
    if (list == NULL) {
        sale_problem(sale, "%s", fail_text(FAIL_MEMORY));
        sale->refusal = POS_UNREACHABLE;
        return false;
    }
    found = ask_invoice(sale->api, sale->invoice, list, &refusal);
    for (i = 0; found && !sale->is_repeat && i < list->count; i++) {
        *last = list->items[i].id > *last ? list->items[i].id : *last;
    }
    free(list);
    if (!found) {
        sale->refusal = refusal.outcome;
        sale_problem(sale, "%s", refusal.problem);
    }
    return found;
}

/* --- The request ------------------------------------------------------------ */

static enum fail write_body(const struct sale *sale, struct buf *body)
{
    buf_init(body, BODY_MAX);
    json_open_object(body, NULL);
    json_add_text(body, "currency", sale->currency);
    json_add_raw(body, "transactionAmount", slice_of(sale->amount));
    json_add_text(body, "invoiceNumber", sale->invoice);
    if (sale->customer != NULL) {
        json_add_text(body, "customerCode", sale->customer);
    }
    json_close_object(body);
    return buf_fail(body);
}

/* What an answer to the request means. */
enum start {
    START_SHOWN,
    START_REFUSED, /* for certain, no sale was started */
    START_AGAIN,   /* the same once more */
    START_SEARCH,  /* the terminal takes none now, perhaps because of this sale */
    START_UNKNOWN,
};

/* Whether the API knows payments, and with them the keys that started them: it
 * looks at the key first. One that cannot be asked is taken for one that does not. */
static bool keeps_keys(const struct sale *sale)
{
    struct pos_payment_list *list = calloc(1, sizeof(*list));
    struct pos_refusal refusal;
    bool keeps = list != NULL && ask_payments(sale->api, sale->code, true, list, &refusal);

    free(list);
    return keeps;
}

/* `*doubt`: an earlier request may have started it, or this one now. */
static enum start judge(struct sale *sale, struct pos_said *said, bool *doubt)
{
    bool was_in_doubt = *doubt;

    if (said->status == 202) {
        sale->payment.id = said->payment;
        return START_SHOWN;
    }
    sale->refusal = pos_said_refusal(said);
    sale_problem(sale, "%s", said->problem);
    if (said->status == 0 || said->status >= 500) {
        *doubt = *doubt || said->may_have_arrived || said->status != 0;
        return *doubt ? START_AGAIN : START_REFUSED;
    }
    if (said->status == 429) {
        return START_AGAIN;
    }
    if (said->status < 400) {
        *doubt = true; /* it was taken, and nobody knows what for */
        return START_UNKNOWN;
    }
    if (sale->refusal == POS_BUSY || sale->refusal == POS_NOT_LISTENING) {
        bool may_be_this = was_in_doubt || sale->is_repeat;

        return may_be_this && !keeps_keys(sale) ? START_SEARCH : START_REFUSED;
    }
    return was_in_doubt ? START_UNKNOWN : START_REFUSED;
}

static enum start request(struct sale *sale, struct slice body)
{
    char path[64];
    const struct pos_ask ask = {.method = "POST", .path = path, .body = body, .key = sale->key};
    int64_t until_ms = sale_now_ms(sale) + SALE_START_MS;
    bool doubt = false;
    struct sale_pace pace;

    (void)text_format(path, sizeof(path), "/devices/%s/payment/purchase", sale->code);
    sale_pace_start(sale, &pace);
    for (;;) {
        struct pos_said said;
        enum start start;
        bool limited;

        sale->is_sent = true;
        sale->api->call(sale->api->context, &ask, &said);
        start = judge(sale, &said, &doubt);
        limited = said.status == 429;
        pos_said_finish(&said);
        if (start != START_AGAIN) {
            return start;
        }
        if (sale_now_ms(sale) >= until_ms || (!doubt && sale_is_cancel_wanted(sale))) {
            return doubt ? START_UNKNOWN : START_REFUSED;
        }
        sale_tell(sale, SALE_STEP_AGAIN, sale->problem, 0);
        pace.wait_ms = limited ? SALE_WAIT_LIMITED_MS : pace.wait_ms;
        sale_pace_wait(sale, &pace);
    }
}

static enum sale_end begin(struct sale *sale, int64_t last)
{
    struct buf body;
    enum start start = START_REFUSED;

    if (write_body(sale, &body) == FAIL_NONE) {
        start = request(sale, buf_view(&body));
    } else {
        sale->refusal = POS_UNREACHABLE;
        sale_problem(sale, "%s", fail_text(FAIL_MEMORY));
    }
    buf_finish(&body);
    switch (start) {
    case START_REFUSED:
        return SALE_NOT_STARTED;
    case START_UNKNOWN:
        return SALE_UNKNOWN;
    case START_SHOWN:
        sale->problem[0] = '\0';
        sale_tell(sale, SALE_STEP_SHOWN, NULL, 0);
        break;
    case START_SEARCH:
        sale_tell(sale, SALE_STEP_SEARCH, sale->problem, 0);
        sale->problem[0] = '\0';
        break;
    case START_AGAIN:
        break;
    }
    return sale->payment.id != 0 ? sale_follow(sale) : sale_search(sale, last);
}

void sale_run(struct sale *sale)
{
    int64_t last;

    memset(&sale->payment, 0, sizeof(sale->payment));
    memset(&sale->transaction, 0, sizeof(sale->transaction));
    sale->problem[0] = '\0';
    sale->is_sent = false;
    if (sale_is_cancel_wanted(sale)) {
        sale->refusal = POS_UNREACHABLE;
        sale_problem(sale, "it was stopped before anything was asked");
        sale->end = SALE_NOT_STARTED;
        return;
    }
    sale->end = look_before(sale, &last) ? begin(sale, last) : SALE_NOT_STARTED;
}
