/* The service of one loop: who is let in, and how it ends.
 *
 * What a connection does while it is inside is in exchange.c and
 * exchange_answer.c. */
#include <assert.h>
#include <stdlib.h>

#include "base/id.h"
#include "base/log.h"
#include "net/exchange.h"
#include "net/listen.h"

static const struct serve_limits USUAL_LIMITS = {.connections_max = SERVE_CONNECTIONS_MAX,
                                                 .head_ms = SERVE_HEAD_MS,
                                                 .body_ms = SERVE_BODY_MS,
                                                 .body_rate = SERVE_BODY_RATE,
                                                 .idle_ms = SERVE_IDLE_MS};

struct counter serve_refused[GATE_ANSWERS];
struct counter serve_evicted;

enum fail serve_create(struct serve **out, struct loop *loop, const struct serve_handler *handler,
                       const struct serve_options *options)
{
    static const struct serve_options NONE = {0};
    struct serve *serve = calloc(1, sizeof(*serve));

    if (serve == NULL) {
        return FAIL_MEMORY;
    }
    options = options == NULL ? &NONE : options;
    serve->loop = loop;
    serve->handler = *handler;
    serve->limits = options->limits == NULL ? USUAL_LIMITS : *options->limits;
    serve->tls = options->tls;
    serve->trusted = options->trusted;
    serve->trusted_count = options->trusted_count;
    guests_init(&serve->guests, options->gate);
    list_init(&serve->exchanges);
    buf_init(&serve->out, EXCHANGE_OUT_MAX);
    id_random(&serve->next_id, sizeof(serve->next_id));
    *out = serve;
    return FAIL_NONE;
}

void serve_destroy(struct serve **serve)
{
    if (*serve == NULL) {
        return;
    }
    assert(list_is_empty(&(*serve)->exchanges));
    buf_finish(&(*serve)->out);
    free(*serve);
    *serve = NULL;
}

/* --- Letting in --------------------------------------------------------------- */

static void log_refused(enum gate_answer answer, const struct address *peer)
{
    static struct log_limit limit = {.per_minute = 6};
    static const char *const REASONS[GATE_ANSWERS] = {[GATE_FULL] = "full",
                                                      [GATE_ADDRESS_FULL] = "address_full",
                                                      [GATE_TOO_FAST] = "too_fast",
                                                      [GATE_NO_MEMORY] = "memory"};

    log_limited(&limit, LOG_WARNING, "connection.refused", log_text("reason", REASONS[answer]),
                log_address("address", peer));
}

static void refused(enum gate_answer answer, const struct address *peer)
{
    counter_add(&serve_refused[answer], 1);
    log_refused(answer, peer);
}

/* Its exchange, or NULL without memory; the place is taken over either way. */
static struct exchange *exchange_make(struct serve *serve, const struct address *peer,
                                      struct gate_place *place)
{
    struct exchange *exchange = calloc(1, sizeof(*exchange));
    struct guest *guest = NULL;

    if (guest_create(&guest, &serve->guests, peer, place) != FAIL_NONE || exchange == NULL) {
        guest_destroy(&guest);
        free(exchange);
        return NULL;
    }
    exchange->serve = serve;
    exchange->guest = guest;
    exchange->peer = *peer;
    return exchange;
}

/* Makes the exchange of a connection that was let in. */
static void receive(struct serve *serve, struct uv_stream_s *stream, const struct address *peer,
                    bool proxied, struct gate_place *place)
{
    struct exchange *exchange = exchange_make(serve, peer, place);
    enum fail fail;

    if (exchange == NULL) {
        refused(GATE_NO_MEMORY, peer);
        return;
    }
    fail =
        conn_accept(&exchange->conn, serve->loop, stream, serve->tls, &exchange_events, exchange);
    if (fail != FAIL_NONE) {
        if (fail == FAIL_MEMORY) {
            refused(GATE_NO_MEMORY, peer);
        }
        guest_destroy(&exchange->guest);
        free(exchange);
        return;
    }
    exchange->guest->conn = exchange->conn;
    exchange->guest->proxied = proxied;
    exchange->guest->rank = proxied ? GUEST_PROVEN : GUEST_SILENT;
    list_push_back(&serve->exchanges, &exchange->link);
    serve->count++;
    guest_waits(exchange->guest);
    exchange_start(exchange);
    if (serve->guests.gate == NULL && serve->count > serve->limits.connections_max) {
        exchange_refuse(exchange, 503, "too many connections; try again in a moment");
    } else if (serve->draining) {
        exchange_deadline(exchange, SERVE_DRAIN_MS);
    }
}

void serve_accept(struct serve *serve, struct uv_stream_s *stream)
{
    struct gate_place place = {0};
    enum gate_answer answer;
    struct address peer;
    bool proxied;

    listener_peer(stream, &peer);
    proxied = address_ranges_hold(serve->trusted, serve->trusted_count, &peer);
    answer = guests_admit(&serve->guests, proxied ? NULL : &peer, loop_now_ms(serve->loop), &place);
    if (answer != GATE_ENTERED) {
        refused(answer, &peer);
        return;
    }
    receive(serve, stream, &peer, proxied, &place);
}

bool serve_make_room(struct serve *serve)
{
    return guests_make_room(&serve->guests, NULL);
}

/* --- The end --------------------------------------------------------------------- */

void serve_drain(struct serve *serve)
{
    struct list_link *link;

    serve->draining = true;
    for (link = list_first(&serve->exchanges); link != NULL;
         link = list_next(&serve->exchanges, link)) {
        struct exchange *exchange = LIST_ITEM(link, struct exchange, link);

        if (exchange->conn == NULL || exchange->state != EXCHANGE_IDLE) {
            continue; /* what is under way ends by itself */
        }
        exchange_deadline(exchange, exchange->used ? SERVE_DRAIN_KEPT_MS : SERVE_DRAIN_MS);
    }
}

bool serve_is_idle(const struct serve *serve)
{
    return list_is_empty(&serve->exchanges);
}

void serve_close_all(struct serve *serve)
{
    struct list_link *link;

    for (link = list_first(&serve->exchanges); link != NULL;
         link = list_next(&serve->exchanges, link)) {
        struct exchange *exchange = LIST_ITEM(link, struct exchange, link);

        if (exchange->conn != NULL) {
            conn_close(exchange->conn);
        }
    }
}
