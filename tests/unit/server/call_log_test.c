/* One line per request: which level, what stands in it, what is counted. */
#include "server/call_log.h"

#include "unit/base/log_heard.h"

static struct address client;

static const char *log_of(int status, const char *reason)
{
    listen_now();
    call_log_write(&(struct call_record){.request = 0xabc,
                                         .client = &client,
                                         .business = 7,
                                         .token = 9,
                                         .method = "GET",
                                         .route = "/v2/devices/{code}/ping",
                                         .reason = reason,
                                         .status = status,
                                         .took_us = 12999});
    return heard();
}

#define TIME "time=2026-01-22T18:00:36.123Z "
#define WHO                                                                                        \
    " request=0000000000000abc client=192.0.2.1 business=7 token=9 method=GET"                     \
    " route=/v2/devices/{code}/ping"

static void what_went_well_is_written_at_debug_alone(void **state)
{
    static const int statuses[] = {200, 202, 302, 400, 404, 405, 409};
    char expected[256];
    size_t i;

    (void)state;
    for (i = 0; i < COUNT_OF(statuses); i++) {
        log_set_level(LOG_INFO);
        assert_string_equal(log_of(statuses[i], NULL), "");
        log_set_level(LOG_DEBUG);
        assert_true(text_format(expected, sizeof(expected),
                                TIME "level=debug event=call.answered" WHO " status=%d ms=12\n",
                                statuses[i]));
        assert_string_equal(log_of(statuses[i], NULL), expected);
    }
    for (i = 0; i < CALL_REFUSALS; i++) {
        assert_int_equal(counter_read(&call_refusals[i]), 0);
    }
}

static void a_refusal_is_written_with_its_reason_and_counted(void **state)
{
    static const struct {
        int status;
        enum call_refusal refusal;
        const char *reason;
        const char *written;
    } cases[] = {
        {401, CALL_UNAUTHORIZED, NULL, "unauthorized"},
        {403, CALL_FORBIDDEN, NULL, "forbidden"},
        {403, CALL_FORBIDDEN, "no_permission", "no_permission"},
        {429, CALL_TOO_MANY, "minute", "minute"},
        {500, CALL_TROUBLE, NULL, "trouble"},
        {503, CALL_TROUBLE, NULL, "trouble"},
    };
    char expected[256];
    size_t i;

    (void)state;
    log_set_level(LOG_INFO);
    for (i = 0; i < COUNT_OF(cases); i++) {
        uint64_t before = counter_read(&call_refusals[cases[i].refusal]);

        assert_true(text_format(expected, sizeof(expected),
                                TIME "level=info event=call.refused" WHO
                                     " status=%d ms=12 reason=%s\n",
                                cases[i].status, cases[i].written));
        assert_string_equal(log_of(cases[i].status, cases[i].reason), expected);
        assert_int_equal(counter_read(&call_refusals[cases[i].refusal]), before + 1);
    }
    log_set_level(LOG_ERROR); /* not written, but counted */
    assert_string_equal(log_of(401, NULL), "");
    assert_int_equal(counter_read(&call_refusals[CALL_UNAUTHORIZED]), 2);
    log_set_level(LOG_INFO);
}

static void a_flood_of_one_kind_does_not_hide_another(void **state)
{
    unsigned lines = 0;
    int i;

    (void)state;
    now_ms += 3600000;
    for (i = 0; i < 1000; i++) {
        lines += log_of(403, NULL)[0] != '\0';
    }
    assert_int_equal(lines, 60);
    assert_non_null(strstr(log_of(503, NULL), "status=503"));
    assert_non_null(strstr(log_of(401, NULL), "status=401"));
    assert_non_null(strstr(log_of(429, NULL), "status=429"));
    listen_now();
    log_finish();
    assert_non_null(strstr(heard(), "event=log.suppressed what=call.refused lines=940\n"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_went_well_is_written_at_debug_alone),
        cmocka_unit_test(a_refusal_is_written_with_its_reason_and_counted),
        cmocka_unit_test(a_flood_of_one_kind_does_not_hide_another),
    };

    if (!address_read(slice_of("192.0.2.1"), &client)) {
        return 1;
    }
    return cmocka_run_group_tests(tests, clocks_start, NULL);
}
