/* The order of checks (contract.md, Common): token, limits, permission, then
 * what the route itself looks at.
 *
 * A token that this loop has seen costs one hash; another is looked up in the
 * store once. An unknown one is looked up each time, however many there were:
 * so a good one is taken also from an address where somebody guesses. */
#include "api/call.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"

static const char *const NOTHING = "";

enum { MS_PER_SECOND = 1000, NUMBER_SIZE = 24, TEXT_SIZE = 160 };

void call_free(struct api_call **call_at)
{
    struct api_call *call = *call_at;

    if (call == NULL) {
        return;
    }
    *call_at = NULL;
    rate_leave(&call->broker->rates, &call->rate);
    if (call->query != NOTHING) {
        free(call->query);
    }
    free(call->kept);
    free(call);
}

/* Before it is answered: whoever has the answer may make the next call. */
static void end(struct api_call *call)
{
    rate_leave(&call->broker->rates, &call->rate);
}

void call_answer_json(struct api_call *call, struct slice json)
{
    end(call);
    reply_json(call->exchange, json);
    call_free(&call);
}

void call_answer_buf(struct api_call *call, struct buf *json)
{
    end(call);
    reply_buf(call->exchange, call->route->errors, json);
    call_free(&call);
}

void call_answer_empty(struct api_call *call, int status)
{
    end(call);
    reply_empty(call->exchange, status);
    call_free(&call);
}

void call_fail(struct api_call *call, int status, const char *text)
{
    end(call);
    reply_error(call->exchange, status, call->route->errors, text);
    call_free(&call);
}

void call_fail_flaws(struct api_call *call, struct flaws *flaws)
{
    end(call);
    reply_error_buf(call->exchange, 400, call->route->errors, flaws_json(flaws));
    flaws_finish(flaws);
    call_free(&call);
}

void call_fail_memory(struct api_call *call)
{
    end(call);
    reply_no_memory(call->exchange, call->route->errors);
    call_free(&call);
}

void call_fail_device(struct api_call *call, int status, const char *what)
{
    char text[CALL_CODE_SIZE + 64];

    (void)text_format(text, sizeof(text), "device with code %s %s", call->code, what);
    call_fail(call, status, text);
}

/* --- Limits --------------------------------------------------------------- */

/* For the line of the log that will be written with the answer. */
static void note_reason(struct api_call *call, const char *word)
{
    exchange_note(call->exchange)->reason = word;
}

static void add_number(struct exchange *exchange, const char *name, int64_t number)
{
    char text[NUMBER_SIZE];

    (void)text_format(text, sizeof(text), "%" PRId64, number);
    exchange_add_header(exchange, name, text);
}

/* 429. `what` is a sentence; when to try again is added to it, and to the
 * headers, in whole seconds that are surely enough. */
static void slow_down(struct api_call *call, const char *what, int64_t wait_ms)
{
    int64_t seconds = wait_ms <= 0 ? 1 : (wait_ms + MS_PER_SECOND - 1) / MS_PER_SECOND;
    char text[TEXT_SIZE];

    add_number(call->exchange, "retry-after", seconds);
    (void)text_format(text, sizeof(text), "%s Try again in %" PRId64 " second%s.", what, seconds,
                      seconds == 1 ? "" : "s");
    call_fail(call, 429, text);
}

void call_fail_unknown_device(struct api_call *call)
{
    struct guard_key business = guard_key_of_business(call->grant.business);
    int64_t wait_ms = guard_wrong(&call->broker->unknown_codes, &business);

    if (wait_ms > 0) {
        counter_add(&guard_codes_refused, 1);
        note_reason(call, "unknown_codes");
        slow_down(call, "Too many unknown device codes.", wait_ms);
        return;
    }
    call_fail_device(call, 404, "not found");
}

bool call_has_code(struct api_call *call)
{
    char code[CODE_SIZE];

    if (code_read(slice_of(call->code), code)) {
        return true; /* call->code is upper case already */
    }
    call_fail_unknown_device(call);
    return false;
}

