/* The stand-in for a terminal's own payment application, so that the processor
 * `device` can be tried without hardware: with authority `terminal` it decides,
 * by the same table as the test processor. Pure; what it decides is true once
 * it stands in the record of the payment (sale_record.h). */
#ifndef TERMINAL_PAYMENT_APPLICATION_H
#define TERMINAL_PAYMENT_APPLICATION_H

#include <stdint.h>

#include "terminal/sale_record.h"

/* How long it takes over this payment, in milliseconds. */
int64_t payment_application_delay_ms(const struct sale_record *record, const struct card *card);
/* Decides: the next attempt of the record, with this card, is its result.
 * `chance` is a random number, for the approval code. */
void payment_application_decide(struct sale_record *record, const struct card *card,
                                uint64_t chance);

#endif
