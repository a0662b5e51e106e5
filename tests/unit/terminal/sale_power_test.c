/* The power goes after the nth effect of a sale, and again after the mth of the
 * next start: whatever is left is what the disk has. Never two cards under one
 * number, never a reader on without a go of this start, never anything said that
 * is not durable, and always one end. */
#include "sale_story.h"

#include <string.h>

/* What the outside has seen of one payment, over all its power cuts: the disk,
 * the server's memory of the attempts, and the reader. */
struct world {
    struct sale_story story;
    struct sale_record disk;
    struct sale_record asked; /* what a store was asked for */
    bool storing;
    bool step_waits;
    bool go_heard; /* since the power came, and on the connection of its offer */
    char cards[4][CARD_LAST_SIZE];
    unsigned approvals; /* decided by the terminal, as the disk has it */
    unsigned left;      /* effects until the power goes */
    bool dark;
};

/* One number is one card for ever, and no message is of what is not durable. */
static void see_message(struct world *world)
{
    struct terminal_message message;
    const struct terminal_attempt *attempt = &message.attempt;
    char *last;

    sale_record_message(&world->story.sale.record, &message);
    if (message.type == TERMINAL_RESULT) {
        attempt = &message.result.attempt;
    }
    assert_int_equal(world->disk.payment, attempt->payment);
    assert_int_equal(world->disk.attempt, attempt->attempt);
    assert_string_equal(world->disk.card.last_four, world->story.sale.record.card.last_four);
    assert_in_range(attempt->attempt, 1, 3);
    last = world->cards[attempt->attempt];
    if (last[0] != '\0') {
        assert_string_equal(last, world->story.sale.record.card.last_four);
    }
    memcpy(last, world->story.sale.record.card.last_four, CARD_LAST_SIZE);
}

static void do_sale_effect(struct world *world, const struct sale_effect *effect)
{
    if (effect->kind == SALE_STORE) {
        world->asked = world->story.sale.record;
        world->storing = true;
    } else if (effect->kind == SALE_WAIT && effect->wait.timer == SALE_TIMER_STEP) {
        world->step_waits = true;
    } else if (effect->kind == SALE_STOP && effect->stop == SALE_TIMER_STEP) {
        world->step_waits = false;
    } else if (effect->kind == SALE_SEND &&
               (effect->send.type == TERMINAL_ATTEMPT || effect->send.type == TERMINAL_RESULT)) {
        see_message(world);
    } else if (effect->kind == SALE_SEND && effect->send.type == TERMINAL_CANCEL_PAYMENT) {
        /* never while an approval of its own stands on the disk */
        assert_false(world->disk.payment != 0 && world->disk.unsent == UNSENT_RESULT &&
                     world->disk.approved && world->story.sale.record.unsent != UNSENT_RESULT);
    }
}

/* The effects of an event, until the power goes. */
static void happens(struct world *world, const struct sale_event *event)
{
    struct sale_effects effects;
    size_t i;

    if (world->dark) {
        return;
    }
    sale_step(&world->story.sale, event, &effects);
    for (i = 0; i < effects.count && !world->dark; i++) {
        if (world->left == 0) {
            world->dark = true;
            break;
        }
        world->left--;
        do_sale_effect(world, &effects.list[i]);
    }
    if (world->story.sale.state == SALE_CARD) {
        assert_true(world->go_heard || world->story.sale.record.attempt > 0);
        assert_int_equal(world->disk.payment, 5);
    }
}

static void hears(struct world *world, struct terminal_message message)
{
    happens(world, &(struct sale_event){.kind = SALE_MESSAGE, .heard = {&message, 1000}});
}

/* The disk has done its work; a cut may come before it and after it. */
static void finish_store(struct world *world)
{
    if (world->dark || !world->storing) {
        return;
    }
    if (world->left == 0) {
        world->dark = true;
        return;
    }
    world->left--;
    if (world->disk.unsent != UNSENT_RESULT && world->asked.unsent == UNSENT_RESULT &&
        world->asked.approved) {
        world->approvals++;
    }
    world->disk = world->asked;
    world->storing = false;
    happens(world, &(struct sale_event){.kind = SALE_STORED});
}

/* A server that goes on with whatever the terminal has said last: declines the
 * first card and approves the second. */
static void answer(struct world *world)
{
    const struct sale_record *record = &world->story.sale.record;

    if (world->dark || world->story.sale.state != SALE_SAYING) {
        return;
    }
    if (record->unsent == UNSENT_CANCEL) {
        hears(world, sale_ended(5, "cancelled", "lost"));
        return;
    }
    if (record->unsent == UNSENT_ATTEMPT) {
        bool approved = record->attempt > 1;

        hears(world, sale_outcome(5, record->attempt, approved, approved));
    } else {
        hears(world, sale_outcome(5, record->attempt, record->approved, record->approved));
    }
    if (world->story.sale.state == SALE_OVER) {
        hears(world, sale_ended(5, "approved", ""));
    }
}

/* On with it until nothing moves any more. */
static void play_on(struct world *world)
{
    unsigned round;

    for (round = 0; round < 30 && !world->dark; round++) {
        finish_store(world);
        answer(world);
        if (!world->dark && world->step_waits) {
            world->step_waits = false;
            happens(world, &(struct sale_event){.kind = SALE_DUE, .due = {.chance = round}});
        }
    }
}

static void power_on(struct world *world, const char *card, unsigned left)
{
    world->dark = false;
    world->left = left;
    world->storing = world->step_waits = world->go_heard = false;
    world->story.person.card = test_card_find(slice_of(card));
    sale_power_cut(&world->story, &world->disk);
    happens(world, &(struct sale_event){.kind = SALE_BEGIN});
    happens(world, &(struct sale_event){.kind = SALE_WELCOMED});
}

static void play_whole_sale(struct world *world, const char *authority, unsigned cut_after)
{
    *world = (struct world){.story = {.person = person_default()}};
    world->story.person.try_again = 1;
    power_on(world, "visa", cut_after);
    hears(world, sale_offer(5, authority));
    if (!world->dark) {
        world->go_heard = true;
        hears(world, sale_go(5));
    }
    play_on(world);
}

/* The power goes after the nth effect, and again after the mth of the next
 * start, where another card lies in the tray; then it stays. */
static void a_power_cut_anywhere_leaves_one_card_a_number_and_one_end(void **state)
{
    static const char *const authorities[] = {"server", "terminal"};
    struct world world;
    unsigned authority;
    unsigned first;
    unsigned second;

    (void)state;
    for (authority = 0; authority < 2; authority++) {
        play_whole_sale(&world, authorities[authority], 1000);
        assert_false(world.dark);
        assert_int_equal(world.disk.payment, 0);
        for (first = 0; first < 60; first++) {
            for (second = 0; second < 40; second++) {
                play_whole_sale(&world, authorities[authority], first);
                power_on(&world, "amex", second);
                play_on(&world);
                power_on(&world, "discover", 1000);
                play_on(&world);
                assert_false(world.dark);
                assert_int_equal(world.story.sale.state, SALE_IDLE);
                assert_int_equal(world.disk.payment, 0);
                assert_true(world.approvals <= 1);
            }
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_power_cut_anywhere_leaves_one_card_a_number_and_one_end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
