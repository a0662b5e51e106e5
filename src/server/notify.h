/* What a service manager is told (sd_notify(3), Type=notify): datagrams to the
 * socket that NOTIFY_SOCKET names, without a library for it. */
#ifndef SERVER_NOTIFY_H
#define SERVER_NOTIFY_H

#include <stdint.h>

#include "base/fail.h"

/* Sends "READY=1", "STOPPING=1", "WATCHDOG=1", "STATUS=...", or several lines.
 * FAIL_NOT_FOUND: no manager asked for it, which is no trouble; FAIL_INVALID:
 * the socket's name cannot be one; FAIL_CLOSED: nobody listens there, or has
 * no room for it now. Never blocks. */
MUST_CHECK enum fail notify_send(const char *state);

/* Within how many milliseconds of each other the manager wants to hear
 * "WATCHDOG=1"; 0: it does not watch this process. */
int64_t notify_watchdog_ms(void);

#endif
