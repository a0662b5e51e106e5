/* One policy for both sides.
 *
 * TLS 1.2 with ECDHE and an AEAD cipher, or TLS 1.3; what is older, or gives an
 * eavesdropper who later finds the key what was said, is not spoken. Buffers
 * are released after each record, and nothing is read ahead, so that an idle
 * connection holds none. */
#include "net/tls_context.h"

enum { SECURITY_LEVEL = 2 }; /* of OpenSSL: 112 bits; no RSA below 2048 bits, no SHA-1 */

static const char CIPHERS_1_2[] = "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:"
                                  "ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384:"
                                  "ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305";
static const char CIPHERS_1_3[] = "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:"
                                  "TLS_CHACHA20_POLY1305_SHA256";
static const char GROUPS[] = "X25519:P-256:P-384";
static const char SIGNATURES[] = "ECDSA+SHA256:ed25519:RSA-PSS+SHA256:RSA+SHA256:"
                                 "ECDSA+SHA384:RSA-PSS+SHA384:RSA+SHA384:"
                                 "ECDSA+SHA512:RSA-PSS+SHA512:RSA+SHA512";

SSL_CTX *tls_context_create(const SSL_METHOD *side)
{
    SSL_CTX *context = SSL_CTX_new(side);

    if (context == NULL) {
        return NULL;
    }
    SSL_CTX_set_security_level(context, SECURITY_LEVEL);
    (void)SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS);
    (void)SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION |
                                           SSL_OP_CIPHER_SERVER_PREFERENCE |
                                           SSL_OP_PRIORITIZE_CHACHA);
    SSL_CTX_set_read_ahead(context, 0);
    if (SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION) != 1 ||
        SSL_CTX_set_cipher_list(context, CIPHERS_1_2) != 1 ||
        SSL_CTX_set_ciphersuites(context, CIPHERS_1_3) != 1 ||
        SSL_CTX_set1_groups_list(context, GROUPS) != 1 ||
        SSL_CTX_set1_sigalgs_list(context, SIGNATURES) != 1) {
        SSL_CTX_free(context);
        return NULL;
    }
    return context;
}
