/* Signatures of webhooks (contract.md, Webhooks; standard-webhooks 1.0). */
#ifndef WIRE_SIGNATURE_H
#define WIRE_SIGNATURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/fail.h"
#include "base/text.h"

enum {
    SIGNATURE_SECRET_SIZE = 32,
    SIGNATURE_TOKEN_SIZE = 45,   /* a verifier token: base64 of the secret, and a zero */
    SIGNATURE_SIZE = 48,         /* "v1," and 44 of base64, and a zero */
    SIGNATURE_TOLERANCE_S = 300, /* how old or how far ahead a timestamp may be */
};

/* What is signed: the message's id, the seconds of the attempt, the body. */
struct signed_message {
    struct slice id;
    int64_t timestamp_s;
    struct slice body;
};

void signature_token_write(const uint8_t secret[SIGNATURE_SECRET_SIZE],
                           char out[SIGNATURE_TOKEN_SIZE]);
/* FAIL_INVALID unless it is base64 of 32 bytes; a leading "whsec_" is skipped. */
MUST_CHECK enum fail signature_token_read(struct slice token,
                                          uint8_t secret[SIGNATURE_SECRET_SIZE]);

/* "v1,..." */
void signature_write(const struct signed_message *message,
                     const uint8_t secret[SIGNATURE_SECRET_SIZE], char out[SIGNATURE_SIZE]);

enum signature_verdict {
    SIGNATURE_GOOD,
    SIGNATURE_WRONG,     /* none of the signatures is by this secret */
    SIGNATURE_MALFORMED, /* a header is missing or is not what it should be */
    SIGNATURE_TOO_OLD,   /* or too far ahead: a replay, or a wrong clock */
};
/* The three headers as they came; in constant time. */
enum signature_verdict signature_check(struct slice id, struct slice timestamp,
                                       struct slice signatures, struct slice body,
                                       const uint8_t secret[SIGNATURE_SECRET_SIZE], int64_t now_s);

#endif
