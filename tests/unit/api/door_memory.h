/* For tests of the API's door: the nth allocation of a call fails, whoever asks
 * for it - the door, the broker or the database.
 *
 * To be included once, by the test's only source. */
#ifndef TESTS_API_DOOR_MEMORY_H
#define TESTS_API_DOOR_MEMORY_H

#include "base/log.h"
#include "unit/api/door.h"
#include "unit/wire/failing_memory.h"

static void door_answered(struct exchange *exchange)
{
    (void)exchange;
    failing_memory_stop(); /* what the test itself keeps of the answer */
}

static size_t door_memory_left;

static void door_arm(void)
{
    failing_memory_start(door_memory_left);
}

/* Each answer is 503, or the whole one with `status`, which the last one is. */
static inline void door_walk_memory(const struct api_route *route,
                                    const struct door_request *request, int status)
{
    struct exchange whole;
    bool done = false;

    door_send(&whole, route, request);
    assert_int_equal(whole.status, status);
    fake_exchange_on_answer = door_answered;
    door_before_call = door_arm;
    for (door_memory_left = 0; !done; door_memory_left++) {
        struct exchange exchange;

        door_send(&exchange, route, request);
        failing_memory_stop();
        assert_int_equal(exchange.answers, 1);
        done = failing_memory_asked <= door_memory_left;
        if (exchange.status == status) {
            assert_string_equal(exchange.body.bytes, whole.body.bytes);
        } else {
            assert_int_equal(exchange.status, 503);
            assert_false(done);
        }
        fake_exchange_finish(&exchange);
    }
    assert_true(door_memory_left > 2);
    door_before_call = NULL;
    fake_exchange_on_answer = NULL;
    fake_exchange_finish(&whole);
}

#endif
