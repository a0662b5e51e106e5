/* GET /card-transactions and /card-transactions/{id} (contract.md, Results). */
#ifndef API_TRANSACTIONS_H
#define API_TRANSACTIONS_H

#include "api/call.h"

extern const struct api_route api_transaction_list;
extern const struct api_route api_transaction_show;

#endif
