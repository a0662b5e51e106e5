/* admin webhook: where the events of a business go. The verifier token, with
 * which the point of sale checks them, is made here and can be shown again: it
 * is stored, for every message is signed with it. After a change a running
 * server's courier is woken. */
#include <assert.h>

#include "admin/call.h"
#include "admin/event.h"
#include "base/clock.h"
#include "base/id.h"
#include "broker/broker.h"
#include "store/delivery.h"
#include "wire/signature.h"
#include "wire/webhook_url.h"

enum { EVENTS_USUAL = 1U << EVENT_CARD_TRANSACTION | 1U << EVENT_TERMINAL_CANCEL };

static_assert((int)WEBHOOK_SECRET_SIZE == (int)SIGNATURE_SECRET_SIZE &&
                  (int)WEBHOOK_URL_SIZE == (int)WEBHOOK_URL_MAX + 1,
              "what is stored is what signs, and every URL fits");

static void courier_wake_for(struct admin_call *call)
{
    const struct broker *broker = call->admin->broker;

    if (broker != NULL) {
        broker->port.deliveries(broker->port.context, call->business);
    }
}

/* --- show ----------------------------------------------------------------------- */

static void show_row(struct admin_call *call, const struct webhook *webhook)
{
    bool has_old = webhook->has_old_secret && webhook->old_until_ms > clock_wall_ms();
    char token[SIGNATURE_TOKEN_SIZE];
    char events[EVENTS_TEXT_SIZE];

    signature_token_write(webhook->secret, token);
    events_write(webhook->events, events);
    admin_open_row(call);
    admin_show_number(call, "business", webhook->business);
    admin_show_text(call, "url", webhook->url);
    admin_show_text(call, "events", events);
    admin_show_text(call, "verifierToken", token);
    admin_show_time(call, "oldValidUntil", has_old ? webhook->old_until_ms : 0);
    admin_show_time(call, "created", webhook->created_ms);
    admin_close_row(call);
    secret_wipe(token, sizeof(token));
}

static enum fail find_run(struct admin_call *call, void *argument, struct store_tx *tx)
{
    return store_webhook_find(tx, call->business, argument);
}

static bool refuse_without(struct admin_call *call)
{
    return admin_refuse(call, "business %lld has no webhook; set one with 'webhook set --url URL'",
                        (long long)call->business);
}

/* After admin_business; wipe `webhook`. */
static bool find(struct admin_call *call, struct webhook *webhook)
{
    enum fail fail = admin_read(call, find_run, webhook);

    if (fail == FAIL_NOT_FOUND) {
        return refuse_without(call);
    }
    return fail == FAIL_NONE || admin_refuse_fail(call, fail);
}

static bool show_now(struct admin_call *call)
{
    struct webhook webhook = {0};
    bool found = find(call, &webhook);

    if (found) {
        show_row(call, &webhook);
    }
    secret_wipe(&webhook, sizeof(webhook));
    return found;
}

static bool show(struct admin_call *call)
{
    return admin_business(call) && show_now(call);
}

/* --- set ------------------------------------------------------------------------- */

/* What was not given stays; the first time all events are meant. */
struct webhook_words {
    char url[WEBHOOK_URL_SIZE]; /* "": not given */
    unsigned events;            /* 0: not given */
    uint8_t secret[WEBHOOK_SECRET_SIZE];
};

static bool refuse_url(struct admin_call *call, struct slice url, const char *problem)
{
    bool is_of_dev = !call->admin->allow_loopback && webhook_url_problem(url, true) == NULL;

    return admin_refuse(call, "--url: %s%s", problem,
                        is_of_dev ? "; only the data of 'tillwire dev' may have one on this machine"
                                  : "");
}

static bool words_read(struct admin_call *call, struct webhook_words *words)
{
    struct slice url = admin_option(call, "url");
    struct slice events = admin_option(call, "events");
    const char *problem = NULL;

    if (url.bytes == NULL && events.bytes == NULL) {
        return admin_refuse(call, "nothing to set: give --url or --events");
    }
    if (url.bytes != NULL) {
        problem = webhook_url_problem(url, call->admin->allow_loopback);
    }
    if (problem != NULL) {
        return refuse_url(call, url, problem);
    }
    if (url.bytes != NULL && !admin_text(call, "url", NULL, words->url, sizeof(words->url))) {
        return false;
    }
    if (events.bytes != NULL && !events_read(events, &words->events)) {
        return admin_refuse(call, "--events is cardTransaction, terminalCancel, or both with a "
                                  "comma between them");
    }
    return true;
}

/* For the audit, "at https://shop.example.com": a path or a query may be a secret. */
static void note_url(struct admin_call *call, const char *text)
{
    struct url url;

    if (webhook_url_read(slice_of(text), true, &url) == NULL) {
        (void)text_format(call->note, sizeof(call->note), "at %s://%s%s%s:%u",
                          url.secure ? "https" : "http", url.host_is_ipv6 ? "[" : "", url.host,
                          url.host_is_ipv6 ? "]" : "", url.port);
    }
}

static enum fail set_run(struct admin_call *call, void *argument, struct store_tx *tx)
{
    const struct webhook_words *words = argument;
    struct webhook present = {0};
    enum fail fail = store_webhook_find(tx, call->business, &present);
    const char *url = words->url[0] != '\0' ? words->url : present.url;
    unsigned events = words->events != 0    ? words->events
                      : present.events != 0 ? present.events
                                            : EVENTS_USUAL;

