#include "simulation/terminal_journal.h"

#include <string.h>

void journal_hears(struct terminal *terminal, const struct terminal_message *message)
{
    struct world *world = terminal->world;

    if (message->type == TERMINAL_OFFER) {
        terminal->offered = message->offer.payment;
        terminal->offered_cable = cable_number(terminal->cable);
        terminal->offered_ms = world->now_ms;
    }
    if (message->type == TERMINAL_GO && message->go == terminal->offered &&
        cable_number(terminal->cable) == terminal->offered_cable &&
        world->now_ms - terminal->offered_ms < PAYMENT_OFFER_MS) {
        terminal->go = message->go;
    }
}

/* I10: no go is acted on after its time or on another connection. I7: at most
 * one payment is in flight on a device. */
static void goes(struct terminal *terminal, struct sale_note *note)
{
    size_t i;

    note->gos++;
    note->began_ms = terminal->world->now_ms;
    if (note->gos > 1) {
        world_violation(terminal->world, "I2", "terminal %u started payment %lld twice",
                        terminal->number, (long long)note->payment);
    }
    if (terminal->go != note->payment) {
        world_violation(terminal->world, "I10",
                        "terminal %u acted on a go of payment %lld that was not for it",
                        terminal->number, (long long)note->payment);
    }
    for (i = 0; i < terminal->note_count; i++) {
        const struct sale_note *other = &terminal->notes[i];

        if (other->gos > 0 && other->ended_ms == 0 && other->payment != note->payment) {
            world_violation(terminal->world, "I7", "terminal %u is at payments %lld and %lld",
                            terminal->number, (long long)other->payment, (long long)note->payment);
        }
    }
}

/* I6: attempt numbers only grow. */
static bool attempt_is_new(struct terminal *terminal, struct sale_note *note, uint32_t attempt)
{
    if (attempt < note->attempt || attempt > PAYMENT_ATTEMPTS_MAX) {
        world_violation(terminal->world, "I6", "terminal %u speaks of attempt %u of payment %lld",
                        terminal->number, attempt, (long long)note->payment);
        return false;
    }
    note->attempt = attempt;
    return true;
}

static void shows_outcome(struct terminal *terminal, struct sale_note *note,
                          const struct sale_effect *effect)
{
    bool approved = effect->say.what == SALE_SAY_APPROVED;
    uint32_t attempt = effect->say.attempt;

    if (!attempt_is_new(terminal, note, attempt)) {
        return;
    }
    note->attempts[attempt].transaction = effect->say.transaction;
    note->attempts[attempt].shown_approved |= approved;
    note->attempts[attempt].shown_declined |= !approved;
    if (note->attempts[attempt].shown_approved && note->attempts[attempt].shown_declined) {
        world_violation(terminal->world, "I6",
                        "terminal %u showed attempt %u of payment %lld approved and declined",
                        terminal->number, attempt, (long long)note->payment);
    }
}

static void decides(struct terminal *terminal, struct sale_note *note,
                    const struct sale_effect *effect)
{
    uint32_t attempt = effect->say.attempt;

    if (attempt_is_new(terminal, note, attempt)) {
        note->attempts[attempt].result = true;
        note->attempts[attempt].result_approved = effect->say.record->approved;
    }
}

static void is_offered(struct sale_note *note, const struct sale_effect *effect)
{
    const struct sale_record *record = effect->say.record;

    note->amount_minor = record->amount_minor;
    note->by_terminal = record->authority == AUTHORITY_TERMINAL;
    (void)text_format(note->invoice, sizeof(note->invoice), "%s", record->invoice);
}

void journal_says(struct terminal *terminal, const struct sale_effect *effect)
{
    static const char *const words[SALE_SAYINGS] = {
        "offered", "withdrawn", "go",       "card",     "result", "cancel",
        "unsent",  "resumed",   "approved", "declined", "ended",  "result_refused"};
    struct sale_note *note = terminal_note(terminal, effect->say.payment);

    world_note(terminal->world, "terminal %u: %s, payment %lld/%u %.*s%.*s", terminal->number,
               words[effect->say.what], (long long)effect->say.payment, effect->say.attempt,
               (int)effect->say.word.length, effect->say.word.bytes, (int)effect->say.text.length,
               effect->say.text.bytes);
    switch (effect->say.what) {
    case SALE_SAY_OFFERED:
        is_offered(note, effect);
        break;
    case SALE_SAY_GO:
        goes(terminal, note);
        break;
    case SALE_SAY_RESULT:
        decides(terminal, note, effect);
        break;
    case SALE_SAY_APPROVED:
    case SALE_SAY_DECLINED:
        shows_outcome(terminal, note, effect);
        break;
    case SALE_SAY_ENDED:
        note->ended_ms = terminal->world->now_ms;
        (void)text_format(note->ended, sizeof(note->ended), "%.*s", (int)effect->say.word.length,
                          effect->say.word.bytes);
        break;
    case SALE_SAY_RESULT_REFUSED:
        note->refused = true;
        note->ended_ms = terminal->world->now_ms;
        break;
    case SALE_SAY_UNSENT: /* the power went between its disk and its word */
    case SALE_SAY_RESUMED:
        if (slice_is(effect->say.word, "result")) {
            decides(terminal, note, effect);
        }
        break;
    case SALE_SAY_CARD:
    case SALE_SAY_WITHDRAWN:
    case SALE_SAY_CANCEL:
    case SALE_SAYINGS:
        break;
    }
}
