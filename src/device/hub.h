/* The terminals that are connected to one loop. */
#ifndef DEVICE_HUB_H
#define DEVICE_HUB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/fail.h"
#include "base/list.h"
#include "broker/broker.h"
#include "broker/ping.h"
#include "net/loop.h"
#include "net/serve.h"
#include "net/socket.h"
#include "wire/json.h"

enum {
    HUB_HELLO_MS = 5000,        /* for the first message of a connection */
    HUB_LOG_IN_MS = 600000,     /* for a log-in where the terminal has not proven which one it is */
    HUB_ANSWER_MS = 3000,       /* for a terminal to show a ping */
    HUB_PROBE_MS = 2000,        /* for a sign of life when it did not */
    HUB_HEARTBEAT_MS = 20000,   /* of silence before a ping of the connection, unless told */
    HUB_SILENCE_MS = 15000,     /* after that ping, unless told */
    HUB_HALF_OPEN_S = 20,       /* for the kernel to notice a vanished machine, unless told */
    HUB_PINGS_WAITING_MAX = 32, /* of one terminal; one more is answered "not listening" */
};

struct hub_options {
    int64_t heartbeat_ms; /* of silence before a ping of the connection */
    int64_t silence_ms;   /* after that ping: the connection is dead */
    unsigned half_open_s; /* within so long the kernel notices a vanished machine */
};

struct hub {
    struct loop *loop;     /* borrowed */
    struct broker *broker; /* borrowed */
    struct hub_options options;
    struct socket_watch *watch;
    struct list strangers; /* sessions that have not said hello, oldest first */
    struct list unproven;  /* that said hello and have proven nothing yet, oldest first */
    struct list sessions;  /* the others */
    struct list pings;     /* struct ping, soonest due first */
    struct list offers;    /* struct payment_call that wait, soonest due first */
    struct loop_timer strangers_timer;
    struct loop_timer unproven_timer;
    struct loop_timer pings_timer;
    struct loop_timer offers_timer;
    struct json_document document; /* of the message being read */
    struct buf out;                /* the message being written */
    int64_t next_ping;
    bool stopping;
};

/* `options` NULL: the constants above, and 20 seconds. */
MUST_CHECK enum fail hub_create(struct hub **out, struct loop *loop, struct broker *broker,
                                const struct hub_options *options);
/* Tells every terminal to come back, each at a random moment of its own within
 * `spread_ms` (at most TERMINAL_RETRY_AFTER_MS_MAX), so that they do not all
 * come at once; and closes. */
void hub_stop(struct hub *hub, int64_t spread_ms);
/* When the loop has ended. Accepts NULL; sets the pointer NULL. */
void hub_destroy(struct hub **hub);

/* GET /device/v1. */
void hub_upgrade(struct hub *hub, struct exchange *exchange, const struct http_head *head);

/* What an administrator changed, on this hub's loop. */
void hub_api_mode(struct hub *hub, int64_t business, bool on);
void hub_device_removed(struct hub *hub, int64_t business, int64_t device);
void hub_device_revoked(struct hub *hub, int64_t business, int64_t device);
void hub_device_moved(struct hub *hub, int64_t business, int64_t device);
void hub_device_replaced(struct hub *hub, const struct broker_replacement *replacement);
void hub_business_removed(struct hub *hub, int64_t business);
void hub_user_removed(struct hub *hub, int64_t business, int64_t user);

/* Of the sessions: a new one, which has HUB_HELLO_MS to say hello. */
struct session;
void hub_session_new(struct hub *hub, struct session *session);
/* Of the sessions: a ping waits for the terminal until `due_ms`. FAIL_MEMORY:
 * nobody would end its wait. */
MUST_CHECK enum fail hub_ping_waits(struct hub *hub, struct ping *ping);
/* Likewise an offer, for PAYMENT_DISPLAY_MS. */
struct payment_call;
MUST_CHECK enum fail hub_offer_waits(struct hub *hub, struct payment_call *call);
/* Of the sessions: has said hello, and has HUB_LOG_IN_MS to log in. */
void hub_session_known(struct hub *hub, struct list_link *link);
/* Of the sessions: has proven which terminal it is, and may stay. */
void hub_session_proven(struct hub *hub, struct list_link *link);

#endif
