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

/* Each answer is 503, or the whole one with `status`, which the last one is. */
static inline void door_walk_memory(const struct api_route *route,
                                    const struct door_request *request, int status)
{
    struct exchange whole;
    bool done = false;
    size_t left;

    door_send(&whole, route, request);
    assert_int_equal(whole.status, status);
    fake_exchange_on_answer = door_answered;
    for (left = 0; !done; left++) {
        struct exchange exchange;

        failing_memory_start(left);
        door_send(&exchange, route, request);
        failing_memory_stop();
        assert_int_equal(exchange.answers, 1);
        done = failing_memory_asked <= left;
        if (exchange.status == status) {
            assert_string_equal(exchange.body.bytes, whole.body.bytes);
        } else {
            assert_int_equal(exchange.status, 503);
            assert_false(done);
        }
        fake_exchange_finish(&exchange);
    }
    assert_true(left > 2);
    fake_exchange_on_answer = NULL;
    fake_exchange_finish(&whole);
}

#endif
