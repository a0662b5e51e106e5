/* Sends POST requests to webhooks: libcurl on a thread of its own, never a
 * redirect followed, and never a connection to an address that is not to be
 * reached (contract.md, Webhooks; cases.md, Webhook addresses). The address
 * that is checked is the one that is connected to, at every attempt: a name
 * that changes between a check and a connection changes nothing. */
#ifndef NET_POST_H
#define NET_POST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/fail.h"
#include "base/list.h"
#include "base/task.h"
#include "base/text.h"

enum {
    POST_PROBLEM_SIZE = 257,
    POST_ANSWER_MAX = 16 * 1024, /* bytes of an answer that are read; the rest is cut off */
    POST_HEADERS_MAX = 8,
    POST_RETRY_AFTER_MAX_S = 86400, /* an endpoint may ask for no more */
};

struct post_header {
    const char *name;
    const char *value;
};

/* Embedded in its owner, who keeps it until `done`. All texts are borrowed. */
struct post {
    /* in */
    const char *url;
    const struct post_header *headers;
    size_t header_count; /* at most POST_HEADERS_MAX */
    struct slice body;   /* application/json */
    int64_t limit_ms;    /* for all of it, look-up and handshake included */
    struct executor *home;
    void (*done)(struct post *post);
    /* out */
    int status;            /* of HTTP; 0: there was no answer */
    int64_t retry_after_s; /* what the answer asked for; 0: nothing */
    int64_t took_ms;
    char problem[POST_PROBLEM_SIZE]; /* why there was none, for people, without a full stop */
    /* of the poster */
    struct list_link link;
    struct task task;
    void *transfer;
};

struct poster;
struct poster_options {
    bool allow_loopback; /* plain http too, but to loopback only (dev) */
    const char *ca_file; /* PEM; NULL: whom the system trusts */
    unsigned at_once;    /* transfers */
};
MUST_CHECK enum fail poster_create(struct poster **out, const struct poster_options *options);
/* Cuts off what is under way, answers everything, ends the thread. Accepts NULL;
 * sets the pointer NULL. */
void poster_destroy(struct poster **poster);
/* From any thread. */
void poster_send(struct poster *poster, struct post *post);

#endif
