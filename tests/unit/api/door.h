/* For the tests of the API's door: a broker with a business, its token, and
 * calls whose answers are kept. */
#ifndef TESTS_API_DOOR_H
#define TESTS_API_DOOR_H

#include "unit/broker/scene.h"

#include "api/call.h"
#include "api/devices.h"
#include "broker/ping.h"
#include "net/loop.h"
#include "unit/fake_exchange.h"

struct door {
    struct scene *scene;
    struct loop *loop;     /* number 0, on which the calls arrive */
    struct ping *ping;     /* the last one that reached a terminal */
    int64_t next_token_id; /* out of door_token */
};

static struct door door;

static inline void door_port_ping(struct presence *presence, struct ping *ping)
{
    (void)presence;
    door.ping = ping;
}

static inline void door_open_with(const struct port *port, bool store_threads)
{
    door = (struct door){.scene = scene_make(port, store_threads)};
    WORKS(loop_create_still(&door.loop, 0));
}

static inline void door_open(bool store_threads)
{
    static const struct port port = {.ping = door_port_ping};

    door_open_with(&port, store_threads);
}

static inline void door_close(void)
{
    loop_destroy(&door.loop);
    scene_remove(door.scene);
}

/* --- Tokens and devices ------------------------------------------------------------ */

struct door_token {
    const char *text;
    struct permissions permissions;
};

static inline enum fail door_token_run(struct store_tx *tx, void *argument)
{
    const struct door_token *with = argument;
    struct store_token_new token = {.business = door.scene->business,
                                    .name = "till",
                                    .hash = hash_of(with->text),
                                    .permissions = with->permissions,
                                    .now_ms = NOW_MS};

    return store_token_add(tx, &token, &door.next_token_id);
}

static inline void door_token(const char *text, uint8_t general, uint8_t settings,
                              uint8_t processing)
{
    scene_do(door.scene, door_token_run,
             &(struct door_token){text, {general, settings, processing}});
}

/* --- Calls ---------------------------------------------------------------------------- */

/* Starts a call; the answer may come at once, or later. `target` is the path's
 * {code} and perhaps a query: "JSV5?message=hi". */
static inline void door_call(struct exchange *exchange, const struct api_route *route,
                             const char *target, const char *token)
{
    struct http_head head = fake_head(HTTP_GET, target, "localhost");

    if (token != NULL) {
        fake_header(&head, "api-token", token);
    }
    fake_exchange_init(exchange, door.loop);
    call_start(door.scene->broker, route, exchange,
               &(struct call_request){.head = &head, .code = head.path});
}

/* The digits of a number, which live until the next one. */
static inline const char *door_text(int64_t number)
{
    static char text[32];

    assert_true(text_format(text, sizeof(text), "%lld", (long long)number));
    return text;
}

/* One with a body, or with more than a code in its path. */
struct door_request {
    const char *token;
    const char *code;  /* NULL: none in the path */
    const char *id;    /* likewise */
    const char *query; /* NULL: none */
    const char *body;
    const char *key; /* of the header idempotency-key; NULL: none */
    const char *second_key;
};

/* What a test does when all is ready for a call; NULL: nothing. */
static void (*door_before_call)(void);

static inline char *door_copy(const char *text)
{
    char *copy = strdup(text == NULL ? "" : text);

    assert_non_null(copy);
    return copy;
}

/* Whatever it names is lent for the call alone, and gone after it. */
static inline void door_send(struct exchange *exchange, const struct api_route *route,
                             const struct door_request *request)
{
    char target[FAKE_HEADERS_MAX];
    char *body = door_copy(request->body);
    char *key = door_copy(request->key);
    struct http_head head;

    assert_true(
        text_format(target, sizeof(target), "/?%s", request->query == NULL ? "" : request->query));
    head = fake_head(HTTP_POST, target, "localhost");
    fake_header(&head, "api-token", request->token);
    if (request->key != NULL) {
        fake_header(&head, "Idempotency-Key", key);
    }
    if (request->second_key != NULL) {
        fake_header(&head, "idempotency-key", request->second_key);
    }
    fake_exchange_init(exchange, door.loop);
    if (door_before_call != NULL) {
        door_before_call();
    }
    call_start(door.scene->broker, route, exchange,
               &(struct call_request){.head = &head,
                                      .body = slice_of(body),
                                      .code = slice_of(request->code == NULL ? "" : request->code),
                                      .id = slice_of(request->id == NULL ? "" : request->id)});
    memset(target, '#', sizeof(target));
    memset(body, '#', strlen(body));
    memset(key, '#', strlen(key));
    free(body);
    free(key);
}

/* One that is answered at once: this status, this body. */
static inline void door_answers(const struct api_route *route, const struct door_request *request,
                                int status, const char *body)
{
    struct exchange exchange;

    door_send(&exchange, route, request);
    assert_int_equal(exchange.answers, 1);
    assert_string_equal(exchange.body.bytes, body);
    assert_int_equal(exchange.status, status);
    fake_exchange_finish(&exchange);
}

/* A call that is answered at once: this status, this body. */
static inline void door_expect(const struct api_route *route, const char *target, const char *token,
                               int status, const char *body)
{
    struct exchange exchange;

    door_call(&exchange, route, target, token);
    assert_int_equal(exchange.answers, 1);
    assert_int_equal(exchange.status, status);
    assert_string_equal(exchange.body.bytes, body);
    assert_non_null(strstr(exchange.headers.bytes, "Cache-Control: no-store\n"));
    fake_exchange_finish(&exchange);
}

#endif
