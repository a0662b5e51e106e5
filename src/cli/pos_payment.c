/* tillwire pos transaction, cancel and payments: what became of a sale, and
 * how to end one. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/chapters.h"
#include "cli/output.h"
#include "cli/pos_live.h"
#include "cli/pos_shared.h"
#include "wire/json_write.h"

static bool read_id(const char *text, int64_t *id)
{
    uint64_t number;

    if (slice_to_unsigned(slice_of(text), INT64_MAX, &number) != FAIL_NONE || number == 0) {
        return false;
    }
    *id = (int64_t)number;
    return true;
}

static int refuse(const struct cli_given *given, const struct pos_refusal *refusal)
{
    return pos_refuse(given, pos_outcome_name(refusal->outcome), pos_exit_of(refusal->outcome),
                      refusal->problem);
}

/* --- transaction ------------------------------------------------------ */

static const struct cli_argument ID_ARGUMENT[] = {{"ID", "the transaction's number"}};
static const struct cli_option TRANSACTION_OPTIONS[] = {
    {.name = "api",
     .value = "URL",
     .help = "base address of the Smart Terminal API",
     .environment = "TILLWIRE_API",
     .fallback = POS_API_DEFAULT},
    POS_TOKEN_OPTION,
    POS_CA_OPTION,
    {.name = "json", .help = POS_JSON_HELP},
};

struct field {
    const char *name;  /* in JSON */
    const char *label; /* for people */
    const char *value;
};

static void print_transaction(const struct cli_given *given, const struct pos_transaction *found)
{
    const struct field fields[] = {
        {"status", "Status", found->status},
        {"type", "Type", found->type},
        {"amount", "Amount", found->amount},
        {"currency", "Currency", found->currency},
        {"dateCreated", "Date", found->created},
        {"cardType", "Card", found->card_type},
        {"cardNumber", "Number", found->card_number},
        {"approvalCode", "Approval", found->approval_code},
        {"invoiceNumber", "Invoice", found->invoice},
        {"customerCode", "Customer", found->customer},
        {"warning", "Warning", found->warning},
    };
    struct buf object;
    size_t i;

    if (options_flag(given, "json")) {
        pos_json_start(&object, "found");
        json_add_integer(&object, "transactionId", found->id);
        for (i = 0; i < CLI_COUNT(fields); i++) {
            json_add_text(&object, fields[i].name, fields[i].value);
        }
        pos_json_print(&object);
        return;
    }
    output_line("%-10s%" PRId64, "Number", found->id);
    for (i = 0; i < CLI_COUNT(fields); i++) {
        if (fields[i].value[0] != '\0') {
            output_line("%-10s%s", fields[i].label, fields[i].value);
        }
    }
}

/* An unknown transaction is answered 400 (contract.md, Results). */
static int refuse_transaction(const struct cli_given *given, const struct pos_refusal *refusal)
{
    bool unknown = refusal->status == 400;

    return unknown ? pos_refuse(given, "not_found", CLI_REFUSED, refusal->problem)
                   : refuse(given, refusal);
}

static int run_transaction(const struct cli_given *given)
{
    const char *wrong = pos_words_problem(given);
    struct pos_transaction found;
    struct pos_refusal refusal;
    struct pos_client client;
    struct pos_api api;
    int64_t id;

    if (wrong == NULL && !read_id(given->arguments[0], &id)) {
        wrong = "ID is the number of a transaction";
    }
    if (wrong != NULL) {
        return output_usage(given->command, wrong);
    }
    if (!pos_find_client(given, POS_API_DEFAULT, &client)) {
        return CLI_USAGE;
    }
    api = pos_live(&client);
    if (!ask_transaction(&api, id, &found, &refusal)) {
        return refuse_transaction(given, &refusal);
    }
    print_transaction(given, &found);
    return CLI_DONE;
}

/* --- payments --------------------------------------------------------- */

static const struct cli_argument NAME_ARGUMENT[] = {{"NAME", "a name that was paired"}};
static const struct cli_option PAYMENTS_OPTIONS[] = {
    {.name = "open", .help = "only those that are not over"},
    POS_CALL_OPTIONS,
    {.name = "json", .help = POS_JSON_HELP},
};

