/* For the tests of payments: events by name, and the effects of each as one
 * line of text. */
#ifndef TESTS_SALE_STORY_H
#define TESTS_SALE_STORY_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "base/buf.h"
#include "terminal/line_sale.h"
#include "terminal/sale.h"

static inline void sale_story_write_say(struct buf *out, const struct sale_effect *effect)
{
    buf_format(out, "say %s %lld", line_sale_name(effect->say.what),
               (long long)effect->say.payment);
    if (effect->say.what == SALE_SAY_CARD || effect->say.what == SALE_SAY_APPROVED ||
        effect->say.what == SALE_SAY_DECLINED || effect->say.what == SALE_SAY_RESULT) {
        buf_format(out, " #%u", effect->say.attempt);
    }
    if (effect->say.what == SALE_SAY_CARD) {
        buf_format(out, " %s", effect->say.card->last_four);
    }
    if (effect->say.what == SALE_SAY_RESULT) {
        buf_text(out, effect->say.record->approved ? " approved" : " declined");
    }
    if (effect->say.word.length > 0) {
        buf_byte(out, ' ');
        buf_slice(out, effect->say.word);
    }
    if (effect->say.text.length > 0) {
        buf_byte(out, ' ');
        buf_slice(out, effect->say.text);
    }
    buf_text(out, effect->say.final ? " final" : "");
}

static inline void sale_story_write_effect(struct buf *out, const struct sale_effect *effect)
{
    static const char *const timers[SALE_TIMERS] = {"step", "backstop"};

    switch (effect->kind) {
    case SALE_SEND:
        buf_format(out, "send %s", terminal_message_name(effect->send.type));
        if (effect->send.type != TERMINAL_ATTEMPT && effect->send.type != TERMINAL_RESULT) {
            buf_format(out, " %lld", (long long)effect->send.payment);
        }
        if (effect->send.word != NULL) {
            buf_format(out, " %s", effect->send.word);
        }
        break;
    case SALE_STORE:
        buf_text(out, "store");
        break;
    case SALE_WAIT:
        buf_format(out, "wait %s %lld", timers[effect->wait.timer],
                   (long long)effect->wait.delay_ms);
        break;
    case SALE_STOP:
        buf_format(out, "stop %s", timers[effect->stop]);
        break;
    case SALE_SAY:
        sale_story_write_say(out, effect);
        break;
    }
}

struct sale_story {
    struct sale sale;
    struct person person;
    int64_t now_ms;
};

static inline void sale_story_expect(struct sale_story *story, const struct sale_event *event,
                                     const char *expected)
{
    struct sale_effects effects;
    struct buf done;
    size_t i;

    sale_step(&story->sale, event, &effects);
    buf_init(&done, 4096);
    for (i = 0; i < effects.count; i++) {
        buf_text(&done, i == 0 ? "" : "; ");
        sale_story_write_effect(&done, &effects.list[i]);
    }
    buf_byte(&done, '\0');
    assert_string_equal(done.bytes, expected);
    buf_finish(&done);
}

static inline void sale_plain(struct sale_story *story, enum sale_event_kind kind,
                              const char *expected)
{
    sale_story_expect(story, &(struct sale_event){.kind = kind}, expected);
}

static inline void sale_hears(struct sale_story *story, struct terminal_message message,
                              const char *expected)
{
    sale_story_expect(
        story, &(struct sale_event){.kind = SALE_MESSAGE, .heard = {&message, story->now_ms}},
        expected);
}

static inline void sale_stored(struct sale_story *story, const char *expected)
{
    sale_story_expect(story, &(struct sale_event){.kind = SALE_STORED}, expected);
}

static inline void sale_due(struct sale_story *story, enum sale_timer timer, const char *expected)
{
    sale_story_expect(story, &(struct sale_event){.kind = SALE_DUE, .due = {timer, 4711}},
                      expected);
}

static inline void sale_step_due(struct sale_story *story, const char *expected)
{
    sale_due(story, SALE_TIMER_STEP, expected);
}

static inline void sale_told(struct sale_story *story, enum person_act act, const char *card,
                             const char *expected)
{
    const struct person_command told = {act, card == NULL ? NULL : test_card_find(slice_of(card))};

    sale_story_expect(story, &(struct sale_event){.kind = SALE_TOLD, .told = told}, expected);
}

/* --- Messages of the server ---------------------------------------------- */

