/* What the contexts of both sides have in common. For the files of net/ alone. */
#ifndef NET_TLS_CONTEXT_H
#define NET_TLS_CONTEXT_H

#include <openssl/ssl.h>

/* TLS 1.2 and 1.3 with ciphers that are both forward secret and authenticated,
 * and the least memory in an idle connection. NULL: no memory. */
SSL_CTX *tls_context_create(const SSL_METHOD *side);

#endif
