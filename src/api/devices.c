/* One device: shown, and pinged. */
#include "api/devices.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "api/device_json.h"
#include "base/log.h"
#include "broker/device_query.h"
#include "broker/ping.h"

enum { DEVICE_BODY_MAX = 256, MESSAGE_MAX = 80, MESSAGE_SIZE = MESSAGE_MAX * 4 + 1 };

/* --- GET /connection-test ------------------------------------------------ */

static void connection_test(struct api_call *call)
{
    call_answer_json(call, slice_of("{\"message\":\"Connection Successful\"}"));
}

const struct api_route api_connection_test = {.needs = {ACCESS_NONE, ACCESS_NONE, PROCESSING_NONE},
                                              .errors = REPLY_ERRORS_STRING,
                                              .handle = connection_test};

/* --- GET /devices/{code} ------------------------------------------------- */

static void show(struct api_call *call, const char *code, int64_t created_ms)
{
    struct buf body;

    buf_init(&body, DEVICE_BODY_MAX);
    device_json_write(&body, code, created_ms);
    call_answer_buf(call, &body);
}

void device_fail_read(struct api_call *call, enum fail fail)
{
    assert(fail != FAIL_NONE);
    if (fail == FAIL_NOT_FOUND) {
        call_fail_unknown_device(call);
        return;
    }
    log_event(LOG_ERROR, "device.read_failed", log_text("why", fail_text(fail)));
    call_fail(call, 503, "The device could not be read now. Try again in a moment.");
}

struct show_call {
    struct api_call *call;
    struct device_query query;
};

static void on_found(struct device_query *query, enum fail fail)
{
    struct show_call *show_call = LIST_ITEM(query, struct show_call, query);
    struct api_call *call = show_call->call;

    if (fail == FAIL_NONE) {
        show(call, call->code, query->created_ms);
    } else {
        device_fail_read(call, fail);
    }
    free(show_call);
}

static void device_show(struct api_call *call)
{
    struct presence_view view;
    struct show_call *show_call;

    if (!call_has_code(call)) {
        return;
    }
    if (presence_find(&call->broker->presence, call->grant.business, call->code, &view) ==
        FAIL_NONE) {
        show(call, call->code, view.created_ms);
        return;
    }
    show_call = calloc(1, sizeof(*show_call));
    if (show_call == NULL) {
        call_fail_memory(call);
        return;
    }
    show_call->call = call;
    show_call->query.business = call->grant.business;
    memcpy(show_call->query.code, call->code, CODE_SIZE);
    show_call->query.loop = call->loop;
    show_call->query.done = on_found;
    device_query_start(call->broker, &show_call->query);
}

const struct api_route api_device_show = {.needs = {ACCESS_READ, ACCESS_READ, PROCESSING_NONE},
                                          .errors = REPLY_ERRORS_ARRAY,
                                          .handle = device_show};

/* --- GET /devices/{code}/ping -------------------------------------------- */

struct ping_call {
    struct api_call *call;
    struct ping ping;
    char message[MESSAGE_SIZE];
};

static void on_pinged(struct ping *ping, enum ping_outcome outcome)
{
    struct ping_call *ping_call = LIST_ITEM(ping, struct ping_call, ping);
    struct api_call *call = ping_call->call;

    free(ping_call);
    switch (outcome) {
    case PING_SHOWN:
        call_answer_empty(call, 202);
        return;
    case PING_NOT_FOUND:
        call_fail_unknown_device(call);
        return;
    case PING_NOT_LISTENING:
        call_fail_device(call, 409, "not listening");
        return;
    case PING_TROUBLE:
        call_fail(call, 503, "The device could not be looked up now. Try again in a moment.");
        return;
    }
}

/* The POS's own words for the screen. NULL when all is well, else a sentence;
 * `*status` is what to answer with then. */
static const char *message_read(const struct api_call *call, char message[MESSAGE_SIZE],
                                int *status)
{
    static const char RULE[] =
        "message has 1 to 80 characters of text without control characters, and stands once";
    enum fail fail = call->query[0] == '\0'
                         ? FAIL_NOT_FOUND
                         : http_query_find(slice_of(call->query), "message", message, MESSAGE_SIZE);

    *status = 400;
    if (fail == FAIL_NOT_FOUND) {
        message[0] = '\0';
        return NULL;
    }
    if (call->grant.permissions.processing < PROCESSING_POSITIVE) {
        *status = 403;
        return "No access permission";
    }
    if (fail != FAIL_NONE || message[0] == '\0' || slice_has_control(slice_of(message)) ||
        slice_code_points(slice_of(message)) > MESSAGE_MAX) {
        return RULE;
    }
    return NULL;
}

static void device_ping(struct api_call *call)
{
    struct ping_call *ping_call;
    const char *problem;
    int status;

    if (!call_has_code(call)) {
        return;
    }
    ping_call = malloc(sizeof(*ping_call));
    if (ping_call == NULL) {
        call_fail_memory(call);
        return;
    }
    problem = message_read(call, ping_call->message, &status);
    if (problem != NULL) {
        free(ping_call);
        call_fail(call, status, problem);
        return;
    }
    ping_call->call = call;
    ping_call->ping = (struct ping){.business = call->grant.business,
                                    .message = ping_call->message,
                                    .loop = call->loop,
                                    .done = on_pinged};
    memcpy(ping_call->ping.code, call->code, CODE_SIZE);
    ping_start(call->broker, &ping_call->ping);
}

const struct api_route api_device_ping = {.needs = {ACCESS_NONE, ACCESS_NONE, PROCESSING_NONE},
                                          .errors = REPLY_ERRORS_ARRAY,
                                          .handle = device_ping};
