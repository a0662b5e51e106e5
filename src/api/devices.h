/* GET /connection-test, /devices, /devices/{code}, /devices/{code}/ping
 * (contract.md, Devices). */
#ifndef API_DEVICES_H
#define API_DEVICES_H

#include "api/call.h"

extern const struct api_route api_connection_test;
extern const struct api_route api_device_list;
extern const struct api_route api_device_show;
extern const struct api_route api_device_ping;

/* The look-up of the call's device has failed: 404 where there is none, else
 * 503; frees the call. */
void device_fail_read(struct api_call *call, enum fail fail);

#endif
