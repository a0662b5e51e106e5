/* How the rows of record.h are read: the columns and the function that takes
 * them stand and fall together. Private to store/. */
#ifndef STORE_ROWS_H
#define STORE_ROWS_H

#include "store/query.h"
#include "store/record.h"

#define BUSINESS_COLUMNS "id, name, currency, api_mode, created_ms"
#define USER_COLUMNS "id, business, name, email, role, pin IS NOT NULL, created_ms"
#define TOKEN_COLUMNS "id, business, name, general, settings, processing, created_ms"
#define DEVICE_COLUMNS "id, business, serial, code, name, user, created_ms, credential_ms, removed"
/* The columns after those of the row. */
enum { AFTER_USER_COLUMNS = 7, AFTER_DEVICE_COLUMNS = 9 };

/* From the row under way into a zeroed `*out`; failures stick to the query. */
void business_row(struct query *query, struct business *out);
void user_row(struct query *query, struct user *out);
void token_row(struct query *query, struct token *out);
void device_row(struct query *query, struct device *out);

#endif
