/* Asks the table of decimals as a host would be asked. */
#include "terminal/payment_application.h"

#include <assert.h>
#include <string.h>

#include "processor/processor.h"

static struct processor_verdict ask(const struct sale_record *record, const struct card *card,
                                    uint64_t chance)
{
    const struct processor_request request = {
        .kind = record->kind,
        .amount_minor = record->amount_minor,
        .card = card,
        .chance = chance,
    };

    assert(record->payment != 0 && record->authority == AUTHORITY_TERMINAL);
    return processor_test(&request);
}

int64_t payment_application_delay_ms(const struct sale_record *record, const struct card *card)
{
    return ask(record, card, 0).delay_ms;
}

void payment_application_decide(struct sale_record *record, const struct card *card,
                                uint64_t chance)
{
    struct processor_verdict verdict = ask(record, card, chance);

    record->attempt++;
    record->card = *card;
    record->unsent = UNSENT_RESULT;
    record->approved = verdict.approved;
    memcpy(record->approval_code, verdict.approval_code, sizeof(record->approval_code));
    memcpy(record->reason, verdict.reason, sizeof(record->reason));
}
