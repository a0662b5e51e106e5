/* GET /connection-test, /devices, /devices/{code}, /devices/{code}/ping
 * (contract.md, Devices). */
#ifndef API_DEVICES_H
#define API_DEVICES_H

#include "api/call.h"

extern const struct api_route api_connection_test;
extern const struct api_route api_device_list;
extern const struct api_route api_device_show;
extern const struct api_route api_device_ping;

#endif
