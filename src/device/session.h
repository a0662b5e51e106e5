/* One terminal's connection: what it says, and what it is told. */
#ifndef DEVICE_SESSION_H
#define DEVICE_SESSION_H

#include <stdbool.h>
#include <stdint.h>

#include "base/log.h"
#include "broker/ping.h"
#include "broker/presence.h"
#include "core/device.h"
#include "device/hub.h"
#include "net/line.h"
#include "wire/terminal_message.h"

enum {
    SESSION_CLOSE_MOVED = 1012, /* docs/terminal-protocol.md, Close codes */
    SESSION_CLOSE_REPLACED = 4001,
    SESSION_CLOSE_REMOVED = 4002,
};

struct session {
    struct presence presence;
    struct hub *hub;       /* borrowed */
    struct line *line;     /* NULL once the connection has ended */
    struct list_link link; /* hub->strangers or hub->sessions */
    struct list pings;     /* struct ping that wait for this terminal */
    /* Where the operation of the broker that is under way (log_in, arrival,
     * departure) keeps us; cleared if we go first. NULL: none is. */
    void **asked_context;
    struct session_sale *sale; /* owned; NULL while no payment is there: session_sale.h */
    char *serial;              /* owned; NULL before hello */
    int64_t connected_ms;
    int64_t user;
    enum device_state state;
    uint16_t pings_waiting;
    bool given;      /* a credential was given on this connection, which was not shown yet */
    bool proven;     /* the credential was shown on this connection, or given on it */
    bool pin_locked; /* too many wrong PINs on this terminal: none is taken */
};

/* NULL when there is no memory. The events of its line are session_events with
 * the session as their context; session->line is set by who makes the line.
 * The session frees itself after the line's end. */
struct session *session_new(struct hub *hub);
extern const struct line_events session_events;

/* Closes, and is not found by pings any more. Does nothing when it is closing
 * already. */
void session_close(struct session *session, unsigned close_code, const char *reason);
/* The same, after telling the terminal in words. */
void session_refuse(struct session *session, unsigned close_code, const char *reason,
                    const char *message);
/* The same, for one that is to come back, but not within `retry_after_ms`. */
void session_send_away(struct session *session, unsigned close_code, const char *reason,
                       const char *message, int64_t retry_after_ms);
void session_ping(struct session *session, struct ping *ping);
/* The terminal says that it is on the screen. */
void session_ping_shown(struct session *session, int64_t id);
/* The ping's time is over: it is taken from its session and answered. */
void session_ping_expired(struct ping *ping);
/* No longer found by pings and payments; those that wait are answered at once. */
void session_stop_listening(struct session *session);
void session_api_mode(struct session *session, bool on);
void session_user_removed(struct session *session);

/* Of session_message.c: one message has arrived. */
void session_take(struct session *session, struct slice text);
/* Sends a message; of session.c. */
void session_tell(struct session *session, const struct terminal_message *message);
/* The state after an event; false when the event was out of place. */
bool session_step(struct session *session, enum device_event event);

/* Of what is logged of a connection that has proven nothing: strangers could
 * fill the log with it. NULL, no limit, for one that has. */
struct log_limit *session_log_limit(const struct session *session);

/* Ends the connection, and says why, when the terminal breaks the protocol, */
void session_protocol_error(struct session *session, const char *message);
/* when we have no memory, */
void session_no_memory(struct session *session);
/* and when the store has failed. */
void session_trouble(struct session *session);
/* Notes the `context` of an operation of the broker that begins, so that it
 * can be cleared if the session ends first. */
void session_asked(struct session *session, void **context);
/* Its answer has come: the session that asked, or NULL when it has gone. */
struct session *session_answered(void **context);

#endif
