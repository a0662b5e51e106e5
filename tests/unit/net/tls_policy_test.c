/* What the server speaks, and what it does not: versions, ciphers, protocols. */
#include "net/tls.h"

#include "unit/net/tls_stranger.h"

/* --- What is spoken ------------------------------------------------------------------------ */

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

int main(void)
{
    const struct CMUnitTest tests[] = {
        EACH(only_versions_1_2_and_1_3_are_spoken),
        EACH(in_1_2_a_cipher_is_forward_secret_and_authenticated),
        EACH(the_server_prefers),
        EACH(a_weak_curve_is_not_spoken),
        EACH(http_1_1_is_chosen_and_others_are_refused),
        EACH(a_handshake_cannot_be_asked_for_again),
        EACH(new_keys_may_be_asked_for),
    };

    return cmocka_run_group_tests(tests, start, finish);
}
