/* Whether the server says that it can work: each problem and warning alone, at
 * its limit and one past it, and all at once. */
#include "server/health.h"

#include "base/clock.h"
#include "base/pool.h"
#include "net/tls.h"
#include "store/store.h"
#include "unit/fake_exchange.h"

/* After ours: its macro fail would eat a member of that name. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#undef fail

#include "unit/wire/failing_memory.h"

#define DAY_MS INT64_C(86400000)
#define WALL_MS INT64_C(1769104836000) /* 2026-01-22T18:00:36Z */

/* --- The world that is looked at ------------------------------------------- */

static struct store_counters counters;
static struct pool_load load;
static struct tls_certificate certificate;
static int64_t monotonic_ms;
static int64_t wall_ms;

struct store_counters store_counters(struct store *store)
{
    (void)store;
    return counters;
}

struct pool_load pool_load(struct pool *pool)
{
    (void)pool;
    return load;
}

void tls_server_certificate(struct tls_server *server, struct tls_certificate *out)
{
    (void)server;
    *out = certificate;
}

static int64_t now_monotonic_ns(void *context)
{
    (void)context;
    return monotonic_ms * 1000000;
}

static int64_t now_wall_ms(void *context)
{
    (void)context;
    return wall_ms;
}

static const struct clock_source CLOCK = {.monotonic_ns = now_monotonic_ns, .wall_ms = now_wall_ms};
static atomic_bool draining;
static struct operations operations = {.draining = &draining};

static int sound(void **state)
{
    (void)state;
    clock_replace(&CLOCK);
    counters = (struct store_counters){0};
    load = (struct pool_load){.max = 256};
    certificate = (struct tls_certificate){.subject = "pos.example.com"};
    certificate.not_after_ms = WALL_MS + 90 * DAY_MS;
    monotonic_ms = 1000000;
    wall_ms = WALL_MS;
    atomic_store(&draining, false);
    operations.tls = (struct tls_server *)&certificate;
    operations.moment_ms = WALL_MS - 1000;
    return 0;
}

/* --- Answers ------------------------------------------------------------------ */

static void assert_answer(int status, const char *body)
{
    struct exchange exchange;

    fake_exchange_init(&exchange, NULL);
    health_serve_ready(&operations, &exchange);
    assert_int_equal(exchange.answers, 1);
    assert_string_equal(exchange.body.bytes, body);
    assert_int_equal(exchange.status, status);
    assert_string_equal(exchange.type, "application/json");
    assert_string_equal(exchange.headers.bytes, "Cache-Control: no-store\n");
    fake_exchange_finish(&exchange);
}

#define READY "{\"ready\":true,\"warnings\":[]}\n"

static void assert_ready(void)
{
    assert_answer(200, READY);
}

static void assert_problem(const char *sentence)
{
    char body[1024];

    (void)text_format(body, sizeof(body),
                      "{\"ready\":false,\"problems\":[\"%s\"],\"warnings\":[]}\n", sentence);
    assert_answer(503, body);
}

static void assert_warning(const char *sentence)
{
    char body[1024];

    (void)text_format(body, sizeof(body), "{\"ready\":true,\"warnings\":[\"%s\"]}\n", sentence);
    assert_answer(200, body);
}

/* --- Tests ------------------------------------------------------------------------ */

static void who_lives_says_ok(void **state)
{
    struct exchange exchange;

    (void)state;
    counters.broken = true; /* which is not asked */
    fake_exchange_init(&exchange, NULL);
    health_serve(&exchange);
    assert_int_equal(exchange.status, 200);
    assert_string_equal(exchange.body.bytes, "ok\n");
    assert_string_equal(exchange.type, "text/plain; charset=utf-8");
    assert_string_equal(exchange.headers.bytes, "Cache-Control: no-store\n");
    fake_exchange_finish(&exchange);
}

static void a_sound_server_is_ready(void **state)
{
    (void)state;
    assert_ready();
    operations.tls = NULL;
    operations.draining = NULL;
    operations.moment_ms = 0;
    assert_ready();
    operations.draining = &draining;
}

static void a_stopping_server_is_not(void **state)
{
    (void)state;
    atomic_store(&draining, true);
    assert_problem("The server is stopping: calls in flight end, nothing new begins.");
}

static void a_broken_disk_is_not_healed_by_waiting(void **state)
{
    (void)state;
    counters.broken = true;
    monotonic_ms += 3600000;
    assert_problem("The disk of the data directory has failed: nothing is acknowledged any more."
                   " Check the disk, then start the server again.");
}

/* Nobody is sent to a server that is not ready, so nobody would find out. */
static void a_full_disk_counts_for_a_minute(void **state)
{
    (void)state;
    counters.fail = FAIL_FULL;
    counters.failed_ms = monotonic_ms;
    monotonic_ms += 12000;
    assert_problem("The disk of the data directory is full: nothing could be stored 12 s ago."
                   " Make room on it; the server goes on by itself.");
    monotonic_ms += 47999;
    assert_problem("The disk of the data directory is full: nothing could be stored 59 s ago."
                   " Make room on it; the server goes on by itself.");
    monotonic_ms += 1;
    assert_ready();
    counters.failed_ms = monotonic_ms;
    counters.fail = FAIL_NONE; /* a commit went well */
    assert_ready();
}

static void another_failure_of_a_commit_is_named(void **state)
{
    (void)state;
    counters.fail = FAIL_MEMORY;
    counters.failed_ms = monotonic_ms;
    assert_problem("The last commit failed 0 s ago: out of memory.");
}

