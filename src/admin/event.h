/* Events and how far their deliveries are, by name: events as on the wire
 * (contract.md, Webhooks). */
#ifndef ADMIN_EVENT_H
#define ADMIN_EVENT_H

#include <stdbool.h>

#include "base/text.h"
#include "store/record.h"

enum { EVENTS_TEXT_SIZE = 64 };

/* "cardTransaction", "terminalCancel". */
const char *event_name(enum event_kind kind);
/* "waiting", "delivered", "dead". */
const char *delivery_state_name(enum delivery_state state);
bool delivery_state_read(struct slice word, enum delivery_state *out);
/* "cardTransaction,terminalCancel", in any order, each once at most, one at
 * least, as bits 1 << enum event_kind. */
bool events_read(struct slice text, unsigned *events);
/* The same way. */
void events_write(unsigned events, char out[EVENTS_TEXT_SIZE]);

#endif
