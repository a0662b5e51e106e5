/* A server of pos.example.com and a client that trusts it, made anew for each
 * test, for tests of streams; the wall clock goes wrong as a test wants it.
 *
 * To be included once, by the test's only source. */
#ifndef TESTS_TLS_PAIR_SCENE_H
#define TESTS_TLS_PAIR_SCENE_H

#include "unit/net/tls_scene.h"

enum { RECORD = 16 * 1024, HOUR_MS = 3600 * 1000 };

static struct identity shop;
static const char *ca_file;
static struct tls_server *server;
static struct tls_client *client;

static int64_t moved_ms; /* of the wall clock */

static int64_t wall_ms(void *context)
{
    struct timespec now;

    (void)context;
    (void)clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000 + moved_ms;
}

static const struct clock_source moved_clock = {.wall_ms = wall_ms};

static inline int start(void **state)
{
    (void)state;
    tls_folder_make();
    identity_make(&shop,
                  &(struct identity_wish){.name = "shop",
                                          .alternatives = "DNS:pos.example.com,"
                                                          "DNS:*.shop.example,IP:127.0.0.1"});
    ca_file = strdup(identity_certificates("shop.pem", &shop, NULL));
    server = tls_server_of(ca_file, identity_key("shop.key", &shop, NULL));
    clock_replace(&moved_clock);
    return 0;
}

static inline int finish(void **state)
{
    (void)state;
    clock_replace(NULL);
    tls_server_destroy(&server);
    identity_finish(&shop);
    free((void *)(uintptr_t)ca_file);
    tls_folder_remove();
    return 0;
}

static inline int client_start(void **state)
{
    (void)state;
    moved_ms = 0;
    client = tls_client_of(ca_file, NULL);
    return 0;
}

static inline int client_finish(void **state)
{
    (void)state;
    tls_pair_end();
    tls_client_destroy(&client);
    assert_int_equal(ERR_peek_error(), 0);
    return 0;
}

static inline void open_pair(void)
{
    tls_pair_open(server, client, "pos.example.com");
}

/* Connects once more; whether it was resumed, on both sides. */
static inline bool comes_back(struct tls_server *to, const char *host)
{
    uint64_t before = counter_read(&tls_handshakes_resumed);
    bool resumed;

    tls_pair_open(to, client, host);
    resumed = tls_stream_was_resumed(tls_here.stream);
    assert_int_equal(tls_stream_was_resumed(tls_there.stream), resumed);
    assert_int_equal(counter_read(&tls_handshakes_resumed), before + (resumed ? 1 : 0));
    tls_say(&tls_there, &tls_here, "still works");
    tls_pair_end();
    return resumed;
}

#define EACH(test) cmocka_unit_test_setup_teardown(test, client_start, client_finish)

#endif
