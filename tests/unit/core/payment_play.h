/* Stories of payments as text: "shown, attempt 1, approved 1" is played, and
 * what it came to is told as text.
 *
 * Said: shown · missed · attempt N [due S] · approved N · declined N (by whoever
 * has the authority) · outcome N, result N (approved, by one or the other) ·
 * customer cashier lost, and terminal time pos administrator none not_shown (it
 * ended on the terminal) · pos · pos reverse · time · removed · resolved STATE.
 * A second passes before each; "wait N" says nothing for N seconds.
 *
 * Told, of each: "state", its reason, how far the deadline is, whether the
 * terminal was asked to cancel, and the effects; or the verdict, when it was
 * not taken. */
#ifndef PAYMENT_PLAY_H
#define PAYMENT_PLAY_H

#include <inttypes.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "core/payment.h"

enum { PLAY_TEXT_MAX = 4000, PLAY_BEGIN_MS = 1000000 };

struct play {
    struct payment payment;
    int64_t now_ms;
    bool last_undecided; /* as the store would say */
    struct buf told;
};

static inline void play_begin(struct play *play, enum payment_authority authority)
{
    *play = (struct play){.now_ms = PLAY_BEGIN_MS};
    play->payment = payment_make(PAYMENT_PURCHASE, authority, play->now_ms);
    buf_init(&play->told, PLAY_TEXT_MAX);
}

/* --- Reading what is said ---------------------------------------------------- */

static inline bool play_word(const char **text, const char *word)
{
    size_t length = strlen(word);

    if (strncmp(*text, word, length) != 0 || ((*text)[length] != ' ' && (*text)[length] != '\0')) {
        return false;
    }
    *text += length + ((*text)[length] == ' ');
    return true;
}

static inline bool play_number(const char **text, uint32_t *number)
{
    bool is_negative = **text == '-';

    if (is_negative) {
        (*text)++;
    }
    if (**text < '0' || **text > '9') {
        return false;
    }
    *number = 0;
    while (**text >= '0' && **text <= '9') {
        *number = *number * 10 + (uint32_t)(*(*text)++ - '0');
    }
    *number = is_negative ? 0 - *number : *number;
    *text += **text == ' ';
    return true;
}

static inline bool play_card(const struct play *play, const char **text,
                             struct payment_event *event)
{
    static const char *const words[] = {"attempt", "approved", "declined", "outcome", "result"};
    const enum payment_event_kind own =
        play->payment.authority == AUTHORITY_SERVER ? PAYMENT_OUTCOME : PAYMENT_RESULT;
    const enum payment_event_kind kinds[] = {PAYMENT_ATTEMPT, own, own, PAYMENT_OUTCOME,
                                             PAYMENT_RESULT};
    uint32_t seconds = 0;
    unsigned i;

    for (i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        if (play_word(text, words[i])) {
            event->kind = kinds[i];
            event->attempt.approved = i != 2;
            event->attempt.due_ms = play->now_ms;
            if (!play_number(text, &event->attempt.number)) {
                return false;
            }
            if (play_word(text, "due") && play_number(text, &seconds)) {
                event->attempt.due_ms += (int32_t)seconds * INT64_C(1000);
            }
            return true;
        }
    }
    return false;
}

static inline bool play_ended_there(const char **text, struct payment_event *event)
{
    bool named = play_word(text, "terminal");

    event->kind = PAYMENT_TERMINAL_CANCEL;
    if (payment_reason_read(slice_of(*text), &event->by) &&
        (named || event->by == REASON_CUSTOMER || event->by == REASON_CASHIER ||
         event->by == REASON_LOST)) {
        *text += strlen(*text);
        return true;
    }
    event->by = REASON_NONE;
    return named && play_word(text, "none");
}

static inline bool play_resolved(const char **text, struct payment_event *event)
{
    unsigned i;

    event->kind = PAYMENT_RESOLVED;
    for (i = 0; i < PAYMENT_STATES; i++) {
        event->resolved_state = (enum payment_state)i;
        if (play_word(text, payment_state_name(event->resolved_state, SCREEN_NONE))) {
            return true;
        }
    }
    return false;
}

