/* One call each. An answer of 200 that cannot be read is a refusal, too: what
 * is not understood is not known. */
#include "pos/ask.h"

#include <inttypes.h>
#include <string.h>

#include "base/text.h"

#define TELL(problem, ...) (void)text_format((problem), POS_PROBLEM_SIZE, __VA_ARGS__)

/* A refusal of what was said, or of what could not be asked or read (`fail`). */
static bool refuse(struct pos_said *said, enum fail fail, struct pos_refusal *refusal)
{
    memset(refusal, 0, sizeof(*refusal));
    refusal->status = said->status;
    if (fail == FAIL_NONE) {
        refusal->outcome = pos_said_refusal(said);
        memcpy(refusal->problem, said->problem, sizeof(refusal->problem));
    } else if (fail == FAIL_INVALID) {
        refusal->outcome = POS_UNEXPECTED;
        TELL(refusal->problem, "the answer cannot be read: is this a Smart Terminal API?");
    } else {
        refusal->outcome = POS_UNREACHABLE;
        TELL(refusal->problem, "%s", fail_text(fail));
    }
    return false;
}

/* True with an answer of 200 in `said`, which is to be finished in any case. */
static bool ask(const struct pos_api *api, const struct pos_ask *question, struct pos_said *said,
                struct pos_refusal *refusal)
{
    api->call(api->context, question, said);
    return said->status == 200 || refuse(said, FAIL_NONE, refusal);
}

/* The end of a question: what reading the answer came to. */
static bool end(struct pos_said *said, bool answered, enum fail fail, struct pos_refusal *refusal)
{
    if (answered && fail != FAIL_NONE) {
        answered = refuse(said, fail, refusal);
    }
    pos_said_finish(said);
    return answered;
}

bool ask_payment(const struct pos_api *api, const char *code, int64_t payment,
                 struct pos_payment *out, struct pos_refusal *refusal)
{
    char path[128];
    struct pos_said said;
    enum fail fail = FAIL_NONE;
    bool answered;

    (void)text_format(path, sizeof(path), "/devices/%s/payments/%" PRId64, code, payment);
    answered = ask(api, &(struct pos_ask){.method = "GET", .path = path}, &said, refusal);
    if (answered) {
        fail = pos_read_payment(buf_view(&said.body), out);
    }
    return end(&said, answered, fail, refusal);
}

bool ask_payments(const struct pos_api *api, const char *code, bool open_only,
                  struct pos_payment_list *out, struct pos_refusal *refusal)
{
    char path[128];
    struct pos_said said;
    enum fail fail = FAIL_NONE;
    bool answered;

    (void)text_format(path, sizeof(path), "/devices/%s/payments?limit=%d%s", code, POS_LIST_MAX,
                      open_only ? "&open=true" : "");
    answered = ask(api, &(struct pos_ask){.method = "GET", .path = path}, &said, refusal);
    if (answered) {
        fail = pos_read_payments(buf_view(&said.body), out->items, &out->count);
    }
    return end(&said, answered, fail, refusal);
}

bool ask_transaction(const struct pos_api *api, int64_t transaction, struct pos_transaction *out,
                     struct pos_refusal *refusal)
{
    char path[128];
    struct pos_said said;
    enum fail fail = FAIL_NONE;
    bool answered;

    (void)text_format(path, sizeof(path), "/card-transactions/%" PRId64, transaction);
    answered = ask(api, &(struct pos_ask){.method = "GET", .path = path}, &said, refusal);
    if (answered) {
        fail = pos_read_transaction(buf_view(&said.body), out);
    }
    return end(&said, answered, fail, refusal);
}

bool ask_invoice(const struct pos_api *api, const char *invoice, struct pos_transaction_list *out,
                 struct pos_refusal *refusal)
{
    struct buf path;
    struct pos_said said = {0};
    enum fail fail;
    bool answered = true;

    buf_init(&said.body, 1); /* if nothing can be asked */
    buf_init(&path, POS_PATH_SIZE);
    buf_format(&path, "/card-transactions?limit=%d&invoiceNumber=", POS_LIST_MAX);
    pos_encode(&path, slice_of(invoice));
    buf_byte(&path, '\0');
    fail = buf_fail(&path);
    if (fail == FAIL_NONE) {
        answered = ask(api, &(struct pos_ask){.method = "GET", .path = path.bytes}, &said, refusal);
    }
    if (fail == FAIL_NONE && answered) {
        fail = pos_read_transactions(buf_view(&said.body), out->items, &out->count);
    }
    buf_finish(&path);
    return end(&said, answered, fail, refusal);
}

bool ask_cancel(const struct pos_api *api, const struct pos_cancel *cancel,
                struct pos_cancelled *out, struct pos_refusal *refusal)
{
    static const char REVERSE[] = "{\"reverseIfApproved\":true}";
    char path[128];
    struct pos_said said;
    enum fail fail = FAIL_NONE;
    bool answered;

    (void)text_format(path, sizeof(path), "/devices/%s/payments/%" PRId64 "/cancel", cancel->code,
                      cancel->payment);
    answered = ask(api,
                   &(struct pos_ask){.method = "POST",
                                     .path = path,
                                     .body = slice_of(cancel->reverse_if_approved ? REVERSE : "")},
                   &said, refusal);
    if (answered) {
        fail = pos_read_cancelled(buf_view(&said.body), out);
    }
    return end(&said, answered, fail, refusal);
}
