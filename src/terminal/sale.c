/* What a terminal does about a payment when anything but a message happens: it
 * is switched on, gets and loses its connection, its disk has done its work, a
 * person acts. The messages of the server are sale_message.c's. */
#include "terminal/sale.h"

#include <assert.h>

#include "terminal/payment_application.h"
#include "terminal/sale_part.h"

/* --- The person ---------------------------------------------------------- */

/* A scripted person does something after their delay; others are waited for. */
static void meet_person(const struct sale *sale, enum person_moment moment,
                        struct sale_effects *effects)
{
    if (person_decide(&sale->person, moment, sale->record.attempt) != PERSON_WAITS) {
        sale_wait(SALE_TIMER_STEP, sale->person.delay_ms, effects);
    }
}

static void turn_reader_on(struct sale *sale, struct sale_effects *effects)
{
    sale_move(sale, SALE_CARD);
    sale_send(sale, TERMINAL_PROGRESS, payment_screen_name(SCREEN_CARD), effects);
    meet_person(sale, PERSON_AT_CARD, effects);
}

/* The card and all that it asked for are there. */
static void authorise(struct sale *sale, struct sale_effects *effects)
{
    struct sale_effect *said;

    if (sale->record.authority == AUTHORITY_SERVER) {
        sale->record.attempt++;
        sale->record.card = sale->card;
        sale->record.unsent = UNSENT_ATTEMPT;
        sale_keep(sale, effects);
        return;
    }
    sale_move(sale, SALE_DECIDING);
    said = sale_say(sale, SALE_SAY_CARD, effects);
    said->say.attempt = sale->record.attempt + 1;
    said->say.card = &sale->card;
    sale_send(sale, TERMINAL_PROGRESS, payment_screen_name(SCREEN_AUTHORISING), effects);
    sale_wait(SALE_TIMER_STEP, payment_application_delay_ms(&sale->record, &sale->card), effects);
}

static void present(struct sale *sale, const struct test_card *card, struct sale_effects *effects)
{
    sale->card = card->card;
    sale->card.entry = sale->person.entry;
    if (sale->card.kind != CARD_DEBIT) {
        authorise(sale, effects);
        return;
    }
    sale_move(sale, SALE_PIN);
    sale_send(sale, TERMINAL_PROGRESS, payment_screen_name(SCREEN_PIN), effects);
    meet_person(sale, PERSON_AT_PIN, effects);
}

bool sale_awaits(const struct sale *sale, enum person_act act)
{
    switch (act) {
    case PERSON_WAITS:
        return true;
    case PERSON_PRESENTS:
        return sale_is_in(sale, SALE_BIT(SALE_CARD) | SALE_BIT(SALE_RETRY));
    case PERSON_ENTERS_PIN:
        return sale->state == SALE_PIN;
    case PERSON_TRIES_AGAIN:
        return sale->state == SALE_RETRY;
    case PERSON_CANCELS:
        return sale_is_in(sale, SALE_CANCELLABLE);
    }
    return false;
}

static void act(struct sale *sale, struct person_command command, struct sale_effects *effects)
{
    if (!sale_awaits(sale, command.act)) {
        return;
    }
    switch (command.act) {
    case PERSON_WAITS:
        break;
    case PERSON_PRESENTS:
        present(sale, command.card == NULL ? sale->person.card : command.card, effects);
        break;
    case PERSON_ENTERS_PIN:
        authorise(sale, effects);
        break;
    case PERSON_TRIES_AGAIN:
        turn_reader_on(sale, effects);
        break;
    case PERSON_CANCELS:
        sale_cancel(sale, REASON_CUSTOMER, effects);
        break;
    }
}

/* --- Time ---------------------------------------------------------------- */

