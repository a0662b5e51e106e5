/* GET /metrics: what stands in it, exactly where a number is known, and who
 * may read it. That the whole is in the format of Prometheus is shown by
 * tests/end/operations.test.mjs, with a reader of its own. */
#include "store/fixture.h"

#include "broker/broker.h"
#include "broker/conflict.h"
#include "broker/guard.h"
#include "broker/log_in.h"
#include "broker/ping.h"
#include "broker/rate.h"
#include "net/gate.h"
#include "net/tls.h"
#include "server/call_log.h"
#include "server/metrics.h"
#include "server/metrics_text.h"
#include "server/usage.h"
#include "unit/fake_exchange.h"

#include "unit/wire/failing_memory.h"

/* --- The world that is looked at ---------------------------------------------- */

struct gate_counts gate_count(struct gate *gate)
{
    (void)gate;
    return (struct gate_counts){.strangers = 11, .terminals = 22, .addresses = 33};
}

void tls_server_certificate(struct tls_server *server, struct tls_certificate *out)
{
    (void)server;
    *out = (struct tls_certificate){.not_after_ms = INT64_C(1769104836050)};
}

struct counter tls_handshakes_full;
struct counter tls_handshakes_resumed;
struct counter tls_failures;

struct counter courier_delivered;
struct counter courier_refused;
struct counter courier_failed;
struct counter courier_dead;
struct histogram courier_time;

static struct broker broker;
static struct fixture *fixture;
static struct operations operations = {.broker = &broker, .started_ms = INT64_C(1769000000007)};

static int open_all(void **state)
{
    (void)state;
    id_start();
    fixture = fixture_make();
    fixture_open(fixture, false);
    presence_table_init(&broker.presence);
    WORKS(pool_create(&broker.passwords, "test", 0, 1, NULL));
    operations.store = fixture->store;
    operations.passwords = broker.passwords;
    return 0;
}

static int close_all(void **state)
{
    (void)state;
    pool_destroy(&broker.passwords);
    presence_table_finish(&broker.presence);
    fixture_remove(fixture);
    return 0;
}

static void ask_from(struct exchange *exchange, const char *address, const char *header,
                     bool own_listener)
{
    struct http_head head = fake_head(HTTP_GET, "/metrics", "localhost");

    if (header != NULL) {
        fake_header(&head, header, "192.0.2.1");
    }
    fake_exchange_init(exchange, NULL);
    if (address[0] != '\0') {
        assert_true(address_read(slice_of(address), &exchange->client));
    }
    metrics_serve(&operations, exchange, &head, own_listener);
    assert_int_equal(exchange->answers, 1);
}

static void ask(struct exchange *exchange)
{
    ask_from(exchange, "127.0.0.1", NULL, false);
    assert_int_equal(exchange->status, 200);
}

static void assert_line(const struct exchange *exchange, const char *line)
{
    char whole[256];

    assert_true(text_format(whole, sizeof(whole), "\n%s\n", line));
    if (strstr(exchange->body.bytes, whole) == NULL) {
        print_error("missing: %s\n", line);
    }
    assert_non_null(strstr(exchange->body.bytes, whole));
}

/* --- The text -------------------------------------------------------------------- */

static void assert_text(struct buf *out, const char *expected)
{
    buf_byte(out, '\0');
    assert_string_equal(out->bytes, expected);
    buf_clear(out);
}

static void names_labels_and_help_are_escaped(void **state)
{
    struct metric_label label = {"why", "a \"b\" \\ c\nd"};
    struct buf out;

    (void)state;
    buf_init(&out, 4096);
    metrics_text_name(&out, "x_total", METRIC_COUNTER, "back\\slash, \"quote\"\nline");
    assert_text(&out, "# HELP x_total back\\\\slash, \"quote\"\\nline\n# TYPE x_total counter\n");
    metrics_text_unsigned(&out, "x_total", label, UINT64_MAX);
    assert_text(&out, "x_total{why=\"a \\\"b\\\" \\\\ c\\nd\"} 18446744073709551615\n");
    metrics_text_signed(&out, "x", (struct metric_label){NULL, NULL}, -3);
    assert_text(&out, "x -3\n");
    buf_finish(&out);
}

static void milliseconds_are_written_as_seconds(void **state)
{
    static const struct {
        int64_t ms;
        const char *text;
    } cases[] = {{0, "x 0.000\n"},
                 {7, "x 0.007\n"},
                 {1000, "x 1.000\n"},
                 {-1500, "x -1.500\n"},
                 {INT64_MAX, "x 9223372036854775.807\n"},
                 {INT64_MIN, "x -9223372036854775.808\n"}};
    struct buf out;
    size_t i;

    (void)state;
    buf_init(&out, 4096);
    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        metrics_text_ms(&out, "x", (struct metric_label){NULL, NULL}, cases[i].ms);
        assert_text(&out, cases[i].text);
    }
    buf_finish(&out);
}

