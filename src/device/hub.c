/* The hub keeps the lists; what a terminal says is the session's business.
 *
 * Four queues have one timer each: connections that have not said hello, such
 * that have not logged in, and pings and offers that wait for a terminal. The
 * waits are constants, so the queues stay in order by appending. */
#include "device/hub.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/id.h"
#include "base/log.h"
#include "broker/payment_call.h"
#include "device/session.h"
#include "device/session_payment.h"
#include "wire/websocket.h"

enum { OUT_MAX = 2 * TERMINAL_MESSAGE_MAX };

static void on_strangers(struct loop_timer *timer);
static void on_unproven(struct loop_timer *timer);
static void on_pings(struct loop_timer *timer);
static void on_offers(struct loop_timer *timer);

static enum fail timer_for(struct hub *hub, struct loop_timer *timer, int64_t due_ms,
                           void (*run)(struct loop_timer *timer))
{
    int64_t delay_ms = due_ms - loop_now_ms(hub->loop);
    enum fail fail = FAIL_NONE;

    if (!loop_timer_is_set(timer)) {
        fail = loop_timer_set(hub->loop, timer, delay_ms > 0 ? delay_ms : 0, run);
    }
    if (fail != FAIL_NONE) {
        log_event(LOG_ERROR, "memory.short", log_text("where", "hub timer"));
    }
    return fail;
}

/* --- Connections that do not say hello ---------------------------------- */

/* Without memory the next stranger brings it about. */
static void strangers_timer_set(struct hub *hub)
{
    struct list_link *link = list_first(&hub->strangers);

    if (link != NULL) {
        struct session *session = LIST_ITEM(link, struct session, link);

        (void)timer_for(hub, &hub->strangers_timer, session->connected_ms + HUB_HELLO_MS,
                        on_strangers);
    }
}

static void on_strangers(struct loop_timer *timer)
{
    struct hub *hub = LIST_ITEM(timer, struct hub, strangers_timer);
    int64_t before_ms = loop_now_ms(hub->loop) - HUB_HELLO_MS;
    struct list_link *link;

    while ((link = list_first(&hub->strangers)) != NULL) {
        struct session *session = LIST_ITEM(link, struct session, link);

        if (session->connected_ms > before_ms) {
            break;
        }
        hub_session_proven(hub, link); /* it is closing: nobody waits for it any more */
        session_refuse(session, WEBSOCKET_CLOSE_POLICY, "hello_expected",
                       "A terminal must say hello within 5 seconds.");
    }
    strangers_timer_set(hub);
}

void hub_session_new(struct hub *hub, struct session *session)
{
    list_push_back(&hub->strangers, &session->link);
    strangers_timer_set(hub);
}

/* --- Connections that do not log in ------------------------------------- */

/* In the order of their hellos, which is that of their connections but for the
 * few seconds that a hello may take: so much later may one's time be over. */
static void unproven_timer_set(struct hub *hub)
{
    struct list_link *link = list_first(&hub->unproven);

    if (link != NULL) {
        struct session *session = LIST_ITEM(link, struct session, link);

        (void)timer_for(hub, &hub->unproven_timer, session->connected_ms + HUB_LOG_IN_MS,
                        on_unproven);
    }
}

static void on_unproven(struct loop_timer *timer)
{
    struct hub *hub = LIST_ITEM(timer, struct hub, unproven_timer);
    int64_t before_ms = loop_now_ms(hub->loop) - HUB_LOG_IN_MS;
    struct list_link *link;

    while ((link = list_first(&hub->unproven)) != NULL) {
        struct session *session = LIST_ITEM(link, struct session, link);

        if (session->connected_ms > before_ms) {
            break;
        }
        hub_session_proven(hub, link); /* it is closing: nobody waits for it any more */
        session_refuse(session, WEBSOCKET_CLOSE_POLICY, "log_in_expected",
                       "Nobody has logged in on this terminal within 10 minutes.");
    }
    unproven_timer_set(hub);
}

void hub_session_known(struct hub *hub, struct list_link *link)
{
    list_remove(link);
    list_push_back(&hub->unproven, link);
    unproven_timer_set(hub);
}

void hub_session_proven(struct hub *hub, struct list_link *link)
{
    list_remove(link);
    list_push_back(&hub->sessions, link);
}

