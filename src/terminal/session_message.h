/* For session.c alone: the message of an effect. */
#ifndef TERMINAL_SESSION_MESSAGE_H
#define TERMINAL_SESSION_MESSAGE_H

#include "terminal/life.h"
#include "terminal/session.h"

/* Of a LIFE_SEND, or of a LIFE_DO_SALE that is a SALE_SEND. Texts are borrowed
 * from the life and the log-in data. */
void session_message_fill(const struct life *life, const struct session_log_in *log_in,
                          const struct life_effect *effect, struct terminal_message *out);

#endif
