/* Two streams that talk to each other, and servers that meet what they should
 * not: over pipes in memory, with the test between them. */
#include "net/tls.h"

#include "unit/net/tls_scene.h"
#include "unit/wire/failing_memory.h"

enum { RECORD = 16 * 1024, LARGE = 400 * 1024, HOUR_MS = 3600 * 1000, SHAKE_MAX = 32 * 1024 };

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

static int start(void **state)
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

static int finish(void **state)
{
    (void)state;
    clock_replace(NULL);
    tls_server_destroy(&server);
    identity_finish(&shop);
    free((void *)(uintptr_t)ca_file);
    tls_folder_remove();
    return 0;
}

static int client_start(void **state)
{
    (void)state;
    moved_ms = 0;
    client = tls_client_of(ca_file, NULL);
    return 0;
}

static int client_finish(void **state)
{
    (void)state;
    tls_pair_end();
    tls_client_destroy(&client);
    assert_int_equal(ERR_peek_error(), 0);
    return 0;
}

static void open_pair(void)
{
    tls_pair_open(server, client, "pos.example.com");
}

/* Bytes that tell where they stand. */
static char *pattern(size_t length)
{
    char *bytes = malloc(length);
    size_t i;

    assert_non_null(bytes);
    for (i = 0; i < length; i++) {
        bytes[i] = (char)(i * 31 / 7);
    }
    return bytes;
}

/* --- Bytes ------------------------------------------------------------------------- */

static void bytes_go_both_ways(void **state)
{
    uint64_t before = counter_read(&tls_handshakes_full);

    (void)state;
    open_pair();
    assert_int_equal(tls_stream_state(tls_here.stream), TLS_OPEN);
    assert_int_equal(counter_read(&tls_handshakes_full), before + 1);
    tls_say(&tls_there, &tls_here, "hello");
    tls_say(&tls_here, &tls_there, "welcome");
    tls_say(&tls_there, &tls_here, "again");
    assert_string_equal(tls_here.heard, "helloagain");
}

static void nothing_that_is_said_can_be_read_on_the_way(void **state)
{
    (void)state;
    open_pair();
    assert_int_equal(tls_stream_write(tls_here.stream, slice_of("api-token: swordfish")), TLS_OPEN);
    assert_true(tls_here.out_length > 20);
    assert_null(memmem(tls_here.out, tls_here.out_length, "swordfish", 9));
    assert_null(memmem(tls_here.out, tls_here.out_length, "token", 5));
}

static void a_handshake_may_come_byte_by_byte(void **state)
{
    (void)state;
    tls_pair_start(server, client, "pos.example.com");
    tls_settle(1);
    assert_int_equal(tls_here.state, TLS_OPEN);
    assert_int_equal(tls_there.state, TLS_OPEN);
    assert_int_equal(tls_stream_write(tls_there.stream, slice_of("one byte at a time")), TLS_OPEN);
    tls_settle(1);
    assert_string_equal(tls_here.heard, "one byte at a time");
    assert_int_equal(tls_here.deliveries, 1); /* a record is whole or not there */
}

static void a_large_text_goes_in_records(void **state)
{
    char *bytes = pattern(LARGE);

    (void)state;
    open_pair();
    assert_int_equal(tls_stream_write(tls_here.stream, slice_make(bytes, LARGE)), TLS_OPEN);
    assert_in_range(tls_here.out_length, LARGE, LARGE + LARGE / 128);
    tls_settle(5000);
    assert_int_equal(tls_there.heard_length, LARGE);
    assert_memory_equal(tls_there.heard, bytes, LARGE);
    assert_int_equal(tls_there.deliveries, (LARGE + RECORD - 1) / RECORD);
    free(bytes);
}

static void writing_nothing_sends_nothing(void **state)
{
    (void)state;
    open_pair();
    assert_int_equal(tls_stream_write(tls_here.stream, slice_of("")), TLS_OPEN);
    assert_int_equal(tls_here.out_length, 0);
}

/* --- Holding ------------------------------------------------------------------------- */

static void what_is_held_is_not_decrypted_and_not_lost(void **state)
{
    (void)state;
    open_pair();
    assert_int_equal(tls_stream_write(tls_there.stream, slice_of("one ")), TLS_OPEN);
    assert_int_equal(tls_stream_write(tls_there.stream, slice_of("two ")), TLS_OPEN);
    assert_int_equal(tls_stream_write(tls_there.stream, slice_of("three ")), TLS_OPEN);
    tls_here.hold = true;
    tls_settle(TLS_PIPE_SIZE);
    assert_string_equal(tls_here.heard, "one ");
    tls_here.state = tls_stream_take(tls_here.stream, slice_of(""), tls_room, TLS_ROOM);
    assert_string_equal(tls_here.heard, "one two ");
    assert_int_equal(tls_stream_write(tls_there.stream, slice_of("four ")), TLS_OPEN);
    tls_settle(TLS_PIPE_SIZE); /* more comes while some is held */
    assert_string_equal(tls_here.heard, "one two three ");
    tls_here.hold = false;
    tls_here.state = tls_stream_take(tls_here.stream, slice_of(""), tls_room, TLS_ROOM);
    assert_string_equal(tls_here.heard, "one two three four ");
    tls_say(&tls_there, &tls_here, "five");
}

