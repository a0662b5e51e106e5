/* tillwire pos pay: a whole sale from the shell. */
#include "cli/pos_pay.h"

#include "base/id.h"
#include "cli/chapters.h"
#include "cli/interrupt.h"
#include "cli/output.h"
#include "cli/pos_live.h"
#include "cli/pos_shared.h"
#include "core/money.h"

/* A key as live shops send it; an invoice number that nobody else makes up. */
enum {
    KEY_LENGTH = 25,
    NUMBER_LENGTH = 10,
    KEY_AS_NUMBER_MAX = PAYMENT_INVOICE_MAX - 3,
    LIMIT_MAX_S = 3600,
};

#define FIRST_LINE                                                                                 \
    "tillwire: asking for a cancel and waiting for what is true; Ctrl-C again ends at once\n"
#define SECOND_LINE                                                                                \
    "tillwire: ended; the sale may still be going on at the terminal, and may end approved: "      \
    "look with 'tillwire pos payments NAME'\n"

static const struct cli_argument ARGUMENTS[] = {
    {"NAME", "a name that was paired"},
    {"AMOUNT", "how much, such as 12.34"},
};
static const struct cli_option OPTIONS[] = {
    {.name = "invoice",
     .value = "I",
     .help = "the sale's invoice number, at most 64 characters; made up otherwise"},
    {.name = "customer", .value = "C", .help = "the customer's code, at most 64 characters"},
    {.name = "key", .value = "K", .help = "the idempotency-key; a new one otherwise"},
    {.name = "currency",
     .value = "CURRENCY",
     .choices = "CAD|USD",
     .help = "the business's currency",
     .environment = "TILLWIRE_CURRENCY",
     .fallback = "CAD"},
    {.name = "timeout",
     .value = "S",
     .help = "ask for a cancel after so many seconds, 1 to 3600",
     .fallback = "300"},
    POS_CALL_OPTIONS,
    {.name = "json", .help = "print one JSON object a line; the last has the outcome"},
};

/* What was read or made up, and is lent to the sale. */
struct words {
    char amount[MONEY_SIZE];
    char key[PAYMENT_KEY_SIZE];
    char invoice[PAYMENT_INVOICE_SIZE];
    int64_t limit_ms;
};

static const char *label_problem(const char *label, const char *problem)
{
    struct slice text = slice_of(label);

    return text.length == 0 || !slice_is_utf8(text) || slice_has_control(text) ||
                   slice_code_points(text) > PAYMENT_INVOICE_MAX
               ? problem
               : NULL;
}

static const char *read_amount(const char *text, struct words *words)
{
    int64_t minor;

    if (money_read(slice_of(text), &minor) != NULL) {
        return "AMOUNT is a number from 0.01 to 9999999.99 with at most two decimals, such as "
               "12.34";
    }
    money_write(minor, words->amount);
    return NULL;
}

/* A given key without an invoice number gets the same number every time: a
 * repeat must ask for the same. */
static const char *read_key(const struct cli_given *given, struct words *words)
{
    const char *key = options_value(given, "key");
    const char *invoice = options_value(given, "invoice");
    char number[NUMBER_LENGTH + 1];

    if (key != NULL && (!slice_is_visible_ascii(slice_of(key)) ||
                        slice_copy(slice_of(key), words->key, sizeof(words->key)) != FAIL_NONE)) {
        return "--key has 1 to 255 visible ASCII characters and no blanks";
    }
    if (key == NULL) {
        id_random_text(words->key, KEY_LENGTH);
    }
    if (invoice != NULL) {
        (void)text_format(words->invoice, sizeof(words->invoice), "%s", invoice);
    } else if (key == NULL) {
        id_random_text(number, NUMBER_LENGTH);
        (void)text_format(words->invoice, sizeof(words->invoice), "TW-%s", number);
    } else if (slice_of(key).length > KEY_AS_NUMBER_MAX) {
        return "--key of more than 61 characters needs --invoice";
    } else {
        (void)text_format(words->invoice, sizeof(words->invoice), "TW-%s", key);
    }
    return NULL;
}

