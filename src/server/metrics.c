/* One table: what each metric is called, what it means, where its value comes
 * from. Counters and histograms stand in the room that counts; gauges are
 * looked up once for each answer. Rows of one name stand together. */
#include "server/metrics.h"

#include <assert.h>
#include <stddef.h>
#include <string.h>

#include "base/pool.h"
#include "broker/broker.h"
#include "broker/conflict.h"
#include "broker/guard.h"
#include "broker/log_in.h"
#include "broker/payment_call.h"
#include "broker/payment_news.h"
#include "broker/payment_report.h"
#include "broker/ping.h"
#include "broker/rate.h"
#include "device/session_payment.h"
#include "hook/courier.h"
#include "net/gate.h"
#include "net/tls.h"
#include "server/call_log.h"
#include "server/metrics_text.h"
#include "server/upkeep.h"
#include "server/usage.h"
#include "store/store.h"

enum { BODY_MAX = 128 * 1024 };

/* What is looked up, as it is now. A gauge below zero is not known and left out. */
struct metrics_now {
    struct store_counters store;
    int64_t terminals;
    int64_t strangers;
    int64_t enrolled;
    int64_t addresses;
    int64_t writer_queue;
    int64_t reader_queue;
    int64_t password_queue;
    int64_t certificate_ms;
    int64_t started_ms;
    struct usage usage;
    int64_t one;
};

struct metrics_row {
    const char *name;
    const char *help; /* of the first row of its name; NULL at the others */
    enum { ROW_COUNTER, ROW_TOTAL, ROW_GAUGE, ROW_MS, ROW_HISTOGRAM } kind;
    struct metric_label label;
    const struct counter *counter;     /* ROW_COUNTER */
    const struct histogram *histogram; /* ROW_HISTOGRAM */
    size_t offset; /* in struct metrics_now: ROW_TOTAL (a uint64_t), the others */
};

#define NOW(member) offsetof(struct metrics_now, member)
#define COUNTER(name, help, source)                                                                \
    {                                                                                              \
        name, help, ROW_COUNTER, {NULL, NULL}, source, NULL, 0                                     \
    }
#define COUNTER_OF(name, help, label, value, source)                                               \
    {                                                                                              \
        name, help, ROW_COUNTER, {label, value}, source, NULL, 0                                   \
    }
#define TOTAL(name, help, member)                                                                  \
    {                                                                                              \
        name, help, ROW_TOTAL, {NULL, NULL}, NULL, NULL, NOW(member)                               \
    }
#define GAUGE(name, help, member)                                                                  \
    {                                                                                              \
        name, help, ROW_GAUGE, {NULL, NULL}, NULL, NULL, NOW(member)                               \
    }
#define GAUGE_OF(name, help, label, value, member)                                                 \
    {                                                                                              \
        name, help, ROW_GAUGE, {label, value}, NULL, NULL, NOW(member)                             \
    }
#define MOMENT(name, help, member)                                                                 \
    {                                                                                              \
        name, help, ROW_MS, {NULL, NULL}, NULL, NULL, NOW(member)                                  \
    }
#define HISTOGRAM(name, help, source)                                                              \
    {                                                                                              \
        name, help, ROW_HISTOGRAM, {NULL, NULL}, NULL, source, 0                                   \
    }

