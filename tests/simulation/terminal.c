#include "simulation/terminal.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "simulation/shop.h"
#include "simulation/terminal_journal.h"
#include "terminal/session_message.h"
#include "wire/websocket.h"

enum {
    SAVE_MS = 25,
    BREAKS_PERMILLE = 3, /* of saves: the disk fails */
    RETURN_MS = 20000,
    WHIM_MS = 90000,
};

static void feed(struct terminal *terminal, const struct life_event *event);

static void feed_plain(struct terminal *terminal, enum life_event_kind kind)
{
    feed(terminal, &(struct life_event){.kind = kind});
}

static void feed_sale(struct terminal *terminal, const struct sale_event *event)
{
    feed(terminal, &(struct life_event){.kind = LIFE_SALE, .sale = *event});
}

/* --- The disk: a file is whole, the old one or the new one ---------------------- */

static void save_reaches_disk(struct terminal_saver *saver)
{
    if (saver->is_sale) {
        struct buf text;
        char problem[SALE_RECORD_PROBLEM_SIZE];
        enum fail fail;

        buf_init(&text, SALE_RECORD_TEXT_MAX);
        sale_record_write(&text, &saver->sale);
        fail = sale_record_read(buf_view(&text), &saver->terminal->disk.sale, problem);
        assert(fail == FAIL_NONE);
        (void)fail;
        buf_finish(&text);
    } else {
        saver->terminal->disk.settings = saver->settings;
    }
}

static void save_begin(struct terminal_saver *saver);

static void run_saved(struct moment *moment)
{
    struct terminal_saver *saver = LIST_ITEM(moment, struct terminal_saver, moment);
    struct terminal *terminal = saver->terminal;
    struct world *world = terminal->world;
    bool breaks = !world->calm && chance_below(&world->chance, 1000) < BREAKS_PERMILLE;
    enum fail fail = breaks ? FAIL_IO : FAIL_NONE;

    if (!breaks || world_percent(world, 50)) {
        save_reaches_disk(saver);
    }
    saver->busy = false;
    if (saver->again) {
        saver->again = false;
        save_begin(saver);
        return;
    }
    if (breaks) {
        world_note(world, "terminal %u: its disk fails", terminal->number);
    }
    if (saver->is_sale) {
        feed_sale(terminal, &(struct sale_event){.kind = SALE_STORED, .stored = fail});
    } else {
        feed(terminal, &(struct life_event){.kind = LIFE_STORED, .stored = fail});
    }
}

static void save_begin(struct terminal_saver *saver)
{
    struct terminal *terminal = saver->terminal;

    if (saver->busy) {
        saver->again = true;
        return;
    }
    saver->busy = true;
    saver->settings = terminal->life.settings;
    saver->sale = terminal->life.sale.record;
    world_later(terminal->world, &saver->moment, world_between(terminal->world, 0, SAVE_MS),
                run_saved);
}

/* --- The connection --------------------------------------------------------------- */

static void on_open(struct terminal *terminal)
{
    terminal->open = true;
    feed_plain(terminal, LIFE_OPENED);
}

static void on_message(struct terminal *terminal, struct slice text)
{
    struct json_document document;
    struct terminal_message message;
    char problem[TERMINAL_PROBLEM_SIZE] = "";
    struct life_event event = {.kind = LIFE_MESSAGE};
    enum fail fail;

    json_document_init(&document);
    fail = terminal_message_read(&message, &document, text, problem);
    event.heard.message = &message;
    event.heard.now_ms = terminal->world->now_ms;
    if (fail != FAIL_NONE) {
        world_violation(terminal->world, "protocol", "terminal %u cannot read: %s",
                        terminal->number, problem);
        event.kind = LIFE_UNREADABLE;
        event.problem = slice_of(problem);
    } else {
        journal_hears(terminal, &message);
    }
    feed(terminal, &event);
    json_document_finish(&document);
}

static void on_end(struct terminal *terminal, unsigned code)
{
    struct life_event event = {.kind = LIFE_CLOSED};

    world_note(terminal->world, "terminal %u: its connection ends, %u", terminal->number, code);
    terminal->cable = NULL;
    terminal->open = false;
    event.closed.code = code;
    event.closed.reason = slice_of("lost");
    feed(terminal, &event);
}

static const struct cable_events events = {on_open, on_message, on_end};

static void do_send(struct terminal *terminal, const struct life_effect *effect)
{
    const struct session_log_in log_in = {.email = slice_of(terminal->shop->email),
                                          .password = slice_of(SHOP_PASSWORD)};
    struct terminal_message message;
    struct buf text;

    session_message_fill(&terminal->life, &log_in, effect, &message);
    buf_init(&text, TERMINAL_MESSAGE_MAX);
    terminal_message_write(&text, &message);
    assert(buf_fail(&text) == FAIL_NONE);
    if (terminal->cable != NULL) {
        cable_say(terminal->cable, buf_view(&text));
    }
    buf_finish(&text);
}

