/* A server's certificate, key and session tickets.
 *
 * OpenSSL counts the references to a context: a new certificate is a new
 * context, and connections that began under the old one keep it until they
 * end. The tickets outlive it, so that a new certificate costs nobody a full
 * handshake. */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/x509v3.h>

#include "base/clock.h"
#include "net/tls_context.h"
#include "net/tls_file.h"
#include "net/tls_memory.h"
#include "net/tls_part.h"
#include "net/tls_ticket.h"

enum { SESSION_SECONDS = 24 * 60 * 60, TICKETS_AT_ONCE = 1 };

static const unsigned char SESSION_CONTEXT[] = "tillwire";

struct tls_server {
    char *certificate_file; /* owned */
    char *key_file;         /* owned */
    struct tls_tickets *tickets;
    pthread_mutex_t lock;               /* of what follows */
    SSL_CTX *context;                   /* owned */
    struct tls_certificate certificate; /* what `context` shows */
};

/* --- Certificate and key ------------------------------------------------------ */

static enum fail no_memory(char problem[TLS_PROBLEM_SIZE])
{
    (void)text_format(problem, TLS_PROBLEM_SIZE, "there is no memory left for TLS");
    return FAIL_MEMORY;
}

static enum fail dates_check(const struct tls_server *server,
                             const struct tls_certificate *certificate,
                             char problem[TLS_PROBLEM_SIZE])
{
    int64_t now_ms = clock_wall_ms();
    char date[CLOCK_UTC_SIZE];
    char now[CLOCK_UTC_SIZE];

    clock_utc_text(now_ms, now);
    if (now_ms > certificate->not_after_ms) {
        clock_utc_text(certificate->not_after_ms, date);
        (void)text_format(problem, TLS_PROBLEM_SIZE,
                          "the certificate of %s in %s has expired at %s: have it renewed",
                          certificate->subject, server->certificate_file, date);
        return FAIL_INVALID;
    }
    if (now_ms < certificate->not_before_ms) {
        clock_utc_text(certificate->not_before_ms, date);
        (void)text_format(problem, TLS_PROBLEM_SIZE,
                          "the certificate of %s in %s is not valid before %s, and this machine's "
                          "clock says %s: check the clock",
                          certificate->subject, server->certificate_file, date, now);
        return FAIL_INVALID;
    }
    return FAIL_NONE;
}

/* The key fits none, or another certificate of the file than the first. */
static enum fail pair_check(const struct tls_server *server, const STACK_OF(X509) * list,
                            EVP_PKEY *key, char problem[TLS_PROBLEM_SIZE])
{
    int i;

    for (i = 0; i < sk_X509_num(list); i++) {
        if (X509_check_private_key(sk_X509_value(list, i), key) != 1) {
            continue;
        }
        if (i == 0) {
            return FAIL_NONE;
        }
        (void)text_format(problem, TLS_PROBLEM_SIZE,
                          "the certificates in %s stand in the wrong order: put the server's own "
                          "first, then those of the authorities above it",
                          server->certificate_file);
        ERR_clear_error();
        return FAIL_INVALID;
    }
    (void)text_format(problem, TLS_PROBLEM_SIZE,
                      "the key %s does not belong to the certificate %s: give the two files that "
                      "were made together",
                      server->key_file, server->certificate_file);
    ERR_clear_error();
    return FAIL_INVALID;
}

/* OpenSSL refused what our own checks let through: too weak, or something rare. */
static enum fail refused(const char *path, char problem[TLS_PROBLEM_SIZE])
{
    unsigned long error = ERR_peek_last_error();
    const char *reason = ERR_reason_error_string(error);

    if (ERR_GET_REASON(error) == ERR_R_MALLOC_FAILURE) {
        ERR_clear_error();
        return no_memory(problem);
    }
    switch (ERR_GET_REASON(error)) {
    case SSL_R_EE_KEY_TOO_SMALL:
    case SSL_R_CA_KEY_TOO_SMALL:
        reason = "its key is too weak: use ECDSA P-256, or RSA with at least 2048 bits";
        break;
    case SSL_R_CA_MD_TOO_WEAK:
        reason = "it is signed with a digest that is too weak: SHA-256 or better is needed";
        break;
    default:
        break;
    }
    (void)text_format(problem, TLS_PROBLEM_SIZE, "the certificate %s cannot be used: %s", path,
                      reason == NULL ? "OpenSSL does not say why" : reason);
    ERR_clear_error();
    return FAIL_INVALID;
}

static enum fail context_load(const struct tls_server *server, SSL_CTX *context,
                              const STACK_OF(X509) * list, EVP_PKEY *key,
                              char problem[TLS_PROBLEM_SIZE])
{
    int i;

    ERR_clear_error();
    if (SSL_CTX_use_certificate(context, sk_X509_value(list, 0)) != 1 ||
        SSL_CTX_use_PrivateKey(context, key) != 1) {
        return refused(server->certificate_file, problem);
    }
    for (i = 1; i < sk_X509_num(list); i++) {
        if (SSL_CTX_add1_chain_cert(context, sk_X509_value(list, i)) != 1) {
            return refused(server->certificate_file, problem);
        }
    }
    return FAIL_NONE;
}

/* --- Contexts -------------------------------------------------------------------- */