static void payments_as_json(const struct pairing *pairing, const struct pos_payment_list *list)
{
    struct buf object;
    size_t i;

    pos_json_start(&object, NULL);
    json_add_text(&object, "name", pairing->name);
    json_add_text(&object, "code", pairing->code);
    json_open_array(&object, "payments");
    for (i = 0; i < list->count; i++) {
        const struct pos_payment *item = &list->items[i];

        json_open_object(&object, NULL);
        json_add_integer(&object, "payment", item->id);
        json_add_text(&object, "state", item->state);
        json_add_text(&object, "reason", item->reason[0] == '\0' ? NULL : item->reason);
        json_add_text(&object, "amount", item->amount);
        json_add_text(&object, "currency", item->currency);
        json_add_text(&object, "invoiceNumber", item->invoice);
        json_add_text(&object, "dateCreated", item->created);
        if (item->transaction == 0) {
            json_add_null(&object, "transactionId");
        } else {
            json_add_integer(&object, "transactionId", item->transaction);
        }
        json_add_bool(&object, "reversed", item->reversed);
        json_close_object(&object);
    }
    json_close_array(&object);
    pos_json_print(&object);
}

static void payments_as_table(const struct pairing *pairing, const struct pos_payment_list *list)
{
    enum { COLUMNS = 6, ID_SIZE = 24 };
    static const char *const HEAD[COLUMNS] = {"PAYMENT", "DATE",    "AMOUNT",
                                              "STATE",   "INVOICE", "TRANSACTION"};
    static struct slice cells[(POS_LIST_MAX + 1) * COLUMNS];
    static char ids[POS_LIST_MAX][2][ID_SIZE];
    struct buf text;
    size_t i;

    if (list->count == 0) {
        output_line("There are no such payments on %s (%s).", pairing->name, pairing->code);
        return;
    }
    for (i = 0; i < COLUMNS; i++) {
        cells[i] = slice_of(HEAD[i]);
    }
    for (i = 0; i < list->count; i++) {
        const struct pos_payment *item = &list->items[i];
        struct slice *row = &cells[(i + 1) * COLUMNS];

        (void)text_format(ids[i][0], ID_SIZE, "%" PRId64, item->id);
        (void)text_format(ids[i][1], ID_SIZE, "%" PRId64, item->transaction);
        row[0] = slice_of(ids[i][0]);
        row[1] = slice_of(item->created);
        row[2] = slice_of(item->amount);
        row[3] = slice_of(item->state);
        row[4] = slice_of(item->invoice[0] == '\0' ? "-" : item->invoice);
        row[5] = slice_of(item->transaction == 0 ? "-" : ids[i][1]);
    }
    buf_init(&text, OUTPUT_MAX);
    output_table(&text, cells, COLUMNS, list->count + 1);
    if (buf_fail(&text) == FAIL_NONE) {
        output_raw(buf_view(&text));
    }
    buf_finish(&text);
}

static int list_payments(const struct cli_given *given, const struct pairing *pairing,
                         struct pos_payment_list *list)
{
    struct pos_refusal refusal;
    struct pos_client client;
    struct pos_api api;

    if (!pos_find_client(given, pairing->api, &client)) {
        return CLI_USAGE;
    }
    api = pos_live(&client);
    if (!ask_payments(&api, pairing->code, options_flag(given, "open"), list, &refusal)) {
        return refuse(given, &refusal);
    }
    if (options_flag(given, "json")) {
        payments_as_json(pairing, list);
    } else {
        payments_as_table(pairing, list);
    }
    return CLI_DONE;
}

static int run_payments(const struct cli_given *given)
{
    static struct pos_payment_list list;
    const char *wrong = pos_words_problem(given);
    struct pairing pairing;
    int code;

    if (wrong != NULL) {
        return output_usage(given->command, wrong);
    }
    code = pos_find_pairing(given, &pairing);
    return code == CLI_DONE ? list_payments(given, &pairing, &list) : code;
}

/* --- cancel ------------------------------------------------------------ */

static const struct cli_option CANCEL_OPTIONS[] = {
    {.name = "payment", .value = "ID", .help = "this payment, instead of the one that is open"},
    {.name = "reverse-if-approved", .help = "an approval that still lands is reversed at once"},
    POS_CALL_OPTIONS,
    {.name = "json", .help = POS_JSON_HELP},
};

/* The open payment of the device, 0: none. */
static bool find_open(const struct pos_api *api, const char *code, int64_t *payment,
                      struct pos_refusal *refusal)
{
    static struct pos_payment_list list;

    if (!ask_payments(api, code, true, &list, refusal)) {
        return false;
    }
    *payment = list.count == 0 ? 0 : list.items[0].id;
    return true;
}