static void a_queue_longer_than_half_is_a_problem(void **state)
{
    (void)state;
    counters.queue = STORE_QUEUE_MAX / 2;
    assert_ready();
    counters.queue++;
    assert_problem("4097 of at most 8192 changes wait to be stored: the disk is too slow for what"
                   " comes in.");
}

static void log_ins_that_would_be_refused_are_a_problem(void **state)
{
    (void)state;
    load.waiting = 255;
    assert_ready();
    load.waiting = 256;
    assert_problem("256 log-ins wait for their password to be checked, which is all that may:"
                   " more are refused for now.");
}

static void a_certificate_is_warned_of_for_a_week_and_then_a_problem(void **state)
{
    (void)state;
    certificate.not_after_ms = WALL_MS + 7 * DAY_MS + 1;
    assert_ready();
    wall_ms++;
    assert_warning("The certificate of pos.example.com expires at 2026-01-29T18:00:36.001Z."
                   " Put a new one in its place and send the server SIGHUP.");
    wall_ms = certificate.not_after_ms - 1;
    assert_warning("The certificate of pos.example.com expires at 2026-01-29T18:00:36.001Z."
                   " Put a new one in its place and send the server SIGHUP.");
    wall_ms++;
    assert_problem("The certificate of pos.example.com has expired at 2026-01-29T18:00:36.001Z."
                   " Put a new one in its place and send the server SIGHUP.");
    operations.tls = NULL;
    assert_ready();
}

static void a_name_in_a_certificate_is_escaped(void **state)
{
    (void)state;
    (void)text_format(certificate.subject, sizeof(certificate.subject), "\"],\"x\":[\"");
    certificate.not_after_ms = WALL_MS + DAY_MS;
    assert_warning("The certificate of \\\"],\\\"x\\\":[\\\" expires at 2026-01-23T18:00:36.000Z."
                   " Put a new one in its place and send the server SIGHUP.");
}

static void a_clock_that_was_set_back_is_a_warning(void **state)
{
    (void)state;
    operations.moment_ms = WALL_MS + 300000;
    assert_ready();
    wall_ms--;
    assert_warning("This machine's clock is 5 minutes behind the latest moment in the database:"
                   " dates and expiries are wrong until it is set right.");
    wall_ms -= 86400000;
    assert_warning("This machine's clock is 1445 minutes behind the latest moment in the database:"
                   " dates and expiries are wrong until it is set right.");
    wall_ms = WALL_MS;
    operations.moment_ms = 0;
    assert_ready();
}

static void everything_is_said_at_once(void **state)
{
    (void)state;
    atomic_store(&draining, true);
    load.waiting = 256;
    certificate.not_after_ms = WALL_MS + DAY_MS;
    operations.moment_ms = WALL_MS + DAY_MS;
    assert_answer(503,
                  "{\"ready\":false,\"problems\":["
                  "\"The server is stopping: calls in flight end, nothing new begins.\","
                  "\"256 log-ins wait for their password to be checked, which is all that may:"
                  " more are refused for now.\"],\"warnings\":["
                  "\"The certificate of pos.example.com expires at 2026-01-23T18:00:36.000Z."
                  " Put a new one in its place and send the server SIGHUP.\","
                  "\"This machine's clock is 1440 minutes behind the latest moment in the database:"
                  " dates and expiries are wrong until it is set right.\"]}\n");
}

/* Whichever allocation is refused, what could not be said is a problem. */
static void without_memory_it_is_not_ready(void **state)
{
    size_t successes = 0;
    bool refused = true;

    (void)state;
    certificate.not_after_ms = WALL_MS + DAY_MS;
    while (refused) {
        struct exchange exchange;

        fake_exchange_init(&exchange, NULL);
        assert_non_null(buf_reserve(&exchange.body, 1024));
        assert_non_null(buf_reserve(&exchange.headers, 256));
        failing_memory_start(successes);
        health_serve_ready(&operations, &exchange);
        failing_memory_stop();
        refused = failing_memory_asked > successes;
        assert_int_equal(exchange.answers, 1);
        assert_int_equal(exchange.status, refused ? 503 : 200);
        if (refused) {
            assert_string_equal(exchange.body.bytes, "{\"ready\":false,\"problems\":["
                                                     "\"No memory is left.\"],\"warnings\":[]}\n");
        }
        fake_exchange_finish(&exchange);
        successes++;
    }
    assert_true(successes > 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(who_lives_says_ok, sound),
        cmocka_unit_test_setup(a_sound_server_is_ready, sound),
        cmocka_unit_test_setup(a_stopping_server_is_not, sound),
        cmocka_unit_test_setup(a_broken_disk_is_not_healed_by_waiting, sound),
        cmocka_unit_test_setup(a_full_disk_counts_for_a_minute, sound),
        cmocka_unit_test_setup(another_failure_of_a_commit_is_named, sound),
        cmocka_unit_test_setup(a_queue_longer_than_half_is_a_problem, sound),
        cmocka_unit_test_setup(log_ins_that_would_be_refused_are_a_problem, sound),
        cmocka_unit_test_setup(a_certificate_is_warned_of_for_a_week_and_then_a_problem, sound),
        cmocka_unit_test_setup(a_name_in_a_certificate_is_escaped, sound),
        cmocka_unit_test_setup(a_clock_that_was_set_back_is_a_warning, sound),
        cmocka_unit_test_setup(everything_is_said_at_once, sound),
        cmocka_unit_test_setup(without_memory_it_is_not_ready, sound),
    };

    clock_start();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
