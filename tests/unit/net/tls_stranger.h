/* A client of TLS made by hand with OpenSSL, for what our own never says.
 *
 * To be included once, by the test's only source. */
#ifndef TESTS_TLS_STRANGER_H
#define TESTS_TLS_STRANGER_H

#include "unit/net/tls_pair_scene.h"

struct stranger {
    SSL_CTX *context;
    SSL *ssl;
    BIO *in;
    BIO *out;
};

static inline void stranger_make(struct stranger *stranger)
{
    stranger->context = SSL_CTX_new(TLS_client_method());
    assert_non_null(stranger->context);
    SSL_CTX_set_security_level(stranger->context, 0);
    tls_pair_start(server, NULL, NULL);
}

/* True when both sides are through. */
static inline bool stranger_shake(struct stranger *stranger)
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

static inline void stranger_finish(struct stranger *stranger)
{
    SSL_free(stranger->ssl);
    SSL_CTX_free(stranger->context);
    tls_pair_end();
}

#endif
