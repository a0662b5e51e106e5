/* Of the sessions: how a terminal becomes registered. */
#ifndef DEVICE_SESSION_LOG_IN_H
#define DEVICE_SESSION_LOG_IN_H

#include "base/text.h"
#include "device/session.h"
#include "wire/terminal_message.h"

/* After a hello without a credential: asks for a log-in. */
void session_is_new(struct session *session);
/* After a hello with one: looks it up, and welcomes the terminal or asks for a
 * log-in. */
void session_arrive(struct session *session, struct slice credential);
/* The terminal's message: checks it, and welcomes the terminal or refuses it. */
void session_log_in(struct session *session, const struct terminal_log_in *from);

#endif