/* clang-format off */
static const struct metrics_row ROWS[] = {
    GAUGE_OF("tillwire_build_info", "Always 1; which program this is.",
             "version", TILLWIRE_VERSION, one),
    MOMENT("tillwire_start_time_seconds", "When the server was started, since 1970 UTC.", started_ms),
    GAUGE("tillwire_resident_memory_bytes", "Memory of the process that is in RAM.", usage.resident_bytes),
    GAUGE("tillwire_open_files", "Files and connections that the process has open.", usage.open_files),
    GAUGE("tillwire_open_files_max", "How many it may have open.", usage.open_files_max),

    GAUGE("tillwire_terminals_connected", "Terminals that are logged in and connected.", terminals),
    GAUGE_OF("tillwire_connections", "Connections by what they have proven.", "kind", "stranger", strangers),
    GAUGE_OF("tillwire_connections", NULL, "kind", "terminal", enrolled),
    GAUGE("tillwire_addresses_remembered", "Addresses whose connections are counted.", addresses),

    COUNTER_OF("tillwire_http_requests_total", "Requests by the class of the answer's status.",
               "status", "1xx", &serve_answers[1]),
    COUNTER_OF("tillwire_http_requests_total", NULL, "status", "2xx", &serve_answers[2]),
    COUNTER_OF("tillwire_http_requests_total", NULL, "status", "3xx", &serve_answers[3]),
    COUNTER_OF("tillwire_http_requests_total", NULL, "status", "4xx", &serve_answers[4]),
    COUNTER_OF("tillwire_http_requests_total", NULL, "status", "5xx", &serve_answers[5]),
    HISTOGRAM("tillwire_http_request_seconds", "From the whole head of a request to its answer.", &serve_took),
    COUNTER_OF("tillwire_connections_refused_total", "Connections that were not let in, by why.",
               "reason", "full", &serve_refused[GATE_FULL]),
    COUNTER_OF("tillwire_connections_refused_total", NULL, "reason", "address_full",
               &serve_refused[GATE_ADDRESS_FULL]),
    COUNTER_OF("tillwire_connections_refused_total", NULL, "reason", "too_fast", &serve_refused[GATE_TOO_FAST]),
    COUNTER_OF("tillwire_connections_refused_total", NULL, "reason", "memory", &serve_refused[GATE_NO_MEMORY]),
    COUNTER("tillwire_connections_evicted_total", "Connections that were closed to make room.", &serve_evicted),

    COUNTER_OF("tillwire_pings_total", "Pings by how they ended.",
               "outcome", "shown", &ping_outcomes[PING_SHOWN]),
    COUNTER_OF("tillwire_pings_total", NULL, "outcome", "not_found", &ping_outcomes[PING_NOT_FOUND]),
    COUNTER_OF("tillwire_pings_total", NULL, "outcome", "not_listening", &ping_outcomes[PING_NOT_LISTENING]),
    COUNTER_OF("tillwire_pings_total", NULL, "outcome", "trouble", &ping_outcomes[PING_TROUBLE]),
    HISTOGRAM("tillwire_ping_seconds", "From the call to its answer, the terminal's included.", &ping_time),

    COUNTER_OF("tillwire_payment_calls_total", "Calls that begin a payment, by their answer.",
               "answer", "accepted", &payment_answers[PAYMENT_ACCEPTED]),
    COUNTER_OF("tillwire_payment_calls_total", NULL, "answer", "not_found", &payment_answers[PAYMENT_NO_DEVICE]),
    COUNTER_OF("tillwire_payment_calls_total", NULL, "answer", "not_listening",
               &payment_answers[PAYMENT_NOT_LISTENING]),
    COUNTER_OF("tillwire_payment_calls_total", NULL, "answer", "busy", &payment_answers[PAYMENT_BUSY]),
    COUNTER_OF("tillwire_payment_calls_total", NULL, "answer", "key_taken", &payment_answers[PAYMENT_KEY_TAKEN]),
    COUNTER_OF("tillwire_payment_calls_total", NULL, "answer", "currency", &payment_answers[PAYMENT_CURRENCY]),
    COUNTER_OF("tillwire_payment_calls_total", NULL, "answer", "trouble", &payment_answers[PAYMENT_TROUBLE]),
    HISTOGRAM("tillwire_payment_screen_seconds", "From the call to the amount on the terminal's screen.",
              &payment_screen_time),
    COUNTER_OF("tillwire_payments_total", "Payments by what became of them.",
               "state", "approved", &payment_ends[PAYMENT_APPROVED]),
    COUNTER_OF("tillwire_payments_total", NULL, "state", "declined", &payment_ends[PAYMENT_DECLINED]),
    COUNTER_OF("tillwire_payments_total", NULL, "state", "cancelled", &payment_ends[PAYMENT_CANCELLED]),
    COUNTER_OF("tillwire_payments_total", NULL, "state", "expired", &payment_ends[PAYMENT_EXPIRED]),
    COUNTER_OF("tillwire_payments_total", NULL, "state", "refused", &payment_ends[PAYMENT_REFUSED]),
    COUNTER_OF("tillwire_payments_total", NULL, "state", "unknown", &payment_ends[PAYMENT_UNKNOWN]),
    COUNTER("tillwire_payment_contradictions_total",
            "Results of terminals that contradict what is final: a person must look.", &payment_contradictions),
    COUNTER("tillwire_card_data_dropped_total", "Unknown fields that were left out of terminals' results.",
            &session_fields_dropped),
    COUNTER_OF("tillwire_deliveries_total", "Attempts to deliver webhooks, by what came of them.",
               "outcome", "delivered", &courier_delivered),
    COUNTER_OF("tillwire_deliveries_total", NULL, "outcome", "refused", &courier_refused),
    COUNTER_OF("tillwire_deliveries_total", NULL, "outcome", "failed", &courier_failed),
    COUNTER("tillwire_dead_letters_total", "Deliveries that were given up.", &courier_dead),
    HISTOGRAM("tillwire_delivery_seconds", "From an event to its delivery.", &courier_time),

    COUNTER_OF("tillwire_calls_refused_total", "Requests that were refused, by why.",
               "reason", "unauthorized", &call_refusals[CALL_UNAUTHORIZED]),
    COUNTER_OF("tillwire_calls_refused_total", NULL, "reason", "forbidden", &call_refusals[CALL_FORBIDDEN]),
    COUNTER_OF("tillwire_calls_refused_total", NULL, "reason", "too_many", &call_refusals[CALL_TOO_MANY]),
    COUNTER_OF("tillwire_calls_refused_total", NULL, "reason", "trouble", &call_refusals[CALL_TROUBLE]),
    COUNTER_OF("tillwire_rate_refused_total", "Calls above a limit of their business, by which limit.",
               "limit", "concurrent", &rate_refused_concurrent),
    COUNTER_OF("tillwire_rate_refused_total", NULL, "limit", "minute", &rate_refused_minute),
    COUNTER_OF("tillwire_rate_refused_total", NULL, "limit", "hour", &rate_refused_hour),
    COUNTER("tillwire_unknown_tokens_total", "Calls with a token that nobody has.", &guard_tokens_unknown),
    COUNTER("tillwire_unknown_tokens_refused_total", "Those of them that were told to wait.", &guard_tokens_refused),
    COUNTER("tillwire_unknown_codes_refused_total", "Calls for unknown device codes that were told to wait.",
            &guard_codes_refused),

    COUNTER_OF("tillwire_log_ins_total", "Log-ins on terminals by how they ended.",
               "outcome", "done", &log_in_counters[LOG_IN_DONE]),
    COUNTER_OF("tillwire_log_ins_total", NULL, "outcome", "wrong", &log_in_counters[LOG_IN_WRONG]),
    COUNTER_OF("tillwire_log_ins_total", NULL, "outcome", "locked", &log_in_counters[LOG_IN_LOCKED]),
    COUNTER_OF("tillwire_log_ins_total", NULL, "outcome", "pin_locked", &log_in_counters[LOG_IN_PIN_LOCKED]),
    COUNTER_OF("tillwire_log_ins_total", NULL, "outcome", "serial_in_use", &log_in_counters[LOG_IN_SERIAL_IN_USE]),
    COUNTER_OF("tillwire_log_ins_total", NULL, "outcome", "no_codes_left", &log_in_counters[LOG_IN_NO_CODES_LEFT]),
    COUNTER_OF("tillwire_log_ins_total", NULL, "outcome", "busy", &log_in_counters[LOG_IN_BUSY]),
    COUNTER_OF("tillwire_log_ins_total", NULL, "outcome", "trouble", &log_in_counters[LOG_IN_TROUBLE]),
    COUNTER("tillwire_pin_locks_total", "Terminals that take no PIN any more, after too many wrong ones.",
            &log_in_pin_locks),
    COUNTER_OF("tillwire_conflicts_total", "Credentials that seem to be in two terminals, by how it was seen.",
               "kind", "old_credential", &conflict_old_credentials),
    COUNTER_OF("tillwire_conflicts_total", NULL, "kind", "replacement", &conflict_replacements),

    TOTAL("tillwire_store_commits_total", "Batches of changes that were stored durably.", store.commits),
    TOTAL("tillwire_store_commit_failures_total", "Batches that could not be stored.", store.failures),
    TOTAL("tillwire_store_jobs_total", "Changes that were stored.", store.jobs),
    HISTOGRAM("tillwire_store_commit_seconds", "How long a commit takes, the disk's flush included.",
              &store_commit_time),
    COUNTER_OF("tillwire_backups_total", "Backups that this server was asked for.",
               "outcome", "made", &upkeep_backups_made),
    COUNTER_OF("tillwire_backups_total", NULL, "outcome", "failed", &upkeep_backups_failed),
    COUNTER("tillwire_check_troubles_total", "Troubles that integrity checks have found.",
            &upkeep_troubles_found),
    GAUGE_OF("tillwire_queue_length", "Work that waits for a thread.", "queue", "store_writer", writer_queue),
    GAUGE_OF("tillwire_queue_length", NULL, "queue", "store_readers", reader_queue),
    GAUGE_OF("tillwire_queue_length", NULL, "queue", "passwords", password_queue),

    COUNTER_OF("tillwire_tls_handshakes_total", "TLS handshakes by how they ended.",
               "result", "full", &tls_handshakes_full),
    COUNTER_OF("tillwire_tls_handshakes_total", NULL, "result", "resumed", &tls_handshakes_resumed),
    COUNTER_OF("tillwire_tls_handshakes_total", NULL, "result", "failed", &tls_failures),
    MOMENT("tillwire_certificate_expiry_seconds", "When the TLS certificate expires, since 1970 UTC.",
           certificate_ms),
};
/* clang-format on */
enum { ROW_COUNT = sizeof(ROWS) / sizeof(ROWS[0]) };