/* False: it is none of the words above. */
static inline bool play_read(const struct play *play, const char *text, struct payment_event *event)
{
    static const char *const words[] = {"shown", "missed", "time", "removed", "pos"};
    static const enum payment_event_kind kinds[] = {PAYMENT_SHOWN, PAYMENT_NOT_SHOWN, PAYMENT_TIME,
                                                    PAYMENT_REMOVED, PAYMENT_POS_CANCEL};
    unsigned i;

    *event = (struct payment_event){.now_ms = play->now_ms, .last_undecided = play->last_undecided};
    for (i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        if (play_word(&text, words[i])) {
            event->kind = kinds[i];
            event->reverse_if_approved =
                event->kind == PAYMENT_POS_CANCEL && play_word(&text, "reverse");
            return *text == '\0';
        }
    }
    if (play_word(&text, "resolved")) {
        return play_resolved(&text, event) && *text == '\0';
    }
    return (play_card(play, &text, event) || play_ended_there(&text, event)) && *text == '\0';
}

/* --- Telling what it came to --------------------------------------------------- */

static inline void play_tell_effects(struct buf *told, unsigned effects)
{
    static const char *const names[] = {"go",          "withdraw", "authorise",
                                        "transaction", "reverse",  "terminalCancel",
                                        "free",        "ask",      "tell"};
    unsigned i;

    for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if ((effects & 1U << i) != 0) {
            buf_format(told, " %s", names[i]);
        }
    }
}

static inline void play_tell(struct play *play, struct payment_step step)
{
    static const char *const verdicts[] = {"taken", "repeated", "late", "contradicted",
                                           "unexpected"};
    const struct payment *payment = &play->payment;
    struct buf *told = &play->told;

    buf_text(told, buf_view(told).length > 0 ? " | " : "");
    if (step.verdict != PAYMENT_TAKEN) {
        buf_text(told, verdicts[step.verdict]);
        return;
    }
    buf_text(told, payment_state_name(payment->state, SCREEN_NONE));
    if (payment->reason != REASON_NONE) {
        buf_format(told, "(%s)", payment_reason_name(payment->reason));
    }
    if (payment->deadline_ms != 0) {
        buf_format(told, " %" PRId64 "s", (payment->deadline_ms - play->now_ms) / 1000);
    }
    if (payment->cancel_asked != REASON_NONE) {
        buf_format(told, " asked(%s)", payment_reason_name(payment->cancel_asked));
    }
    play_tell_effects(told, step.effects);
}

/* --- Playing ----------------------------------------------------------------------- */

static inline void play_event(struct play *play, const struct payment_event *event)
{
    struct payment before;
    struct payment_step step;

    memcpy(&before, &play->payment, sizeof(before));
    step = payment_step(&play->payment, event);
    play_tell(play, step);
    if (step.verdict != PAYMENT_TAKEN &&
        (step.effects != 0 || memcmp(&before, &play->payment, sizeof(before)) != 0)) {
        buf_text(&play->told, " BUT CHANGED");
    }
    if ((step.effects & EFFECT_AUTHORISE) != 0) {
        play->last_undecided = true;
    } else if ((step.effects & EFFECT_TRANSACTION) != 0) {
        play->last_undecided = false;
    }
}

static inline bool play_wait(struct play *play, const char *text)
{
    uint32_t seconds = 0;

    if (!play_word(&text, "wait") || !play_number(&text, &seconds)) {
        return false;
    }
    play->now_ms += seconds * INT64_C(1000) - 1000;
    return true;
}

/* Events parted by ", "; the first that cannot be read ends the story. */
static inline void play_story(struct play *play, const char *story)
{
    struct payment_event event;
    char one[80];
    size_t length;

    while (*story != '\0') {
        length = strcspn(story, ",");
        snprintf(one, sizeof(one), "%.*s", (int)length, story);
        play->now_ms += 1000;
        if (play_wait(play, one)) {
            /* nothing was said */
        } else if (!play_read(play, one, &event)) {
            buf_format(&play->told, " CANNOT READ \"%s\"", one);
            return;
        } else {
            play_event(play, &event);
        }
        story += length;
        story += strspn(story, ", ");
    }
}

/* Include cmocka.h before. Forgets what was told. */
static inline void assert_told(struct play *play, const char *story, const char *expected)
{
    if (!slice_is(buf_view(&play->told), expected)) {
        fail_msg("%s\n  is: %.*s\n  not: %s", story, (int)buf_view(&play->told).length,
                 buf_view(&play->told).bytes, expected);
    }
    buf_finish(&play->told);
    buf_init(&play->told, PLAY_TEXT_MAX);
}

#endif
