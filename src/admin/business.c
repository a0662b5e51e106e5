/* admin business. */
#include "admin/call.h"
#include "base/clock.h"
#include "broker/access.h"
#include "broker/broker.h"
#include "processor/processor.h"
#include "store/payment.h"
#include "store/read.h"

enum { RATES = 3, RATE_MAX = 1000000, RATE_TEXT_SIZE = 40 };

struct business_words {
    char name[ACCOUNT_NAME_SIZE];
    char currency[ACCOUNT_CURRENCY_SIZE];
    bool has_name;
    bool has_api_mode;
    bool api_mode;
    bool has_preset;
    bool helcim;
    bool has_rate;
    bool rate_is_own;
    struct rate_limits rate;
    bool has_processor;
    enum processor_kind processor;
};

static bool api_mode_read(struct admin_call *call, struct business_words *words)
{
    struct slice value = admin_option(call, "api-mode");

    words->has_api_mode = value.bytes != NULL;
    words->api_mode = !words->has_api_mode || slice_is(value, "on");
    if (words->has_api_mode && !words->api_mode && !slice_is(value, "off")) {
        return admin_refuse(call, "--api-mode is on or off");
    }
    return true;
}

static bool preset_read(struct admin_call *call, struct business_words *words)
{
    struct slice value = admin_option(call, "preset");

    words->has_preset = value.bytes != NULL;
    words->helcim = words->has_preset && slice_is(value, "helcim");
    if (words->has_preset && !words->helcim && !slice_is(value, "none")) {
        return admin_refuse(call, "--preset is helcim or none");
    }
    return true;
}

/* "5,100,3000". */
static bool limits_read(struct slice text, struct rate_limits *rate)
{
    uint64_t numbers[RATES];
    struct slice part;
    size_t i;

    for (i = 0; i < RATES; i++) {
        if (!slice_next_part(&text, ',', &part) ||
            slice_to_unsigned(part, RATE_MAX, &numbers[i]) != FAIL_NONE) {
            return false;
        }
    }
    *rate = (struct rate_limits){.concurrent = (uint32_t)numbers[0],
                                 .minute = (uint32_t)numbers[1],
                                 .hour = (uint32_t)numbers[2]};
    return !slice_next_part(&text, ',', &part);
}

static bool rate_read(struct admin_call *call, struct business_words *words)
{
    struct slice value = admin_option(call, "rate-limits");

    words->has_rate = value.bytes != NULL;
    words->rate = RATE_OFF;
    words->rate_is_own = words->has_rate && !slice_is(value, "default");
    if (words->rate_is_own && !slice_is(value, "off") && !limits_read(value, &words->rate)) {
        return admin_refuse(call,
                            "--rate-limits is default, off, or three numbers from 0 to %d "
                            "such as 5,100,3000: calls at the same time, in a minute, in "
                            "an hour; 0 for no such limit",
                            RATE_MAX);
    }
    return true;
}

static bool own_processor_read(struct admin_call *call, struct business_words *words)
{
    struct slice value = admin_option(call, "processor");

    words->has_processor = value.bytes != NULL;
    if (words->has_processor && !processor_read(value, &words->processor)) {
        return admin_refuse(call, "--processor is test or device: who approves its payments, the "
                                  "table of test amounts or the terminal's own application");
    }
    return true;
}

static bool words_read(struct admin_call *call, struct business_words *words)
{
    return api_mode_read(call, words) && preset_read(call, words) && rate_read(call, words) &&
           own_processor_read(call, words);
}

/* What is given beside the name, the currency and API mode. */
static enum fail conduct_set(struct store_tx *tx, int64_t business,
                             const struct business_words *words)
{
    enum fail fail = FAIL_NONE;

    if (words->has_preset) {
        fail = store_business_set_preset(tx, business, words->helcim);
    }
    if (fail == FAIL_NONE && words->has_rate) {
        fail = store_business_set_rate(tx, business, words->rate_is_own ? &words->rate : NULL);
    }
    if (fail == FAIL_NONE && words->has_processor) {
        fail = store_business_set_processor(tx, business, words->processor);
    }
    return fail;
}

/* --- add ------------------------------------------------------------------ */

static enum fail add_run(struct admin_call *call, void *argument, struct store_tx *tx)
{
    const struct business_words *words = argument;

    enum fail fail = store_business_add(tx, words->name, words->currency, words->api_mode,
                                        clock_wall_ms(), &call->id);

    return fail == FAIL_NONE ? conduct_set(tx, call->id, words) : fail;
}

static bool add(struct admin_call *call)
{
    struct business_words words;
    enum fail fail;

    if (!admin_text(call, "name", account_name_problem, words.name, sizeof(words.name)) ||
        !admin_text(call, "currency", account_currency_problem, words.currency,
                    sizeof(words.currency)) ||
        !words_read(call, &words)) {
        return false;
    }
    fail = admin_write(call, add_run, &words);
    if (fail != FAIL_NONE) {
        return admin_refuse_fail(call, fail);
    }
    admin_show_id(call, "business", call->id);
    return true;
}

/* --- list, show ------------------------------------------------------------ */

static void rate_show(struct admin_call *call, const struct business *business)
{
    const struct rate_limits *rate = &business->rate;
    char text[RATE_TEXT_SIZE];

    (void)text_format(text, sizeof(text), "%u,%u,%u", rate->concurrent, rate->minute, rate->hour);
    if (!business->rate_is_own) {
        admin_show_text(call, "rateLimits", business->preset_helcim ? "helcim" : "default");
    } else if (rate->concurrent == 0 && rate->minute == 0 && rate->hour == 0) {
        admin_show_text(call, "rateLimits", "off");
    } else {
        admin_show_text(call, "rateLimits", text);
    }
}

