/* The states of a terminal's connection, as the server sees it, and what may
 * happen in each: one table, no I/O (docs/terminal-protocol.md). */
#ifndef CORE_DEVICE_H
#define CORE_DEVICE_H

#include <stdbool.h>

enum device_state {
    DEVICE_NEW,         /* connected; nothing was said yet */
    DEVICE_CHECKING,    /* said hello; its credential is being looked up */
    DEVICE_LOGGED_OUT,  /* nobody is logged in on it */
    DEVICE_LOGGING_IN,  /* a log-in is being checked */
    DEVICE_REGISTERED,  /* logged in: pings are shown, payments are not taken yet */
    DEVICE_READY,       /* Continue was pressed: payments are taken too */
    DEVICE_LOGGING_OUT, /* the log-out is being stored */
    DEVICE_GONE,        /* asleep, off, replaced or removed; its connection is closing */
    DEVICE_STATES,
};

enum device_event {
    /* from the terminal */
    DEVICE_HELLO,
    DEVICE_LOG_IN,
    DEVICE_LOG_OUT,
    DEVICE_CONTINUE,
    DEVICE_PING_SHOWN,
    DEVICE_BYE,
    DEVICE_OFFER_SHOWN, /* the amount of an offer is on the screen */
    DEVICE_PAYMENT,     /* what else it says of a payment */
    /* from the store */
    DEVICE_KNOWN,   /* its credential is good and somebody is logged in */
    DEVICE_UNKNOWN, /* it must log in */
    DEVICE_LEFT,    /* the log-out is stored */
    /* from elsewhere */
    DEVICE_USER_REMOVED,
    DEVICE_CLOSED, /* we close it */
    DEVICE_EVENTS,
};

/* True when the event is expected in this state. */
bool device_expects(enum device_state state, enum device_event event);

/* True, and the state moved, when the event is expected in this state. False,
 * and nothing changed, when it is not: then a terminal breaks the protocol. */
bool device_step(enum device_state *state, enum device_event event);

/* Somebody is logged in on it, and a ping may be shown. */
bool device_is_registered(enum device_state state);

const char *device_state_name(enum device_state state);

#endif