static void gate_look(const struct operations *operations, struct metrics_now *now)
{
    struct gate_counts counts;

    if (operations->gate == NULL) {
        now->strangers = now->enrolled = now->addresses = -1;
        return;
    }
    counts = gate_count(operations->gate);
    now->strangers = (int64_t)counts.strangers;
    now->enrolled = (int64_t)counts.terminals;
    now->addresses = (int64_t)counts.addresses;
}

static void look(const struct operations *operations, struct metrics_now *now)
{
    struct tls_certificate certificate = {.not_after_ms = -1};

    memset(now, 0, sizeof(*now));
    now->store = store_counters(operations->store);
    now->writer_queue = (int64_t)now->store.queue;
    now->reader_queue = (int64_t)now->store.reading;
    now->password_queue = (int64_t)pool_load(operations->passwords).waiting;
    now->terminals = (int64_t)presence_count(&operations->broker->presence);
    gate_look(operations, now);
    if (operations->tls != NULL) {
        tls_server_certificate(operations->tls, &certificate);
    }
    now->certificate_ms = certificate.not_after_ms;
    now->started_ms = operations->started_ms;
    now->one = 1;
    usage_read(&now->usage);
}

static enum metric_type type_of(const struct metrics_row *row)
{
    switch (row->kind) {
    case ROW_COUNTER:
    case ROW_TOTAL:
        return METRIC_COUNTER;
    case ROW_HISTOGRAM:
        return METRIC_HISTOGRAM;
    case ROW_GAUGE:
    case ROW_MS:
        break;
    }
    return METRIC_GAUGE;
}