static void on_step_due(struct sale *sale, uint64_t chance, struct sale_effects *effects)
{
    uint32_t attempts = sale->record.attempt;
    struct person_command command = {.act = PERSON_WAITS};

    switch (sale->state) {
    case SALE_OFFERED:
        sale_drop_offer(sale, "time", effects);
        return;
    case SALE_DECIDING:
        payment_application_decide(&sale->record, &sale->card, chance);
        sale_keep(sale, effects);
        return;
    case SALE_CARD:
        command.act = person_decide(&sale->person, PERSON_AT_CARD, attempts);
        break;
    case SALE_PIN:
        command.act = person_decide(&sale->person, PERSON_AT_PIN, attempts);
        break;
    case SALE_RETRY:
        command.act = person_decide(&sale->person, PERSON_AT_RETRY, attempts);
        break;
    case SALE_IDLE: /* a timer that was too late */
    case SALE_STARTING:
    case SALE_KEEPING:
    case SALE_SAYING:
    case SALE_OVER:
    case SALE_STATES:
        break;
    }
    act(sale, command, effects);
}

/* What was said and not answered is nothing that time could end. */
static void on_backstop(struct sale *sale, struct sale_effects *effects)
{
    if (sale_is_in(sale, SALE_CANCELLABLE)) {
        sale_cancel(sale, REASON_TIME, effects);
    }
}

/* --- Disk and connection ------------------------------------------------- */

static enum terminal_message_type unsent_type(const struct sale *sale)
{
    static const enum terminal_message_type types[UNSENT_KINDS] = {
        [UNSENT_NOTHING] = TERMINAL_ASK_PAYMENT,
        [UNSENT_ATTEMPT] = TERMINAL_ATTEMPT,
        [UNSENT_RESULT] = TERMINAL_RESULT,
        [UNSENT_CANCEL] = TERMINAL_CANCEL_PAYMENT,
    };

    return types[sale->record.unsent];
}

/* The journal's word for what is durable now and has not been sent. */
static void say_kept(const struct sale *sale, struct sale_effects *effects)
{
    if (sale->record.unsent == UNSENT_CANCEL) {
        sale_say_word(sale, SALE_SAY_CANCEL, payment_reason_name(sale->record.by), effects);
    } else if (sale->record.unsent == UNSENT_RESULT) {
        (void)sale_say(sale, SALE_SAY_RESULT, effects);
    } else {
        (void)sale_say(sale, SALE_SAY_CARD, effects);
    }
}

static void say_unsent(const struct sale *sale, struct sale_effects *effects)
{
    sale_say_word(sale, SALE_SAY_UNSENT, sale_unsent_name(sale->record.unsent), effects);
}

static void send_unsent(const struct sale *sale, struct sale_effects *effects)
{
    sale_send(sale, unsent_type(sale),
              sale->record.unsent == UNSENT_CANCEL ? payment_reason_name(sale->record.by) : NULL,
              effects);
}

static void on_kept(struct sale *sale, struct sale_effects *effects)
{
    sale_move(sale, SALE_SAYING);
    say_kept(sale, effects);
    if (sale->online) {
        send_unsent(sale, effects);
    } else {
        say_unsent(sale, effects);
    }
}

/* A go that cannot be kept is none: the reader stays off. The life ends after
 * any failure, and what is on the disk is true at the next start, whether the
 * write got through or not. */
static void on_failed(struct sale *sale, struct sale_effects *effects)
{
    if (sale->state == SALE_STARTING) {
        sale_say_word(sale, SALE_SAY_CANCEL, payment_reason_name(REASON_LOST), effects);
        sale_send(sale, TERMINAL_CANCEL_PAYMENT, payment_reason_name(REASON_LOST), effects);
        sale_move(sale, SALE_IDLE);
        sale->record = (struct sale_record){0};
    }
}