/* HTTP/1.1 is all there is; who offers only others is told (RFC 7301, 3.2). */
static int on_protocols(SSL *ssl, const unsigned char **out, unsigned char *out_length,
                        const unsigned char *in, unsigned in_length, void *context)
{
    static const unsigned char OURS[] = "\x08http/1.1";
    unsigned char *chosen = NULL;

    (void)ssl;
    (void)context;
    if (SSL_select_next_proto(&chosen, out_length, OURS, sizeof(OURS) - 1, in, in_length) !=
        OPENSSL_NPN_NEGOTIATED) {
        return SSL_TLSEXT_ERR_ALERT_FATAL;
    }
    *out = chosen;
    return SSL_TLSEXT_ERR_OK;
}

static enum fail context_create(const struct tls_server *server, SSL_CTX **out)
{
    SSL_CTX *context = tls_context_create(TLS_server_method());

    if (context == NULL) {
        return FAIL_MEMORY;
    }
    if (tls_tickets_use(server->tickets, context) != FAIL_NONE ||
        SSL_CTX_set_session_id_context(context, SESSION_CONTEXT, sizeof(SESSION_CONTEXT) - 1) !=
            1 ||
        SSL_CTX_set_num_tickets(context, TICKETS_AT_ONCE) != 1) {
        SSL_CTX_free(context);
        return FAIL_MEMORY;
    }
    /* Everything that is remembered stands in the client's ticket. */
    (void)SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
    (void)SSL_CTX_set_timeout(context, SESSION_SECONDS);
    SSL_CTX_set_alpn_select_cb(context, on_protocols, NULL);
    *out = context;
    return FAIL_NONE;
}

/* Reads both files into a new context. */
static enum fail read_files(const struct tls_server *server, SSL_CTX **out,
                            struct tls_certificate *certificate, char problem[TLS_PROBLEM_SIZE])
{
    STACK_OF(X509) *list = NULL;
    EVP_PKEY *key = NULL;
    SSL_CTX *context = NULL;
    enum fail fail = tls_file_certificates(server->certificate_file, &list, problem);

    if (fail != FAIL_NONE) {
        return fail;
    }
    tls_file_describe(sk_X509_value(list, 0), certificate);
    fail = tls_file_key(server->key_file, &key, problem);
    if (fail == FAIL_NONE) {
        fail = pair_check(server, list, key, problem);
    }
    if (fail == FAIL_NONE) {
        fail = dates_check(server, certificate, problem);
    }
    if (fail == FAIL_NONE && context_create(server, &context) != FAIL_NONE) {
        fail = no_memory(problem);
    }
    if (fail == FAIL_NONE) {
        fail = context_load(server, context, list, key, problem);
    }
    sk_X509_pop_free(list, X509_free);
    EVP_PKEY_free(key);
    if (fail != FAIL_NONE) {
        SSL_CTX_free(context);
        return fail;
    }
    *out = context;
    return FAIL_NONE;
}

/* --- Life -------------------------------------------------------------------------- */

enum fail tls_server_create(struct tls_server **out, const struct tls_server_options *options,
                            char problem[TLS_PROBLEM_SIZE])
{
    struct tls_server *server = calloc(1, sizeof(*server));
    enum fail fail;

    (void)tls_memory_start();
    if (server == NULL) {
        return no_memory(problem);
    }
    pthread_mutex_init(&server->lock, NULL);
    server->certificate_file = strdup(options->certificate_file);
    server->key_file = strdup(options->key_file);
    if (server->certificate_file == NULL || server->key_file == NULL ||
        tls_tickets_create(&server->tickets, options->ticket_key) != FAIL_NONE) {
        fail = no_memory(problem);
    } else {
        fail = tls_server_reload(server, problem);
    }
    if (fail != FAIL_NONE) {
        tls_server_destroy(&server);
        return fail;
    }
    *out = server;
    return FAIL_NONE;
}

enum fail tls_server_reload(struct tls_server *server, char problem[TLS_PROBLEM_SIZE])
{
    struct tls_certificate certificate;
    SSL_CTX *context;
    SSL_CTX *old;
    enum fail fail = read_files(server, &context, &certificate, problem);

    if (fail != FAIL_NONE) {
        return fail;
    }
    pthread_mutex_lock(&server->lock);
    old = server->context;
    server->context = context;
    server->certificate = certificate;
    pthread_mutex_unlock(&server->lock);
    SSL_CTX_free(old);
    return FAIL_NONE;
}

void tls_server_certificate(struct tls_server *server, struct tls_certificate *out)
{
    pthread_mutex_lock(&server->lock);
    *out = server->certificate;
    pthread_mutex_unlock(&server->lock);
}

SSL_CTX *tls_server_context(struct tls_server *server)
{
    SSL_CTX *context;

    pthread_mutex_lock(&server->lock);
    context = server->context;
    (void)SSL_CTX_up_ref(context); /* counts, and cannot fail */
    pthread_mutex_unlock(&server->lock);
    return context;
}

void tls_server_destroy(struct tls_server **server_at)
{
    struct tls_server *server = *server_at;

    if (server == NULL) {
        return;
    }
    *server_at = NULL;
    SSL_CTX_free(server->context);
    tls_tickets_destroy(&server->tickets);
    pthread_mutex_destroy(&server->lock);
    free(server->certificate_file);
    free(server->key_file);
    free(server);
}