static void the_beginning_of_a_record_is_held_too(void **state)
{
    (void)state;
    open_pair();
    assert_int_equal(tls_stream_write(tls_there.stream, slice_of("whole ")), TLS_OPEN);
    assert_int_equal(tls_stream_write(tls_there.stream, slice_of("in two pieces")), TLS_OPEN);
    tls_here.hold = true;
    tls_carry(&tls_there, &tls_here, tls_there.out_length - 7);
    assert_string_equal(tls_here.heard, "whole in two pieces");
    assert_int_equal(tls_here.state, TLS_OPEN);
}

/* --- Ends ------------------------------------------------------------------------------ */

static void a_goodbye_ends_both_sides(void **state)
{
    (void)state;
    open_pair();
    tls_stream_close(tls_here.stream);
    assert_int_equal(tls_stream_state(tls_here.stream), TLS_ENDED);
    tls_carry(&tls_here, &tls_there, TLS_PIPE_SIZE);
    assert_int_equal(tls_there.state, TLS_ENDED);
    tls_stream_close(tls_there.stream);
    assert_true(tls_there.out_length > 0); /* it answers */
    tls_stream_close(tls_there.stream);
    tls_carry(&tls_there, &tls_here, TLS_PIPE_SIZE);
    assert_int_equal(tls_here.state, TLS_ENDED);
    assert_int_equal(tls_here.heard_length, 0);
}

static void what_came_before_a_goodbye_is_delivered(void **state)
{
    (void)state;
    open_pair();
    assert_int_equal(tls_stream_write(tls_there.stream, slice_of("last words")), TLS_OPEN);
    tls_stream_close(tls_there.stream);
    tls_carry(&tls_there, &tls_here, TLS_PIPE_SIZE);
    assert_string_equal(tls_here.heard, "last words");
    assert_int_equal(tls_here.state, TLS_ENDED);
}

static void a_goodbye_in_the_handshake_says_nothing(void **state)
{
    (void)state;
    tls_pair_start(server, client, "pos.example.com");
    tls_stream_close(tls_here.stream);
    assert_int_equal(tls_here.out_length, 0);
    assert_int_equal(tls_stream_state(tls_here.stream), TLS_ENDED);
}

static void a_changed_byte_breaks_it_with_an_alert(void **state)
{
    uint64_t failures = counter_read(&tls_failures);

    (void)state;
    open_pair();
    assert_int_equal(tls_stream_write(tls_there.stream, slice_of("pay 10.00")), TLS_OPEN);
    tls_there.out[tls_there.out_length - 3] ^= 1;
    tls_carry(&tls_there, &tls_here, TLS_PIPE_SIZE);
    assert_int_equal(tls_here.state, TLS_BROKEN);
    assert_int_equal(tls_here.heard_length, 0);
    assert_non_null(strstr(tls_stream_problem(tls_here.stream), "breaks the rules of TLS: "));
    assert_true(tls_here.out_length > 0);
    tls_carry(&tls_here, &tls_there, TLS_PIPE_SIZE);
    assert_int_equal(tls_there.state, TLS_BROKEN);
    assert_string_equal(tls_stream_problem(tls_there.stream),
                        "the other side refuses: bad record mac");
    assert_int_equal(counter_read(&tls_failures), failures); /* handshakes alone */
    assert_int_equal(tls_stream_take(tls_here.stream, slice_of("more"), tls_room, TLS_ROOM),
                     TLS_BROKEN);
}

static void what_is_no_tls_is_told_so(void **state)
{
    uint64_t failures = counter_read(&tls_failures);

    (void)state;
    tls_pair_start(server, NULL, NULL);
    tls_here.state =
        tls_stream_take(tls_here.stream, slice_of("SSH-2.0-OpenSSH_9.2\r\n"), tls_room, TLS_ROOM);
    assert_int_equal(tls_here.state, TLS_BROKEN);
    assert_string_equal(tls_stream_problem(tls_here.stream), "what came is not TLS");
    assert_int_equal(counter_read(&tls_failures), failures + 1);
    tls_pair_end();
    tls_pair_start(server, client, "pos.example.com");
    tls_there.state = tls_stream_take(tls_there.stream, slice_of("HTTP/1.1 400 Bad Request\r\n"),
                                      tls_room, TLS_ROOM);
    assert_int_equal(tls_there.state, TLS_BROKEN);
    assert_non_null(strstr(tls_stream_problem(tls_there.stream), "does not speak TLS"));
}