static void a_histogram_is_cumulative_and_in_seconds(void **state)
{
    struct histogram histogram = {0};
    struct buf out;

    (void)state;
    histogram_observe(&histogram, 100);
    histogram_observe(&histogram, 101);
    histogram_observe(&histogram, 10000000);
    histogram_observe(&histogram, 10000001);
    buf_init(&out, 8192);
    metrics_text_histogram(&out, "x", &histogram);
    assert_text(&out, "x_bucket{le=\"0.0001\"} 1\n"
                      "x_bucket{le=\"0.00025\"} 2\n"
                      "x_bucket{le=\"0.0005\"} 2\n"
                      "x_bucket{le=\"0.001\"} 2\n"
                      "x_bucket{le=\"0.0025\"} 2\n"
                      "x_bucket{le=\"0.005\"} 2\n"
                      "x_bucket{le=\"0.01\"} 2\n"
                      "x_bucket{le=\"0.025\"} 2\n"
                      "x_bucket{le=\"0.05\"} 2\n"
                      "x_bucket{le=\"0.1\"} 2\n"
                      "x_bucket{le=\"0.25\"} 2\n"
                      "x_bucket{le=\"0.5\"} 2\n"
                      "x_bucket{le=\"1\"} 2\n"
                      "x_bucket{le=\"2.5\"} 2\n"
                      "x_bucket{le=\"5\"} 2\n"
                      "x_bucket{le=\"10\"} 3\n"
                      "x_bucket{le=\"+Inf\"} 4\n"
                      "x_sum 20.000202\n"
                      "x_count 4\n");
    buf_finish(&out);
}

/* --- The table --------------------------------------------------------------------- */

static void the_answer_has_its_type_and_ends_with_a_line(void **state)
{
    struct exchange exchange;

    (void)state;
    ask(&exchange);
    assert_string_equal(exchange.type, "text/plain; version=0.0.4; charset=utf-8");
    assert_int_equal(exchange.body.bytes[exchange.body.length - 2], '\n');
    fake_exchange_finish(&exchange);
}

/* The counters of the rooms, and the series that each of them is. */
static const struct {
    struct counter *counter;
    const char *series;
} COUNTERS[] = {
    {&ping_outcomes[PING_SHOWN], "tillwire_pings_total{outcome=\"shown\"}"},
    {&ping_outcomes[PING_NOT_FOUND], "tillwire_pings_total{outcome=\"not_found\"}"},
    {&ping_outcomes[PING_NOT_LISTENING], "tillwire_pings_total{outcome=\"not_listening\"}"},
    {&ping_outcomes[PING_TROUBLE], "tillwire_pings_total{outcome=\"trouble\"}"},
    {&call_refusals[CALL_UNAUTHORIZED], "tillwire_calls_refused_total{reason=\"unauthorized\"}"},
    {&call_refusals[CALL_FORBIDDEN], "tillwire_calls_refused_total{reason=\"forbidden\"}"},
    {&call_refusals[CALL_TOO_MANY], "tillwire_calls_refused_total{reason=\"too_many\"}"},
    {&call_refusals[CALL_TROUBLE], "tillwire_calls_refused_total{reason=\"trouble\"}"},
    {&log_in_counters[LOG_IN_DONE], "tillwire_log_ins_total{outcome=\"done\"}"},
    {&log_in_counters[LOG_IN_WRONG], "tillwire_log_ins_total{outcome=\"wrong\"}"},
    {&log_in_counters[LOG_IN_LOCKED], "tillwire_log_ins_total{outcome=\"locked\"}"},
    {&log_in_counters[LOG_IN_PIN_LOCKED], "tillwire_log_ins_total{outcome=\"pin_locked\"}"},
    {&log_in_counters[LOG_IN_SERIAL_IN_USE], "tillwire_log_ins_total{outcome=\"serial_in_use\"}"},
    {&log_in_counters[LOG_IN_NO_CODES_LEFT], "tillwire_log_ins_total{outcome=\"no_codes_left\"}"},
    {&log_in_counters[LOG_IN_BUSY], "tillwire_log_ins_total{outcome=\"busy\"}"},
    {&log_in_counters[LOG_IN_TROUBLE], "tillwire_log_ins_total{outcome=\"trouble\"}"},
    {&log_in_pin_locks, "tillwire_pin_locks_total"},
    {&conflict_old_credentials, "tillwire_conflicts_total{kind=\"old_credential\"}"},
    {&conflict_replacements, "tillwire_conflicts_total{kind=\"replacement\"}"},
    {&rate_refused_concurrent, "tillwire_rate_refused_total{limit=\"concurrent\"}"},
    {&rate_refused_minute, "tillwire_rate_refused_total{limit=\"minute\"}"},
    {&rate_refused_hour, "tillwire_rate_refused_total{limit=\"hour\"}"},
    {&guard_tokens_unknown, "tillwire_unknown_tokens_total"},
    {&guard_tokens_refused, "tillwire_unknown_tokens_refused_total"},
    {&guard_codes_refused, "tillwire_unknown_codes_refused_total"},
    {&tls_handshakes_full, "tillwire_tls_handshakes_total{result=\"full\"}"},
    {&tls_handshakes_resumed, "tillwire_tls_handshakes_total{result=\"resumed\"}"},
    {&tls_failures, "tillwire_tls_handshakes_total{result=\"failed\"}"},
    {&serve_answers[1], "tillwire_http_requests_total{status=\"1xx\"}"},
    {&serve_answers[2], "tillwire_http_requests_total{status=\"2xx\"}"},
    {&serve_answers[3], "tillwire_http_requests_total{status=\"3xx\"}"},
    {&serve_answers[4], "tillwire_http_requests_total{status=\"4xx\"}"},
    {&serve_answers[5], "tillwire_http_requests_total{status=\"5xx\"}"},
    {&serve_refused[GATE_FULL], "tillwire_connections_refused_total{reason=\"full\"}"},
    {&serve_refused[GATE_ADDRESS_FULL],
     "tillwire_connections_refused_total{reason=\"address_full\"}"},
    {&serve_refused[GATE_TOO_FAST], "tillwire_connections_refused_total{reason=\"too_fast\"}"},
    {&serve_refused[GATE_NO_MEMORY], "tillwire_connections_refused_total{reason=\"memory\"}"},
    {&serve_evicted, "tillwire_connections_evicted_total"},
};