void hub_upgrade(struct hub *hub, struct exchange *exchange, const struct http_head *head)
{
    struct socket *socket = NULL;
    struct line *line;
    struct session *session;

    if (hub->stopping) {
        exchange_answer(exchange, &(struct exchange_answer){.status = 503, .close = true});
        return;
    }
    if (socket_upgrade(&socket, exchange, head, hub->watch, TERMINAL_MESSAGE_MAX) != FAIL_NONE) {
        log_event(LOG_ERROR, "memory.short", log_text("where", "terminal connection"));
    }
    if (socket == NULL) {
        return;
    }
    session = session_new(hub);
    line = socket_listen(socket, session == NULL ? NULL : &session_events, session);
    if (session == NULL) {
        log_event(LOG_ERROR, "memory.short", log_text("where", "terminal session"));
        line_cut(line);
        return;
    }
    session->line = line;
}

/* --- Pings that wait ---------------------------------------------------- */

static enum fail pings_timer_set(struct hub *hub)
{
    struct list_link *link = list_first(&hub->pings);

    if (link == NULL) {
        return FAIL_NONE;
    }
    return timer_for(hub, &hub->pings_timer, LIST_ITEM(link, struct ping, due)->due_ms, on_pings);
}

enum fail hub_ping_waits(struct hub *hub, struct ping *ping)
{
    enum fail fail;

    ping->due_ms = loop_now_ms(hub->loop) + HUB_ANSWER_MS;
    list_push_back(&hub->pings, &ping->due);
    fail = pings_timer_set(hub);
    if (fail != FAIL_NONE) {
        list_remove(&ping->due);
    }
    return fail;
}

static void on_pings(struct loop_timer *timer)
{
    struct hub *hub = LIST_ITEM(timer, struct hub, pings_timer);
    int64_t now_ms = loop_now_ms(hub->loop);
    struct list_link *link;

    while ((link = list_first(&hub->pings)) != NULL) {
        struct ping *ping = LIST_ITEM(link, struct ping, due);

        if (ping->due_ms > now_ms) {
            break;
        }
        session_ping_expired(ping);
    }
    /* Without memory for the timer: too early is better than never. */
    while (pings_timer_set(hub) != FAIL_NONE) {
        session_ping_expired(LIST_ITEM(list_first(&hub->pings), struct ping, due));
    }
}

/* --- Offers that wait --------------------------------------------------- */

static enum fail offers_timer_set(struct hub *hub)
{
    struct list_link *link = list_first(&hub->offers);

    if (link == NULL) {
        return FAIL_NONE;
    }
    return timer_for(hub, &hub->offers_timer, LIST_ITEM(link, struct payment_call, due)->due_ms,
                     on_offers);
}

enum fail hub_offer_waits(struct hub *hub, struct payment_call *call)
{
    enum fail fail;

    call->due_ms = loop_now_ms(hub->loop) + PAYMENT_DISPLAY_MS;
    list_push_back(&hub->offers, &call->due);
    fail = offers_timer_set(hub);
    if (fail != FAIL_NONE) {
        list_remove(&call->due);
    }
    return fail;
}

static void on_offers(struct loop_timer *timer)
{
    struct hub *hub = LIST_ITEM(timer, struct hub, offers_timer);
    int64_t now_ms = loop_now_ms(hub->loop);
    struct list_link *link;

    while ((link = list_first(&hub->offers)) != NULL) {
        struct payment_call *call = LIST_ITEM(link, struct payment_call, due);

        if (call->due_ms > now_ms) {
            break;
        }
        session_offer_expired(call);
    }
    /* Without memory for the timer: too early is better than never. */
    while (offers_timer_set(hub) != FAIL_NONE) {
        session_offer_expired(LIST_ITEM(list_first(&hub->offers), struct payment_call, due));
    }
}

/* --- What administrators change ----------------------------------------- */

/* Calls `each` for every session of the business; it may close the session,
 * which leaves it in the list. */
static void for_business(struct hub *hub, int64_t business,
                         void (*each)(struct session *session, int64_t argument), int64_t argument)
{
    struct list_link *link = list_first(&hub->sessions);

    while (link != NULL) {
        struct session *session = LIST_ITEM(link, struct session, link);

        link = list_next(&hub->sessions, link);
        if (session->presence.business == business) {
            each(session, argument);
        }
    }
}

static void each_api_mode(struct session *session, int64_t on)
{
    session_api_mode(session, on != 0);
}

void hub_api_mode(struct hub *hub, int64_t business, bool on)
{
    for_business(hub, business, each_api_mode, on ? 1 : 0);
}

static void each_removed(struct session *session, int64_t device)
{
    if (device == 0 || session->presence.device == device) {
        session_refuse(session, SESSION_CLOSE_REMOVED, "removed",
                       "An administrator has removed this device. Log in with e-mail and password "
                       "to register it again.");
    }
}

void hub_device_removed(struct hub *hub, int64_t business, int64_t device)
{
    assert(device != 0);
    for_business(hub, business, each_removed, device);
}

void hub_business_removed(struct hub *hub, int64_t business)
{
    for_business(hub, business, each_removed, 0);
}

