/* A card transaction as the API shows it (contract.md, Results). */
#ifndef API_TRANSACTION_JSON_H
#define API_TRANSACTION_JSON_H

#include "base/buf.h"
#include "store/read.h"

/* Bytes of the largest, where every character of every text is escaped, and of
 * most: for whoever makes room. */
enum { TRANSACTION_JSON_MAX = 3072, TRANSACTION_JSON_USUAL = 512 };

void transaction_json_write(struct buf *out, const struct transaction_row *row);

#endif
