/* The keys of session tickets: derived from one secret and the time, so that
 * every loop and every later start of the server knows the same ones without
 * telling each other. For the files of net/ alone. */
#ifndef NET_TLS_TICKET_H
#define NET_TLS_TICKET_H

#include <openssl/ssl.h>

#include "base/fail.h"
#include "net/tls.h"

struct tls_tickets;

/* The current key encrypts; those of the two periods before it decrypt, and
 * their tickets are renewed: a ticket lives for 24 to 36 hours. */
enum { TLS_TICKET_PERIOD_MS = 12 * 60 * 60 * 1000, TLS_TICKET_PERIODS = 3 };

/* `secret` of TLS_TICKET_KEY_SIZE bytes is copied. */
MUST_CHECK enum fail tls_tickets_create(struct tls_tickets **out, const uint8_t *secret);
/* Accepts NULL; sets the pointer NULL. */
void tls_tickets_destroy(struct tls_tickets **tickets);

/* The context's tickets are made and read with these from now on. `tickets` is
 * borrowed. */
MUST_CHECK enum fail tls_tickets_use(struct tls_tickets *tickets, SSL_CTX *context);

#endif