static inline struct terminal_message sale_offer(int64_t payment, const char *authority)
{
    struct terminal_message message = {.type = TERMINAL_OFFER};

    message.offer.payment = payment;
    message.offer.kind = slice_of("purchase");
    message.offer.amount = 1234;
    message.offer.currency = slice_of("CAD");
    message.offer.invoice = slice_of("INV7");
    message.offer.authority = slice_of(authority);
    message.offer.time_limit_seconds = 120;
    return message;
}

static inline struct terminal_message sale_go(int64_t payment)
{
    return (struct terminal_message){.type = TERMINAL_GO, .go = payment};
}

static inline struct terminal_message sale_withdraw(int64_t payment)
{
    return (struct terminal_message){.type = TERMINAL_WITHDRAW, .withdraw = payment};
}

static inline struct terminal_message sale_outcome(int64_t payment, int64_t attempt, bool approved,
                                                   bool final)
{
    struct terminal_message message = {.type = TERMINAL_OUTCOME};

    message.outcome = (struct terminal_outcome){
        .payment = payment,
        .attempt = attempt,
        .approved = approved,
        .transaction = 900,
        .approval_code = slice_of(approved ? "ABC123" : ""),
        .reason = slice_of(approved ? "" : "No."),
        .final = final,
    };
    return message;
}

static inline struct terminal_message sale_ended(int64_t payment, const char *state,
                                                 const char *reason)
{
    struct terminal_message message = {.type = TERMINAL_PAYMENT_ENDED};

    message.payment_ended.payment = payment;
    message.payment_ended.state = slice_of(state);
    message.payment_ended.reason = slice_of(reason);
    return message;
}

static inline struct terminal_message sale_resume(int64_t payment, int64_t attempt)
{
    return (struct terminal_message){.type = TERMINAL_RESUME, .resume = {payment, attempt}};
}

static inline struct terminal_message sale_cancel_requested(int64_t payment, const char *by)
{
    struct terminal_message message = {.type = TERMINAL_CANCEL_REQUESTED};

    message.cancel_requested.payment = payment;
    message.cancel_requested.by = slice_of(by);
    return message;
}

static inline struct terminal_message sale_refused(int64_t payment, int64_t attempt)
{
    struct terminal_message message = {.type = TERMINAL_RESULT_REFUSED};

    message.result_refused.payment = payment;
    message.result_refused.attempt = attempt;
    message.result_refused.message = slice_of("Ask.");
    return message;
}

/* --- Up to a point ------------------------------------------------------- */

/* Switched on and connected, nothing open. */
static inline void sale_new(struct sale_story *story, enum person_way way)
{
    const struct sale_record nothing = {0};

    *story = (struct sale_story){.person = person_default(), .now_ms = 1000};
    story->person.way = way;
    sale_init(&story->sale, &nothing, &story->person);
    sale_plain(story, SALE_BEGIN, "");
    sale_plain(story, SALE_WELCOMED, "");
}

/* Payment 5 is offered. */
static inline void sale_to_offered(struct sale_story *story, const char *authority)
{
    sale_hears(story, sale_offer(5, authority),
               "say payment_offered 5; send displayed 5; wait step 10000");
}

/* go was taken, and the reader is on. */
static inline void sale_to_card(struct sale_story *story, const char *authority)
{
    sale_to_offered(story, authority);
    sale_hears(story, sale_go(5), "stop step; store");
    sale_stored(story, story->person.way == PERSON_IGNORE || story->person.way == PERSON_ASK
                           ? "say payment_go 5; wait backstop 150000; send progress 5 card"
                           : "say payment_go 5; wait backstop 150000; send progress 5 card; "
                             "wait step 0");
    assert_int_equal(story->sale.state, SALE_CARD);
}

/* The first card was presented, and the server asked. */
static inline void sale_to_saying(struct sale_story *story)
{
    sale_to_card(story, "server");
    sale_told(story, PERSON_PRESENTS, NULL, "store");
    sale_stored(story, "say payment_card 5 #1 9990; send attempt");
}

/* And it was declined. */
static inline void sale_to_retry(struct sale_story *story)
{
    sale_to_saying(story);
    sale_hears(story, sale_outcome(5, 1, false, false),
               "say payment_declined 5 #1 No.; wait backstop 150000");
    assert_int_equal(story->sale.state, SALE_RETRY);
}

/* The power goes, and comes back with what is on the disk. */
static inline void sale_power_cut(struct sale_story *story, const struct sale_record *disk)
{
    struct sale_record record = *disk;

    sale_init(&story->sale, &record, &story->person);
}

#endif
