/* Answers of the API in the forms that the contract knows. */
#ifndef API_REPLY_H
#define API_REPLY_H

#include "base/text.h"
#include "net/serve.h"

/* How a route writes its errors (contract.md, Common): on /devices an array of
 * strings, elsewhere one string. */
enum reply_errors { REPLY_ERRORS_ARRAY, REPLY_ERRORS_STRING };

/* {"errors":["text"]} or {"errors":"text"}. */
void reply_error(struct exchange *exchange, int status, enum reply_errors form, const char *text);
/* 200 with JSON text. */
void reply_json(struct exchange *exchange, struct slice json);
/* A status and nothing else. */
void reply_empty(struct exchange *exchange, int status);

#endif
