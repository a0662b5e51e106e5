/* A dial over TLS: what it hears and says, whom it believes, and each way in
 * which the connection can end on the way there. */
#include "unit/net/dial_scene.h"

#include <signal.h>

#include "base/id.h"
#include "unit/net/tls_scene.h"
#include "unit/wire/failing_memory.h"

static struct scene scene;
static struct identity authority;
static struct identity shop;
static struct tls_server *server;
static struct tls_client *client;
static struct tls_stream *stream; /* of the server's side; NULL: it speaks no TLS */
static unsigned handshakes;       /* of this play, that were done */
static bool resumed;              /* the last one */
static bool said_goodbye;         /* the client, by TLS */
static bool counts;               /* what came after the handshake, instead of reading it */
static size_t counted;

/* --- The server's side of the scene ------------------------------------- */

static void on_cipher(void *context, struct slice bytes)
{
    struct scene *at = context;

    if (at->has_peer && !uv_is_closing((uv_handle_t *)&at->peer)) {
        scene_write_raw(at, bytes.bytes, bytes.length);
    }
}

static void on_plain(void *context, char *bytes, size_t length)
{
    struct scene *at = context;

    if (counts && at->shaken) {
        counted += length;
    } else {
        scene_take(at, bytes, length);
    }
}

static const struct tls_stream_events events = {.on_cipher = on_cipher, .on_plain = on_plain};

static void secure_take(struct scene *at, const char *bytes, size_t length)
{
    const struct tls_stream_options options = {.server = server, .events = &events, .context = at};
    enum tls_state state;

    if (stream == NULL) {
        assert_int_equal(tls_stream_create(&stream, &options), FAIL_NONE);
    }
    state = tls_stream_take(stream, slice_make(bytes, length), tls_room, sizeof(tls_room));
    if (state == TLS_OPEN && handshakes == 0) {
        handshakes++;
        resumed = tls_stream_was_resumed(stream);
    }
    said_goodbye |= state == TLS_ENDED;
}

static void secure_write(struct scene *at, const char *bytes, size_t length)
{
    (void)at;
    if (!said_goodbye) { /* else nobody listens any more */
        assert_int_equal(tls_stream_write(stream, slice_make(bytes, length)), TLS_OPEN);
    }
}

static const struct scene_wire secure = {secure_take, secure_write};

/* --- Plays ---------------------------------------------------------------- */

static void start(void (*answer)(struct scene *at))
{
    scene_start(&scene, answer);
    scene.wire = &secure;
    scene.url.secure = true;
    scene.tls = client;
    handshakes = 0;
    said_goodbye = false;
    counts = false;
    counted = 0;
}

static void finish(void)
{
    scene_finish(&scene);
    tls_stream_free(&stream); /* after the last bytes that came */
}

static void assert_log(const char *expected)
{
    assert_string_equal(scene.log, expected);
}

static void follow(struct scene *at)
{
    if (at->peer_has_ended) {
        scene_hang_up(at);
    }
}

static void answer_well(struct scene *at)
{
    scene_shake(at, "", 0);
}

static void answer_with_messages(struct scene *at)
{
    scene_shake(at, "\x81\x05hello", 7);
    scene_send(at, WEBSOCKET_PING, "there?");
}

static void say_and_close(struct scene *at)
{
    dial_send(at->dial, slice_of("hi"));
    dial_close(at->dial, 1000, "bye");
}

static void answer_goodbye(struct scene *at)
{
    if (strstr(at->record.text, "close 1000") != NULL && !at->peer_has_ended) {
        scene_send_close(at, 1000, "");
    }
    follow(at);
}

static void play_politely(void)
{
    start(answer_with_messages);
    scene.on_message = say_and_close;
    scene.react = answer_goodbye;
    scene_play(&scene);
}

static void a_conversation_over_tls_goes_both_ways_and_ends_politely(void **state)
{
    (void)state;
    play_politely();
    assert_log("open | text hello | end 1000: closed as asked for");
    assert_string_equal(scene.record.text, "text hi | close 1000 bye");
    assert_int_equal(handshakes, 1);
    assert_true(said_goodbye);
    finish();
}

static void the_next_connection_resumes_the_session(void **state)
{
    struct tls_client *fresh = tls_client_of(tls_path("ca.pem"), NULL);
    struct tls_client *usual = client;

    (void)state;
    client = fresh;
    play_politely();
    assert_false(resumed);
    finish();
    play_politely();
    assert_true(resumed);
    finish();
    client = usual;
    tls_client_destroy(&fresh);
}

