/* Session tickets: who resumes, with which server, for how long. */
#include "net/tls.h"

#include "unit/net/tls_stranger.h"

/* --- Tickets ---------------------------------------------------------------------------------- */

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
    for (i = 0; i < 20; i++) { /* all have taken it before any is through */
        assert_int_equal(
            tls_stream_create(&others[i], &(struct tls_stream_options){.client = client,
                                                                       .host = "pos.example.com",
                                                                       .events = &tls_side_events,
                                                                       .context = &tls_there}),
            FAIL_NONE);
    }
    for (i = 0; i < 20; i++) {
        tls_pair_start(server, NULL, NULL);
        tls_there.stream = others[i];
        tls_there.state = tls_stream_start(others[i]);
        tls_settle(TLS_PIPE_SIZE);
        assert_int_equal(tls_here.state, TLS_OPEN);
        assert_true(tls_stream_was_resumed(tls_here.stream));
        tls_pair_end();
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        EACH(the_next_connection_resumes),
        EACH(a_ticket_is_for_its_host_alone),
        EACH(many_may_resume_with_the_same_ticket),
        EACH(tickets_survive_a_restart_and_a_new_certificate),
        EACH(a_ticket_of_another_secret_is_worth_nothing),
        EACH(a_ticket_key_lives_for_two_periods_after_its_own),
        EACH(in_1_2_an_older_ticket_is_renewed),
        EACH(nothing_is_taken_before_the_handshake_is_over),
    };

    return cmocka_run_group_tests(tests, start, finish);
}
