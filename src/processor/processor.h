/* Who approves: an amount and a card become an outcome. Pure; what takes time
 * says when (contract.md, The test processor). */
#ifndef PROCESSOR_PROCESSOR_H
#define PROCESSOR_PROCESSOR_H

#include <stdbool.h>
#include <stdint.h>

#include "base/text.h"
#include "core/card.h"
#include "core/payment.h"

enum processor_kind {
    PROCESSOR_TEST,   /* the table of decimals; AUTHORITY_SERVER */
    PROCESSOR_DEVICE, /* the terminal's own certified application reports; AUTHORITY_TERMINAL */
    PROCESSOR_KINDS,
};
/* "test", "device". */
const char *processor_name(enum processor_kind kind);
bool processor_read(struct slice word, enum processor_kind *out);
enum payment_authority processor_authority(enum processor_kind kind);

struct processor_request {
    enum payment_kind kind;
    int64_t amount_minor; /* the final one */
    const struct card *card;
    bool duplicate;  /* under the preset: the same card, holder and amount was approved
                        within PROCESSOR_DUPLICATE_MS */
    uint64_t chance; /* a random number, for the approval code */
};
enum { PROCESSOR_DUPLICATE_MS = 300000 };

struct processor_verdict {
    bool approved;
    int64_t delay_ms; /* the host answers so much later; 0: at once */
    bool reversed;    /* it never answered: what it may have done was reversed */
    char approval_code[PAYMENT_APPROVAL_SIZE]; /* "" unless approved */
    char reason[PAYMENT_REASON_SIZE];          /* "Transaction Declined: ..."; "" when approved */
};

/* Of PROCESSOR_TEST. */
struct processor_verdict processor_test(const struct processor_request *request);

/* What processor_test decides by, as data: decimals from `from` to `to`
 * inclusive. For terminals that decide by themselves, and for tests. */
struct processor_row {
    uint8_t from;
    uint8_t to;
    bool approved;
    bool reversed;
    int64_t delay_ms;
    const char *reason; /* without its prefix; NULL when approved */
};
extern const struct processor_row PROCESSOR_TABLE[];
extern const unsigned PROCESSOR_TABLE_COUNT;

#endif
