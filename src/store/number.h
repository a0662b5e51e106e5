/* Numbers that grow: ids that tell nobody how many there are, and the invoice,
 * customer and event numbers of a business. Private to store/. */
#ifndef STORE_NUMBER_H
#define STORE_NUMBER_H

#include <stdint.h>

#include "store/store.h"

struct number {
    const char *name; /* static, of the table counter */
    int64_t business; /* 0: of the whole system */
    int64_t first;    /* the one that it begins with */
    int64_t step;     /* from one to the next */
};

/* Taken at once: given to nobody else once this job is committed. */
MUST_CHECK enum fail number_next(struct store_tx *tx, const struct number *number, int64_t *out);
/* An id of the whole system: from about 20,000,000 on, with random gaps, below
 * 2^53 (contract.md, Results). FAIL_LIMIT: they are used up. */
MUST_CHECK enum fail number_id(struct store_tx *tx, const char *name, int64_t *out);

#endif