enum { LARGE = 60000, LARGE_FRAME = LARGE + 8 };

static void send_much(struct scene *at)
{
    static char text[LARGE];

    memset(text, 'x', sizeof(text));
    dial_send(at->dial, slice_make(text, sizeof(text)));
}

static void close_after_much(struct scene *at)
{
    if (counted == LARGE_FRAME) {
        scene_send_close(at, 1001, "done");
        counts = false;
        at->react = follow;
    }
}

static void a_message_of_many_records_arrives_whole(void **state)
{
    (void)state;
    start(answer_well);
    counts = true;
    scene.on_open = send_much;
    scene.react = close_after_much;
    scene_play(&scene);
    assert_log("open | end 1001: done");
    assert_int_equal(counted, LARGE_FRAME);
    finish();
}

/* --- Whom it believes ------------------------------------------------------ */

/* A server that shows `identity` to a client that has no ticket yet and wants
 * `pin` (NULL: an authority); the dial ends with a problem about it. */
static void assert_refused(const struct identity *identity, const uint8_t *pin, const char *because)
{
    struct tls_client *by = tls_client_of(pin == NULL ? tls_path("ca.pem") : NULL, pin);
    struct tls_server *usual = server;
    char expected[512];

    server = tls_server_of(identity_certificates("other.pem", identity, NULL),
                           identity_key("other.key", identity, NULL));
    start(answer_well);
    scene.tls = by;
    scene_play(&scene);
    (void)snprintf(expected, sizeof(expected), "end 1006: %s", because);
    assert_log(expected);
    assert_int_equal(scene.request_length, 0); /* not a word of HTTP */
    finish();
    tls_server_destroy(&server);
    tls_client_destroy(&by);
    server = usual;
}

static void a_certificate_for_another_address_is_refused(void **state)
{
    struct identity other;

    (void)state;
    identity_make(&other, &(struct identity_wish){.name = "Other",
                                                  .alternatives = "DNS:pos.example.com",
                                                  .issuer = &authority});
    assert_refused(&other, NULL,
                   "the certificate that came is for another address than 127.0.0.1: "
                   "check the address");
    identity_finish(&other);
}

static void a_strangers_certificate_is_refused_and_the_remedy_told(void **state)
{
    struct identity stranger;

    (void)state;
    identity_make(&stranger, &(struct identity_wish){.name = "Me", .alternatives = "IP:127.0.0.1"});
    assert_refused(&stranger, NULL,
                   "the certificate of 127.0.0.1 is signed by nobody whom this machine knows: "
                   "give the authority's certificate with --ca-file");
    identity_finish(&stranger);
}

static void another_key_than_the_pinned_one_is_refused(void **state)
{
    static const uint8_t pin[TLS_PIN_SIZE] = {1};

    (void)state;
    assert_refused(&shop, pin,
                   "the key of 127.0.0.1 is not the one that is expected of it: "
                   "somebody else answers, or its key was changed");
}

/* --- Ends ------------------------------------------------------------------ */

static void say_nothing(struct scene *at, const char *bytes, size_t length)
{
    (void)at;
    (void)bytes;
    (void)length;
    scene_move_clock(10000);
}

static void hang_up_at_once(struct scene *at, const char *bytes, size_t length)
{
    (void)bytes;
    (void)length;
    scene_hang_up(at);
}

static void answer_in_http(struct scene *at, const char *bytes, size_t length)
{
    static const char ANSWER[] = "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n";

    (void)bytes;
    (void)length;
    scene_write_raw(at, ANSWER, strlen(ANSWER));
}

static void play_wire(void (*take)(struct scene *at, const char *bytes, size_t length))
{
    const struct scene_wire wire = {take, secure_write};

    start(answer_well);
    scene.wire = &wire;
    scene_play(&scene);
    finish();
}

static void a_server_that_speaks_no_tls_is_told(void **state)
{
    char expected[256];

    (void)state;
    play_wire(answer_in_http);
    assert_log("end 1006: what answers there does not speak TLS: check the port, or use http");
    play_wire(hang_up_at_once);
    (void)snprintf(expected, sizeof(expected),
                   "end 1006: no secure connection to 127.0.0.1:%u: the server ended it: "
                   "does it speak https?",
                   (unsigned)scene.url.port);
    assert_log(expected);
    play_wire(say_nothing);
    assert_log("end 1006: the server did not answer the TLS handshake in time: "
               "does it speak https?");
}

