/* Certificates and keys from files, with words for whatever is wrong with them.
 * For the files of net/ alone. */
#ifndef NET_TLS_FILE_H
#define NET_TLS_FILE_H

#include <openssl/ssl.h>

#include "base/fail.h"
#include "net/tls.h"

/* Certificates in the order of the file, at least one. */
MUST_CHECK enum fail tls_file_certificates(const char *path, STACK_OF(X509) * *out,
                                           char problem[TLS_PROBLEM_SIZE]);
MUST_CHECK enum fail tls_file_key(const char *path, EVP_PKEY **out, char problem[TLS_PROBLEM_SIZE]);

/* What it says about itself. */
void tls_file_describe(X509 *certificate, struct tls_certificate *out);

#endif
