/* The one digest that the WebSocket handshake needs, for both its sides. */
#ifndef NET_DIGEST_H
#define NET_DIGEST_H

#include <stddef.h>
#include <stdint.h>

#include "wire/websocket.h"

enum { DIGEST_SHA1_SIZE = 20 };

/* SHA-1, which here only shows that the peer speaks WebSocket (RFC 6455, 10.8):
 * for nothing that must be secret or unforgeable. Ends the program when the
 * cryptographic library refuses. */
void digest_sha1(const void *bytes, size_t length, uint8_t out[DIGEST_SHA1_SIZE]);

/* The value of Sec-WebSocket-Accept for a key (RFC 6455, 4.2.2). */
void digest_websocket_accept(const char key[WEBSOCKET_KEY_SIZE], char out[WEBSOCKET_ACCEPT_SIZE]);

#endif