int64_t call_id(const struct api_call *call)
{
    uint64_t id;

    if (!call->id_is_whole ||
        slice_to_unsigned(slice_of(call->id), CALL_ID_MAX, &id) != FAIL_NONE) {
        return 0;
    }
    return (int64_t)id;
}

/* Of a loopback address nothing is counted: there is a proxy behind it that we
 * do not know, or the machine's own user. */
static void fail_unknown_token(struct api_call *call)
{
    const struct address *client = exchange_client(call->exchange);
    struct guard_key address = guard_key_of_address(client);
    int64_t wait_ms = 0;

    counter_add(&guard_tokens_unknown, 1);
    note_reason(call, "unknown_token");
    if (!address_is_loopback(client)) {
        wait_ms = guard_wrong(&call->broker->unknown_tokens, &address);
    }
    if (wait_ms > 0) {
        counter_add(&guard_tokens_refused, 1);
        slow_down(call, "Too many unknown api-tokens.", wait_ms);
        return;
    }
    call_fail(call, 403, "Unauthorized");
}

static void fail_rate(struct api_call *call, const struct rate_limits *limits,
                      const struct rate_verdict *verdict)
{
    char what[TEXT_SIZE / 2];

    if (verdict->answer == RATE_CONCURRENT) {
        (void)text_format(what, sizeof(what), "Too many calls at once: the limit is %" PRIu32 ".",
                          limits->concurrent);
    } else if (verdict->answer == RATE_MINUTE) {
        (void)text_format(what, sizeof(what), "Too many calls: the limit is %" PRIu32 " a minute.",
                          limits->minute);
    } else {
        (void)text_format(what, sizeof(what), "Too many calls: the limit is %" PRIu32 " an hour.",
                          limits->hour);
    }
    note_reason(call, "rate");
    slow_down(call, what, verdict->wait_ms);
}

/* False, and the call is answered, past a limit of its business. */
static bool limits_keep(struct api_call *call)
{
    const struct rate_limits *limits =
        call->grant.rate_is_own ? &call->grant.rate : &call->broker->rate;
    struct rate_verdict verdict;

    if (rate_is_off(limits)) {
        return true;
    }
    if (rate_enter(&call->broker->rates, call->grant.business, limits, &call->rate, &verdict) !=
        FAIL_NONE) {
        call_fail_memory(call);
        return false;
    }
    if (limits->minute != 0) {
        add_number(call->exchange, "minute-limit-remaining", verdict.minute_left);
    }
    if (limits->hour != 0) {
        add_number(call->exchange, "hour-limit-remaining", verdict.hour_left);
    }
    if (verdict.answer != RATE_ADMITTED) {
        fail_rate(call, limits, &verdict);
        return false;
    }
    return true;
}

/* --- The door --------------------------------------------------------------- */

static void proceed(struct api_call *call)
{
    exchange_note(call->exchange)->business = call->grant.business;
    exchange_note(call->exchange)->token = call->grant.token;
    exchange_know(call->exchange);
    if (!limits_keep(call)) {
        return;
    }
    if (!permissions_cover(&call->grant.permissions, &call->route->needs)) {
        note_reason(call, "no_permission");
        call_fail(call, 403, "No access permission");
        return;
    }
    if (!call->code_is_text) {
        call_fail(call, 400, "The device code in the path is not a text.");
        return;
    }
    if (!call->id_is_text) {
        call_fail(call, 400, "The number in the path is not a text.");
        return;
    }
    call->route->handle(call);
}

static void on_access(struct access_query *query, enum fail fail)
{
    struct api_call *call = LIST_ITEM(query, struct api_call, access);

    if (fail == FAIL_NOT_FOUND) {
        fail_unknown_token(call);
        return;
    }
    if (broker_is_stopping(call->broker)) {
        call_fail(call, 503, "The server is stopping. Try again in a moment.");
        return;
    }
    if (fail != FAIL_NONE) {
        log_event(LOG_ERROR, "access.failed", log_text("why", fail_text(fail)));
        call_fail(call, 503, "The token could not be checked now. Try again in a moment.");
        return;
    }
    call->grant = query->grant;
    proceed(call);
}

/* A segment of the path as it will be quoted: decoded, at most 16 characters;
 * `*whole`: all of it. False when it is no text at all. */
