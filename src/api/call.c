/* The order of checks (contract.md, Common): token, permission, then what the
 * route itself looks at.
 *
 * A token that this loop has seen costs one hash; another is looked up in the
 * store once. */
#include "api/call.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"

static const char *const NOTHING = "";

void call_free(struct api_call **call_at)
{
    struct api_call *call = *call_at;

    if (call == NULL) {
        return;
    }
    *call_at = NULL;
    if (call->query != NOTHING) {
        free(call->query);
    }
    free(call);
}

void call_fail(struct api_call *call, int status, const char *text)
{
    reply_error(call->exchange, status, call->route->errors, text);
    call_free(&call);
}

void call_fail_memory(struct api_call *call)
{
    reply_no_memory(call->exchange, call->route->errors);
    call_free(&call);
}

void call_fail_device(struct api_call *call, int status, const char *what)
{
    char text[CALL_CODE_SIZE + 64];

    (void)text_format(text, sizeof(text), "device with code %s %s", call->code, what);
    call_fail(call, status, text);
}

static void proceed(struct api_call *call)
{
    if (!permissions_cover(&call->grant.permissions, &call->route->needs)) {
        call_fail(call, 403, "No access permission");
        return;
    }
    if (!call->code_is_text) {
        call_fail(call, 400, "The device code in the path is not a text.");
        return;
    }
    call->route->handle(call);
}

static void on_access(struct access_query *query, enum fail fail)
{
    struct api_call *call = LIST_ITEM(query, struct api_call, access);

    if (fail == FAIL_NOT_FOUND) {
        call_fail(call, 403, "Unauthorized");
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

/* The code as it will be quoted: decoded, upper case, at most 16 characters.
 * False when it is no text at all. */
static bool code_keep(struct api_call *call, struct slice encoded)
{
    char decoded[HTTP_TARGET_MAX + 1];
    size_t characters = 0;
    size_t i;

    call->code[0] = '\0';
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
        call->code[i] = text_upper(decoded[i]);
    }
    call->code[i] = '\0';
    return true;
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
    call->code[0] = '\0';
    call->query = (char *)(uintptr_t)NOTHING;
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
                const struct http_head *head, struct slice code)
{
    struct slice token = http_header_value(head, "api-token");
    struct api_call *call;

    if (token.length == 0) {
        reply_error(exchange, 401, route->errors, "Unauthorized");
        return;
    }
    call = call_new(broker, route, exchange, head->query);
    if (call == NULL) {
        reply_no_memory(exchange, route->errors);
        return;
    }
    if (token.length > ACCESS_TOKEN_MAX) {
        call_fail(call, 403, "Unauthorized");
        return;
    }
    call->code_is_text = code_keep(call, code);
    call->access.token = secret_hash_of(token);
    if (access_known(broker, call->loop, &call->access.token, &call->grant)) {
        proceed(call);
        return;
    }
    call->access.loop = call->loop;
    call->access.done = on_access;
    access_start(broker, &call->access);
}