/* A hello of four records that announces more than will ever come. */
static void a_hello_without_end_is_cut(void **state)
{
    static const unsigned char HEAD[] = {0x16, 3, 1, 0x40, 0, 1, 1, 0, 0, 3, 3};
    char *record = calloc(1, RECORD + 5);
    size_t taken = 0;

    (void)state;
    assert_non_null(record);
    tls_pair_start(server, NULL, NULL);
    memcpy(record, HEAD, sizeof(HEAD));
    while (tls_stream_state(tls_here.stream) == TLS_SHAKING && taken < (size_t)SHAKE_MAX * 4) {
        (void)tls_stream_take(tls_here.stream, slice_make(record, RECORD + 5), tls_room, TLS_ROOM);
        taken += RECORD + 5;
        memset(record + 5, 0, 6); /* the first record alone begins a message */
    }
    free(record);
    assert_int_equal(tls_stream_state(tls_here.stream), TLS_BROKEN);
    assert_in_range(taken, SHAKE_MAX, SHAKE_MAX + RECORD);
    assert_string_equal(tls_stream_problem(tls_here.stream),
                        "the handshake is longer than 32768 bytes");
}

static void much_may_come_at_once_after_the_handshake(void **state)
{
    char *bytes = pattern(LARGE);

    (void)state;
    open_pair();
    assert_int_equal(tls_stream_write(tls_there.stream, slice_make(bytes, LARGE)), TLS_OPEN);
    tls_settle(TLS_PIPE_SIZE);
    assert_int_equal(tls_here.heard_length, LARGE);
    free(bytes);
}

/* --- What is spoken ------------------------------------------------------------------------ */

/* A client made by hand, for what our own never says; `*problem` is the
 * server's when the handshake fails. */
struct stranger {
    SSL_CTX *context;
    SSL *ssl;
    BIO *in;
    BIO *out;
};

static void stranger_make(struct stranger *stranger)
{
    stranger->context = SSL_CTX_new(TLS_client_method());
    assert_non_null(stranger->context);
    SSL_CTX_set_security_level(stranger->context, 0);
    tls_pair_start(server, NULL, NULL);
}

/* True when both sides are through. */
static bool stranger_shake(struct stranger *stranger)
{
    int rounds;
    bool done = false;

    stranger->ssl = SSL_new(stranger->context);
    stranger->in = BIO_new(BIO_s_mem());
    stranger->out = BIO_new(BIO_s_mem());
    SSL_set_bio(stranger->ssl, stranger->in, stranger->out);
    for (rounds = 0; rounds < 5; rounds++) {
        char bytes[RECORD];
        int length;

        done = SSL_connect(stranger->ssl) == 1;
        while ((length = BIO_read(stranger->out, bytes, sizeof(bytes))) > 0) {
            (void)tls_stream_take(tls_here.stream, slice_make(bytes, (size_t)length), tls_room,
                                  TLS_ROOM);
        }
        if (tls_here.out_length > 0) {
            assert_true(BIO_write(stranger->in, tls_here.out, (int)tls_here.out_length) > 0);
            tls_here.out_length = 0;
        }
    }
    ERR_clear_error();
    return done && tls_stream_state(tls_here.stream) == TLS_OPEN;
}

static void stranger_finish(struct stranger *stranger)
{
    SSL_free(stranger->ssl);
    SSL_CTX_free(stranger->context);
    tls_pair_end();
}

static void assert_version(int version, bool accepted)
{
    struct stranger stranger;

    stranger_make(&stranger);
    assert_int_equal(SSL_CTX_set_min_proto_version(stranger.context, version), 1);
    assert_int_equal(SSL_CTX_set_max_proto_version(stranger.context, version), 1);
    assert_int_equal(stranger_shake(&stranger), accepted);
    if (accepted) {
        assert_int_equal(SSL_version(stranger.ssl), version);
    } else {
        assert_string_equal(tls_stream_problem(tls_here.stream),
                            "the other side speaks no TLS of version 1.2 or 1.3");
    }
    stranger_finish(&stranger);
}

static void only_versions_1_2_and_1_3_are_spoken(void **state)
{
    (void)state;
    assert_version(TLS1_3_VERSION, true);
    assert_version(TLS1_2_VERSION, true);
    assert_version(TLS1_1_VERSION, false);
    assert_version(TLS1_VERSION, false);
}

