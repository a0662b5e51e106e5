/* How the rows of record.h are read: the columns and the function that takes
 * them stand and fall together. Private to store/. */
#ifndef STORE_ROWS_H
#define STORE_ROWS_H

#include "store/query.h"
#include "store/record.h"

#define BUSINESS_COLUMNS                                                                           \
    "id, name, currency, api_mode, created_ms, preset_helcim, rate_concurrent IS NOT NULL,"        \
    " rate_concurrent, rate_minute, rate_hour, processor"
#define USER_COLUMNS "id, business, name, email, role, pin IS NOT NULL, created_ms"
#define TOKEN_COLUMNS                                                                              \
    "id, business, name, general, settings, processing, created_ms, expires_ms, used_ms,"          \
    " old_until_ms"
#define DEVICE_COLUMNS                                                                             \
    "id, business, serial, code, name, user, created_ms, credential_ms, removed, seen_ms,"         \
    " wrong_pins, renew, credential IS NOT NULL"
#define AUDIT_COLUMNS "id, at_ms, business, actor, action, subject, detail"
/* From `payment` alone, under its own name. */
#define PAYMENT_COLUMNS                                                                            \
    "id, business, device,"                                                                        \
    " (SELECT code FROM device WHERE device.id = payment.device), token, kind, authority, state,"  \
    " reason, attempt, declined, reverse, reversed, cancel_asked, currency, amount, invoice,"      \
    " customer, original, key, approved, created_ms, deadline_ms, ended_ms"
#define ATTEMPT_COLUMNS                                                                            \
    "number, began_ms, due_ms, ended_ms, outcome, duplicate, brand, kind, entry, first_six,"       \
    " last_four, holder, reference, reason, approval, \"transaction\""
#define TRANSACTION_COLUMNS                                                                        \
    "id, business, payment, attempt, device, created_ms, batch, status, type, user, amount,"       \
    " currency, brand, kind, approval, card_token, first_six, last_four, holder, customer,"        \
    " invoice, warning"
/* The columns after those of the row. */
enum { AFTER_USER_COLUMNS = 7, AFTER_DEVICE_COLUMNS = 13 };

/* From the row under way into a zeroed `*out`; failures stick to the query. */
void business_row(struct query *query, struct business *out);
void user_row(struct query *query, struct user *out);
void token_row(struct query *query, struct token *out);
void device_row(struct query *query, struct device *out);
void audit_row(struct query *query, struct audit *out);
void payment_row(struct query *query, struct payment_row *out);
void attempt_row(struct query *query, struct attempt_row *out);
void transaction_row(struct query *query, struct transaction_row *out);

#endif
