/* Problems and warnings, each found by one function.
 *
 * What is wrong must be able to end by itself: a server to which nobody is sent
 * commits nothing, and would never learn that the disk has room again. So a
 * failed commit counts for a minute, and is then tried again by whoever comes. */
#include "server/health.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/pool.h"
#include "net/tls.h"
#include "store/store.h"
#include "wire/json_write.h"

enum {
    LIST_MAX = 8192,
    BODY_MAX = 3 * LIST_MAX,
    SENTENCE_SIZE = 512,
    SECOND_MS = 1000,
    MINUTE_MS = 60 * SECOND_MS,
    HOUR_MS = 60 * MINUTE_MS,
    DAY_MS = 24 * HOUR_MS,
    FAILED_COMMIT_MS = MINUTE_MS,
    CERTIFICATE_WARNING_MS = 7 * DAY_MS,
    CLOCK_BEHIND_MS = 5 * MINUTE_MS,
};

static const char JSON_TYPE[] = "application/json";
static const struct exchange_header NO_STORE[] = {{"Cache-Control", "no-store"}};

struct findings {
    struct buf problems; /* JSON texts with commas between them */
    struct buf warnings;
};

__attribute__((format(printf, 2, 3))) static void note(struct buf *list, const char *format, ...)
{
    char sentence[SENTENCE_SIZE];
    va_list arguments;

    va_start(arguments, format);
    (void)vsnprintf(sentence, sizeof(sentence), format, arguments);
    va_end(arguments);
    json_add_text(list, NULL, sentence); /* with a comma before it where one is due */
}

/* --- What can be wrong ------------------------------------------------------ */

static void look_at_stopping(const struct operations *operations, struct findings *found)
{
    if (operations->draining != NULL && atomic_load(operations->draining)) {
        note(&found->problems, "The server is stopping: calls in flight end, nothing new begins.");
    }
}

static void look_at_commits(const struct store_counters *counters, struct findings *found)
{
    int64_t ago_ms = clock_monotonic_ms() - counters->failed_ms;

    if (counters->broken) {
        note(&found->problems, "The disk of the data directory has failed: nothing is acknowledged"
                               " any more. Check the disk, then start the server again.");
        return;
    }
    if (counters->fail == FAIL_NONE || ago_ms >= FAILED_COMMIT_MS) {
        return;
    }
    if (counters->fail == FAIL_FULL) {
        note(&found->problems,
             "The disk of the data directory is full: nothing could be stored %" PRId64
             " s ago. Make room on it; the server goes on by itself.",
             ago_ms / SECOND_MS);
        return;
    }
    note(&found->problems, "The last commit failed %" PRId64 " s ago: %s.", ago_ms / SECOND_MS,
         fail_text(counters->fail));
}

static void look_at_queues(const struct operations *operations,
                           const struct store_counters *counters, struct findings *found)
{
    struct pool_load passwords = pool_load(operations->passwords);

    if (counters->queue > STORE_QUEUE_MAX / 2) {
        note(&found->problems,
             "%" PRIu64 " of at most %d changes wait to be stored: the disk is too slow for"
             " what comes in.",
             counters->queue, STORE_QUEUE_MAX);
    }
    if (passwords.waiting >= passwords.max) {
        note(&found->problems,
             "%zu log-ins wait for their password to be checked, which is all that may:"
             " more are refused for now.",
             passwords.waiting);
    }
}

static void look_at_certificate(const struct operations *operations, struct findings *found)
{
    struct tls_certificate certificate;
    char until[CLOCK_UTC_SIZE];
    int64_t left_ms;

    if (operations->tls == NULL) {
        return;
    }
    tls_server_certificate(operations->tls, &certificate);
    left_ms = certificate.not_after_ms - clock_wall_ms();
    clock_utc_text(certificate.not_after_ms, until);
    if (left_ms <= 0) {
        note(&found->problems,
             "The certificate of %s has expired at %s. Put a new one in its place and send the"
             " server SIGHUP.",
             certificate.subject, until);
    } else if (left_ms <= CERTIFICATE_WARNING_MS) {
        note(&found->warnings,
             "The certificate of %s expires at %s. Put a new one in its place and send the"
             " server SIGHUP.",
             certificate.subject, until);
    }
}

/* No problem: what runs goes by the machine's clock, and a shop that cannot
 * be reached is worse off than one whose receipts bear a wrong date. */
static void look_at_clock(const struct operations *operations, struct findings *found)
{
    int64_t behind_ms = operations->moment_ms - clock_wall_ms();

    if (operations->moment_ms != 0 && behind_ms > CLOCK_BEHIND_MS) {
        note(&found->warnings,
             "This machine's clock is %" PRId64 " minutes behind the latest moment in the"
             " database: dates and expiries are wrong until it is set right.",
             behind_ms / MINUTE_MS);
    }
}

/* --- Answers ------------------------------------------------------------------ */

static void send(struct exchange *exchange, int status, const char *type, struct slice body)
{
    exchange_answer(exchange, &(struct exchange_answer){.status = status,
                                                        .content_type = type,
                                                        .body = body,
                                                        .headers = NO_STORE,
                                                        .header_count = 1});
}

static void answer(struct exchange *exchange, struct findings *found)
{
    static const char NO_MEMORY[] =
        "{\"ready\":false,\"problems\":[\"No memory is left.\"],\"warnings\":[]}\n";
    bool ready = found->problems.length == 0;
    struct buf body;

    buf_init(&body, BODY_MAX);
    buf_format(&body, "{\"ready\":%s", ready ? "true" : "false");
    if (!ready) {
        buf_text(&body, ",\"problems\":[");
        buf_slice(&body, buf_view(&found->problems));
        buf_byte(&body, ']');
    }
    buf_text(&body, ",\"warnings\":[");
    buf_slice(&body, buf_view(&found->warnings));
    buf_text(&body, "]}\n");
    if (buf_fail(&found->problems) != FAIL_NONE || buf_fail(&found->warnings) != FAIL_NONE ||
        buf_fail(&body) != FAIL_NONE) {
        send(exchange, 503, JSON_TYPE, slice_of(NO_MEMORY));
    } else {
        send(exchange, ready ? 200 : 503, JSON_TYPE, buf_view(&body));
    }
    buf_finish(&body);
}

void health_serve(struct exchange *exchange)
{
    send(exchange, 200, "text/plain; charset=utf-8", slice_of("ok\n"));
}

void health_serve_ready(const struct operations *operations, struct exchange *exchange)
{
    struct store_counters counters = store_counters(operations->store);
    struct findings found;

    buf_init(&found.problems, LIST_MAX);
    buf_init(&found.warnings, LIST_MAX);
    look_at_stopping(operations, &found);
    look_at_commits(&counters, &found);
    look_at_queues(operations, &counters, &found);
    look_at_certificate(operations, &found);
    look_at_clock(operations, &found);
    answer(exchange, &found);
    buf_finish(&found.problems);
    buf_finish(&found.warnings);
}
