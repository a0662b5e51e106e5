/* One table of the English sentences and one of the JSON names. Texts of others
 * are cleaned on their way to a screen, so that no message of a point of sale
 * can move the cursor of the person who watches. */
#include "terminal/line.h"

#include <assert.h>

#include "terminal/line_sale.h"
#include "wire/json_write.h"

static const char *const event_names[] = {
    [LIFE_SAY_REGISTERED] = "registered",
    [LIFE_SAY_READY] = "ready",
    [LIFE_SAY_PING] = "ping",
    [LIFE_SAY_DISCONNECTED] = "disconnected",
    [LIFE_SAY_LOG_IN_REFUSED] = "log_in_refused",
    [LIFE_SAY_LOGGED_OUT] = "logged_out",
    [LIFE_SAY_API_MODE] = "api_mode",
    [LIFE_SAY_REPLACED] = "replaced",
    [LIFE_SAY_REMOVED] = "removed",
    [LIFE_SAY_REVOKED] = "revoked",
};

static void add_json_fields(struct buf *out, const struct life_effect *effect)
{
    switch (effect->say.what) {
    case LIFE_SAY_REGISTERED:
        json_add_slice(out, "code", effect->say.text);
        break;
    case LIFE_SAY_PING:
        if (effect->say.text.length == 0) {
            json_add_null(out, "message");
        } else {
            json_add_slice(out, "message", effect->say.text);
        }
        break;
    case LIFE_SAY_DISCONNECTED:
        json_add_integer(out, "code", effect->say.code);
        json_add_slice(out, "reason", effect->say.text);
        break;
    case LIFE_SAY_LOG_IN_REFUSED:
        json_add_slice(out, "reason", effect->say.word);
        json_add_slice(out, "message", effect->say.text);
        if (effect->say.wait_seconds > 0) {
            json_add_integer(out, "waitSeconds", effect->say.wait_seconds);
        }
        break;
    case LIFE_SAY_API_MODE:
        json_add_bool(out, "on", effect->say.on);
        break;
    case LIFE_SAY_READY:
    case LIFE_SAY_LOGGED_OUT:
    case LIFE_SAY_REPLACED:
    case LIFE_SAY_REMOVED:
    case LIFE_SAY_REVOKED:
    case LIFE_SAY_PROBLEM:
        break;
    }
}

static void write_json(struct buf *out, const struct line_form *form,
                       const struct settings *settings, const struct life_effect *effect)
{
    json_open_object(out, NULL);
    json_add_text(out, "event",
                  effect->kind == LIFE_DO_SALE ? line_sale_name(effect->sale.say.what)
                                               : event_names[effect->say.what]);
    if (form->number != 0) {
        json_add_integer(out, "terminal", form->number);
        json_add_text(out, "serial", settings->serial);
    }
    if (effect->kind == LIFE_DO_SALE) {
        line_sale_json(out, &effect->sale);
    } else {
        add_json_fields(out, effect);
    }
    json_close_object(out);
}

/* With '?' for each byte of a control character (C0, DEL, C1). */
static void add_clean(struct buf *out, struct slice text)
{
    size_t i;

    for (i = 0; i < text.length; i++) {
        unsigned char byte = (unsigned char)text.bytes[i];
        unsigned char next = i + 1 < text.length ? (unsigned char)text.bytes[i + 1] : 0;

        if (byte == 0xc2 && next >= 0x80 && next <= 0x9f) {
            i++;
            byte = 0;
        }
        buf_byte(out, byte < 0x20 || byte == 0x7f ? '?' : text.bytes[i]);
    }
}

static void add_quoted(struct buf *out, const char *before, struct slice text, const char *after)
{
    buf_text(out, before);
    add_clean(out, text);
    buf_text(out, after);
}

static void add_wait(struct buf *out, int64_t seconds)
{
    if (seconds > 0) {
        buf_format(out, " (no log-in is looked at for %lld second%s)", (long long)seconds,
                   seconds == 1 ? "" : "s");
    }
}

static void write_registered(struct buf *out, const struct settings *settings)
{
    buf_format(out, "Device code %s", settings->code);
    if (settings->business_name[0] != '\0') {
        add_quoted(out, " (", slice_of(settings->business_name), ")");
    }
    buf_text(out, ". Enter it in your point of sale.");
}

static void write_english(struct buf *out, const struct settings *settings,
                          const struct life_effect *effect)
{
    struct slice text = effect->say.text;

    switch (effect->say.what) {
    case LIFE_SAY_REGISTERED:
        write_registered(out, settings);
        break;
    case LIFE_SAY_READY:
        buf_text(out, "Ready to take payment.");
        break;
    case LIFE_SAY_PING:
        add_quoted(out,
                   text.length == 0 ? "Ping from your point of sale."
                                    : "Message from your point of sale: ",
                   text, "");
        break;
    case LIFE_SAY_DISCONNECTED:
        buf_format(out, "Disconnected (%u", effect->say.code);
        add_quoted(out, text.length == 0 ? "" : ": ", text, "). Trying again.");
        break;
    case LIFE_SAY_LOG_IN_REFUSED:
        add_quoted(out, "The log-in was refused (", effect->say.word, "): ");
        add_clean(out, text);
        add_wait(out, effect->say.wait_seconds);
        break;
    case LIFE_SAY_LOGGED_OUT:
        buf_text(out, "Logged out.");
        break;
    case LIFE_SAY_API_MODE:
        buf_text(out, effect->say.on
                          ? "API mode is on."
                          : "API mode is off: no point of sale can reach this terminal.");
        break;
    case LIFE_SAY_REPLACED:
        buf_text(out, "Another connection of this terminal has taken the place of this one.");
        break;
    case LIFE_SAY_REMOVED:
        buf_text(out, "An administrator has removed this device.");
        break;
    case LIFE_SAY_REVOKED:
        buf_text(out, "An administrator has taken this terminal's credential back: "
                      "log in with e-mail and password.");
        break;
    case LIFE_SAY_PROBLEM:
        add_clean(out, effect->say.word);
        add_clean(out, text);
        add_wait(out, effect->say.wait_seconds);
        break;
    }
}

void line_write(struct buf *out, const struct line_form *form, const struct settings *settings,
                const struct life_effect *effect)
{
    bool is_sale = effect->kind == LIFE_DO_SALE;

    assert(is_sale ? effect->sale.kind == SALE_SAY : effect->kind == LIFE_SAY);
    if (form->json && (is_sale || effect->say.what != LIFE_SAY_PROBLEM)) {
        write_json(out, form, settings, effect);
    } else {
        if (form->number != 0) {
            buf_format(out, "Terminal %u (%s): ", form->number, settings->serial);
        }
        if (is_sale) {
            line_sale_english(out, &effect->sale, add_clean);
        } else {
            write_english(out, settings, effect);
        }
    }
    buf_byte(out, '\n');
}
