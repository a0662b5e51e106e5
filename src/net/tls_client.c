/* A client's trust, and what it remembers of the last server.
 *
 * Without a pin the certificate must be signed by an authority we know and be
 * for the host's name. With a pin the server's key must be exactly that one;
 * then authority, name and dates are asked for only if a CA file is given too:
 * whoever has the key is the server. */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

#include "base/address.h"
#include "net/tls_context.h"
#include "net/tls_file.h"
#include "net/tls_memory.h"
#include "net/tls_part.h"

struct tls_client {
    SSL_CTX *context; /* owned */
    bool has_pin;
    bool has_authority; /* a CA file, or no pin */
    uint8_t pin[TLS_PIN_SIZE];
    /* The last ticket, for the next connections to the same host: also for
     * many of them at once, as when a server comes back. (That one who listens
     * may then tell that they belong together, RFC 8446, C.4, is no secret of a
     * shop's terminals.) */
    SSL_SESSION *session; /* owned; NULL: none */
    char *session_host;   /* owned */
};

static int client_index = -1; /* where a context keeps its client */
static int host_index = -1;   /* where a connection keeps its host */
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void indexes_make(void)
{
    client_index = SSL_CTX_get_ex_new_index(0, NULL, NULL, NULL, NULL);
    host_index = SSL_get_ex_new_index(0, NULL, NULL, NULL, NULL);
}

static enum fail no_memory(char problem[TLS_PROBLEM_SIZE])
{
    (void)text_format(problem, TLS_PROBLEM_SIZE, "there is no memory left for TLS");
    ERR_clear_error();
    return FAIL_MEMORY;
}

/* --- Whom it trusts -------------------------------------------------------------- */

static bool pin_fits(const struct tls_client *client, X509 *certificate)
{
    uint8_t digest[TLS_PIN_SIZE];
    unsigned char *key = NULL;
    int length = certificate == NULL ? 0 : i2d_X509_PUBKEY(X509_get_X509_PUBKEY(certificate), &key);
    bool fits = length > 0 &&
                EVP_Digest(key, (size_t)length, digest, NULL, EVP_sha256(), NULL) == 1 &&
                memcmp(digest, client->pin, sizeof(digest)) == 0;

    OPENSSL_free(key);
    return fits;
}

/* In the place of OpenSSL's own check of a chain. */
static int on_certificate(X509_STORE_CTX *store, void *context)
{
    const struct tls_client *client = context;

    if (client->has_pin && !pin_fits(client, X509_STORE_CTX_get0_cert(store))) {
        X509_STORE_CTX_set_error(store, X509_V_ERR_APPLICATION_VERIFICATION);
        return 0;
    }
    if (!client->has_authority) {
        X509_STORE_CTX_set_error(store, X509_V_OK);
        return 1;
    }
    return X509_verify_cert(store);
}

static enum fail authorities_load(struct tls_client *client, const char *path,
                                  char problem[TLS_PROBLEM_SIZE])
{
    X509_STORE *store = SSL_CTX_get_cert_store(client->context);
    STACK_OF(X509) *list = NULL;
    enum fail fail;
    int i;

    if (path == NULL) {
        return SSL_CTX_set_default_verify_paths(client->context) == 1 ? FAIL_NONE
                                                                      : no_memory(problem);
    }
    fail = tls_file_certificates(path, &list, problem);
    for (i = 0; fail == FAIL_NONE && i < sk_X509_num(list); i++) {
        if (X509_STORE_add_cert(store, sk_X509_value(list, i)) != 1) {
            fail = no_memory(problem);
        }
    }
    sk_X509_pop_free(list, X509_free);
    return fail;
}

/* --- What it remembers -------------------------------------------------------------- */

/* A ticket came; 1 keeps it. */
static int on_session(SSL *ssl, SSL_SESSION *session)
{
    struct tls_client *client = SSL_CTX_get_ex_data(SSL_get_SSL_CTX(ssl), client_index);
    const char *host = SSL_get_ex_data(ssl, host_index);
    char *copy = host == NULL ? NULL : strdup(host);

    if (copy == NULL) {
        return 0;
    }
    SSL_SESSION_free(client->session);
    free(client->session_host);
    client->session = session;
    client->session_host = copy;
    return 1;
}

