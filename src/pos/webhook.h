/* A webhook that came to a point of sale: whether it is genuine, whether it came
 * before, and what it says (contract.md, Webhooks). */
#ifndef POS_WEBHOOK_H
#define POS_WEBHOOK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/fail.h"
#include "base/text.h"
#include "core/code.h"
#include "pos/reading.h"
#include "wire/http.h"
#include "wire/signature.h"

enum {
    WEBHOOK_ID_SIZE = 128,
    WEBHOOK_TIME_SIZE = 24,
    WEBHOOK_SIGNATURES_SIZE = 512, /* of two secrets, and some more */
    WEBHOOK_KNOWN_MAX = 4096,      /* ids that are remembered */
};

struct webhook {
    /* its headers */
    char id[WEBHOOK_ID_SIZE];
    char timestamp[WEBHOOK_TIME_SIZE];
    char signatures[WEBHOOK_SIGNATURES_SIZE];
    /* its body; empty where that does not say */
    char type[POS_WORD_SIZE]; /* "cardTransaction", "terminalCancel" */
    int64_t transaction;      /* of cardTransaction; 0: none */
    char cancelled_at[POS_DATE_SIZE];
    char code[POS_WORD_SIZE];
    char amount[POS_WORD_SIZE];
    char currency[POS_WORD_SIZE];
    char invoice[PAYMENT_INVOICE_SIZE];
};

/* Reads and checks the message; NULL, or a static sentence that says why it is
 * not to be believed, and then `out` is not to be read. `now_s` is the wall
 * clock: what is older than SIGNATURE_TOLERANCE_S may be a replay. */
const char *webhook_read(const struct http_head *head, struct slice body,
                         const uint8_t secret[SIGNATURE_SECRET_SIZE], int64_t now_s,
                         struct webhook *out);

/* The newest ids. */
struct webhook_memory;
MUST_CHECK enum fail webhook_memory_create(struct webhook_memory **out);
/* Accepts NULL; sets the pointer NULL. */
void webhook_memory_destroy(struct webhook_memory **memory);
/* Notes the id; true when it was known already. */
bool webhook_memory_note(struct webhook_memory *memory, const char *id);

#endif