/* --- Time -------------------------------------------------------------------------- */

static void run_wait(struct moment *moment)
{
    feed_plain(LIST_ITEM(moment, struct terminal, wait), LIFE_TIME);
}

static void feed_due(struct terminal *terminal, enum sale_timer timer)
{
    struct sale_event event = {.kind = SALE_DUE, .due = {.timer = timer}};

    event.due.chance = chance_next(&terminal->world->chance);
    feed_sale(terminal, &event);
}

static void run_step(struct moment *moment)
{
    feed_due(LIST_ITEM(moment, struct terminal, step), SALE_TIMER_STEP);
}

static void run_backstop(struct moment *moment)
{
    feed_due(LIST_ITEM(moment, struct terminal, backstop), SALE_TIMER_BACKSTOP);
}

/* --- The person ------------------------------------------------------------------------ */

/* Another one for each payment. */
static struct person someone(struct world *world)
{
    struct person person = person_default();
    unsigned kind = chance_below(&world->chance, 10);

    person.way = kind == 0 ? PERSON_CANCEL : kind == 1 ? PERSON_IGNORE : PERSON_APPROVE;
    person.card = &TEST_CARDS[chance_below(&world->chance, TEST_CARDS_COUNT)];
    person.entry = chance_below(&world->chance, CARD_ENTRIES);
    person.try_again = chance_below(&world->chance, 3);
    person.delay_ms = (uint32_t)world_between(world, 100, world_percent(world, 15) ? 60000 : 6000);
    return person;
}

static void run_whim(struct moment *moment)
{
    static const enum person_act acts[] = {PERSON_CANCELS, PERSON_CANCELS, PERSON_PRESENTS,
                                           PERSON_ENTERS_PIN, PERSON_TRIES_AGAIN};
    struct terminal *terminal = LIST_ITEM(moment, struct terminal, whim);
    struct person_command command = {.act = acts[chance_below(&terminal->world->chance, 5)]};

    if (!terminal->on) {
        return;
    }
    if (!terminal->world->calm) {
        world_later(terminal->world, moment, world_between(terminal->world, 1000, WHIM_MS),
                    run_whim);
    }
    if (sale_awaits(&terminal->life.sale, command.act)) {
        world_note(terminal->world, "terminal %u: a person does %d", terminal->number,
                   (int)command.act);
        feed_sale(terminal, &(struct sale_event){.kind = SALE_TOLD, .told = command});
    }
}

/* --- What its life wants ------------------------------------------------------------------ */

static void do_sale(struct terminal *terminal, const struct life_effect *effect)
{
    const struct sale_effect *wanted = &effect->sale;
    bool is_step;

    switch (wanted->kind) {
    case SALE_SEND:
        do_send(terminal, effect);
        break;
    case SALE_STORE:
        save_begin(&terminal->savers[1]);
        break;
    case SALE_WAIT:
        is_step = wanted->wait.timer == SALE_TIMER_STEP;
        world_later(terminal->world, is_step ? &terminal->step : &terminal->backstop,
                    wanted->wait.delay_ms, is_step ? run_step : run_backstop);
        break;
    case SALE_STOP:
        agenda_take(&terminal->world->agenda,
                    wanted->stop == SALE_TIMER_STEP ? &terminal->step : &terminal->backstop);
        break;
    case SALE_SAY:
        if (wanted->say.what == SALE_SAY_OFFERED) {
            terminal->life.sale.person = someone(terminal->world);
        }
        journal_says(terminal, wanted);
        break;
    }
}

static void goes_off(struct terminal *terminal)
{
    struct agenda *agenda = &terminal->world->agenda;

    terminal->on = false;
    if (terminal->cable != NULL) {
        cable_drop(terminal->cable);
        terminal->cable = NULL;
        terminal->open = false;
    }
    agenda_take(agenda, &terminal->wait);
    agenda_take(agenda, &terminal->step);
    agenda_take(agenda, &terminal->backstop);
    agenda_take(agenda, &terminal->whim);
    life_finish(&terminal->life);
}

static void do_give_up(struct terminal *terminal, int exit_code)
{
    world_note(terminal->world, "terminal %u ends, %d", terminal->number, exit_code);
    terminal_lose_power(terminal);
    terminal_return(terminal, world_between(terminal->world, 1000, RETURN_MS));
}

static void do_close(struct terminal *terminal, unsigned code)
{
    if (terminal->open) {
        cable_hang_up(terminal->cable, code);
    } else {
        cable_cut(terminal->cable);
    }
}

