/* An empty filter is none: some POS systems send all that there are. */
#include "api/transaction_filter.h"

#include <string.h>

#include "api/call.h"
#include "api/parameter.h"
#include "base/clock.h"

enum { PAGE_MAX = 1000000000, DATE_SIZE = 32, TOKEN_SIZE = 256 };

static const char TEXT_RULE[] = "must be a text of at most 64 characters";

/* Mountain Time. `from`: the first moment of what is named, else the first after
 * it, so that a day counts whole. 0 where it is left out. */
static int64_t date_read(struct flaws *flaws, const char *query, const char *name, bool from)
{
    static const char RULE[] =
        "must be a day, such as 2026-01-22, or a moment, such as 2026-01-22 18:00:36";
    const struct parameter_text what = {name, DATE_SIZE, RULE};
    char value[DATE_SIZE];
    int64_t from_ms;
    int64_t until_ms;
    int64_t wanted_ms;

    parameter_text(flaws, query, &what, value);
    if (value[0] == '\0') {
        return 0;
    }
    if (clock_mountain_read(slice_of(value), &from_ms, &until_ms) != FAIL_NONE) {
        flaws_add(flaws, name, RULE);
        return 0;
    }
    wanted_ms = from ? from_ms : until_ms;
    return wanted_ms > 0 ? wanted_ms : 1; /* before 1970 there is nothing */
}

static void text_read(struct flaws *flaws, const char *query, const char *name, char *out)
{
    const struct parameter_text what = {name, PAYMENT_INVOICE_SIZE, TEXT_RULE};

    parameter_text(flaws, query, &what, out);
    if (slice_code_points(slice_of(out)) > PAYMENT_INVOICE_MAX) {
        flaws_add(flaws, name, TEXT_RULE);
    }
}

/* A token that we have not made is of no transaction. */
static bool token_read(struct flaws *flaws, const char *query, char out[CARD_TOKEN_SIZE])
{
    static const struct parameter_text WHAT = {"cardToken", TOKEN_SIZE, "must be a card's token"};
    char value[TOKEN_SIZE];

    parameter_text(flaws, query, &WHAT, value);
    return value[0] == '\0' || (strlen(value) == CARD_TOKEN_SIZE - 1 &&
                                slice_copy(slice_of(value), out, CARD_TOKEN_SIZE) == FAIL_NONE);
}

static void page_read(struct flaws *flaws, const char *query, struct read_transactions *out)
{
    static const struct parameter_number LIMIT = {"limit", 1, READ_TRANSACTIONS_MAX,
                                                  "must be a whole number from 1 to 1000"};
    static const struct parameter_number PAGE = {"page", 0, PAGE_MAX,
                                                 "must be a whole number, 1 or more"};
    uint64_t limit = READ_TRANSACTIONS_MAX;
    uint64_t page = 1;

    (void)parameter_number(flaws, query, &LIMIT, &limit);
    (void)parameter_number(flaws, query, &PAGE, &page);
    out->limit = (unsigned)limit;
    out->offset = (page > 1 ? page - 1 : 0) * limit; /* 0 is the first, too */
}

void transaction_filter_read(const char *query, struct read_transactions *out, bool *nothing,
                             struct flaws *flaws)
{
    static const struct parameter_text SEARCH = {"search", READ_SEARCH_SIZE,
                                                 "must be a text of at most 128 bytes"};
    static const struct parameter_number BATCH = {"cardBatchId", 1, CALL_ID_MAX,
                                                  "must be the number of a batch"};
    uint64_t batch = 0;

    out->from_ms = date_read(flaws, query, "dateFrom", true);
    out->until_ms = date_read(flaws, query, "dateTo", false);
    parameter_text(flaws, query, &SEARCH, out->search);
    text_read(flaws, query, "customerCode", out->customer);
    text_read(flaws, query, "invoiceNumber", out->invoice);
    *nothing = !token_read(flaws, query, out->card_token);
    (void)parameter_number(flaws, query, &BATCH, &batch);
    out->batch = (int64_t)batch;
    page_read(flaws, query, out);
}