    if (fail == FAIL_NONE || (fail == FAIL_NOT_FOUND && url[0] != '\0')) {
        fail = store_webhook_set(tx, call->business, url, events, words->secret, clock_wall_ms());
    }
    secret_wipe(&present, sizeof(present));
    return fail;
}

static bool set(struct admin_call *call)
{
    struct webhook_words words = {0};
    enum fail fail;

    if (!admin_business(call) || !words_read(call, &words)) {
        return false;
    }
    (void)text_format(call->subject, sizeof(call->subject), "webhook");
    note_url(call, words.url);
    id_random(words.secret, sizeof(words.secret));
    fail = admin_write(call, set_run, &words);
    secret_wipe(&words, sizeof(words));
    if (fail == FAIL_NOT_FOUND) {
        return refuse_without(call);
    }
    if (fail != FAIL_NONE) {
        return admin_refuse_fail(call, fail);
    }
    courier_wake_for(call);
    return show_now(call);
}

/* --- rotate ------------------------------------------------------------------------ */

struct rotation {
    uint8_t secret[WEBHOOK_SECRET_SIZE];
    int64_t old_until_ms; /* 0: it ends at once */
};

static enum fail rotate_run(struct admin_call *call, void *argument, struct store_tx *tx)
{
    const struct rotation *rotation = argument;

    return store_webhook_rotate(tx, call->business, rotation->secret, rotation->old_until_ms);
}

static void rotated_show(struct admin_call *call, const struct rotation *rotation)
{
    char token[SIGNATURE_TOKEN_SIZE];

    signature_token_write(rotation->secret, token);
    admin_open_row(call);
    admin_show_text(call, "verifierToken", token);
    admin_show_time(call, "oldValidUntil", rotation->old_until_ms);
    admin_close_row(call);
    secret_wipe(token, sizeof(token));
}

static bool rotate(struct admin_call *call)
{
    struct rotation rotation;
    enum fail fail;

    if (!admin_business(call) || !admin_grace(call, "verifier token", &rotation.old_until_ms)) {
        return false;
    }
    (void)text_format(call->subject, sizeof(call->subject), "webhook");
    id_random(rotation.secret, sizeof(rotation.secret));
    fail = admin_write(call, rotate_run, &rotation);
    if (fail == FAIL_NONE) {
        courier_wake_for(call);
        rotated_show(call, &rotation);
    }
    secret_wipe(&rotation, sizeof(rotation));
    if (fail == FAIL_NOT_FOUND) {
        return refuse_without(call);
    }
    return fail == FAIL_NONE || admin_refuse_fail(call, fail);
}

/* --- remove ------------------------------------------------------------------------- */

static enum fail remove_run(struct admin_call *call, void *argument, struct store_tx *tx)
{
    (void)argument;
    return store_webhook_remove(tx, call->business, clock_wall_ms());
}

static bool remove_webhook(struct admin_call *call)
{
    enum fail fail;

    if (!admin_business(call)) {
        return false;
    }
    (void)text_format(call->subject, sizeof(call->subject), "webhook");
    fail = admin_write(call, remove_run, NULL);
    if (fail == FAIL_NOT_FOUND) {
        return refuse_without(call);
    }
    if (fail != FAIL_NONE) {
        return admin_refuse_fail(call, fail);
    }
    courier_wake_for(call);
    admin_show_id(call, "business", call->business);
    return true;
}

/* --- resend -------------------------------------------------------------------------- */

static enum fail resend_run(struct admin_call *call, void *argument, struct store_tx *tx)
{
    int64_t *count = argument;

    if (!admin_given(call, "dead")) {
        *count = 1;
        return store_delivery_resend(tx, call->business, call->id, clock_wall_ms());
    }
    return store_deliveries_resend_dead(tx, call->business, clock_wall_ms(), count);
}

static bool which_read(struct admin_call *call)
{
    if (admin_given(call, "dead") == admin_given(call, "id")) {
        return admin_refuse(call, "say which: the ID of a delivery, as 'webhook deliveries' shows "
                                  "it, or --dead for all that are dead");
    }
    return admin_given(call, "dead") || admin_id(call);
}

static bool resend(struct admin_call *call)
{
    int64_t count = 0;
    enum fail fail;

    if (!admin_business(call) || !which_read(call)) {
        return false;
    }
    if (admin_given(call, "id")) {
        (void)text_format(call->subject, sizeof(call->subject), "delivery %lld",
                          (long long)call->id);
    } else {
        (void)text_format(call->subject, sizeof(call->subject), "deliveries");
    }
    fail = admin_write(call, resend_run, &count);
    if (fail == FAIL_NOT_FOUND) {
        return admin_refuse(call, "business %lld has no delivery %lld", (long long)call->business,
                            (long long)call->id);
    }
    if (fail == FAIL_CONFLICT) {
        return refuse_without(call);
    }
    if (fail != FAIL_NONE) {
        return admin_refuse_fail(call, fail);
    }
    courier_wake_for(call);
    admin_show_id(call, "resent", count);
    return true;
}

const struct admin_noun webhook_noun = {"webhook",
                                        {{"set", set},
                                         {"show", show},
                                         {"rotate", rotate},
                                         {"remove", remove_webhook},
                                         {"deliveries", webhook_deliveries},
                                         {"delivery", webhook_delivery},
                                         {"resend", resend}}};
