/* One call of the API on its way: who calls, what route, what it names. */
#ifndef API_CALL_H
#define API_CALL_H

#include "api/flaws.h"
#include "api/reply.h"
#include "base/text.h"
#include "broker/access.h"
#include "broker/broker.h"
#include "core/code.h"
#include "core/permission.h"
#include "net/serve.h"
#include "wire/http.h"

struct api_call;

/* What a row of the route table says about a call of the API. */
struct api_route {
    struct permissions needs;
    enum reply_errors errors;
    /* Answers the exchange, now or later, and frees the call (call_free). The
     * call's `body` and `key` are there only until it returns. */
    void (*handle)(struct api_call *call);
};

/* So that every number fits what JSON's readers can hold (RFC 8259, 6). */
#define CALL_ID_MAX ((UINT64_C(1) << 53) - 1)

enum { CALL_CODE_SHOWN_MAX = 16, CALL_CODE_SIZE = CALL_CODE_SHOWN_MAX * 4 + 1 };

struct api_call {
    struct exchange *exchange;
    struct broker *broker; /* borrowed */
    const struct api_route *route;
    unsigned loop;
    struct access_grant grant;
    struct rate_place rate;    /* among the calls under way of its business */
    char code[CALL_CODE_SIZE]; /* of the path, upper case, cut at 16 characters; "" where none is */
    bool code_is_text;         /* else the call is refused, once it is known who calls */
    char id[CALL_CODE_SIZE];   /* of the path, as given, cut at 16 characters; "" where none is */
    bool id_is_text;           /* likewise */
    bool id_is_whole;          /* else it is cut, and no number of anything */
    char *query;               /* owned, zero-terminated; "" where none is */
    struct slice body;
    struct slice key; /* the header idempotency-key; NULL bytes where none is */
    bool key_twice;   /* it stands there more than once */
    char *kept;       /* owned: body and key, while the token is looked up */
    struct access_query access;
};

/* What was asked, borrowed during call_start. `code` and `id` are the {code} and
 * the {id} of the path, still percent-encoded, or empty. */
struct call_request {
    const struct http_head *head;
    struct slice body;
    struct slice code;
    struct slice id;
};
/* The door: checks the token, then the business's limits, then the permission,
 * then lets the route handle it. */
void call_start(struct broker *broker, const struct api_route *route, struct exchange *exchange,
                const struct call_request *request);
/* Accepts NULL; sets the pointer NULL. */
void call_free(struct api_call **call);

/* Each of these answers the call and frees it; from then on it is not under way.
 * 200 with JSON text. */
void call_answer_json(struct api_call *call, struct slice json);
/* The same from a buffer, which is finished; 503 when it ran out of memory. */
void call_answer_buf(struct api_call *call, struct buf *json);
/* A status and nothing else. */
void call_answer_empty(struct api_call *call, int status);

/* Answers with an error in the route's form, and frees the call. */
void call_fail(struct api_call *call, int status, const char *text);
/* 400 with every problem, of which there is at least one; finishes them, and
 * frees the call. */
void call_fail_flaws(struct api_call *call, struct flaws *flaws);
/* 503: no memory is left; frees the call. */
void call_fail_memory(struct api_call *call);
/* "device with code ZZZZ not listening", and frees the call. */
void call_fail_device(struct api_call *call, int status, const char *what);
/* 404 "device with code ZZZZ not found", and frees the call. Who asks for more
 * than GUARD_CODES_PER_MINUTE of them is told to wait (429). */
void call_fail_unknown_device(struct api_call *call);
/* False, and the call is answered so, when its code can be no device's. */
bool call_has_code(struct api_call *call);
/* The {id}, or 0, which nothing has, when it can be none. */
int64_t call_id(const struct api_call *call);

#endif
