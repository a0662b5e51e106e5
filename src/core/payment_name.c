/* The words of a payment, as the API, the terminals' wire and people have them. */
#include "core/payment.h"

#include <assert.h>

const char *payment_state_name(enum payment_state state, enum payment_screen screen)
{
    static const char *const NAMES[PAYMENT_STATES] = {
        [PAYMENT_OFFERED] = "offered",         [PAYMENT_DISPLAYED] = "displayed",
        [PAYMENT_AUTHORISING] = "authorising", [PAYMENT_RETRY] = "retry",
        [PAYMENT_UNKNOWN] = "unknown",         [PAYMENT_APPROVED] = "approved",
        [PAYMENT_DECLINED] = "declined",       [PAYMENT_CANCELLED] = "cancelled",
        [PAYMENT_EXPIRED] = "expired",         [PAYMENT_REFUSED] = "refused",
    };

    assert(state < PAYMENT_STATES && screen < SCREENS);
    return state == PAYMENT_DISPLAYED && screen != SCREEN_NONE ? payment_screen_name(screen)
                                                               : NAMES[state];
}

static const char *const SCREEN_NAMES[SCREENS] = {
    [SCREEN_TIP] = "tip",
    [SCREEN_CARD] = "card",
    [SCREEN_PIN] = "pin",
    [SCREEN_AUTHORISING] = "authorising",
};

const char *payment_screen_name(enum payment_screen screen)
{
    assert(screen < SCREENS);
    return SCREEN_NAMES[screen];
}

bool payment_screen_read(struct slice word, enum payment_screen *out)
{
    unsigned i;

    for (i = SCREEN_NONE + 1; i < SCREENS; i++) {
        if (slice_is(word, SCREEN_NAMES[i])) {
            *out = (enum payment_screen)i;
            return true;
        }
    }
    return false;
}

static const char *const REASON_NAMES[PAYMENT_REASONS] = {
    [REASON_CUSTOMER] = "customer",
    [REASON_CASHIER] = "cashier",
    [REASON_POS] = "pos",
    [REASON_TIME] = "time",
    [REASON_LOST] = "lost",
    [REASON_NOT_SHOWN] = "not_shown",
    [REASON_ADMINISTRATOR] = "administrator",
};

const char *payment_reason_name(enum payment_reason reason)
{
    assert(reason < PAYMENT_REASONS);
    return REASON_NAMES[reason];
}

bool payment_reason_read(struct slice word, enum payment_reason *out)
{
    unsigned i;

    for (i = REASON_NONE + 1; i < PAYMENT_REASONS; i++) {
        if (slice_is(word, REASON_NAMES[i])) {
            *out = (enum payment_reason)i;
            return true;
        }
    }
    return false;
}

const char *payment_kind_name(enum payment_kind kind)
{
    static const char *const NAMES[PAYMENT_KINDS] = {
        [PAYMENT_PURCHASE] = "purchase",
        [PAYMENT_REFUND] = "refund",
    };

    assert(kind < PAYMENT_KINDS);
    return NAMES[kind];
}
