/* POST /devices/{code}/payment/purchase, GET /devices/{code}/payments and
 * /payments/{id}, POST /payments/{id}/cancel (contract.md, Devices, and What no
 * vendor offers and we add). */
#ifndef API_PAYMENTS_H
#define API_PAYMENTS_H

#include "api/call.h"

extern const struct api_route api_payment_purchase;
extern const struct api_route api_payment_list;
extern const struct api_route api_payment_show;
extern const struct api_route api_payment_cancel;

/* 404 "payment 5 of device JSV5 not found", and frees the call. */
void payment_fail_unknown(struct api_call *call);
/* query->fail is not FAIL_NONE: 404 for the device or the payment that is not
 * there, else 503; frees the call. */
struct read_payment;
void payment_fail_read(struct api_call *call, const struct read_payment *query);

#endif