static void each_counter_is_its_own_series(void **state)
{
    struct exchange exchange;
    char line[256];
    uint64_t i;

    (void)state;
    for (i = 0; i < sizeof(COUNTERS) / sizeof(COUNTERS[0]); i++) {
        counter_add(COUNTERS[i].counter, 100 + i);
    }
    ask(&exchange);
    for (i = 0; i < sizeof(COUNTERS) / sizeof(COUNTERS[0]); i++) {
        assert_true(
            text_format(line, sizeof(line), "%s %u", COUNTERS[i].series, 100 + (unsigned)i));
        assert_line(&exchange, line);
    }
    fake_exchange_finish(&exchange);
}

static void gauges_and_histograms_are_those_of_the_rooms(void **state)
{
    struct presence presence = {.device = 1, .business = 1, .code = "JSV5"};
    struct exchange exchange;

    (void)state;
    WORKS(presence_add(&broker.presence, &presence, NULL, NULL));
    histogram_observe(&ping_time, 900);
    histogram_observe(&store_commit_time, 40);
    histogram_observe(&serve_took, 2000000);
    ask(&exchange);
    assert_line(&exchange, "tillwire_build_info{version=\"" TILLWIRE_VERSION "\"} 1");
    assert_line(&exchange, "tillwire_start_time_seconds 1769000000.007");
    assert_line(&exchange, "tillwire_terminals_connected 1");
    assert_line(&exchange, "tillwire_ping_seconds_bucket{le=\"0.0005\"} 0");
    assert_line(&exchange, "tillwire_ping_seconds_bucket{le=\"0.001\"} 1");
    assert_line(&exchange, "tillwire_ping_seconds_sum 0.0009");
    assert_line(&exchange, "tillwire_http_request_seconds_sum 2");
    assert_line(&exchange, "tillwire_store_commits_total 0");
    assert_line(&exchange, "tillwire_store_commit_seconds_sum 0.00004");
    assert_line(&exchange, "tillwire_queue_length{queue=\"store_writer\"} 0");
    assert_line(&exchange, "tillwire_queue_length{queue=\"store_readers\"} 0");
    assert_line(&exchange, "tillwire_queue_length{queue=\"passwords\"} 0");
    fake_exchange_finish(&exchange);
    assert_true(presence_remove(&broker.presence, &presence));
}

