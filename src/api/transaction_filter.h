/* What GET /card-transactions is asked for. */
#ifndef API_TRANSACTION_FILTER_H
#define API_TRANSACTION_FILTER_H

#include <stdbool.h>

#include "api/flaws.h"
#include "store/read.h"

/* Fills in the filters and the page of `out`, which is all zeros. `*nothing`: no
 * transaction can be meant. */
void transaction_filter_read(const char *query, struct read_transactions *out, bool *nothing,
                             struct flaws *flaws);

#endif
