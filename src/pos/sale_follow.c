/* A sale is followed at its Location until its state is final.
 *
 * A cancel is asked for once it is wanted, and again until it has an answer;
 * what the API answers is told, but only the payment's own state ends the sale. */
#include <string.h>

#include "pos/sale_part.h"

struct following {
    struct sale *sale;
    struct sale_pace pace;
    int64_t began_ms;
    int64_t cancelled_ms;      /* when a cancel was answered; 0: not yet */
    bool is_over_limit;        /* the time for it has run out */
    size_t declines;           /* told so far */
    char state[POS_WORD_SIZE]; /* told last */
    bool is_unreachable;       /* the terminal was, when it was to be cancelled */
};

/* --- What is seen ----------------------------------------------------------- */

static void tell_declines(struct following *following)
{
    const struct pos_payment *payment = &following->sale->payment;
    size_t i;

    for (i = following->declines; i < payment->attempt_count; i++) {
        const struct pos_attempt *attempt = &payment->attempts[i];

        if (strcmp(attempt->state, "authorising") == 0) {
            return;
        }
        following->declines = i + 1;
        if (strcmp(attempt->state, "declined") == 0) {
            sale_tell(following->sale, SALE_STEP_DECLINE, attempt->warning, attempt->transaction);
        }
    }
}

static const struct {
    const char *state;
    enum sale_end end;
} ENDS[] = {
    {"approved", SALE_APPROVED}, {"declined", SALE_DECLINED},   {"cancelled", SALE_CANCELLED},
    {"expired", SALE_EXPIRED},   {"refused", SALE_NOT_STARTED},
};

static bool find_end(const char *state, enum sale_end *end)
{
    size_t i;

    for (i = 0; i < sizeof(ENDS) / sizeof(ENDS[0]); i++) {
        if (strcmp(ENDS[i].state, state) == 0) {
            *end = ENDS[i].end;
            return true;
        }
    }
    return false;
}

/* The transaction that a receipt would show: the approved one, else the last
 * decline. That it cannot be read changes nothing about the outcome. */
static void read_transaction(struct sale *sale)
{
    const struct pos_payment *payment = &sale->payment;
    struct pos_refusal refusal;
    int64_t id = payment->transaction;

    if (id == 0 && payment->attempt_count > 0) {
        id = payment->attempts[payment->attempt_count - 1].transaction;
    }
    if (id != 0 && !ask_transaction(sale->api, id, &sale->transaction, &refusal)) {
        memset(&sale->transaction, 0, sizeof(sale->transaction));
    }
}

/* True when it has its end. */
static bool look(struct following *following, enum sale_end *end)
{
    struct sale *sale = following->sale;
    struct pos_refusal refusal;
    struct pos_payment seen;

    if (!ask_payment(sale->api, sale->code, sale->payment.id, &seen, &refusal)) {
        *end = SALE_UNKNOWN;
        return !sale_pace_trouble(sale, &following->pace, &refusal);
    }
    sale_pace_answered(sale, &following->pace);
    sale->payment = seen;
    tell_declines(following);
    if (find_end(seen.state, end)) {
        if (*end == SALE_NOT_STARTED) {
            sale->refusal = POS_NOT_LISTENING;
            sale_problem(sale, "the terminal has not shown the amount");
        }
        read_transaction(sale);
        return true;
    }
    if (strcmp(seen.state, following->state) != 0) {
        memcpy(following->state, seen.state, sizeof(following->state));
        sale_tell(sale, SALE_STEP_STATE, NULL, 0);
        sale_pace_quicken(&following->pace);
    }
    return false;
}

/* --- Cancel -------------------------------------------------------------------- */

static void cancel(struct following *following)
{
    struct sale *sale = following->sale;
    const struct pos_cancel wish = {.code = sale->code, .payment = sale->payment.id};
    struct pos_refusal refusal;
    struct pos_cancelled answer;

    if (ask_cancel(sale->api, &wish, &answer, &refusal)) {
        following->cancelled_ms = sale_now_ms(sale);
        following->is_unreachable = strcmp(answer.result, "device unreachable") == 0;
        sale_tell(sale, SALE_STEP_CANCEL, answer.result, answer.transaction);
        sale_pace_quicken(&following->pace);
    } else if (refusal.status >= 400 && refusal.status < 500 && refusal.status != 429) {
        /* It will not be taken later either; the sale goes on. */
        following->cancelled_ms = sale_now_ms(sale);
        sale_tell(sale, SALE_STEP_NO_CANCEL, refusal.problem, 0);
    } else {
        (void)sale_pace_trouble(sale, &following->pace, &refusal);
    }
}

/* False when there is nothing more to wait for. */
static bool mind_time(struct following *following)
{
    struct sale *sale = following->sale;
    int64_t now_ms = sale_now_ms(sale);

    if (!following->is_over_limit && now_ms - following->began_ms >= sale->limit_ms) {
        following->is_over_limit = true;
        sale_tell(sale, SALE_STEP_LIMIT, NULL, 0);
    }
    if (following->cancelled_ms == 0 && (following->is_over_limit || sale_is_cancel_wanted(sale))) {
        cancel(following);
    }
    if (following->is_unreachable) {
        sale_problem(sale, "the terminal cannot be reached; it is told to cancel when it is back");
        return false;
    }
    if (following->cancelled_ms != 0 && now_ms - following->cancelled_ms >= SALE_AFTER_MS) {
        sale_problem(sale, "it was not over a minute after it was to be cancelled");
        return false;
    }
    return true;
}

enum sale_end sale_follow(struct sale *sale)
{
    struct following following = {.sale = sale, .began_ms = sale_now_ms(sale)};
    enum sale_end end;

    sale_pace_start(sale, &following.pace);
    while (!look(&following, &end)) {
        if (!mind_time(&following)) {
            /* It may have ended while it was asked for. */
            return look(&following, &end) ? end : SALE_UNKNOWN;
        }
        sale_pace_wait(sale, &following.pace);
    }
    return end;
}
