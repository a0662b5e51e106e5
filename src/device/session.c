/* A session's life: made at the upgrade, freed when its connection has ended
 * and nothing that another loop posted still points to it. */
#include "device/session.h"

#include <assert.h>
#include <stdlib.h>

#include "base/log.h"
#include "broker/conflict.h"
#include "broker/usage.h"
#include "device/session_payment.h"
#include "wire/websocket.h"

void session_tell(struct session *session, const struct terminal_message *message)
{
    struct buf *out = &session->hub->out;

    if (session->line == NULL) {
        return;
    }
    buf_clear(out);
    terminal_message_write(out, message);
    if (buf_fail(out) != FAIL_NONE) {
        log_event(LOG_ERROR, "memory.short", log_text("where", "message to a terminal"));
        line_cut(session->line);
        return;
    }
    line_send(session->line, buf_view(out));
}

bool session_step(struct session *session, enum device_event event)
{
    return device_step(&session->state, event);
}

/* --- Pings --------------------------------------------------------------- */

static void ping_take(struct session *session, struct ping *ping)
{
    list_remove(&ping->waiting);
    list_remove(&ping->due);
    session->pings_waiting--;
}

static void pings_drop(struct session *session)
{
    struct list_link *link;

    while ((link = list_first(&session->pings)) != NULL) {
        struct ping *ping = LIST_ITEM(link, struct ping, waiting);

        ping_take(session, ping);
        ping_finish(ping, PING_NOT_LISTENING);
    }
}

void session_ping(struct session *session, struct ping *ping)
{
    struct terminal_message message = {.type = TERMINAL_PING};

    if (session->line == NULL || !device_is_registered(session->state) ||
        session->pings_waiting >= HUB_PINGS_WAITING_MAX) {
        ping_finish(ping, PING_NOT_LISTENING);
        return;
    }
    if (hub_ping_waits(session->hub, ping) != FAIL_NONE) {
        ping_finish(ping, PING_NOT_LISTENING);
        return;
    }
    ping->id = ++session->hub->next_ping;
    ping->terminal = session;
    message.ping.id = ping->id;
    message.ping.message = slice_of(ping->message);
    list_push_back(&session->pings, &ping->waiting);
    session->pings_waiting++;
    session_tell(session, &message);
}

void session_ping_shown(struct session *session, int64_t id)
{
    struct list_link *link;

    for (link = list_first(&session->pings); link != NULL;
         link = list_next(&session->pings, link)) {
        struct ping *ping = LIST_ITEM(link, struct ping, waiting);

        if (ping->id == id) {
            ping_take(session, ping);
            ping_finish(ping, PING_SHOWN);
            return;
        }
    }
    /* None: the POS was answered already, after HUB_ANSWER_MS. */
}

void session_ping_expired(struct ping *ping)
{
    struct session *session = ping->terminal;

    ping_take(session, ping);
    log_event(LOG_INFO, "ping.unanswered", log_number("business", session->presence.business),
              log_text("code", session->presence.code));
    if (session->line != NULL) {
        line_probe(session->line, HUB_PROBE_MS);
    }
    ping_finish(ping, PING_NOT_LISTENING);
}

void session_stop_listening(struct session *session)
{
    (void)presence_remove(&session->hub->broker->presence, &session->presence);
    pings_drop(session);
    session_payment_leave(session);
}

/* --- Closing ------------------------------------------------------------- */

void session_close(struct session *session, unsigned close_code, const char *reason)
{
    if (session->state == DEVICE_GONE) {
        return;
    }
    (void)session_step(session, DEVICE_CLOSED);
    session_stop_listening(session);
    if (session->line != NULL) {
        line_close(session->line, close_code, reason);
    }
}

void session_refuse(struct session *session, unsigned close_code, const char *reason,
                    const char *message)
{
    session_send_away(session, close_code, reason, message, 0);
}

void session_send_away(struct session *session, unsigned close_code, const char *reason,
                       const char *message, int64_t retry_after_ms)
{
    struct terminal_message error = {.type = TERMINAL_ERROR};

    if (session->state == DEVICE_GONE) {
        return;
    }
    error.error.reason = slice_of(reason);
    error.error.message = slice_of(message);
    error.error.retry_after_ms = retry_after_ms;
    session_tell(session, &error);
    session_close(session, close_code, reason);
}

/* --- What the other files of a session share ------------------------------- */

