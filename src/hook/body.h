/* What a webhook is told of an event (contract.md, Webhooks). Private to hook/. */
#ifndef HOOK_BODY_H
#define HOOK_BODY_H

#include "base/buf.h"
#include "store/record.h"

enum { BODY_MAX = 4096 }; /* bytes; the longest has two texts of 64 characters, all escaped */

/* The same bytes for the same delivery, always: they are signed, and a receiver
 * never gets two bodies under one id. Failure sticks to `out`. */
void body_write(const struct delivery_row *row, struct buf *out);

#endif
