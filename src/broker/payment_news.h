/* What must follow the commit of a payment's step, whoever made it. */
#ifndef BROKER_PAYMENT_NEWS_H
#define BROKER_PAYMENT_NEWS_H

#include "base/metric.h"
#include "broker/payment_run.h"

struct broker;

/* Of the whole program: payments by their end; that of UNKNOWN counts those that
 * became unknown. */
extern struct counter payment_ends[PAYMENT_STATES];

/* From any thread, after the commit: whoever waits is told, the deadline is
 * remembered, the webhook's courier is woken, ends are counted. Nothing when the
 * run has changed nothing. */
void payment_news(struct broker *broker, const struct payment_told *told,
                  const struct payment_run *run);
/* The terminal too, where the step says so: when it was not its own word. */
void payment_news_to_terminal(struct broker *broker, const struct payment_told *told,
                              const struct payment_run *run);

#endif
