/* Sliding windows of counted parts, and the limits that have a name.
 *
 * A window of 60 parts holds 61: the oldest of them ended less than a whole
 * window ago, and what happened at its end still counts. */
#include "core/rate.h"

#include <assert.h>

enum { HELD = RATE_PARTS + 1, CONCURRENT_WAIT_MS = 1000 };

const struct rate_limits RATE_HELCIM = {.concurrent = 5, .minute = 100, .hour = 3000};
const struct rate_limits RATE_SERVE = {.concurrent = 100, .minute = 6000, .hour = 100000};
const struct rate_limits RATE_OFF = {0};

bool rate_is_off(const struct rate_limits *limits)
{
    return limits->concurrent == 0 && limits->minute == 0 && limits->hour == 0;
}

/* --- One window ------------------------------------------------------------ */

/* Moves the window to the present; what it leaves behind is forgotten. */
static void window_move(struct rate_window *window, int64_t part_ms, int64_t now_ms)
{
    int64_t now = now_ms / part_ms;

    assert(part_ms > 0 && now_ms >= 0);
    if (now - window->part >= HELD) {
        *window = (struct rate_window){.part = now};
    }
    while (window->part < now) {
        uint32_t *count = &window->counts[++window->part % HELD];

        window->total -= *count;
        *count = 0;
    }
}

void rate_window_add(struct rate_window *window, int64_t part_ms, int64_t now_ms)
{
    window_move(window, part_ms, now_ms);
    assert(window->total < UINT32_MAX);
    window->counts[window->part % HELD]++;
    window->total++;
}

uint32_t rate_window_count(struct rate_window *window, int64_t part_ms, int64_t now_ms)
{
    window_move(window, part_ms, now_ms);
    return window->total;
}

int64_t rate_window_wait_ms(struct rate_window *window, uint32_t limit, int64_t part_ms,
                            int64_t now_ms)
{
    uint32_t left;
    int64_t part;

    assert(limit > 0);
    window_move(window, part_ms, now_ms);
    left = window->total;
    part = window->part - HELD;
    while (left >= limit) {
        part++;
        /* Parts before the clock's beginning are empty. */
        left -= part < 0 ? 0 : window->counts[part % HELD];
    }
    return left == window->total ? 0 : (part + HELD) * part_ms - now_ms;
}

/* --- All the limits of a business -------------------------------------------- */

static uint32_t left_of(struct rate_window *window, uint32_t limit, int64_t part_ms, int64_t now_ms)
{
    uint32_t count = rate_window_count(window, part_ms, now_ms);

    return count >= limit ? 0 : limit - count;
}

/* The window's answer, unless an earlier one makes the call wait longer. */
static void window_ask(struct rate_verdict *verdict, enum rate_answer answer, int64_t wait_ms)
{
    if (wait_ms > verdict->wait_ms) {
        verdict->answer = answer;
        verdict->wait_ms = wait_ms;
    }
}

struct rate_verdict rate_ask(struct rate_meter *meter, const struct rate_limits *limits,
                             int64_t now_ms)
{
    struct rate_verdict verdict = {.answer = RATE_ADMITTED};

    if (limits->concurrent != 0 && meter->under_way >= limits->concurrent) {
        window_ask(&verdict, RATE_CONCURRENT, CONCURRENT_WAIT_MS);
    }
    if (limits->minute != 0) {
        window_ask(
            &verdict, RATE_MINUTE,
            rate_window_wait_ms(&meter->minute, limits->minute, RATE_MINUTE_PART_MS, now_ms));
    }
    if (limits->hour != 0) {
        window_ask(&verdict, RATE_HOUR,
                   rate_window_wait_ms(&meter->hour, limits->hour, RATE_HOUR_PART_MS, now_ms));
    }
    if (verdict.answer == RATE_ADMITTED) {
        meter->under_way++;
        rate_window_add(&meter->minute, RATE_MINUTE_PART_MS, now_ms);
        rate_window_add(&meter->hour, RATE_HOUR_PART_MS, now_ms);
    }
    verdict.minute_left = left_of(&meter->minute, limits->minute, RATE_MINUTE_PART_MS, now_ms);
    verdict.hour_left = left_of(&meter->hour, limits->hour, RATE_HOUR_PART_MS, now_ms);
    return verdict;
}

void rate_end(struct rate_meter *meter)
{
    assert(meter->under_way > 0);
    meter->under_way--;
}
