/* What the parts of TLS have of each other. For the files tls*.c, and for
 * client.c, whose libcurl uses OpenSSL too. */
#ifndef NET_TLS_PART_H
#define NET_TLS_PART_H

#include <openssl/ssl.h>

#include "net/tls.h"

/* A reference to the context of now, for SSL_CTX_free. From any thread. */
SSL_CTX *tls_server_context(struct tls_server *server);

SSL_CTX *tls_client_context(struct tls_client *client); /* borrowed */
/* Makes `ssl` ask for the certificate of `host`, and show the ticket of an
 * earlier talk with it. FAIL_MEMORY. */
MUST_CHECK enum fail tls_client_prepare(struct tls_client *client, SSL *ssl, const char *host);

/* Why a handshake or a record failed, from OpenSSL's queue of errors, which is
 * emptied; `host` is whom a client meant, NULL on the server's side. */
void tls_reason(const SSL *ssl, const char *host, char *out, size_t size);

/* Why a certificate was refused: one of OpenSSL's X509_V_ERR_*. */
void tls_certificate_reason(long result, const char *host, char *out, size_t size);

#endif