static void each_revoked(struct session *session, int64_t device)
{
    if (session->presence.device == device) {
        session_refuse(session, SESSION_CLOSE_REMOVED, "revoked",
                       "An administrator has revoked this terminal's credential. Log in with "
                       "e-mail and password.");
    }
}

void hub_device_revoked(struct hub *hub, int64_t business, int64_t device)
{
    for_business(hub, business, each_revoked, device);
}

static void each_moved(struct session *session, int64_t device)
{
    if (session->presence.device == device) {
        session_refuse(session, SESSION_CLOSE_MOVED, "moved",
                       "An administrator has changed this device. The terminal connects again by "
                       "itself.");
    }
}

void hub_device_moved(struct hub *hub, int64_t business, int64_t device)
{
    for_business(hub, business, each_moved, device);
}

void hub_device_replaced(struct hub *hub, const struct broker_replacement *replacement)
{
    struct list_link *link = list_first(&hub->sessions);

    while (link != NULL) {
        struct session *session = LIST_ITEM(link, struct session, link);

        link = list_next(&hub->sessions, link);
        if (session->presence.business == replacement->business &&
            session->presence.device == replacement->device &&
            strcmp(session->serial, replacement->serial) != 0) {
            each_removed(session, replacement->device);
        }
    }
    if (replacement->other != 0) {
        hub_device_moved(hub, replacement->business, replacement->other);
    }
}

static void each_user_removed(struct session *session, int64_t user)
{
    if (session->user == user) {
        session_user_removed(session);
    }
}

void hub_user_removed(struct hub *hub, int64_t business, int64_t user)
{
    for_business(hub, business, each_user_removed, user);
}

/* --- The hub itself ----------------------------------------------------- */

enum fail hub_create(struct hub **out, struct loop *loop, struct broker *broker,
                     const struct hub_options *options)
{
    static const struct hub_options USUAL = {.heartbeat_ms = HUB_HEARTBEAT_MS,
                                             .silence_ms = HUB_SILENCE_MS,
                                             .half_open_s = HUB_HALF_OPEN_S};
    struct hub *hub = calloc(1, sizeof(*hub));
    struct socket_watch_options heartbeat;

    if (hub == NULL) {
        return FAIL_MEMORY;
    }
    hub->loop = loop;
    hub->broker = broker;
    hub->options = options == NULL ? USUAL : *options;
    heartbeat = (struct socket_watch_options){.idle_ms = hub->options.heartbeat_ms,
                                              .answer_ms = hub->options.silence_ms,
                                              .half_open_s = hub->options.half_open_s};
    list_init(&hub->strangers);
    list_init(&hub->unproven);
    list_init(&hub->sessions);
    list_init(&hub->pings);
    list_init(&hub->offers);
    json_document_init(&hub->document);
    buf_init(&hub->out, OUT_MAX);
    if (socket_watch_create(&hub->watch, loop, &heartbeat) != FAIL_NONE) {
        hub_destroy(&hub);
        return FAIL_MEMORY;
    }
    *out = hub;
    return FAIL_NONE;
}

static void send_all_away(struct list *sessions, int64_t spread_ms)
{
    struct list_link *link;

    for (link = list_first(sessions); link != NULL; link = list_next(sessions, link)) {
        session_send_away(LIST_ITEM(link, struct session, link), WEBSOCKET_CLOSE_GOING_AWAY,
                          "stopping", "The server is stopping. Reconnect in a moment.",
                          spread_ms == 0 ? 0 : id_random_below((uint32_t)spread_ms + 1));
    }
}

void hub_stop(struct hub *hub, int64_t spread_ms)
{
    assert(spread_ms >= 0 && spread_ms <= TERMINAL_RETRY_AFTER_MS_MAX);
    hub->stopping = true;
    send_all_away(&hub->strangers, spread_ms);
    send_all_away(&hub->unproven, spread_ms);
    send_all_away(&hub->sessions, spread_ms);
}

void hub_destroy(struct hub **hub_at)
{
    struct hub *hub = *hub_at;

    if (hub == NULL) {
        return;
    }
    *hub_at = NULL;
    assert(list_is_empty(&hub->sessions) && list_is_empty(&hub->unproven));
    assert(list_is_empty(&hub->strangers));
    loop_timer_cancel(hub->loop, &hub->strangers_timer);
    loop_timer_cancel(hub->loop, &hub->unproven_timer);
    loop_timer_cancel(hub->loop, &hub->pings_timer);
    loop_timer_cancel(hub->loop, &hub->offers_timer);
    socket_watch_destroy(&hub->watch);
    json_document_finish(&hub->document);
    buf_wipe(&hub->out);
    free(hub);
}
