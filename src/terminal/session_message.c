/* What a terminal says about itself, and about its payment. */
#include "terminal/session_message.h"

#include <assert.h>

static void fill_of_sale(const struct sale *sale, const struct sale_effect *effect,
                         struct terminal_message *out)
{
    *out = (struct terminal_message){.type = effect->send.type};
    if (out->type == TERMINAL_DISPLAYED) {
        out->displayed = effect->send.payment;
    } else if (out->type == TERMINAL_ASK_PAYMENT) {
        out->ask_payment = effect->send.payment;
    } else if (out->type == TERMINAL_PROGRESS) {
        out->progress.payment = effect->send.payment;
        out->progress.screen = slice_of(effect->send.word);
    } else if (out->type == TERMINAL_CANCEL_PAYMENT) {
        out->cancel_payment.payment = effect->send.payment;
        out->cancel_payment.by = slice_of(effect->send.word);
    } else {
        assert(out->type == TERMINAL_ATTEMPT || out->type == TERMINAL_RESULT);
        sale_record_message(&sale->record, out);
        assert(out->type == effect->send.type);
    }
}

void session_message_fill(const struct life *life, const struct session_log_in *log_in,
                          const struct life_effect *effect, struct terminal_message *out)
{
    if (effect->kind == LIFE_DO_SALE) {
        assert(effect->sale.kind == SALE_SEND);
        fill_of_sale(&life->sale, &effect->sale, out);
        return;
    }
    *out = (struct terminal_message){.type = effect->send.type};
    if (out->type == TERMINAL_HELLO) {
        out->hello.protocol = TERMINAL_PROTOCOL;
        out->hello.serial = slice_of(life->settings.serial);
        out->hello.version = slice_of("tillwire/" TILLWIRE_VERSION);
        out->hello.credential = slice_of(life->settings.credential);
    } else if (out->type == TERMINAL_LOG_IN) {
        out->log_in.email = log_in->email;
        out->log_in.password = log_in->password;
        out->log_in.pin = log_in->pin;
    } else if (out->type == TERMINAL_PING_SHOWN) {
        out->ping_shown = effect->send.ping;
    } else if (out->type == TERMINAL_BYE) {
        out->bye.reason = slice_of("power");
    }
}