static void assert_cipher(const char *cipher, bool accepted)
{
    struct stranger stranger;

    stranger_make(&stranger);
    assert_int_equal(SSL_CTX_set_max_proto_version(stranger.context, TLS1_2_VERSION), 1);
    assert_int_equal(SSL_CTX_set_cipher_list(stranger.context, cipher), 1);
    if (stranger_shake(&stranger) != accepted) {
        fail_msg("%s should %sbe spoken", cipher, accepted ? "" : "not ");
    }
    if (!accepted) {
        assert_string_equal(tls_stream_problem(tls_here.stream),
                            "there is no cipher that both sides accept");
    }
    stranger_finish(&stranger);
}

static void in_1_2_a_cipher_is_forward_secret_and_authenticated(void **state)
{
    (void)state;
    assert_cipher("ECDHE-ECDSA-AES128-GCM-SHA256", true);
    assert_cipher("ECDHE-ECDSA-AES256-GCM-SHA384", true);
    assert_cipher("ECDHE-ECDSA-CHACHA20-POLY1305", true);
    assert_cipher("ECDHE-ECDSA-AES128-SHA256", false);
    assert_cipher("ECDHE-ECDSA-AES128-SHA", false);
    assert_cipher("ECDHE-RSA-AES128-GCM-SHA256", false); /* the key is no RSA one */
    assert_cipher("aNULL", false);
}

static void the_server_prefers(void **state)
{
    struct stranger stranger;

    (void)state;
    stranger_make(&stranger);
    assert_int_equal(SSL_CTX_set_max_proto_version(stranger.context, TLS1_2_VERSION), 1);
    assert_int_equal(SSL_CTX_set_cipher_list(stranger.context, "ECDHE-ECDSA-AES256-GCM-SHA384:"
                                                               "ECDHE-ECDSA-AES128-GCM-SHA256"),
                     1);
    assert_true(stranger_shake(&stranger));
    assert_string_equal(SSL_get_cipher(stranger.ssl), "ECDHE-ECDSA-AES128-GCM-SHA256");
    stranger_finish(&stranger);
}

static void a_weak_curve_is_not_spoken(void **state)
{
    struct stranger stranger;

    (void)state;
    stranger_make(&stranger);
    assert_int_equal(SSL_CTX_set1_groups_list(stranger.context, "P-224"), 1);
    assert_int_equal(SSL_CTX_set_max_proto_version(stranger.context, TLS1_2_VERSION), 1);
    assert_false(stranger_shake(&stranger));
    stranger_finish(&stranger);
}

/* `protocols` as they go over the network; `chosen` NULL: refused. */
static void assert_protocols(const char *protocols, const char *chosen)
{
    struct stranger stranger;
    const unsigned char *got;
    unsigned length;

    stranger_make(&stranger);
    assert_int_equal(SSL_CTX_set_alpn_protos(stranger.context, (const unsigned char *)protocols,
                                             (unsigned)strlen(protocols)),
                     0);
    assert_int_equal(stranger_shake(&stranger), chosen != NULL);
    SSL_get0_alpn_selected(stranger.ssl, &got, &length);
    if (chosen != NULL) {
        assert_int_equal(length, strlen(chosen));
        assert_memory_equal(got, chosen, length);
    } else {
        assert_string_equal(tls_stream_problem(tls_here.stream),
                            "the other side wants another protocol than HTTP/1.1");
    }
    stranger_finish(&stranger);
}

static void http_1_1_is_chosen_and_others_are_refused(void **state)
{
    (void)state;
    assert_protocols("\x02h2\x08http/1.1", "http/1.1");
    assert_protocols("\x08http/1.1", "http/1.1");
    assert_protocols("", "");
    assert_protocols("\x02h2", NULL);
    assert_protocols("\x08http/1.0\x06spdy/3", NULL);
}

static void a_handshake_cannot_be_asked_for_again(void **state)
{
    struct stranger stranger;
    char bytes[RECORD];
    int length;

    (void)state;
    stranger_make(&stranger);
    assert_int_equal(SSL_CTX_set_max_proto_version(stranger.context, TLS1_2_VERSION), 1);
    assert_true(stranger_shake(&stranger));
    assert_int_equal(SSL_renegotiate(stranger.ssl), 1);
    assert_int_not_equal(SSL_do_handshake(stranger.ssl), 1);
    length = BIO_read(stranger.out, bytes, sizeof(bytes));
    assert_true(length > 0);
    (void)tls_stream_take(tls_here.stream, slice_make(bytes, (size_t)length), tls_room, TLS_ROOM);
    assert_true(tls_here.out_length > 0 &&
                tls_here.out_length < 100); /* an alert: no_renegotiation */
    assert_true(BIO_write(stranger.in, tls_here.out, (int)tls_here.out_length) > 0);
    assert_int_not_equal(SSL_do_handshake(stranger.ssl), 1);
    assert_int_equal(ERR_GET_REASON(ERR_peek_last_error()), SSL_R_NO_RENEGOTIATION);
    ERR_clear_error();
    stranger_finish(&stranger);
}