static const char *read_words(const struct cli_given *given, struct words *words)
{
    const char *invoice = options_value(given, "invoice");
    const char *customer = options_value(given, "customer");
    const char *problem = pos_words_problem(given);
    uint64_t limit_s = 0;

    if (problem == NULL) {
        problem = read_amount(given->arguments[1], words);
    }
    if (problem == NULL && invoice != NULL) {
        problem =
            label_problem(invoice, "--invoice has 1 to 64 characters and no control characters");
    }
    if (problem == NULL && customer != NULL) {
        problem =
            label_problem(customer, "--customer has 1 to 64 characters and no control characters");
    }
    if (problem == NULL) {
        problem = read_key(given, words);
    }
    if (problem == NULL && (slice_to_unsigned(slice_of(options_value(given, "timeout")),
                                              LIMIT_MAX_S, &limit_s) != FAIL_NONE ||
                            limit_s == 0)) {
        problem = "--timeout must be a number of seconds from 1 to 3600";
    }
    words->limit_ms = (int64_t)limit_s * 1000;
    return problem;
}

static int pay(const struct cli_given *given, const struct pairing *pairing,
               const struct words *words)
{
    struct pay_teller teller = {
        .given = given, .pairing = pairing, .json = options_flag(given, "json")};
    struct pos_client client;
    struct pos_api api;
    struct sale sale = {.api = &api,
                        .code = pairing->code,
                        .amount = words->amount,
                        .currency = options_value(given, "currency"),
                        .invoice = words->invoice,
                        .customer = options_value(given, "customer"),
                        .key = words->key,
                        .is_repeat = options_value(given, "key") != NULL,
                        .limit_ms = words->limit_ms,
                        .on_step = pay_tell_step,
                        .context = &teller};

    if (!pos_find_client(given, pairing->api, &client)) {
        return CLI_USAGE;
    }
    api = pos_live(&client);
    interrupt_start(FIRST_LINE, SECOND_LINE, CLI_UNKNOWN);
    pay_tell_start(&teller, &sale);
    sale_run(&sale);
    return pay_tell_end(&teller, &sale);
}

static int run(const struct cli_given *given)
{
    struct words words;
    const char *wrong = read_words(given, &words);
    struct pairing pairing;
    int code;

    if (wrong != NULL) {
        return output_usage(given->command, wrong);
    }
    code = pos_find_pairing(given, &pairing);
    return code == CLI_DONE ? pay(given, &pairing, &words) : code;
}

static const struct cli_command COMMANDS[] = {
    {.path = "pos pay",
     .summary = "Take a payment on a paired terminal, and follow it to its end",
     .text = "Each step is printed as it happens. Ctrl-C asks for a cancel and then tells what is\n"
             "true, which may be that it was too late; a second Ctrl-C ends at once. A request\n"
             "without an answer is repeated with the same idempotency-key, which makes no second\n"
             "sale. Of an API that names no payment to follow, the card transactions with the\n"
             "invoice number are looked for.\n\n"
             "Exit codes: 0 approved; 1 no sale was started: the terminal was not found, is not\n"
             "listening or is busy, the request was refused, or the name is not paired; 2 wrong "
             "usage; 3 the api-token was\n"
             "not accepted; 4 no usable answer from the API, and no sale was started; 5 the\n"
             "pairings file cannot be used; 6 declined; 7 cancelled, or nobody presented a card\n"
             "in time; 8 how it ended is not known.\n",
     .example = "tillwire pos pay \"Till 1\" 12.34 --invoice INV7\n",
     CLI_ARGUMENTS(ARGUMENTS),
     CLI_OPTIONS(OPTIONS),
     .run = run},
};

const struct cli_chapter cli_pos_pay_chapter = {COMMANDS, CLI_COUNT(COMMANDS)};
