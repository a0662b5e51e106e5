/* The schedule of a delivery: seven waits between eight attempts. */
#include "core/delivery.h"

#include <assert.h>

#define SECOND_MS INT64_C(1000)
#define MINUTE_MS (60 * SECOND_MS)
#define HOUR_MS (60 * MINUTE_MS)

/* After the first attempt, the second, ... (contract.md, Webhooks). */
static const int64_t WAITS_MS[DELIVERY_ATTEMPTS_MAX - 1] = {
    5 * SECOND_MS, 5 * MINUTE_MS, 30 * MINUTE_MS, 2 * HOUR_MS,
    5 * HOUR_MS,   10 * HOUR_MS,  10 * HOUR_MS,
};

enum { STATUS_TOO_MANY = 429 };

enum delivery_answer delivery_answer_of(int status)
{
    if (status >= 200 && status < 300) {
        return DELIVERY_TAKEN;
    }
    if (status >= 300 && status < 500 && status != STATUS_TOO_MANY) {
        return DELIVERY_REFUSED;
    }
    return DELIVERY_ENDPOINT_FAILED;
}

int64_t delivery_wait_ms(unsigned attempts, uint32_t chance, int64_t retry_after_s)
{
    int64_t wait_ms;

    assert(attempts > 0);
    if (attempts >= DELIVERY_ATTEMPTS_MAX) {
        return -1;
    }
    if (retry_after_s > DELIVERY_RETRY_AFTER_MAX_S) {
        retry_after_s = DELIVERY_RETRY_AFTER_MAX_S;
    }
    wait_ms = WAITS_MS[attempts - 1];
    if (retry_after_s > wait_ms / SECOND_MS) {
        wait_ms = retry_after_s * SECOND_MS;
    }
    return wait_ms + wait_ms / 10 * (int64_t)chance / UINT32_MAX;
}