static void new_keys_may_be_asked_for(void **state)
{
    struct stranger stranger;
    char bytes[RECORD];
    int length;

    (void)state;
    stranger_make(&stranger);
    assert_true(stranger_shake(&stranger));
    assert_int_equal(SSL_key_update(stranger.ssl, SSL_KEY_UPDATE_REQUESTED), 1);
    assert_int_equal(SSL_write(stranger.ssl, "new keys", 8), 8);
    length = BIO_read(stranger.out, bytes, sizeof(bytes));
    assert_int_equal(
        tls_stream_take(tls_here.stream, slice_make(bytes, (size_t)length), tls_room, TLS_ROOM),
        TLS_OPEN);
    assert_string_equal(tls_here.heard, "new keys");
    assert_int_equal(tls_stream_write(tls_here.stream, slice_of("mine too")), TLS_OPEN);
    assert_true(BIO_write(stranger.in, tls_here.out, (int)tls_here.out_length) > 0);
    assert_int_equal(SSL_read(stranger.ssl, bytes, sizeof(bytes)), 8);
    assert_memory_equal(bytes, "mine too", 8);
    stranger_finish(&stranger);
}

/* --- Tickets ---------------------------------------------------------------------------------- */

/* Connects once more; whether it was resumed, on both sides. */
static bool comes_back(struct tls_server *to, const char *host)
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

static void the_next_connection_resumes(void **state)
{
    (void)state;
    assert_false(comes_back(server, "pos.example.com"));
    assert_true(comes_back(server, "pos.example.com"));
    assert_true(comes_back(server, "pos.example.com"));
}

static void a_ticket_is_for_its_host_alone(void **state)
{
    (void)state;
    assert_false(comes_back(server, "pos.example.com"));
    assert_false(comes_back(server, "a.shop.example"));
    assert_true(comes_back(server, "a.shop.example"));
    assert_false(comes_back(server, "pos.example.com")); /* the last one is kept */
}

static void many_may_resume_with_the_same_ticket(void **state)
{
    struct tls_stream *others[20];
    size_t i;

    (void)state;
    assert_false(comes_back(server, "pos.example.com"));
    for (i = 0; i < 20; i++) { /* begun together, before any is through */
        tls_pair_open(server, client, "pos.example.com");
        assert_true(tls_stream_was_resumed(tls_here.stream));
        others[i] = tls_here.stream;
        tls_here.stream = NULL;
        tls_pair_end();
    }
    for (i = 0; i < 20; i++) {
        tls_stream_free(&others[i]);
    }
}

/* The same files under another secret; both go with it. */
static struct tls_server *restarted(uint8_t first_byte)
{
    uint8_t before = tls_secret[0];
    struct tls_server *another;

    tls_secret[0] = first_byte;
    another = tls_server_of(ca_file, tls_path("shop.key"));
    tls_secret[0] = before;
    return another;
}

static void tickets_survive_a_restart_and_a_new_certificate(void **state)
{
    struct tls_server *another = restarted(tls_secret[0]);
    char problem[TLS_PROBLEM_SIZE];

    (void)state;
    assert_false(comes_back(server, "pos.example.com"));
    assert_true(comes_back(another, "pos.example.com"));
    assert_int_equal(tls_server_reload(another, problem), FAIL_NONE);
    assert_true(comes_back(another, "pos.example.com"));
    tls_server_destroy(&another);
}

static void a_ticket_of_another_secret_is_worth_nothing(void **state)
{
    struct tls_server *another = restarted((uint8_t)(tls_secret[0] ^ 1));

    (void)state;
    assert_false(comes_back(server, "pos.example.com"));
    assert_false(comes_back(another, "pos.example.com"));
    assert_true(comes_back(another, "pos.example.com")); /* it got one of its own */
    assert_false(comes_back(server, "pos.example.com"));
    tls_server_destroy(&another);
}

/* Hours later by the wall clock, in another process that was just started. */
static bool comes_back_after(unsigned hours)
{
    struct tls_server *another;
    bool resumed;

    moved_ms += (int64_t)hours * HOUR_MS;
    another = restarted(tls_secret[0]);
    resumed = comes_back(another, "pos.example.com");
    tls_server_destroy(&another);
    return resumed;
}

