/* A server's public key as people write it: SHA-256 in base64. */
#ifndef NET_TLS_PIN_H
#define NET_TLS_PIN_H

#include <stdbool.h>
#include <stdint.h>

#include "base/text.h"
#include "net/tls.h"

/* 44 characters of base64 (RFC 7469, 2.1.1), with or without curl's "sha256//"
 * before them. False for anything else. */
bool tls_pin_read(struct slice text, uint8_t out[TLS_PIN_SIZE]);

#endif
