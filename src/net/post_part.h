/* For post.c, post_transfer.c and post_address.c alone. */
#ifndef NET_POST_PART_H
#define NET_POST_PART_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/address.h"
#include "base/fail.h"
#include "base/task.h"
#include "net/post.h"
#include "wire/url.h"

enum { POST_ADDRESSES_MAX = 8 }; /* of one name; the rest is not tried */

/* One post on its way. */
struct post_transfer {
    struct poster *poster; /* borrowed */
    struct post *post; /* borrowed; by the poster's lock until it is looked up; NULL: answered */
    struct task task;  /* on a thread that looks names up */
    struct list_link link; /* of the poster, by its lock */
    int64_t began_ms;      /* by the machine's clock */
    struct url url;
    bool loopback_only; /* what is looked up must be this machine, nothing else may */
    size_t address_count;
    struct address addresses[POST_ADDRESSES_MAX];
    enum fail fail; /* of the look-up; then `why` says it for people */
    char why[POST_PROBLEM_SIZE];
    bool refused;      /* a connection to another address was asked for */
    void *easy;        /* CURL */
    void *headers;     /* struct curl_slist */
    void *resolve;     /* likewise */
    size_t answer;     /* bytes of the answer that have come */
    char problem[256]; /* of curl */
};

/* Where the host leads to; blocks. All of its addresses must be allowed: one
 * that is not is reason enough. It uses nothing of the post, which may be gone
 * meanwhile. On failure a sentence in transfer->why. */
enum fail post_address_find(struct post_transfer *transfer);
/* True for an address that may be connected to. */
bool post_address_allowed(const struct post_transfer *transfer, const struct address *address);

/* Makes transfer->easy ready to run. FAIL_MEMORY. */
MUST_CHECK enum fail post_transfer_make(struct post_transfer *transfer, const char *ca_file);
/* Its end, by curl's code: fills in what the post says. */
void post_transfer_end(struct post_transfer *transfer, int code);
void post_transfer_free(struct post_transfer *transfer);

#endif
