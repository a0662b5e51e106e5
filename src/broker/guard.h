/* What somebody may do wrong so often in a minute: unknown api-tokens of an
 * address, unknown device codes of a business. Past that the answer is another;
 * nothing else changes, so that what is right goes on. */
#ifndef BROKER_GUARD_H
#define BROKER_GUARD_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/address.h"
#include "base/list.h"
#include "base/metric.h"
#include "base/table.h"

enum {
    GUARD_TOKENS_PER_MINUTE = 60, /* unknown ones, of one address */
    GUARD_CODES_PER_MINUTE = 20,  /* unknown ones, of one business */
    GUARD_ADDRESSES_MAX = 32768,  /* that are remembered: about 350 bytes each */
    GUARD_BUSINESSES_MAX = 32768,
    GUARD_KEY_SIZE = 16,
};

/* Who is counted: an address's network or a business. */
struct guard_key {
    uint8_t bytes[GUARD_KEY_SIZE];
};
struct guard_key guard_key_of_address(const struct address *address);
struct guard_key guard_key_of_business(int64_t business);

struct guard {
    pthread_mutex_t lock;
    struct table entries;
    struct list quiet; /* longest quiet first */
    uint32_t per_minute;
    size_t limit;
};

/* At most `limit` keys are remembered; of more, the one longest quiet is
 * forgotten. `per_minute` 0: nothing is counted. */
void guard_init(struct guard *guard, uint32_t per_minute, size_t limit);
void guard_finish(struct guard *guard);

/* Somebody did it wrong now. 0, and it is counted, while that is within the
 * limit; else the milliseconds until it is again, and it is not counted. Without
 * memory: as past the limit. From any thread. */
int64_t guard_wrong(struct guard *guard, const struct guard_key *key);
size_t guard_count(struct guard *guard);

/* All unknown tokens, and those of them that were told to wait. */
extern struct counter guard_tokens_unknown;
extern struct counter guard_tokens_refused;
/* Unknown device codes that were told to wait. */
extern struct counter guard_codes_refused;

#endif
