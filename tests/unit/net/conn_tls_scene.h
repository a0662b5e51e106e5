/* A connection with TLS under test: a plain socket as its peer, over which the
 * test speaks with a client's stream.
 *
 * To be included once, by the test's only source. */
#ifndef TESTS_CONN_TLS_SCENE_H
#define TESTS_CONN_TLS_SCENE_H

#include "net/conn.h"
#include "unit/net/peer.h"
#include "unit/net/tls_scene.h"

enum { LINGER_MS = 2000 };

static struct identity shop;
static struct tls_server *server;
static struct tls_client *client;

static struct loop *loop;
static struct listener *listener;
static uint16_t port_of_listener;
static struct conn *conn; /* NULL after its end */
static struct peer peer;

/* What the owner of the connection heard. */
static char heard[PEER_GOT_MAX];
static size_t heard_length;
static unsigned ends;
static enum conn_end the_end;
static void (*react)(void); /* to bytes; may be NULL */
static bool in_call;        /* of conn.h: nobody may be called back */

static inline void on_bytes(void *context, char *bytes, size_t length)
{
    assert_ptr_equal(context, &conn);
    assert_false(in_call);
    assert_true(length > 0 && heard_length + length < sizeof(heard));
    memcpy(heard + heard_length, bytes, length);
    heard_length += length;
    heard[heard_length] = '\0';
    memset(bytes, 'x', length); /* the callee may change it */
    if (react != NULL) {
        react();
    }
}

static inline void on_end(void *context, enum conn_end end)
{
    assert_ptr_equal(context, &conn);
    assert_false(in_call);
    ends++;
    the_end = end;
    conn = NULL;
}

static const struct conn_events plain_events = {.on_bytes = on_bytes, .on_end = on_end};

static unsigned finishes; /* how often it heard that the peer sends no more */

static inline void on_finished(void *context)
{
    assert_ptr_equal(context, &conn);
    assert_false(in_call);
    finishes++;
}

static const struct conn_events patient_events = {
    .on_bytes = on_bytes, .on_end = on_end, .on_finished = on_finished};

static const struct conn_events *events = &plain_events;

static inline void on_connection(void *context, struct uv_stream_s *stream)
{
    (void)context;
    assert_int_equal(conn_accept(&conn, loop, stream, server, events, &conn), FAIL_NONE);
}

static inline int group_start(void **state)
{
    (void)state;
    tls_folder_make();
    identity_make(&shop, &(struct identity_wish){.alternatives = "DNS:pos.example.com"});
    server = tls_server_of(identity_certificates("shop.pem", &shop, NULL),
                           identity_key("shop.key", &shop, NULL));
    return 0;
}

static inline int group_finish(void **state)
{
    (void)state;
    tls_server_destroy(&server);
    identity_finish(&shop);
    tls_folder_remove();
    return 0;
}

/* --- A client over the peer's socket --------------------------------------------- */

/* What the client said goes to the socket; what came from it to the client. */
static inline void exchange(void)
{
    peer_send_bytes(&peer, tls_there.out, tls_there.out_length);
    tls_there.out_length = 0;
    peer_run(loop, peer.descriptor, POLLIN);
    peer_take(&peer);
    if (peer.length > 0) {
        tls_there.state = tls_stream_take(tls_there.stream, slice_make(peer.got, peer.length),
                                          tls_room, TLS_ROOM);
        peer_forget(&peer);
    }
}

#define EXCHANGE_UNTIL(condition)                                                                  \
    do {                                                                                           \
        unsigned tls_round = 0;                                                                    \
                                                                                                   \
        while (!(condition)) {                                                                     \
            if (tls_round++ == PEER_ROUNDS_MAX) {                                                  \
                fail_msg("what was waited for did not happen: %s", #condition);                    \
            }                                                                                      \
            exchange();                                                                            \
        }                                                                                          \
    } while (0)

/* A TCP connection, on which nothing was said yet. */
static inline void start(bool small)
{
    struct listener_events accepts = {.on_connection = on_connection};

    memset(heard, 0, sizeof(heard));
    heard_length = 0;
    ends = 0;
    react = NULL;
    conn = NULL;
    client = tls_client_of(tls_path("shop.pem"), NULL);
    peer_loop_start(&loop);
    port_of_listener = peer_listen(&listener, loop, &accepts, "127.0.0.1", small);
    peer_connect_small(&peer, loop, port_of_listener, small);
    PEER_RUN_UNTIL(loop, conn != NULL);
    tls_side_start(&tls_there);
    assert_int_equal(tls_stream_create(&tls_there.stream,
                                       &(struct tls_stream_options){.client = client,
                                                                    .host = "pos.example.com",
                                                                    .events = &tls_side_events,
                                                                    .context = &tls_there}),
                     FAIL_NONE);
}

static inline void start_open(bool small)
{
    start(small);
    tls_there.state = tls_stream_start(tls_there.stream);
    EXCHANGE_UNTIL(tls_there.state == TLS_OPEN && tls_there.out_length == 0);
    exchange();
    peer_run_until_quiet(loop);
}

static inline void finish_all(unsigned connections)
{
    peer_close(&peer);
    listener_stop(&listener);
    peer_loop_end(&loop);
    tls_side_finish(&tls_there);
    tls_client_destroy(&client);
    assert_null(conn);
    assert_int_equal(ends, connections);
}

static inline void finish(void)
{
    finish_all(1);
}

static inline void say(const char *text)
{
    assert_int_equal(tls_stream_write(tls_there.stream, slice_of(text)), TLS_OPEN);
}

static inline void write_text(const char *text)
{
    in_call = true;
    conn_write(conn, slice_of(text));
    in_call = false;
}

static inline void resume_call(void)
{
    in_call = true;
    conn_resume(conn);
    in_call = false;
}

static inline void close_call(void)
{
    in_call = true;
    conn_close(conn);
    in_call = false;
}

static inline void cut_call(void)
{
    in_call = true;
    conn_cut(conn);
    in_call = false;
}

static inline void pause_now(void)
{
    conn_pause(conn);
}

#endif