static void show_row(void *context, const struct business *business)
{
    struct admin_call *call = context;

    admin_open_row(call);
    admin_show_number(call, "business", business->id);
    admin_show_text(call, "name", business->name);
    admin_show_text(call, "currency", business->currency);
    admin_show_flag(call, "apiMode", business->api_mode);
    admin_show_text(call, "preset", business->preset_helcim ? "helcim" : "none");
    rate_show(call, business);
    admin_show_text(call, "processor", processor_name((enum processor_kind)business->processor));
    admin_show_time(call, "created", business->created_ms);
    admin_close_row(call);
}

static enum fail list_run(struct admin_call *call, void *argument, struct store_tx *tx)
{
    (void)argument;
    return read_businesses(tx, show_row, call);
}

static bool list(struct admin_call *call)
{
    return admin_list(call, list_run);
}

static enum fail find_run(struct admin_call *call, void *argument, struct store_tx *tx)
{
    return store_business_find(tx, call->id, argument);
}

/* The business named by the argument. */
static bool find(struct admin_call *call, struct business *business)
{
    enum fail fail;

    if (!admin_id(call)) {
        return false;
    }
    fail = admin_read(call, find_run, business);
    if (fail == FAIL_NOT_FOUND) {
        return admin_refuse(call, "there is no business %lld", (long long)call->id);
    }
    return fail == FAIL_NONE || admin_refuse_fail(call, fail);
}

static bool show(struct admin_call *call)
{
    struct business business;

    if (!find(call, &business)) {
        return false;
    }
    show_row(call, &business);
    return true;
}

/* --- set ------------------------------------------------------------------- */

static enum fail set_run(struct admin_call *call, void *argument, struct store_tx *tx)
{
    const struct business_words *words = argument;
    enum fail fail = FAIL_NONE;

    if (words->has_name) {
        fail = store_business_set_name(tx, call->id, words->name);
    }
    if (fail == FAIL_NONE && words->has_api_mode) {
        fail = store_business_set_api_mode(tx, call->id, words->api_mode);
    }
    return fail == FAIL_NONE ? conduct_set(tx, call->id, words) : fail;
}

/* The loops keep the limits beside the tokens. */
static void tell(struct admin_call *call, const struct business_words *words)
{
    struct broker *broker = call->admin->broker;

    if (broker != NULL && (words->has_preset || words->has_rate)) {
        access_forget(broker);
    }
    if (broker != NULL && words->has_api_mode) {
        broker_api_mode_changed(broker, call->id, words->api_mode);
    }
}

static bool set(struct admin_call *call)
{
    struct business_words words;
    struct business business;
    enum fail fail;

    words.has_name = admin_given(call, "name");
    if (!find(call, &business) || !words_read(call, &words) ||
        (words.has_name &&
         !admin_text(call, "name", account_name_problem, words.name, sizeof(words.name)))) {
        return false;
    }
    if (!words.has_name && !words.has_api_mode && !words.has_preset && !words.has_rate &&
        !words.has_processor) {
        return admin_refuse(call, "nothing to set: give --name, --api-mode, --preset, "
                                  "--rate-limits or --processor");
    }
    fail = admin_write(call, set_run, &words);
    if (fail != FAIL_NONE) {
        return admin_refuse_fail(call, fail);
    }
    tell(call, &words);
    return show(call);
}

/* --- remove ---------------------------------------------------------------- */

struct owned {
    int64_t count;
};

static void count_user(void *context, const struct user *row)
{
    (void)row;
    ((struct owned *)context)->count++;
}

static void count_token(void *context, const struct token *row)
{
    (void)row;
    ((struct owned *)context)->count++;
}

static void count_device(void *context, const struct device *row)
{
    (void)row;
    ((struct owned *)context)->count++;
}

static enum fail owned_run(struct admin_call *call, void *argument, struct store_tx *tx)
{
    enum fail fail = read_users(tx, call->id, count_user, argument);

    if (fail == FAIL_NONE) {
        fail = read_tokens(tx, call->id, count_token, argument);
    }
    if (fail == FAIL_NONE) {
        fail = read_device_rows(tx, call->id, count_device, argument);
    }
    return fail;
}

static enum fail remove_run(struct admin_call *call, void *argument, struct store_tx *tx)
{
    (void)argument;
    return store_business_remove(tx, call->id);
}

static bool remove_business(struct admin_call *call)
{
    struct business business;
    struct owned owned = {0};
    enum fail fail;

    if (!find(call, &business)) {
        return false;
    }
    fail = admin_read(call, owned_run, &owned);
    if (fail == FAIL_NONE && owned.count > 0 && !admin_given(call, "force")) {
        return admin_refuse(call,
                            "%s has users, tokens or devices, which would be removed with it; "
                            "say --force if that is meant",
                            business.name);
    }
    if (fail == FAIL_NONE) {
        fail = admin_write(call, remove_run, NULL);
    }
    if (fail == FAIL_BUSY) {
        return admin_refuse(call,
                            "%s has payments that are not final, and nobody could learn what "
                            "became of them; let them end, or resolve those that are unknown: "
                            "'payment list --open --business %lld' shows them",
                            business.name, (long long)call->id);
    }
    if (fail != FAIL_NONE) {
        return admin_refuse_fail(call, fail);
    }
    if (call->admin->broker != NULL) {
        access_forget(call->admin->broker);
        broker_business_removed(call->admin->broker, call->id);
    }
    admin_show_id(call, "business", call->id);
    return true;
}

const struct admin_noun business_noun = {
    "business",
    {{"add", add}, {"list", list}, {"show", show}, {"set", set}, {"remove", remove_business}}};
