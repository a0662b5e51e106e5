/* How OpenSSL reads and writes: from bytes that lie in a buffer of the loop,
 * and into a callback. It owns no memory, unlike OpenSSL's own memory BIO. For
 * the files of net/ alone. */
#ifndef NET_TLS_BIO_H
#define NET_TLS_BIO_H

#include <stdbool.h>

#include <openssl/bio.h>

#include "base/text.h"

struct tls_bio {
    struct slice input; /* borrowed: what arrived and was not read yet */
    size_t taken;       /* bytes that were read, in all */
    size_t taken_max;   /* reading more than this in all fails, */
    bool refused;       /* and has failed */
    void (*on_output)(void *context, struct slice bytes);
    void *context;
};

/* Over `source`, which is borrowed. NULL: no memory. */
BIO *tls_bio_create(struct tls_bio *source);

#endif
