/* Tells a terminal, wherever it is connected, how its payment stands. */
#ifndef BROKER_PAYMENT_TELL_H
#define BROKER_PAYMENT_TELL_H

#include "broker/payment_run.h"

struct broker;

/* From any thread, after the commit; `told` is copied. A terminal that is not
 * connected is told by its own question when it is back; so is one that cannot
 * be told because memory is short. */
void payment_tell(struct broker *broker, const struct payment_told *told);

#endif
