/* Memory for OpenSSL: what a handshake or a record needs for a moment does not
 * stand between what connections keep for hours. For the files of net/ alone. */
#ifndef NET_TLS_MEMORY_H
#define NET_TLS_MEMORY_H

#include <stdbool.h>

/* Before anything else of OpenSSL is used: later OpenSSL no longer lets its
 * allocator be replaced, and all goes on with malloc (false). From any thread,
 * any number of times. */
bool tls_memory_start(void);

#endif