static void a_ticket_key_lives_for_two_periods_after_its_own(void **state)
{
    int64_t period_ms = 12L * HOUR_MS;

    (void)state;
    moved_ms = period_ms - wall_ms(NULL) % period_ms + 1000; /* a second into a period */
    assert_false(comes_back(server, "pos.example.com"));
    assert_true(comes_back_after(11)); /* and is renewed each time */
    assert_true(comes_back_after(12));
    assert_true(comes_back_after(24));
    assert_false(comes_back_after(36));
    assert_false(comes_back_after(100));
    moved_ms -= 13L * HOUR_MS;
    assert_false(comes_back(server, "pos.example.com")); /* a key of a time to come */
}

/* In 1.2 only a renewal brings a new ticket. */
static void in_1_2_an_older_ticket_is_renewed(void **state)
{
    SSL_SESSION *session = NULL;
    int hours;

    (void)state;
    for (hours = 0; hours < 72; hours += 18) {
        struct stranger stranger;

        stranger_make(&stranger);
        assert_int_equal(SSL_CTX_set_max_proto_version(stranger.context, TLS1_2_VERSION), 1);
        stranger.ssl = NULL;
        moved_ms = (int64_t)hours * HOUR_MS;
        if (session != NULL) {
            SSL_CTX_add_session(stranger.context, session);
        }
        stranger.ssl = SSL_new(stranger.context);
        if (session != NULL) {
            assert_int_equal(SSL_set_session(stranger.ssl, session), 1);
        }
        stranger.in = BIO_new(BIO_s_mem());
        stranger.out = BIO_new(BIO_s_mem());
        SSL_set_bio(stranger.ssl, stranger.in, stranger.out);
        while (SSL_connect(stranger.ssl) != 1) {
            char bytes[RECORD];
            int length = BIO_read(stranger.out, bytes, sizeof(bytes));

            assert_true(length > 0);
            (void)tls_stream_take(tls_here.stream, slice_make(bytes, (size_t)length), tls_room,
                                  TLS_ROOM);
            assert_true(tls_here.out_length > 0);
            assert_true(BIO_write(stranger.in, tls_here.out, (int)tls_here.out_length) > 0);
            tls_here.out_length = 0;
        }
        assert_int_equal(SSL_session_reused(stranger.ssl), hours > 0);
        SSL_SESSION_free(session);
        session = SSL_get1_session(stranger.ssl);
        SSL_set_shutdown(stranger.ssl, SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
        stranger_finish(&stranger);
    }
    SSL_SESSION_free(session);
}

static void nothing_is_taken_before_the_handshake_is_over(void **state)
{
    struct stranger stranger;
    SSL_SESSION *session;
    char bytes[64];

    (void)state;
    stranger_make(&stranger);
    assert_true(stranger_shake(&stranger));
    assert_true(SSL_read(stranger.ssl, bytes, sizeof(bytes)) <= 0); /* takes the ticket */
    session = SSL_get0_session(stranger.ssl);
    assert_int_equal(SSL_SESSION_is_resumable(session), 1);
    assert_int_equal(SSL_SESSION_get_max_early_data(session), 0);
    stranger_finish(&stranger);
}

/* --- Whom a client believes ---------------------------------------------------------------------
 */

/* Both sides break; the client says `text`. */
static void assert_refused(struct tls_server *by, const char *host, const char *text)
{
    tls_pair_start(by, client, host);
    tls_settle(TLS_PIPE_SIZE);
    assert_int_equal(tls_there.state, TLS_BROKEN);
    if (strstr(tls_stream_problem(tls_there.stream), text) == NULL) {
        fail_msg("\"%s\" does not say \"%s\"", tls_stream_problem(tls_there.stream), text);
    }
    assert_int_equal(tls_stream_state(tls_here.stream), TLS_BROKEN);
    assert_non_null(strstr(tls_stream_problem(tls_here.stream), "the other side refuses: "));
    assert_int_equal(tls_here.heard_length, 0);
    tls_pair_end();
}

static void names_and_addresses_must_be_the_certificates(void **state)
{
    (void)state;
    (void)comes_back(server, "a.shop.example");
    (void)comes_back(server, "POS.example.com");
    (void)comes_back(server, "127.0.0.1");
    assert_refused(server, "evil.example",
                   "the certificate that came is for another name than evil.example");
    assert_refused(server, "a.b.shop.example", "for another name than a.b.shop.example");
    assert_refused(server, "127.0.0.2", "is for another address than 127.0.0.2");
    assert_refused(server, "::1", "is for another address than ::1");
}

static void an_unknown_authority_is_not_believed(void **state)
{
    struct identity other;

    (void)state;
    identity_make(&other, &(struct identity_wish){.name = "other"});
    tls_client_destroy(&client);
    client = tls_client_of(identity_certificates("other.pem", &other, NULL), NULL);
    assert_refused(server, "pos.example.com",
                   "the certificate of pos.example.com is signed by nobody whom this machine "
                   "knows: give the authority's certificate");
    tls_client_destroy(&client);
    client = tls_client_of(NULL, NULL); /* nor does this machine know ours */
    assert_refused(server, "pos.example.com", "is signed by nobody whom this machine knows");
    identity_finish(&other);
}

static void dates_are_looked_at(void **state)
{
    struct identity old;
    struct identity young;
    struct tls_server *by;

    (void)state;
    identity_make(&old, &(struct identity_wish){.name = "old",
                                                .alternatives = "DNS:old.example",
                                                .from_s = -3L * DAY_S,
                                                .until_s = -2L * DAY_S});
    identity_make(&young, &(struct identity_wish){
                              .name = "young", .alternatives = "DNS:y.example", .from_s = DAY_S});
    moved_ms = -60L * HOUR_MS; /* by a server's clock that goes wrong */
    by = tls_server_of(identity_certificates("old.pem", &old, NULL),
                       identity_key("old.key", &old, NULL));
    tls_client_destroy(&client);
    client = tls_client_of(tls_path("old.pem"), NULL);
    assert_refused(by, "old.example", "the certificate of old.example has expired");
    tls_server_destroy(&by);
    moved_ms = 60L * HOUR_MS;
    by = tls_server_of(identity_certificates("young.pem", &young, NULL),
                       identity_key("young.key", &young, NULL));
    tls_client_destroy(&client);
    client = tls_client_of(tls_path("young.pem"), NULL);
    assert_refused(by, "y.example", "the certificate of y.example is not valid yet");
    tls_server_destroy(&by);
    identity_finish(&old);
    identity_finish(&young);
}

static void a_pinned_key_is_enough_and_no_other_is(void **state)
{
    uint8_t pin[TLS_PIN_SIZE];

    (void)state;
    identity_pin(&shop, pin);
    tls_client_destroy(&client);
    client = tls_client_of(NULL, pin);
    assert_false(comes_back(server, "whatever.example"));
    assert_true(comes_back(server, "whatever.example"));
    pin[31] ^= 1;
    tls_client_destroy(&client);
    client = tls_client_of(NULL, pin);
    assert_refused(server, "pos.example.com",
                   "the key of pos.example.com is not the one that is expected of it");
}

static void with_an_authority_too_both_must_be_right(void **state)
{
    uint8_t pin[TLS_PIN_SIZE];

    (void)state;
    identity_pin(&shop, pin);
    tls_client_destroy(&client);
    client = tls_client_of(ca_file, pin);
    assert_false(comes_back(server, "pos.example.com"));
    assert_refused(server, "whatever.example", "for another name");
    pin[0] ^= 0x80;
    tls_client_destroy(&client);
    client = tls_client_of(ca_file, pin);
    assert_refused(server, "pos.example.com", "is not the one that is expected");
}

static void a_bad_authority_file_is_told(void **state)
{
    struct tls_client_options options = {.ca_file = tls_path("no-such.pem")};
    char problem[TLS_PROBLEM_SIZE] = "";
    struct tls_client *none = NULL;

    (void)state;
    assert_int_equal(tls_client_create(&none, &options, problem), FAIL_NOT_FOUND);
    assert_non_null(strstr(problem, "there is no such file"));
    options.ca_file = tls_path("shop.key");
    assert_int_equal(tls_client_create(&none, &options, problem), FAIL_INVALID);
    assert_non_null(strstr(problem, "holds no certificate in PEM form"));
    assert_null(none);
}

/* --- Without memory
 * -------------------------------------------------------------------------------- */

/* A whole talk; false when something failed on the way. */
static bool talk(void)
{
    struct tls_stream_options here = {
        .server = server, .events = &tls_side_events, .context = &tls_here};
    struct tls_stream_options there = {.client = client,
                                       .host = "pos.example.com",
                                       .events = &tls_side_events,
                                       .context = &tls_there};
    int round;

    if (tls_stream_create(&tls_here.stream, &here) != FAIL_NONE ||
        tls_stream_create(&tls_there.stream, &there) != FAIL_NONE) {
        return false;
    }
    tls_there.state = tls_stream_start(tls_there.stream);
    for (round = 0; round < 4; round++) {
        static char bytes[64 * 1024];
        struct tls_side *from = round % 2 == 0 ? &tls_there : &tls_here;
        struct tls_side *to = round % 2 == 0 ? &tls_here : &tls_there;
        size_t length = from->out_length;

        assert_true(length <= sizeof(bytes));
        memcpy(bytes, from->out, length);
        from->out_length = 0;
        to->state = tls_stream_take(to->stream, slice_make(bytes, length), tls_room, TLS_ROOM);
    }
    return tls_here.state == TLS_OPEN && tls_there.state == TLS_OPEN &&
           tls_stream_write(tls_here.stream, slice_of("hello")) == TLS_OPEN;
}

static void without_memory_a_stream_breaks_and_nothing_is_lost(void **state)
{
    size_t successes;
    bool failed = true;
    unsigned broken = 0;

    (void)state;
    open_pair(); /* what OpenSSL makes once is made */
    tls_pair_end();
    for (successes = 0; failed; successes++) {
        bool through;

        tls_side_start(&tls_here);
        tls_side_start(&tls_there);
        failing_memory_start(successes);
        through = talk();
        failing_memory_stop();
        failed = failing_memory_asked > successes;
        assert_true(through || failed);
        if (!through && tls_here.stream != NULL && tls_there.stream != NULL) {
            broken += tls_stream_state(tls_here.stream) == TLS_BROKEN ||
                      tls_stream_state(tls_there.stream) == TLS_BROKEN;
            assert_true(strlen(tls_stream_problem(tls_here.stream)) > 0);
        }
        tls_pair_end();
        ERR_clear_error();
    }
    assert_true(broken > 50);
    open_pair();
    tls_say(&tls_there, &tls_here, "all is well again");
}

static void without_memory_to_hold_it_breaks(void **state)
{
    char bytes[1024];
    size_t successes;

    (void)state;
    for (successes = 0; tls_here.heard_length == 0; successes++) {
        size_t length;

        tls_pair_end();
        open_pair();
        assert_int_equal(tls_stream_write(tls_there.stream, slice_of("one")), TLS_OPEN);
        assert_int_equal(tls_stream_write(tls_there.stream, slice_of("two")), TLS_OPEN);
        tls_here.hold = true;
        length = tls_there.out_length;
        assert_true(length < sizeof(bytes));
        memcpy(bytes, tls_there.out, length);
        failing_memory_start(successes); /* of which some go into decrypting the first */
        tls_here.state =
            tls_stream_take(tls_here.stream, slice_make(bytes, length), tls_room, TLS_ROOM);
        failing_memory_stop();
        assert_int_equal(tls_here.state, TLS_BROKEN);
    }
    assert_string_equal(tls_here.heard, "one");
    ERR_clear_error();
}

#define EACH(test) cmocka_unit_test_setup_teardown(test, client_start, client_finish)

int main(void)
{
    const struct CMUnitTest tests[] = {
        EACH(bytes_go_both_ways),
        EACH(nothing_that_is_said_can_be_read_on_the_way),
        EACH(a_handshake_may_come_byte_by_byte),
        EACH(a_large_text_goes_in_records),
        EACH(writing_nothing_sends_nothing),
        EACH(what_is_held_is_not_decrypted_and_not_lost),
        EACH(the_beginning_of_a_record_is_held_too),
        EACH(a_goodbye_ends_both_sides),
        EACH(what_came_before_a_goodbye_is_delivered),
        EACH(a_goodbye_in_the_handshake_says_nothing),
        EACH(a_changed_byte_breaks_it_with_an_alert),
        EACH(what_is_no_tls_is_told_so),
        EACH(a_hello_without_end_is_cut),
        EACH(much_may_come_at_once_after_the_handshake),
        EACH(only_versions_1_2_and_1_3_are_spoken),
        EACH(in_1_2_a_cipher_is_forward_secret_and_authenticated),
        EACH(the_server_prefers),
        EACH(a_weak_curve_is_not_spoken),
        EACH(http_1_1_is_chosen_and_others_are_refused),
        EACH(a_handshake_cannot_be_asked_for_again),
        EACH(new_keys_may_be_asked_for),
        EACH(the_next_connection_resumes),
        EACH(a_ticket_is_for_its_host_alone),
        EACH(many_may_resume_with_the_same_ticket),
        EACH(tickets_survive_a_restart_and_a_new_certificate),
        EACH(a_ticket_of_another_secret_is_worth_nothing),
        EACH(a_ticket_key_lives_for_two_periods_after_its_own),
        EACH(in_1_2_an_older_ticket_is_renewed),
        EACH(nothing_is_taken_before_the_handshake_is_over),
        EACH(names_and_addresses_must_be_the_certificates),
        EACH(an_unknown_authority_is_not_believed),
        EACH(dates_are_looked_at),
        EACH(a_pinned_key_is_enough_and_no_other_is),
        EACH(with_an_authority_too_both_must_be_right),
        EACH(a_bad_authority_file_is_told),
        EACH(without_memory_a_stream_breaks_and_nothing_is_lost),
        EACH(without_memory_to_hold_it_breaks),
    };

    return cmocka_run_group_tests(tests, start, finish);
}
