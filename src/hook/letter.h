/* One delivery on its way: made from its row, signed and sent, and what came of
 * it written down. Private to hook/. */
#ifndef HOOK_LETTER_H
#define HOOK_LETTER_H

#include <stdint.h>

#include "base/buf.h"
#include "base/fail.h"
#include "base/list.h"
#include "core/delivery.h"
#include "net/post.h"
#include "store/record.h"
#include "store/store.h"
#include "wire/signature.h"

struct courier;

enum letter_state {
    LETTER_READY,   /* may be sent */
    LETTER_SENT,    /* with the client */
    LETTER_FAILED,  /* the endpoint failed; whether it counts is not decided yet */
    LETTER_SAVING,  /* its answer is with the store */
    LETTER_UNSAVED, /* the store did not take the answer: it is given again */
    LETTER_SETTLED, /* all is written; a load under way may still show it as waiting */
};

enum {
    LETTER_HEADERS = 5,
    LETTER_SECONDS_SIZE = 21,
    LETTER_SIGNATURES_SIZE = 2 * SIGNATURE_SIZE, /* with a blank between them, and a zero */
};

struct letter {
    struct list_link link;
    enum letter_state state;
    struct delivery_row row;
    enum delivery_answer answer;     /* once it has one */
    struct delivery_attempt attempt; /* likewise */
    int64_t answered_ms;             /* by the courier's clock */
    void *owner;                     /* the endpoint */
    void (*answered)(struct letter *letter);
    void (*saved)(struct letter *letter, enum fail fail);
    /* on its way */
    struct courier *courier;
    struct post post;
    struct post_header headers[LETTER_HEADERS];
    char seconds[LETTER_SECONDS_SIZE];
    char signatures[LETTER_SIGNATURES_SIZE];
    char *url; /* owned: the webhook may change meanwhile */
    struct buf body;
    struct store_job job;
};

/* NULL without memory. */
struct letter *letter_create(struct courier *courier, const struct delivery_row *row);
/* Not while it is with the client or the store. Sets the pointer NULL. */
void letter_destroy(struct letter **letter);

/* To be answered by `answered`. FAIL_MEMORY: nothing was sent. */
MUST_CHECK enum fail letter_send(struct letter *letter, const struct webhook *webhook);
/* The answer counts: one attempt more, and what is to become of the delivery.
 * `retry_after_s`: what the endpoint asked for; 0: nothing. */
void letter_count(struct letter *letter, int64_t retry_after_s);
/* Writes down what letter_count has said; then `saved`, which may come before
 * this returns. */
void letter_save(struct letter *letter);

#endif
