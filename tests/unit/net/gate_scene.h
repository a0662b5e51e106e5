/* A gate for tests: one at a time, with numbered places, which is told the time. */
#ifndef TESTS_GATE_SCENE_H
#define TESTS_GATE_SCENE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "base/id.h"
#include "net/gate.h"

enum { MINUTE_MS = 60000, SECOND_MS = 1000, PLACES_MAX = 64 };

/* Six places in all, two of them a terminal's as soon as there is one. */
static const struct gate_options SMALL = {.strangers_max = 4,
                                          .terminals_max = 2,
                                          .address_max = 4,
                                          .address_per_minute = 6,
                                          .address_known_times = 3};
static struct gate *gate;
static struct gate_place places[PLACES_MAX];
static int64_t now_ms;

static inline void start(const struct gate_options *options)
{
    memset(places, 0, sizeof(places));
    now_ms = 5000;
    assert_int_equal(gate_create(&gate, options), FAIL_NONE);
}

static inline void finish(void)
{
    struct gate_counts counts;
    size_t i;

    for (i = 0; i < PLACES_MAX; i++) {
        gate_leave(gate, &places[i]);
        gate_leave(gate, &places[i]); /* accepts a place that is none */
    }
    counts = gate_count(gate);
    assert_int_equal(counts.strangers, 0);
    assert_int_equal(counts.terminals, 0);
    gate_destroy(&gate);
    assert_null(gate);
    gate_destroy(&gate); /* accepts NULL */
}

static inline struct address at(const char *text)
{
    struct address address;

    assert_true(address_read(slice_of(text), &address));
    return address;
}

static inline enum gate_answer enter(size_t place, const char *text)
{
    struct address address = at(text);

    return gate_enter(gate, &address, now_ms, &places[place]);
}

static inline void know(const char *text)
{
    struct address address = at(text);

    gate_know(gate, &address, now_ms);
}

/* How many visits in a row the address may make now; each leaves at once. */
static inline unsigned visits(const char *text)
{
    unsigned count = 0;

    while (enter(PLACES_MAX - 1, text) == GATE_ENTERED) {
        gate_leave(gate, &places[PLACES_MAX - 1]);
        count++;
    }
    return count;
}

static inline void expect_counts(size_t strangers, size_t terminals, size_t addresses)
{
    struct gate_counts counts = gate_count(gate);

    assert_int_equal(counts.strangers, strangers);
    assert_int_equal(counts.terminals, terminals);
    assert_int_equal(counts.addresses, addresses);
}

static inline int start_id(void **state)
{
    (void)state;
    id_start();
    return 0;
}

#endif
