/* Strangers cause refusals as often as they like, so each kind has a limit of
 * its own: a flood of unknown tokens does not hide that the store fails. */
#include "server/call_log.h"

#include <stddef.h>

#include "base/log.h"

enum { REFUSED_A_MINUTE = 60, US_PER_MS = 1000 };

struct counter call_refusals[CALL_REFUSALS];

static const char *const REASONS[CALL_REFUSALS] = {"unauthorized", "forbidden", "too_many",
                                                   "trouble"};
static struct log_limit limits[CALL_REFUSALS] = {
    [CALL_UNAUTHORIZED] = {.per_minute = REFUSED_A_MINUTE},
    [CALL_FORBIDDEN] = {.per_minute = REFUSED_A_MINUTE},
    [CALL_TOO_MANY] = {.per_minute = REFUSED_A_MINUTE},
    [CALL_TROUBLE] = {.per_minute = REFUSED_A_MINUTE},
};

/* CALL_REFUSALS for none. */
static enum call_refusal refusal_of(int status)
{
    switch (status) {
    case 401:
        return CALL_UNAUTHORIZED;
    case 403:
        return CALL_FORBIDDEN;
    case 429:
        return CALL_TOO_MANY;
    default:
        return status >= 500 ? CALL_TROUBLE : CALL_REFUSALS;
    }
}

/* `refusal` CALL_REFUSALS: it is none. */
static void line_write(const struct call_record *record, enum call_refusal refusal)
{
    bool refused = refusal != CALL_REFUSALS;
    const char *reason = record->reason == NULL && refused ? REASONS[refusal] : record->reason;
    const struct log_field fields[] = {
        log_id("request", record->request),
        log_address("client", record->client),
        log_number("business", record->business),
        log_number("token", record->token),
        log_text("method", record->method),
        log_text("route", record->route),
        log_number("status", record->status),
        log_number("ms", record->took_us / US_PER_MS),
        log_text("reason", reason), /* of a refusal alone */
    };
    size_t count = sizeof(fields) / sizeof(fields[0]);

    if (refused) {
        log_write_limited(&limits[refusal], LOG_INFO, "call.refused", fields, count);
    } else {
        log_write(LOG_DEBUG, "call.answered", fields, count - 1);
    }
}

void call_log_write(const struct call_record *record)
{
    enum call_refusal refusal = refusal_of(record->status);

    if (refusal != CALL_REFUSALS) {
        counter_add(&call_refusals[refusal], 1);
    }
    /* Most calls go well, and most servers do not write that down. */
    if (log_is_written(refusal == CALL_REFUSALS ? LOG_DEBUG : LOG_INFO)) {
        line_write(record, refusal);
    }
}
