#include "simulation/till_call.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "simulation/server.h"
#include "simulation/shop.h"
#include "simulation/terminal.h"

enum { LOST_PERCENT = 5, TOKEN = 1 };

/* On its way there, in the server's hands, on its way back. */
struct call {
    struct moment moment;
    struct till_sale *sale;
    enum { CALL_POST, CALL_CANCEL, CALL_READ } kind;
    bool reverse;
    struct payment_call *payment_call;
    struct payment_cancel *payment_cancel;
    struct read_payment read;
    /* the answer */
    uint64_t order; /* of the reads that the server answered */
    int answer;
    int64_t payment;
    enum payment_state state;
};

/* --- What the till hears -------------------------------------------------------------- */

static void hears_post(struct call *call)
{
    struct till_sale *sale = call->sale;

    sale->answered++;
    if (call->answer == PAYMENT_ACCEPTED) {
        sale->accepted++;
        till_is_accepted(sale, call->payment);
    } else if (call->answer == PAYMENT_NOT_LISTENING || call->answer == PAYMENT_BUSY) {
        sale->refused++;
    }
}

/* Answers may overtake each other; finals never change all the same. */
static void hears_state(struct till_sale *sale, enum payment_state state, uint64_t order)
{
    if (!payment_is_final(state)) {
        if (sale->saw_final && order > sale->final_order) {
            world_violation(sale->till->world, "I6", "sale %s was final and is %d now",
                            sale->invoice, (int)state);
        }
        return;
    }
    if (sale->saw_final && sale->final_state != state) {
        world_violation(sale->till->world, "I6", "sale %s was %d and is %d now", sale->invoice,
                        (int)sale->final_state, (int)state);
    }
    if (!sale->saw_final || order < sale->final_order) {
        sale->final_order = order;
    }
    sale->saw_final = true;
    sale->final_state = state;
}

static void hears_cancel(struct call *call)
{
    struct till_sale *sale = call->sale;

    if (call->answer == CANCEL_CANCELLED) {
        sale->is_cancelled = true;
    } else if (call->answer == CANCEL_TOO_LATE) {
        sale->was_too_late = true;
        sale->too_late_state = call->state;
    }
}

static void arrive_back(struct moment *moment)
{
    struct call *call = LIST_ITEM(moment, struct call, moment);
    struct till *till = call->sale->till;

    world_note(till->world, "till %u: answer to %d of %s: %d, payment %lld, state %d", till->number,
               (int)call->kind, call->sale->invoice, call->answer, (long long)call->payment,
               (int)call->state);
    if (till->on) {
        if (call->kind == CALL_POST) {
            hears_post(call);
        } else if (call->kind == CALL_CANCEL) {
            hears_cancel(call);
        } else if (call->answer == FAIL_NONE) {
            hears_state(call->sale, call->state, call->order);
        }
    }
    free(call);
}

static void answer(struct call *call, int what)
{
    struct world *world = call->sale->till->world;

    (*server_calls(world))--;
    call->answer = what;
    call->order = world->agenda.numbers;
    if (server_is_silent(world) || (!world->calm && world_percent(world, LOST_PERCENT))) {
        free(call);
        return;
    }
    world_later(world, &call->moment, world_way_ms(world), arrive_back);
}

/* --- What the server does --------------------------------------------------------------- */

static void post_done(struct payment_call *payment_call, enum payment_answer what)
{
    struct call *call = payment_call->context;

    call->payment = what == PAYMENT_ACCEPTED ? payment_call->payment : 0;
    payment_call_free(&call->payment_call);
    answer(call, (int)what);
}

