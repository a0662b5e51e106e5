/* For the tests of a terminal's life: events by name, and the effects of each
 * as one line of text, so that a story reads as what happens and what is done
 * about it. */
#ifndef TESTS_LIFE_STORY_H
#define TESTS_LIFE_STORY_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "base/buf.h"
#include "sale_story.h"
#include "terminal/life.h"

#define OLD_CREDENTIAL "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define NEW_CREDENTIAL "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"

struct story {
    struct life life;
};

static inline void story_write_say(struct buf *out, const struct life_effect *effect)
{
    static const char *const names[] = {"registered",     "ready",      "ping",     "disconnected",
                                        "log_in_refused", "logged_out", "api_mode", "replaced",
                                        "removed",        "revoked",    "problem"};

    buf_format(out, "say %s", names[effect->say.what]);
    if (effect->say.what == LIFE_SAY_DISCONNECTED) {
        buf_format(out, " %u", effect->say.code);
    }
    if (effect->say.what == LIFE_SAY_API_MODE) {
        buf_text(out, effect->say.on ? " on" : " off");
    }
    if (effect->say.wait_seconds > 0) {
        buf_format(out, " (%lld s)", (long long)effect->say.wait_seconds);
    }
    if (effect->say.is_final) {
        buf_text(out, " for good");
    }
    if (effect->say.what == LIFE_SAY_PROBLEM) {
        return; /* a sentence; the stories would only repeat it */
    }
    if (effect->say.word.length > 0) {
        buf_byte(out, ' ');
        buf_slice(out, effect->say.word);
    }
    if (effect->say.text.length > 0) {
        buf_byte(out, ' ');
        buf_slice(out, effect->say.text);
    }
}

static inline void story_write_effect(struct buf *out, const struct life_effect *effect)
{
    switch (effect->kind) {
    case LIFE_CONNECT:
        buf_text(out, "connect");
        break;
    case LIFE_WAIT:
        buf_text(out, "wait ");
        if (effect->wait.least_ms > 0) {
            buf_format(out, "%u+", effect->wait.least_ms);
        }
        buf_format(out, "%u", effect->wait.spread_ms);
        break;
    case LIFE_SEND:
        buf_format(out, "send %s", terminal_message_name(effect->send.type));
        if (effect->send.type == TERMINAL_PING_SHOWN) {
            buf_format(out, " %lld", (long long)effect->send.ping);
        }
        break;
    case LIFE_STORE:
        buf_text(out, "store");
        break;
    case LIFE_DROP_LOG_IN:
        buf_text(out, "drop log-in");
        break;
    case LIFE_SAY:
        story_write_say(out, effect);
        break;
    case LIFE_DO_SALE:
        buf_text(out, "sale: ");
        sale_story_write_effect(out, &effect->sale);
        break;
    case LIFE_CLOSE:
        buf_format(out, "close %u", effect->close_code);
        break;
    case LIFE_GIVE_UP:
        buf_format(out, "give up %d", effect->exit_code);
        break;
    }
}

/* Something happens, and exactly this is done about it, in this order. */
static inline void story_expect(struct story *story, const struct life_event *event,
                                const char *expected)
{
    struct life_effects effects;
    struct buf done;
    size_t i;

    life_step(&story->life, event, &effects);
    buf_init(&done, 4096);
    for (i = 0; i < effects.count; i++) {
        buf_text(&done, i == 0 ? "" : "; ");
        story_write_effect(&done, &effects.list[i]);
    }
    buf_byte(&done, '\0');
    assert_string_equal(done.bytes, expected);
    buf_finish(&done);
}

static inline void story_plain(struct story *story, enum life_event_kind kind, const char *expected)
{
    story_expect(story, &(struct life_event){.kind = kind}, expected);
}

static inline void story_message(struct story *story, struct terminal_message message,
                                 const char *expected)
{
    story_expect(story, &(struct life_event){.kind = LIFE_MESSAGE, .heard = {.message = &message}},
                 expected);
}