static void what_is_not_there_is_left_out_with_its_name(void **state)
{
    struct exchange exchange;

    (void)state;
    ask(&exchange);
    assert_null(strstr(exchange.body.bytes, "tillwire_connections{"));
    assert_null(strstr(exchange.body.bytes, "tillwire_certificate"));
    fake_exchange_finish(&exchange);
    operations.gate = (struct gate *)&broker;
    operations.tls = (struct tls_server *)&broker;
    ask(&exchange);
    assert_line(&exchange, "# TYPE tillwire_connections gauge");
    assert_line(&exchange, "tillwire_connections{kind=\"stranger\"} 11");
    assert_line(&exchange, "tillwire_connections{kind=\"terminal\"} 22");
    assert_line(&exchange, "tillwire_addresses_remembered 33");
    assert_line(&exchange, "tillwire_certificate_expiry_seconds 1769104836.050");
    fake_exchange_finish(&exchange);
    operations.gate = NULL;
    operations.tls = NULL;
}

/* --- Who may read it ------------------------------------------------------------- */

static void only_this_machine_reads_it_on_the_common_listener(void **state)
{
    static const struct {
        const char *address; /* "": not known */
        const char *header;  /* one that a proxy adds */
        bool own_listener;
        int status;
    } cases[] = {
        {"127.0.0.1", NULL, false, 200},
        {"127.9.9.9", NULL, false, 200},
        {"::1", NULL, false, 200},
        {"192.0.2.1", NULL, false, 404},
        {"2001:db8::1", NULL, false, 404},
        {"", NULL, false, 404},
        {"127.0.0.1", "X-Forwarded-For", false, 404},
        {"127.0.0.1", "Forwarded", false, 404},
        {"192.0.2.1", NULL, true, 200},
        {"127.0.0.1", "X-Forwarded-For", true, 200},
    };
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct exchange exchange;

        ask_from(&exchange, cases[i].address, cases[i].header, cases[i].own_listener);
        if (exchange.status != cases[i].status) {
            print_error("case %zu: %d\n", i, exchange.status);
        }
        assert_int_equal(exchange.status, cases[i].status);
        if (cases[i].status == 404) {
            assert_string_equal(exchange.body.bytes, "404 page not found");
            assert_string_equal(exchange.type, "text/plain; charset=utf-8");
        }
        fake_exchange_finish(&exchange);
    }
}

static void without_memory_it_says_so(void **state)
{
    size_t successes = 0;
    bool refused = true;

    (void)state;
    while (refused) {
        struct http_head head = fake_head(HTTP_GET, "/metrics", "localhost");
        struct exchange exchange;

        fake_exchange_init(&exchange, NULL);
        assert_non_null(buf_reserve(&exchange.body, 64 * 1024));
        failing_memory_start(successes);
        metrics_serve(&operations, &exchange, &head, true);
        failing_memory_stop();
        refused = exchange.status == 503;
        assert_true(refused || exchange.status == 200);
        if (refused) {
            assert_string_equal(exchange.body.bytes, "No memory is left. Try again in a moment.\n");
        } else {
            assert_line(&exchange, "tillwire_terminals_connected 0");
        }
        fake_exchange_finish(&exchange);
        successes++;
        assert_true(successes < 1000);
    }
    assert_true(successes > 2);
}

/* --- The process --------------------------------------------------------------------- */

static void the_process_is_measured(void **state)
{
    struct usage before;
    struct usage after;
    char *memory;
    int descriptors[16];
    size_t i;

    (void)state;
    usage_read(&before);
    assert_true(before.resident_bytes > 100 * 1024);
    assert_in_range(before.open_files, 3, 1000);
    assert_in_range(before.open_files_max, before.open_files, 10000000);
    for (i = 0; i < 16; i++) {
        descriptors[i] = dup(STDOUT_FILENO);
        assert_true(descriptors[i] >= 0);
    }
    memory = malloc(8 << 20);
    assert_non_null(memory);
    memset(memory, 1, 8 << 20);
    usage_read(&after);
    assert_int_equal(after.open_files - before.open_files, 16);
    assert_true(after.resident_bytes - before.resident_bytes >= 7 << 20);
    assert_int_equal(memory[4711], 1);
    free(memory);
    for (i = 0; i < 16; i++) {
        close(descriptors[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_labels_and_help_are_escaped),
        cmocka_unit_test(milliseconds_are_written_as_seconds),
        cmocka_unit_test(a_histogram_is_cumulative_and_in_seconds),
        cmocka_unit_test(the_answer_has_its_type_and_ends_with_a_line),
        cmocka_unit_test(each_counter_is_its_own_series),
        cmocka_unit_test(gauges_and_histograms_are_those_of_the_rooms),
        cmocka_unit_test(what_is_not_there_is_left_out_with_its_name),
        cmocka_unit_test(only_this_machine_reads_it_on_the_common_listener),
        cmocka_unit_test(without_memory_it_says_so),
        cmocka_unit_test(the_process_is_measured),
    };

    return cmocka_run_group_tests(tests, open_all, close_all);
}