static void post_start(struct call *call)
{
    struct till_sale *sale = call->sale;
    struct world *world = sale->till->world;
    struct payment_call *start = payment_call_new();

    assert(start != NULL);
    start->business = sale->till->shop->business;
    start->token = TOKEN;
    start->preset_helcim = sale->till->shop->preset_helcim;
    start->kind = PAYMENT_PURCHASE;
    start->amount_minor = sale->amount_minor;
    start->loop = chance_below(&world->chance, WORLD_LOOPS);
    start->done = post_done;
    start->context = call;
    (void)text_format(start->code, sizeof(start->code), "%s", sale->terminal->code);
    (void)text_format(start->currency, sizeof(start->currency), "CAD");
    (void)text_format(start->invoice, sizeof(start->invoice), "%s", sale->invoice);
    (void)text_format(start->key, sizeof(start->key), "%s", sale->key);
    call->payment_call = start;
    payment_call_start(server_broker(world), start);
}

static void cancel_done(struct payment_cancel *cancel, enum payment_cancel_answer what)
{
    struct call *call = cancel->context;

    call->payment = cancel->payment;
    call->state = what <= CANCEL_DEVICE_UNREACHABLE ? cancel->row.payment.state : PAYMENT_STATES;
    payment_cancel_free(&call->payment_cancel);
    answer(call, (int)what);
}

static void cancel_start(struct call *call)
{
    struct till_sale *sale = call->sale;
    struct world *world = sale->till->world;
    struct payment_cancel *start = payment_cancel_new();

    assert(start != NULL);
    start->business = sale->till->shop->business;
    start->payment = sale->payment;
    start->reverse_if_approved = call->reverse;
    start->loop = chance_below(&world->chance, WORLD_LOOPS);
    start->done = cancel_done;
    start->context = call;
    (void)text_format(start->code, sizeof(start->code), "%s", sale->terminal->code);
    call->payment_cancel = start;
    payment_cancel_start(server_broker(world), start);
}

static void read_done(struct read_payment *query)
{
    struct call *call = LIST_ITEM(query, struct call, read);

    call->state = query->row.payment.state;
    answer(call, (int)query->fail);
}

static void read_start(struct call *call)
{
    struct till_sale *sale = call->sale;
    struct world *world = sale->till->world;

    call->read = (struct read_payment){
        .business = sale->till->shop->business, .payment = sale->payment, .done = read_done};
    call->read.home = server_executor(world, chance_below(&world->chance, WORLD_LOOPS));
    (void)text_format(call->read.code, sizeof(call->read.code), "%s", sale->terminal->code);
    read_payment_start(server_store(world), &call->read);
}

static void arrive(struct moment *moment)
{
    struct call *call = LIST_ITEM(moment, struct call, moment);
    struct world *world = call->sale->till->world;

    if (!server_is_up(world) || (!world->calm && world_percent(world, LOST_PERCENT))) {
        free(call);
        return;
    }
    (*server_calls(world))++;
    if (call->kind == CALL_POST) {
        post_start(call);
    } else if (call->kind == CALL_CANCEL) {
        cancel_start(call);
    } else {
        read_start(call);
    }
}

/* --- Public --------------------------------------------------------------------------------- */

static void call_send(struct till_sale *sale, struct call call)
{
    struct world *world = sale->till->world;
    struct call *sent = malloc(sizeof(*sent));

    assert(sent != NULL);
    *sent = call;
    sent->sale = sale;
    world_later(world, &sent->moment, world_way_ms(world), arrive);
}

void till_call_post(struct till_sale *sale)
{
    world_note(sale->till->world, "till %u asks for %s, %lld on %s, key %s", sale->till->number,
               sale->invoice, (long long)sale->amount_minor, sale->terminal->code, sale->key);
    sale->sent++;
    call_send(sale, (struct call){.kind = CALL_POST});
}

void till_call_cancel(struct till_sale *sale, bool reverse_if_approved)
{
    world_note(sale->till->world, "till %u cancels %s%s", sale->till->number, sale->invoice,
               reverse_if_approved ? ", reversed if approved" : "");
    call_send(sale, (struct call){.kind = CALL_CANCEL, .reverse = reverse_if_approved});
}

void till_call_read(struct till_sale *sale)
{
    call_send(sale, (struct call){.kind = CALL_READ});
}