/* A gauge that is not known is no row of this answer. */
static bool is_known(const struct metrics_row *row, const struct metrics_now *now)
{
    int64_t value;

    if (row->kind != ROW_GAUGE && row->kind != ROW_MS) {
        return true;
    }
    memcpy(&value, (const char *)now + row->offset, sizeof(value));
    return value >= 0;
}

static void sample_write(struct buf *out, const struct metrics_row *row,
                         const struct metrics_now *now)
{
    const char *at = (const char *)now + row->offset;
    uint64_t total;
    int64_t value;

    memcpy(&total, at, sizeof(total));
    memcpy(&value, at, sizeof(value));
    switch (row->kind) {
    case ROW_COUNTER:
        metrics_text_unsigned(out, row->name, row->label, counter_read(row->counter));
        return;
    case ROW_TOTAL:
        metrics_text_unsigned(out, row->name, row->label, total);
        return;
    case ROW_GAUGE:
        metrics_text_signed(out, row->name, row->label, value);
        return;
    case ROW_MS:
        metrics_text_ms(out, row->name, row->label, value);
        return;
    case ROW_HISTOGRAM:
        metrics_text_histogram(out, row->name, row->histogram);
        return;
    }
}

static void table_write(struct buf *out, const struct metrics_now *now)
{
    const struct metrics_row *first = ROWS; /* of its name */
    const struct metrics_row *named = NULL; /* whose HELP and TYPE were written last */
    size_t i;

    for (i = 0; i < ROW_COUNT; i++) {
        const struct metrics_row *row = &ROWS[i];

        assert((row->help == NULL) == (i > 0 && strcmp(row->name, ROWS[i - 1].name) == 0));
        first = row->help != NULL ? row : first;
        if (!is_known(row, now)) {
            continue;
        }
        if (named != first) {
            metrics_text_name(out, first->name, type_of(first), first->help);
            named = first;
        }
        sample_write(out, row, now);
    }
}

/* Of this machine, and not passed on by a proxy that runs on it. */
static bool is_local(const struct exchange *exchange, const struct http_head *head)
{
    return address_is_loopback(exchange_client(exchange)) &&
           http_header_value(head, "x-forwarded-for").bytes == NULL &&
           http_header_value(head, "forwarded").bytes == NULL;
}

static void send(struct exchange *exchange, int status, const char *type, struct slice body)
{
    exchange_answer(
        exchange, &(struct exchange_answer){.status = status, .content_type = type, .body = body});
}

void metrics_serve(const struct operations *operations, struct exchange *exchange,
                   const struct http_head *head, bool own_listener)
{
    static const char PLAIN[] = "text/plain; charset=utf-8";
    struct metrics_now now;
    struct buf body;

    if (!own_listener && !is_local(exchange, head)) {
        send(exchange, 404, PLAIN, slice_of("404 page not found"));
        return;
    }
    look(operations, &now);
    buf_init(&body, BODY_MAX);
    table_write(&body, &now);
    if (buf_fail(&body) != FAIL_NONE) {
        send(exchange, 503, PLAIN, slice_of("No memory is left. Try again in a moment.\n"));
    } else {
        send(exchange, 200, "text/plain; version=0.0.4; charset=utf-8", buf_view(&body));
    }
    buf_finish(&body);
}