static void do_effect(struct terminal *terminal, const struct life_effect *effect)
{
    struct world *world = terminal->world;

    switch (effect->kind) {
    case LIFE_CONNECT:
        terminal->cable = cable_dial(world, terminal, &events);
        break;
    case LIFE_WAIT:
        world_later(world, &terminal->wait,
                    (int64_t)effect->wait.least_ms +
                        world_between(world, 0, effect->wait.spread_ms),
                    run_wait);
        break;
    case LIFE_SEND:
        do_send(terminal, effect);
        break;
    case LIFE_STORE:
        save_begin(&terminal->savers[0]);
        break;
    case LIFE_DROP_LOG_IN:
        break;
    case LIFE_SAY:
        world_note(world, "terminal %u: says %d %.*s%.*s", terminal->number, (int)effect->say.what,
                   (int)effect->say.word.length, effect->say.word.bytes,
                   (int)effect->say.text.length, effect->say.text.bytes);
        break;
    case LIFE_DO_SALE:
        do_sale(terminal, effect);
        break;
    case LIFE_CLOSE:
        do_close(terminal, effect->close_code);
        break;
    case LIFE_GIVE_UP:
        do_give_up(terminal, effect->exit_code);
        break;
    }
}

/* The power may go between any two of its effects. */
static void feed(struct terminal *terminal, const struct life_event *event)
{
    struct life_effects effects;
    size_t cut_before = SIZE_MAX;
    size_t i;

    life_step(&terminal->life, event, &effects);
    if (terminal->wants_power_cut && effects.count > 0) {
        cut_before = chance_below(&terminal->world->chance, (unsigned)effects.count + 1);
    }
    for (i = 0; i < effects.count && i < cut_before && terminal->on; i++) {
        do_effect(terminal, &effects.list[i]);
    }
    if (terminal->on && cut_before != SIZE_MAX) {
        terminal_lose_power(terminal);
        terminal_return(terminal, world_between(terminal->world, 500, RETURN_MS));
    }
}

/* --- Public -------------------------------------------------------------------------------- */

struct terminal *terminal_new(struct world *world, struct shop *shop)
{
    struct terminal *terminal = calloc(1, sizeof(*terminal));
    size_t i;

    assert(terminal != NULL);
    terminal->world = world;
    terminal->shop = shop;
    terminal->number = world->terminal_count;
    for (i = 0; i < 2; i++) {
        terminal->savers[i].terminal = terminal;
        terminal->savers[i].is_sale = i == 1;
    }
    return terminal;
}

void terminal_destroy(struct terminal **terminal_at)
{
    struct terminal *terminal = *terminal_at;

    if (terminal == NULL) {
        return;
    }
    *terminal_at = NULL;
    assert(!terminal->on);
    agenda_take(&terminal->world->agenda, &terminal->power);
    free(terminal->notes);
    free(terminal);
}

void terminal_switch_on(struct terminal *terminal)
{
    struct person person = someone(terminal->world);

    agenda_take(&terminal->world->agenda, &terminal->power);
    if (terminal->on) {
        return;
    }
    world_note(terminal->world, "terminal %u is switched on", terminal->number);
    terminal->on = true;
    terminal->wants_power_cut = false;
    terminal->offered = terminal->go = 0;
    life_init(&terminal->life, &terminal->disk.settings);
    life_take_up(&terminal->life, &terminal->disk.sale, &person);
    feed(terminal, &(struct life_event){.kind = LIFE_LOG_IN_GIVEN, .log_in = LIFE_LOG_IN_PASSWORD});
    feed_plain(terminal, LIFE_CONTINUE);
    feed_plain(terminal, LIFE_START);
    world_later(terminal->world, &terminal->whim, world_between(terminal->world, 1000, WHIM_MS),
                run_whim);
}

void terminal_lose_power(struct terminal *terminal)
{
    size_t i;

    if (!terminal->on) {
        return;
    }
    world_note(terminal->world, "terminal %u is off", terminal->number);
    for (i = 0; i < 2; i++) {
        struct terminal_saver *saver = &terminal->savers[i];

        agenda_take(&terminal->world->agenda, &saver->moment);
        if (saver->busy && world_percent(terminal->world, 50)) {
            save_reaches_disk(saver);
        }
        saver->busy = saver->again = false;
    }
    goes_off(terminal);
}

static void run_power(struct moment *moment)
{
    terminal_switch_on(LIST_ITEM(moment, struct terminal, power));
}

void terminal_return(struct terminal *terminal, int64_t delay_ms)
{
    world_later(terminal->world, &terminal->power, delay_ms, run_power);
}

struct sale_note *terminal_note(struct terminal *terminal, int64_t payment)
{
    size_t i;

    for (i = 0; i < terminal->note_count; i++) {
        if (terminal->notes[i].payment == payment) {
            return &terminal->notes[i];
        }
    }
    if (terminal->note_count == terminal->note_capacity) {
        terminal->note_capacity = terminal->note_capacity * 2 + 16;
        terminal->notes =
            realloc(terminal->notes, terminal->note_capacity * sizeof(*terminal->notes));
        assert(terminal->notes != NULL);
    }
    terminal->notes[terminal->note_count] = (struct sale_note){.payment = payment};
    return &terminal->notes[terminal->note_count++];
}
