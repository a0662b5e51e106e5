/* A device code that no device of the business has or had. Private to store/. */
#ifndef STORE_MINT_H
#define STORE_MINT_H

#include "core/code.h"
#include "store/store.h"

/* FAIL_LIMIT: all are used. The code is taken once its row is written, in the
 * same transaction. */
MUST_CHECK enum fail mint_code(struct store_tx *tx, int64_t business, char out[CODE_SIZE]);

#endif
