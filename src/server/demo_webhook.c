/* It asks as an administrator would: the same checks, the same audit. A start
 * that asks for what there is already writes nothing. */
#include "server/demo_webhook.h"

#include <assert.h>
#include <string.h>

#include "admin/admin.h"

enum { NUMBER_SIZE = 24, EVENTS_SIZE = 64 };

/* What is caught of an answer. */
struct answer {
    struct demo_webhook *webhook;
    char events[EVENTS_SIZE];
};

static void on_name(void *context, const char *name)
{
    (void)context;
    (void)name;
}

static void on_shape(void *context)
{
    (void)context;
}

static void on_text(void *context, const char *name, const char *text)
{
    struct answer *answer = context;
    bool fits = true;

    if (strcmp(name, "url") == 0) {
        fits = text_format(answer->webhook->url, sizeof(answer->webhook->url), "%s", text);
    } else if (strcmp(name, "events") == 0) {
        fits = text_format(answer->events, sizeof(answer->events), "%s", text);
    } else if (strcmp(name, "verifierToken") == 0) {
        fits = text_format(answer->webhook->verifier_token, sizeof(answer->webhook->verifier_token),
                           "%s", text);
    }
    assert(fits);
    (void)fits;
}

static void on_number(void *context, const char *name, int64_t number)
{
    (void)context;
    (void)name;
    (void)number;
}

static void on_flag(void *context, const char *name, bool flag)
{
    (void)context;
    (void)name;
    (void)flag;
}

static void option_add(struct admin_request *request, const char *name, const char *value)
{
    if (value != NULL) {
        request->options[request->option_count++] =
            (struct admin_option){.name = slice_of(name), .value = slice_of(value)};
    }
}

/* `webhook show`, or `webhook set` with these options. */
static bool ask(struct answer *answer, const struct demo *demo, const struct data *data,
                const struct demo_webhook_options *set, char said[ADMIN_PROBLEM_SIZE])
{
    const struct admin admin = {.store = data->store,
                                .pin_key = data->pin_key,
                                .actor = "tillwire dev",
                                .allow_loopback = true};
    const struct admin_sink sink = {.open_list = on_name,
                                    .close_list = on_shape,
                                    .open_row = on_shape,
                                    .close_row = on_shape,
                                    .text = on_text,
                                    .number = on_number,
                                    .flag = on_flag,
                                    .context = answer};
    struct admin_request request = {.noun = slice_of("webhook"),
                                    .verb = slice_of(set == NULL ? "show" : "set")};
    char business[NUMBER_SIZE];

    (void)text_format(business, sizeof(business), "%lld", (long long)demo->business);
    option_add(&request, "business", business);
    if (set != NULL) {
        option_add(&request, "url", set->url);
        option_add(&request, "events", set->events);
    }
    return admin_run(&admin, &request, &sink, said);
}

static bool is_as_asked(const struct answer *answer, const struct demo_webhook_options *options)
{
    return (options->url == NULL || strcmp(options->url, answer->webhook->url) == 0) &&
           (options->events == NULL || strcmp(options->events, answer->events) == 0);
}

/* The options of `webhook set` have other names here: "--url must ..." */
static bool refuse_in_words_of_dev(const char *said, char problem[DATA_PROBLEM_SIZE])
{
    bool is_option = slice_starts_with(slice_of(said), "--");
    bool is_url = slice_starts_with(slice_of(said), "--url");

    (void)text_format(problem, DATA_PROBLEM_SIZE, "%s%s",
                      is_url      ? "--webhook"
                      : is_option ? "--webhook-"
                                  : "",
                      is_url      ? said + strlen("--url")
                      : is_option ? said + 2
                                  : said);
    return false;
}

static_assert((int)DATA_PROBLEM_SIZE >= (int)ADMIN_PROBLEM_SIZE, "every sentence fits");

bool demo_webhook_load(struct demo_webhook *webhook, const struct demo *demo,
                       const struct data *data, const struct demo_webhook_options *options,
                       char problem[DATA_PROBLEM_SIZE])
{
    struct answer answer = {.webhook = webhook};
    char said[ADMIN_PROBLEM_SIZE];
    bool has_one;

    *webhook = (struct demo_webhook){0};
    has_one = ask(&answer, demo, data, NULL, said);
    if (is_as_asked(&answer, options)) {
        return true; /* also where nothing was asked for, and there is none */
    }
    if (!has_one && options->url == NULL) {
        (void)text_format(problem, DATA_PROBLEM_SIZE,
                          "the demo business has no webhook yet, whose events could be chosen: "
                          "give --webhook URL too");
        return false;
    }
    return ask(&answer, demo, data, options, said) || refuse_in_words_of_dev(said, problem);
}