static void tell_cancelled(const struct pos_cancel *cancel, const struct pos_cancelled *answer)
{
    if (strcmp(answer->result, "cancelled") == 0) {
        output_line("Payment %" PRId64 " is cancelled.", cancel->payment);
    } else if (strcmp(answer->result, "too late") == 0 && answer->transaction != 0) {
        output_line("Too late: payment %" PRId64 " is %s, transaction %" PRId64 ".",
                    cancel->payment, answer->state, answer->transaction);
    } else if (strcmp(answer->result, "too late") == 0) {
        output_line("Too late: payment %" PRId64 " is %s.", cancel->payment, answer->state);
    } else if (strcmp(answer->result, "device unreachable") == 0) {
        output_line("The terminal cannot be reached. How payment %" PRId64
                    " ends is not known until it is back; it is told to cancel then.",
                    cancel->payment);
    } else {
        output_line("The answer for payment %" PRId64 " was: %s.", cancel->payment, answer->result);
    }
}

static int print_cancelled(const struct cli_given *given, const struct pos_cancel *cancel,
                           const struct pos_cancelled *answer)
{
    struct buf object;

    if (options_flag(given, "json")) {
        pos_json_start(&object, answer->result);
        json_add_integer(&object, "payment", cancel->payment);
        json_add_text(&object, "state", answer->state);
        if (answer->transaction == 0) {
            json_add_null(&object, "transactionId");
        } else {
            json_add_integer(&object, "transactionId", answer->transaction);
        }
        pos_json_print(&object);
    } else {
        tell_cancelled(cancel, answer);
    }
    if (strcmp(answer->result, "cancelled") == 0) {
        return CLI_DONE;
    }
    return strcmp(answer->result, "too late") == 0 ? CLI_REFUSED : CLI_UNKNOWN;
}

static int cancel(const struct cli_given *given, const struct pairing *pairing, int64_t payment)
{
    struct pos_cancel wish = {.code = pairing->code,
                              .payment = payment,
                              .reverse_if_approved = options_flag(given, "reverse-if-approved")};
    struct pos_cancelled answer;
    struct pos_refusal refusal;
    struct pos_client client;
    struct pos_api api;

    if (!pos_find_client(given, pairing->api, &client)) {
        return CLI_USAGE;
    }
    api = pos_live(&client);
    if (payment == 0 && !find_open(&api, pairing->code, &wish.payment, &refusal)) {
        return refuse(given, &refusal);
    }
    if (wish.payment == 0) {
        return pos_refuse(given, "nothing_open", CLI_REFUSED,
                          "there is no open payment on that terminal; 'tillwire pos payments' "
                          "lists those that are over");
    }
    return ask_cancel(&api, &wish, &answer, &refusal) ? print_cancelled(given, &wish, &answer)
                                                      : refuse(given, &refusal);
}

static int run_cancel(const struct cli_given *given)
{
    const char *wrong = pos_words_problem(given);
    const char *text = options_value(given, "payment");
    struct pairing pairing;
    int64_t payment = 0;
    int code;

    if (wrong == NULL && text != NULL && !read_id(text, &payment)) {
        wrong = "--payment is the number of a payment";
    }
    if (wrong != NULL) {
        return output_usage(given->command, wrong);
    }
    code = pos_find_pairing(given, &pairing);
    return code == CLI_DONE ? cancel(given, &pairing, payment) : code;
}

/* --- The table ------------------------------------------------------------ */

static const struct cli_command COMMANDS[] = {
    {.path = "pos transaction",
     .summary = "Show a card transaction: approved or declined, and why",
     .text = POS_EXIT_CODES,
     .example = "tillwire pos transaction 25764674\n",
     CLI_ARGUMENTS(ID_ARGUMENT),
     CLI_OPTIONS(TRANSACTION_OPTIONS),
     .run = run_transaction},
    {.path = "pos payments",
     .summary = "List the payments of a paired terminal, the newest first",
     .text = POS_EXIT_CODES,
     .example = "tillwire pos payments \"Till 1\" --open\n",
     CLI_ARGUMENTS(NAME_ARGUMENT),
     CLI_OPTIONS(PAYMENTS_OPTIONS),
     .run = run_payments},
    {.path = "pos cancel",
     .summary = "Cancel the payment that is open on a paired terminal, and tell what is true",
     .text = "Exit codes: 0 cancelled; 1 too late, nothing is open, or the name is not paired;\n"
             "2 wrong usage; 3 the api-token was not accepted; 4 no usable answer from the API;\n"
             "5 the pairings file cannot be used; 8 the terminal cannot be reached, how the\n"
             "payment ends is not known.\n",
     .example = "tillwire pos cancel \"Till 1\" --reverse-if-approved\n",
     CLI_ARGUMENTS(NAME_ARGUMENT),
     CLI_OPTIONS(CANCEL_OPTIONS),
     .run = run_cancel},
};

const struct cli_chapter cli_pos_payment_chapter = {COMMANDS, CLI_COUNT(COMMANDS)};