static bool segment_keep(struct slice encoded, char out[CALL_CODE_SIZE], bool *whole)
{
    char decoded[HTTP_TARGET_MAX + 1];
    size_t characters = 0;
    size_t i;

    *whole = true;
    out[0] = '\0';
    if (encoded.length == 0) {
        return true;
    }
    if (http_path_decode(encoded, decoded, sizeof(decoded)) != FAIL_NONE) {
        return false;
    }
    for (i = 0; decoded[i] != '\0'; i++) {
        if (((unsigned char)decoded[i] & 0xc0) != 0x80 && characters++ == CALL_CODE_SHOWN_MAX) {
            break;
        }
        out[i] = decoded[i];
    }
    *whole = decoded[i] == '\0';
    out[i] = '\0';
    return true;
}

static void path_keep(struct api_call *call, const struct call_request *request)
{
    bool code_is_whole; /* one that is not has too many characters to be a device's */
    size_t i;

    call->id_is_text = segment_keep(request->id, call->id, &call->id_is_whole);
    call->code_is_text = segment_keep(request->code, call->code, &code_is_whole);
    for (i = 0; call->code[i] != '\0'; i++) {
        call->code[i] = text_upper(call->code[i]);
    }
}

static void key_find(struct api_call *call, const struct http_head *head)
{
    size_t i;

    for (i = 0; i < head->header_count; i++) {
        if (slice_is_ignoring_case(head->headers[i].name, "idempotency-key")) {
            call->key_twice = call->key.bytes != NULL;
            call->key = head->headers[i].value;
        }
    }
}

/* Copies what the exchange lends only for now. */
static enum fail body_keep(struct api_call *call)
{
    size_t length = call->body.length + call->key.length;

    if (length == 0) {
        return FAIL_NONE;
    }
    call->kept = malloc(length);
    if (call->kept == NULL) {
        return FAIL_MEMORY;
    }
    if (call->body.length > 0) {
        memcpy(call->kept, call->body.bytes, call->body.length);
        call->body.bytes = call->kept;
    }
    if (call->key.length > 0) {
        memcpy(call->kept + call->body.length, call->key.bytes, call->key.length);
        call->key.bytes = call->kept + call->body.length;
    }
    return FAIL_NONE;
}

static struct api_call *call_new(struct broker *broker, const struct api_route *route,
                                 struct exchange *exchange, struct slice query)
{
    struct api_call *call = malloc(sizeof(*call));

    if (call == NULL) {
        return NULL;
    }
    call->exchange = exchange;
    call->broker = broker;
    call->route = route;
    call->loop = loop_number(exchange_loop(exchange));
    call->rate = (struct rate_place){0};
    call->key = slice_make(NULL, 0);
    call->key_twice = false;
    call->kept = NULL;
    call->query = (char *)(uintptr_t)NOTHING;
    memset(&call->grant, 0, sizeof(call->grant));
    memset(&call->access, 0, sizeof(call->access));
    if (query.length > 0) {
        call->query = strndup(query.bytes, query.length);
        if (call->query == NULL) {
            free(call);
            return NULL;
        }
    }
    return call;
}

void call_start(struct broker *broker, const struct api_route *route, struct exchange *exchange,
                const struct call_request *request)
{
    struct slice token = http_header_value(request->head, "api-token");
    struct api_call *call;

    if (token.length == 0) {
        reply_error(exchange, 401, route->errors, "Unauthorized");
        return;
    }
    call = call_new(broker, route, exchange, request->head->query);
    if (call == NULL) {
        reply_no_memory(exchange, route->errors);
        return;
    }
    if (token.length > ACCESS_TOKEN_MAX) {
        fail_unknown_token(call);
        return;
    }
    path_keep(call, request);
    key_find(call, request->head);
    call->body = request->body;
    call->access.token = secret_hash_of(token);
    if (access_known(broker, call->loop, &call->access.token, &call->grant)) {
        proceed(call);
        return;
    }
    if (body_keep(call) != FAIL_NONE) {
        call_fail_memory(call);
        return;
    }
    call->access.loop = call->loop;
    call->access.done = on_access;
    access_start(broker, &call->access);
}
