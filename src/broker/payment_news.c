/* After a commit. Nothing here can fail in a way that matters: the row is right,
 * and whoever was not told asks it. */
#include "broker/payment_news.h"

#include "base/log.h"
#include "broker/broker.h"
#include "broker/payment_clock.h"
#include "broker/payment_tell.h"
#include "broker/payment_watch.h"

struct counter payment_ends[PAYMENT_STATES];

static void count_end(const struct payment_row *row, enum payment_state before)
{
    enum payment_state state = row->payment.state;

    if (state == before || !(payment_is_final(state) || state == PAYMENT_UNKNOWN)) {
        return;
    }
    counter_add(&payment_ends[state], 1);
    if (state == PAYMENT_UNKNOWN) {
        log_event(LOG_WARNING, "payment.became_unknown", log_number("business", row->business),
                  log_text("code", row->code), log_number("payment", row->id),
                  log_text("do", "ask at the terminal, then: tillwire admin payment resolve"));
    }
}

void payment_news(struct broker *broker, const struct payment_told *told,
                  const struct payment_run *run)
{
    if (!run->taken) {
        return;
    }
    count_end(&told->row, run->before);
    payment_clock_follow(broker, &told->row, run->now_ms);
    payment_watch_tell(broker, told->row.id);
    if (run->delivery) {
        broker->port.deliveries(broker->port.context, told->row.business);
    }
}

void payment_news_to_terminal(struct broker *broker, const struct payment_told *told,
                              const struct payment_run *run)
{
    payment_news(broker, told, run);
    if ((run->effects & (EFFECT_TELL | EFFECT_ASK_CANCEL | EFFECT_WITHDRAW)) != 0) {
        payment_tell(broker, told);
    }
}
