/* The test processor: the decimals of the final amount decide, so that whoever
 * tests a point of sale has every answer of a host at hand (contract.md, The
 * test processor). The table is data: a decimal that should answer otherwise is
 * one line. */
#include "processor/processor.h"

#include <assert.h>

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

enum { SLOW_HOST_MS = 10000, NO_ANSWER_MS = 20000 };

static const char DUPLICATE[] = "Suspected duplicate transaction in the last 5 minutes.";

/* clang-format off */
const struct processor_row PROCESSOR_TABLE[] = {
    /* from, to, approved, reversed, delay, reason */
    { 0, 50, true,  false, 0, NULL},
    {51, 51, false, false, 0, "PICK UP CARD - Pick up card"},
    {52, 52, false, false, 0, "INCORRECT PIN"},
    {53, 53, false, false, 0, "AMOUNT ERROR - Tran Amount Error"},
    {54, 54, false, false, 0, "EXPIRED CARD - Expired Card"},
    {55, 55, false, false, 0, "DECLINED - Do Not Honor"},
    {56, 56, false, false, 0, "CALL AUTH. CENTER - Refer to Issuer"},
    {57, 57, false, false, 0, "SERV NOT ALLOWED - Invalid request"},
    {58, 58, false, false, 0, "AMT OVER SVC LMT - Amount is more than established service limit"},
    {59, 59, false, false, 0, "REQ. EXCEEDS BAL. - Req. exceeds balance"},
    {60, 60, false, false, 0, "INVALID CARD - Invalid Card"},
    {61, 61, false, false, 0, "DECLINED T4 - Do Not Honor. Failed negative check, unpaid items"},
    {62, 62, false, false, 0, "DECLINED-HELP 9999 - System Error"},
    {63, 63, false, false, 0, "APPL TYPE ERROR - Call support for help with this error"},
    {64, 64, false, false, 0, "INVALID TERM ID - Invalid Terminal ID"},
    {65, 65, false, false, 0, "NETWORK ERROR - General System Error"},
    {66, 66, false, false, 0, "PLEASE RETRY - Please Retry/Reenter Transaction"},
    {67, 67, false, false, 0, "SUSPECTED FRAUD"},
    {68, 68, false, true,  NO_ANSWER_MS, "NETWORK ERROR - General System Error"},
    {69, 69, true,  false, SLOW_HOST_MS, NULL},
    {70, 99, true,  false, 0, NULL},
};
/* clang-format on */
const unsigned PROCESSOR_TABLE_COUNT = COUNT_OF(PROCESSOR_TABLE);

static const struct processor_row *row_of(int64_t amount_minor)
{
    const struct processor_row *row = PROCESSOR_TABLE;

    while (amount_minor % 100 > row->to) {
        row++;
    }
    return row;
}

static void approve(struct processor_verdict *verdict, uint64_t chance)
{
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
    size_t i;

    verdict->approved = true;
    for (i = 0; i + 1 < PAYMENT_APPROVAL_SIZE; i++) {
        verdict->approval_code[i] = letters[chance % (sizeof(letters) - 1)];
        chance /= sizeof(letters) - 1;
    }
}

static void decline(struct processor_verdict *verdict, const char *reason)
{
    bool fits =
        text_format(verdict->reason, sizeof(verdict->reason), "Transaction Declined: %s", reason);

    assert(fits);
    (void)fits;
}

struct processor_verdict processor_test(const struct processor_request *request)
{
    const struct processor_row *row;
    struct processor_verdict verdict = {0};

    assert(request->amount_minor > 0);
    /* The rule stands before the host; giving money back twice is the API's to refuse. */
    if (request->duplicate && request->kind == PAYMENT_PURCHASE) {
        decline(&verdict, DUPLICATE);
        return verdict;
    }
    row = row_of(request->amount_minor);
    verdict.delay_ms = row->delay_ms;
    verdict.reversed = row->reversed;
    if (row->approved) {
        approve(&verdict, request->chance);
    } else {
        decline(&verdict, row->reason);
    }
    return verdict;
}