static void on_stored(struct sale *sale, enum fail fail, struct sale_effects *effects)
{
    if (fail != FAIL_NONE) {
        on_failed(sale, effects);
    } else if (sale->state == SALE_KEEPING) {
        on_kept(sale, effects);
    } else if (sale->state == SALE_STARTING) {
        (void)sale_say(sale, SALE_SAY_GO, effects);
        sale_arm_backstop(sale, effects);
        if (sale->cancel_asked != REASON_NONE) {
            sale_cancel(sale, sale->cancel_asked, effects);
        } else {
            turn_reader_on(sale, effects);
        }
    }
}

/* A payment on the disk without a card is over: whoever stood here has gone. */
static void on_begin(struct sale *sale, struct sale_effects *effects)
{
    if (sale->state != SALE_SAYING) {
        return;
    }
    if (sale->record.unsent == UNSENT_NOTHING) {
        sale->record.unsent = UNSENT_CANCEL;
        sale->record.by = REASON_LOST;
        say_kept(sale, effects);
    }
    say_unsent(sale, effects);
}

/* What is on its way to the disk is sent when it is there. */
static void on_welcomed(struct sale *sale, struct sale_effects *effects)
{
    sale->online = true;
    if (sale->state == SALE_SAYING) {
        sale_say_word(sale, SALE_SAY_RESUMED, sale_unsent_name(sale->record.unsent), effects);
        send_unsent(sale, effects);
    } else if (sale_is_in(sale, SALE_CANCELLABLE | SALE_BIT(SALE_DECIDING) | SALE_BIT(SALE_OVER))) {
        sale_say_word(sale, SALE_SAY_RESUMED, "ask_payment", effects);
        sale_send(sale, TERMINAL_ASK_PAYMENT, NULL, effects);
    }
}

static void on_known(struct sale *sale, struct sale_effects *effects)
{
    if (sale_keeps_result(sale)) {
        sale_say_word(sale, SALE_SAY_RESUMED, sale_unsent_name(UNSENT_RESULT), effects);
        sale_add(effects, SALE_SEND)->send.type = TERMINAL_RESULT;
    }
}

static void on_lost(struct sale *sale, struct sale_effects *effects)
{
    if (!sale->online) {
        return;
    }
    sale->online = false;
    if (sale->state == SALE_OFFERED) {
        sale_drop_offer(sale, "connection", effects);
    } else if (sale->state == SALE_SAYING) {
        say_unsent(sale, effects);
    }
}

/* --- Public -------------------------------------------------------------- */

void sale_init(struct sale *sale, const struct sale_record *record, const struct person *person)
{
    assert(person->card != NULL);
    *sale = (struct sale){
        .state = record->payment == 0 ? SALE_IDLE : SALE_SAYING,
        .record = *record,
        .person = *person,
    };
}

bool sale_keeps_result(const struct sale *sale)
{
    return sale->state == SALE_SAYING && sale->record.unsent == UNSENT_RESULT;
}

bool sale_has_result(const struct sale *sale)
{
    return sale_is_in(sale, SALE_BIT(SALE_KEEPING) | SALE_BIT(SALE_SAYING)) &&
           sale->record.unsent == UNSENT_RESULT;
}

void sale_step(struct sale *sale, const struct sale_event *event, struct sale_effects *effects)
{
    effects->count = 0;
    switch (event->kind) {
    case SALE_BEGIN:
        on_begin(sale, effects);
        break;
    case SALE_KNOWN:
        on_known(sale, effects);
        break;
    case SALE_WELCOMED:
        on_welcomed(sale, effects);
        break;
    case SALE_LOST:
        on_lost(sale, effects);
        break;
    case SALE_MESSAGE:
        sale_take(sale, event, effects);
        break;
    case SALE_STORED:
        on_stored(sale, event->stored, effects);
        break;
    case SALE_DUE:
        if (event->due.timer == SALE_TIMER_BACKSTOP) {
            on_backstop(sale, effects);
        } else {
            on_step_due(sale, event->due.chance, effects);
        }
        break;
    case SALE_TOLD:
        act(sale, event->told, effects);
        break;
    }
}
