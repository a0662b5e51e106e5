/* What a POS asks for: the body of a purchase, and the key that makes it one
 * request however often it is sent (contract.md, Devices). */
#ifndef API_PAYMENT_REQUEST_H
#define API_PAYMENT_REQUEST_H

#include <stdint.h>

#include "api/call.h"
#include "base/fail.h"
#include "core/account.h"
#include "core/payment.h"

struct payment_request {
    char currency[ACCOUNT_CURRENCY_SIZE];
    int64_t amount_minor;
    char invoice[PAYMENT_INVOICE_SIZE];  /* "": left out */
    char customer[PAYMENT_INVOICE_SIZE]; /* likewise */
    char key[PAYMENT_KEY_SIZE];          /* likewise */
};

/* Reads the call's body and key. Whole when there are no flaws; FAIL_MEMORY. */
MUST_CHECK enum fail payment_request_read(const struct api_call *call, struct payment_request *out,
                                          struct flaws *flaws);

#endif