/* --- Life ----------------------------------------------------------------------------- */

static enum fail client_fill(struct tls_client *client, const struct tls_client_options *options,
                             char problem[TLS_PROBLEM_SIZE])
{
    static const unsigned char PROTOCOLS[] = "\x08http/1.1";

    client->context = tls_context_create(TLS_client_method());
    if (client->context == NULL || client_index < 0 || host_index < 0 ||
        SSL_CTX_set_ex_data(client->context, client_index, client) != 1 ||
        SSL_CTX_set_alpn_protos(client->context, PROTOCOLS, sizeof(PROTOCOLS) - 1) != 0) {
        return no_memory(problem);
    }
    SSL_CTX_set_verify(client->context, SSL_VERIFY_PEER, NULL);
    SSL_CTX_set_cert_verify_callback(client->context, on_certificate, client);
    (void)SSL_CTX_set_session_cache_mode(client->context,
                                         SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
    SSL_CTX_sess_set_new_cb(client->context, on_session);
    return client->has_authority ? authorities_load(client, options->ca_file, problem) : FAIL_NONE;
}

enum fail tls_client_create(struct tls_client **out, const struct tls_client_options *options,
                            char problem[TLS_PROBLEM_SIZE])
{
    struct tls_client *client = calloc(1, sizeof(*client));
    enum fail fail;

    (void)tls_memory_start();
    if (client == NULL) {
        return no_memory(problem);
    }
    (void)pthread_once(&once, indexes_make);
    client->has_pin = options->pin != NULL;
    client->has_authority = options->ca_file != NULL || options->pin == NULL;
    if (client->has_pin) {
        memcpy(client->pin, options->pin, sizeof(client->pin));
    }
    fail = client_fill(client, options, problem);
    if (fail != FAIL_NONE) {
        tls_client_destroy(&client);
        return fail;
    }
    *out = client;
    return FAIL_NONE;
}

void tls_client_destroy(struct tls_client **client_at)
{
    struct tls_client *client = *client_at;

    if (client == NULL) {
        return;
    }
    *client_at = NULL;
    SSL_SESSION_free(client->session);
    SSL_CTX_free(client->context);
    free(client->session_host);
    free(client);
}

SSL_CTX *tls_client_context(struct tls_client *client)
{
    return client->context;
}

/* A name is sent along (SNI) and must be the certificate's; an address is not
 * sent (RFC 6066, 3), but must be the certificate's too. */
static bool host_set(SSL *ssl, const char *host)
{
    struct address address;
    X509_VERIFY_PARAM *wanted = SSL_get0_param(ssl);

    if (address_read(slice_of(host), &address)) {
        return X509_VERIFY_PARAM_set1_ip_asc(wanted, host) == 1;
    }
    SSL_set_hostflags(ssl, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    return SSL_set1_host(ssl, host) == 1 && SSL_set_tlsext_host_name(ssl, host) == 1;
}

/* A copy: OpenSSL marks a TLS 1.3 ticket as used up when its handshake is done
 * (RFC 8446, C.4: lest a listener see that two connections are of one client,
 * which terminals of a shop do not hide). Of one that is cut before the next
 * ticket came, and of many that come back at once, all would then shake hands in
 * full. Without memory for it, or when it is too old, they do. */
static void session_show(const struct tls_client *client, SSL *ssl)
{
    SSL_SESSION *copy = SSL_SESSION_dup(client->session);

    if (copy == NULL || SSL_set_session(ssl, copy) != 1) {
        ERR_clear_error();
    }
    SSL_SESSION_free(copy);
}

enum fail tls_client_prepare(struct tls_client *client, SSL *ssl, const char *host)
{
    if (!host_set(ssl, host) || SSL_set_ex_data(ssl, host_index, (void *)(uintptr_t)host) != 1) {
        ERR_clear_error();
        return FAIL_MEMORY;
    }
    if (client->session != NULL && strcmp(client->session_host, host) == 0) {
        session_show(client, ssl);
    }
    return FAIL_NONE;
}
