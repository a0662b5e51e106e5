/* Bodies of errors, and the headers that every answer of the API has. */
#include "api/reply.h"

#include "wire/json_write.h"

enum { ERROR_BODY_MAX = 4096 };

static const char JSON_TYPE[] = "application/json";

static const struct exchange_header NO_STORE[] = {{"Cache-Control", "no-store"}};

static void reply_written(struct exchange *exchange, int status, struct slice json)
{
    exchange_answer(exchange, &(struct exchange_answer){.status = status,
                                                        .content_type = JSON_TYPE,
                                                        .body = json,
                                                        .headers = NO_STORE,
                                                        .header_count = 1});
}

void reply_error(struct exchange *exchange, int status, enum reply_errors form, const char *text)
{
    struct buf body;

    buf_init(&body, ERROR_BODY_MAX);
    json_open_object(&body, NULL);
    if (form == REPLY_ERRORS_ARRAY) {
        json_open_array(&body, "errors");
        json_add_text(&body, NULL, text);
        json_close_array(&body);
    } else {
        json_add_text(&body, "errors", text);
    }
    json_close_object(&body);
    reply_written(exchange, status, buf_view(&body));
    buf_finish(&body);
}

void reply_error_buf(struct exchange *exchange, int status, enum reply_errors form,
                     const struct buf *json)
{
    if (json == NULL) {
        reply_no_memory(exchange, form);
        return;
    }
    reply_written(exchange, status, buf_view(json));
}

void reply_json(struct exchange *exchange, struct slice json)
{
    reply_written(exchange, 200, json);
}

void reply_no_memory(struct exchange *exchange, enum reply_errors form)
{
    reply_error(exchange, 503, form, "No memory is left. Try again in a moment.");
}

void reply_buf(struct exchange *exchange, enum reply_errors form, struct buf *json)
{
    if (buf_fail(json) != FAIL_NONE) {
        reply_no_memory(exchange, form);
    } else {
        reply_json(exchange, buf_view(json));
    }
    buf_finish(json);
}

void reply_empty(struct exchange *exchange, int status)
{
    exchange_answer(exchange, &(struct exchange_answer){
                                  .status = status, .headers = NO_STORE, .header_count = 1});
}