static void cut(struct scene *at)
{
    scene_hang_up(at);
}

static void a_connection_that_is_cut_is_told_from_one_that_was_closed(void **state)
{
    (void)state;
    start(answer_with_messages);
    scene.on_message = cut;
    scene_play(&scene);
    assert_log("open | text hello | end 1006: the server ended the connection without a goodbye");
    finish();
}

static void say_goodbye_of_tls(struct scene *at)
{
    (void)at;
    tls_stream_close(stream);
}

static void a_goodbye_of_tls_alone_is_none_of_the_websocket(void **state)
{
    (void)state;
    start(answer_with_messages);
    scene.on_message = say_goodbye_of_tls;
    scene_play(&scene);
    assert_log("open | text hello | end 1006: the server ended the connection without a goodbye");
    finish();
}

static void garble(struct scene *at)
{
    static const char RECORD[] = "\x17\x03\x03\x00\x20 thirty-two bytes of nothing..... ";

    scene_write_raw(at, RECORD, 5 + 32);
}

static void a_record_that_was_changed_ends_it(void **state)
{
    (void)state;
    start(answer_with_messages);
    scene.on_message = garble;
    scene.react = follow;
    scene_play(&scene);
    assert_non_null(strstr(scene.log, "open | text hello | end 1006: the other side breaks the "
                                      "rules of TLS"));
    finish();
}

/* --- Memory ---------------------------------------------------------------- */

static void each_allocation_that_fails_at_the_start_is_reported(void **state)
{
    size_t successes = 0;
    bool failed = true;

    (void)state;
    while (failed) {
        enum fail fail;

        start(answer_with_messages);
        scene.on_message = say_and_close;
        scene.react = answer_goodbye;
        failing_memory_start(successes);
        fail = scene_dial(&scene);
        failing_memory_stop();
        failed = failing_memory_asked > successes;
        if (fail == FAIL_NONE) {
            loop_run(scene.loop);
            assert_int_equal(scene.ends, 1);
            assert_int_equal(
                strcmp(scene.log, "open | text hello | end 1000: closed as asked for") != 0,
                failed);
        } else {
            assert_int_equal(fail, FAIL_MEMORY);
            uv_close((uv_handle_t *)&scene.listener, NULL);
        }
        finish();
        successes++;
    }
    assert_true(successes > 10); /* those of OpenSSL among them */
}

/* --- Curtain --------------------------------------------------------------- */

static int set_up(void **state)
{
    (void)state;
    tls_folder_make();
    identity_make(&authority, &(struct identity_wish){.name = "Authority", .authority = true});
    identity_make(&shop, &(struct identity_wish){
                             .name = "Shop", .alternatives = "IP:127.0.0.1", .issuer = &authority});
    server = tls_server_of(identity_certificates("shop.pem", &shop, NULL),
                           identity_key("shop.key", &shop, NULL));
    client = tls_client_of(identity_certificates("ca.pem", &authority, NULL), NULL);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    tls_client_destroy(&client);
    tls_server_destroy(&server);
    identity_finish(&shop);
    identity_finish(&authority);
    tls_folder_remove();
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_conversation_over_tls_goes_both_ways_and_ends_politely),
        cmocka_unit_test(the_next_connection_resumes_the_session),
        cmocka_unit_test(a_message_of_many_records_arrives_whole),
        cmocka_unit_test(a_certificate_for_another_address_is_refused),
        cmocka_unit_test(a_strangers_certificate_is_refused_and_the_remedy_told),
        cmocka_unit_test(another_key_than_the_pinned_one_is_refused),
        cmocka_unit_test(a_server_that_speaks_no_tls_is_told),
        cmocka_unit_test(a_connection_that_is_cut_is_told_from_one_that_was_closed),
        cmocka_unit_test(a_goodbye_of_tls_alone_is_none_of_the_websocket),
        cmocka_unit_test(a_record_that_was_changed_ends_it),
        cmocka_unit_test(each_allocation_that_fails_at_the_start_is_reported),
    };

    id_start();
    (void)signal(SIGPIPE, SIG_IGN);
    (void)alarm(60); /* a hang is a failure */
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
