/* Answers of the API in the forms that the contract knows. */
#ifndef API_REPLY_H
#define API_REPLY_H

#include "base/buf.h"
#include "base/text.h"
#include "net/serve.h"

/* How a route writes its errors (contract.md, Common): on /devices an array of
 * strings, elsewhere one string. */
enum reply_errors { REPLY_ERRORS_ARRAY, REPLY_ERRORS_STRING };

/* {"errors":["text"]} or {"errors":"text"}. */
void reply_error(struct exchange *exchange, int status, enum reply_errors form, const char *text);
/* The same with JSON text that is written already; 503 when `json` is NULL: it
 * ran out of memory. */
void reply_error_buf(struct exchange *exchange, int status, enum reply_errors form,
                     const struct buf *json);
/* 200 with JSON text. */
void reply_json(struct exchange *exchange, struct slice json);
/* The same from a buffer, which is finished; 503 when it ran out of memory. */
void reply_buf(struct exchange *exchange, enum reply_errors form, struct buf *json);
/* 503: no memory is left. */
void reply_no_memory(struct exchange *exchange, enum reply_errors form);
/* A status and nothing else. */
void reply_empty(struct exchange *exchange, int status);

#endif
