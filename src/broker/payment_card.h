/* A payment's steps about a card, inside a store job: presented for the server
 * to decide, decided by the terminal, decided by the processor. */
#ifndef BROKER_PAYMENT_CARD_H
#define BROKER_PAYMENT_CARD_H

#include "base/fail.h"
#include "broker/payment_run.h"

/* A card was presented on a terminal whose payment the server decides: the
 * processor is asked, and where it answers at once its outcome is in the same
 * job. Only the number and the card of `said` count. Afterwards `told->attempt`
 * is the attempt of that number, if there is one. */
MUST_CHECK enum fail payment_card_attempt(struct store_tx *tx, struct payment_run *run,
                                          struct payment_told *told,
                                          const struct attempt_row *said);
/* A card was presented, and the terminal has decided. Likewise. */
MUST_CHECK enum fail payment_card_result(struct store_tx *tx, struct payment_run *run,
                                         struct payment_told *told, const struct attempt_row *said);
/* The processor's moment has come for the attempt that is under way: its verdict
 * is asked for again, and is the same, since it is made of the attempt's row. */
MUST_CHECK enum fail payment_card_decide(struct store_tx *tx, struct payment_run *run,
                                         struct payment_told *told);

#endif