static inline void story_closed(struct story *story, unsigned code, const char *reason,
                                const char *expected)
{
    story_expect(story,
                 &(struct life_event){.kind = LIFE_CLOSED, .closed = {code, slice_of(reason), 0}},
                 expected);
}

/* An upgrade that the server refused with Retry-After. */
static inline void story_turned_away(struct story *story, uint32_t retry_after_ms,
                                     const char *expected)
{
    story_expect(story,
                 &(struct life_event){.kind = LIFE_CLOSED,
                                      .closed = {1006, slice_of("busy"), retry_after_ms}},
                 expected);
}

static inline void story_stored(struct story *story, enum fail fail, const char *expected)
{
    story_expect(story, &(struct life_event){.kind = LIFE_STORED, .stored = fail}, expected);
}

/* A terminal as it came from the factory. */
static inline void story_new(struct story *story, enum life_log_in log_in)
{
    struct settings settings = {.serial = "TW-1"};

    life_init(&story->life, &settings);
    story_expect(story, &(struct life_event){.kind = LIFE_LOG_IN_GIVEN, .log_in = log_in}, "");
}

/* One that was registered before, as its disk remembers it. */
static inline void story_old(struct story *story, enum life_log_in log_in, bool continued)
{
    struct settings settings = {.serial = "TW-1",
                                .credential = OLD_CREDENTIAL,
                                .code = "JSV5",
                                .business = 7,
                                .business_name = "Demo Shop",
                                .continued = continued};

    life_init(&story->life, &settings);
    story_expect(story, &(struct life_event){.kind = LIFE_LOG_IN_GIVEN, .log_in = log_in}, "");
}

/* Up to the hello. */
static inline void story_greet(struct story *story)
{
    story_plain(story, LIFE_START, "connect");
    story_plain(story, LIFE_OPENED, "send hello");
}

static inline struct terminal_message story_required(const char *reason, bool pin)
{
    struct terminal_message message = {.type = TERMINAL_LOG_IN_REQUIRED};

    message.log_in_required.reason = slice_of(reason);
    message.log_in_required.pin = pin;
    return message;
}

static inline struct terminal_message story_refused(const char *reason)
{
    struct terminal_message message = {.type = TERMINAL_LOG_IN_REFUSED};

    message.log_in_refused.reason = slice_of(reason);
    message.log_in_refused.message = slice_of("Sorry.");
    return message;
}

static inline struct terminal_message story_locked(int64_t wait_seconds, bool pin)
{
    struct terminal_message message = story_refused("locked");

    message.log_in_refused.wait_seconds = wait_seconds;
    message.log_in_refused.pin = pin;
    return message;
}

/* `code` and `credential` "": null on the wire. */
static inline struct terminal_message story_welcome(const char *code, bool api_mode,
                                                    const char *credential)
{
    struct terminal_message message = {.type = TERMINAL_WELCOME};

    message.welcome.business = 7;
    message.welcome.business_name = slice_of("Demo Shop");
    message.welcome.currency = slice_of("CAD");
    message.welcome.user = slice_of("Ada");
    message.welcome.code = slice_of(code);
    message.welcome.api_mode = api_mode;
    message.welcome.heartbeat_seconds = 20;
    message.welcome.credential = slice_of(credential);
    return message;
}

static inline struct terminal_message story_ping(int64_t id, const char *text)
{
    struct terminal_message message = {.type = TERMINAL_PING};

    message.ping.id = id;
    message.ping.message = slice_of(text);
    return message;
}

static inline struct terminal_message story_error(const char *reason)
{
    struct terminal_message message = {.type = TERMINAL_ERROR};

    message.error.reason = slice_of(reason);
    message.error.message = slice_of("No.");
    return message;
}

static inline struct terminal_message story_come_back(const char *reason, int64_t retry_after_ms)
{
    struct terminal_message message = story_error(reason);

    message.error.retry_after_ms = retry_after_ms;
    return message;
}

static inline struct terminal_message story_api_mode(bool on)
{
    return (struct terminal_message){.type = TERMINAL_API_MODE, .api_mode = on};
}

static inline struct terminal_message story_bare(enum terminal_message_type type)
{
    return (struct terminal_message){.type = type};
}

#endif