struct log_limit *session_log_limit(const struct session *session)
{
    static struct log_limit strangers = {.per_minute = 60};

    return session->proven ? NULL : &strangers;
}

void session_protocol_error(struct session *session, const char *message)
{
    log_limited(session_log_limit(session), LOG_WARNING, "terminal.refused",
                log_number("business", session->presence.business),
                log_text("code", session->presence.code), log_text("reason", message));
    session_refuse(session, WEBSOCKET_CLOSE_POLICY, "protocol", message);
}

void session_no_memory(struct session *session)
{
    log_event(LOG_ERROR, "memory.short", log_text("where", "terminal"));
    session_refuse(session, WEBSOCKET_CLOSE_INTERNAL, "trouble",
                   "The server has no memory left. Reconnect in a moment.");
}

void session_trouble(struct session *session)
{
    session_refuse(session, WEBSOCKET_CLOSE_INTERNAL, "trouble",
                   "The server cannot look up this terminal now. It will try again by itself.");
}

void session_asked(struct session *session, void **context)
{
    assert(session->asked_context == NULL);
    *context = session;
    session->asked_context = context;
}

struct session *session_answered(void **context)
{
    struct session *session = *context;

    if (session != NULL) {
        session->asked_context = NULL;
    }
    return session;
}

/* --- The end ---------------------------------------------------------------- */

static void session_free(struct session *session)
{
    list_remove(&session->link);
    free(session->serial);
    free(session);
}

static void on_end(void *context, unsigned code)
{
    struct session *session = context;

    session->line = NULL;
    if (session->proven) {
        usage_device(session->hub->broker, session->presence.loop, session->presence.business,
                     session->presence.device);
    }
    if (session->presence.device != 0 || session->state != DEVICE_NEW) {
        log_limited(session_log_limit(session), LOG_INFO, "terminal.disconnected",
                    log_number("business", session->presence.business),
                    log_text("code", session->presence.code), log_number("close", code),
                    log_text("state", device_state_name(session->state)));
    }
    (void)session_step(session, DEVICE_CLOSED);
    pings_drop(session);
    session_payment_end(session);
    if (session->asked_context != NULL) {
        *session->asked_context = NULL; /* its answer finds nobody */
        session->asked_context = NULL;
    }
    if (presence_remove(&session->hub->broker->presence, &session->presence)) {
        session_free(session);
    } /* else: on_kick frees it */
}

static void on_message(void *context, struct slice message)
{
    struct session *session = context;

    if (session->state != DEVICE_GONE) {
        session_take(session, message);
    }
}

const struct line_events session_events = {.on_message = on_message, .on_end = on_end};

/* Another connection of this terminal has taken its place. */
static void on_kick(struct task *task)
{
    struct session *session = TASK_OWNER(task, struct session, presence.kick);

    presence_kick_ran(&session->hub->broker->presence, &session->presence);
    if (session->line == NULL) {
        session_free(session);
        return;
    }
    conflict_replaced(session->hub->broker, &session->presence);
    session_refuse(session, SESSION_CLOSE_REPLACED, "replaced",
                   "This terminal has connected again elsewhere; this connection is closed.");
}

struct session *session_new(struct hub *hub)
{
    struct session *session = calloc(1, sizeof(*session));

    if (session == NULL) {
        return NULL;
    }
    session->hub = hub;
    session->connected_ms = loop_now_ms(hub->loop);
    session->presence.loop = loop_number(hub->loop);
    session->presence.kick.run = on_kick;
    list_init(&session->pings);
    hub_session_new(hub, session);
    return session;
}

/* --- What administrators change ------------------------------------------ */

void session_api_mode(struct session *session, bool on)
{
    struct terminal_message message = {.type = TERMINAL_API_MODE, .api_mode = on};

    if (!device_is_registered(session->state)) {
        return;
    }
    presence_set_listening(&session->hub->broker->presence, &session->presence, on);
    if (!on) {
        session_payment_leave(session);
    }
    session_tell(session, &message);
}

void session_user_removed(struct session *session)
{
    struct terminal_message message = {.type = TERMINAL_LOGGED_OUT};
    bool was_registered = device_is_registered(session->state);

    if (!session_step(session, DEVICE_USER_REMOVED) || !was_registered) {
        return;
    }
    session->user = 0;
    session_stop_listening(session);
    session_tell(session, &message);
}
