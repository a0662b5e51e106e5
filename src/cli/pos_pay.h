/* How a sale is told, line by line: for people, or as JSON. */
#ifndef CLI_POS_PAY_H
#define CLI_POS_PAY_H

#include "cli/options.h"
#include "pos/pairings.h"
#include "pos/sale.h"

/* What is told besides the sale itself; the context of its on_step. */
struct pay_teller {
    const struct cli_given *given;
    const struct pairing *pairing;
    bool json;
};

void pay_tell_start(const struct pay_teller *teller, const struct sale *sale);
void pay_tell_step(void *teller, const struct sale *sale, const struct sale_step *step);
/* Returns the exit code. */
int pay_tell_end(const struct pay_teller *teller, const struct sale *sale);

#endif
