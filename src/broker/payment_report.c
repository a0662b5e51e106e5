/* The terminal's word, its job, and the answer.
 *
 * Whoever repeats is answered as the first time, out of the rows: so a terminal
 * may say everything again after a lost connection. A word against what is on
 * record changes nothing of it; it is kept beside it, in the audit, in the same
 * job. */
#include "broker/payment_report.h"

#include <inttypes.h>
#include <stdlib.h>

#include "base/log.h"
#include "broker/broker.h"
#include "broker/payment_card.h"
#include "broker/payment_news.h"

struct counter payment_contradictions;

struct payment_report *payment_report_new(void)
{
    return calloc(1, sizeof(struct payment_report));
}

void payment_report_free(struct payment_report **report)
{
    free(*report);
    *report = NULL;
}

/* --- In the job ---------------------------------------------------------------- */

static const char *said_words(const struct payment_report *report)
{
    return report->attempt.approved ? "approved" : "declined";
}

static enum fail contradiction_note(const struct payment_report *report, struct store_tx *tx)
{
    const struct payment_row *row = &report->told.row;
    char actor[AUDIT_WORDS_SIZE];
    char subject[AUDIT_WORDS_SIZE];
    char detail[AUDIT_DETAIL_SIZE];

    (void)text_format(actor, sizeof(actor), "terminal %s", row->code);
    (void)text_format(subject, sizeof(subject), "payment %" PRId64, row->id);
    (void)text_format(detail, sizeof(detail),
                      "the terminal says that attempt %" PRIu32 " was %s (card %s...%s, approval "
                      "code \"%s\"); kept: %s, %" PRIu32 " attempts, transaction %" PRId64,
                      report->attempt.number, said_words(report), report->attempt.card.first_six,
                      report->attempt.card.last_four, report->attempt.approval_code,
                      payment_state_name(row->payment.state, SCREEN_NONE), row->payment.attempt,
                      row->approved);
    return store_audit_add(tx, &(struct store_audit){.at_ms = report->run.now_ms,
                                                     .business = row->business,
                                                     .actor = actor,
                                                     .action = "payment.contradicted",
                                                     .subject = subject,
                                                     .detail = detail});
}

/* It was not begun under the credential that speaks of it now (Law 6). */
static bool is_too_new(const struct payment_report *report)
{
    return report->begun_before_ms != 0 && report->told.row.created_ms >= report->begun_before_ms;
}

static enum fail report_load(struct payment_report *report, struct store_tx *tx)
{
    enum fail fail;

    if (report->said == SAID_ASK && report->payment == 0) {
        return payment_run_load_open(tx, &report->run, &report->told, report->business,
                                     report->device);
    }
    fail = payment_run_load(tx, &report->run, &report->told, report->business, report->payment);
    if (fail == FAIL_NONE && (report->told.row.device != report->device || is_too_new(report))) {
        return FAIL_NOT_FOUND;
    }
    return fail;
}

static enum fail report_step(struct payment_report *report, struct store_tx *tx)
{
    struct payment_event cancel = {
        .kind = PAYMENT_TERMINAL_CANCEL, .now_ms = report->run.now_ms, .by = report->by};

    switch (report->said) {
    case SAID_ATTEMPT:
        return payment_card_attempt(tx, &report->run, &report->told, &report->attempt);
    case SAID_RESULT:
        return payment_card_result(tx, &report->run, &report->told, &report->attempt);
    case SAID_CANCEL:
        return payment_run_step(tx, &report->run, &report->told, &cancel);
    case SAID_ASK:
        break;
    }
    return FAIL_NONE; /* loading was all */
}

static enum fail report_run(struct store_job *job, struct store_tx *tx)
{
    struct payment_report *report = LIST_ITEM(job, struct payment_report, job);
    enum fail fail = report_load(report, tx);

    if (fail == FAIL_NONE) {
        fail = report_step(report, tx);
    }
    if (fail == FAIL_NONE && report->run.verdict == PAYMENT_CONTRADICTED) {
        fail = contradiction_note(report, tx);
    }
    return fail;
}

/* --- After it -------------------------------------------------------------------- */

static void contradiction_tell(const struct payment_report *report)
{
    const struct payment_row *row = &report->told.row;

    counter_add(&payment_contradictions, 1);
    log_event(LOG_ERROR, "payment.contradicted", log_number("business", row->business),
              log_text("code", row->code), log_number("payment", row->id),
              log_number("attempt", report->attempt.number), log_text("said", said_words(report)),
              log_text("kept", payment_state_name(row->payment.state, SCREEN_NONE)),
              log_text("do", "compare the terminal's receipt with its card processor's records"));
}

static void report_done(struct store_job *job, enum fail fail)
{
    struct payment_report *report = LIST_ITEM(job, struct payment_report, job);

    if (fail == FAIL_NONE) {
        report->verdict = report->run.verdict;
        payment_news(report->broker, &report->told, &report->run);
        if (report->verdict == PAYMENT_CONTRADICTED) {
            contradiction_tell(report);
        }
    }
    report->done(report, fail);
}

void payment_report_start(struct broker *broker, struct payment_report *report)
{
    report->broker = broker;
    report->job.run = report_run;
    report->job.done = report_done;
    if (report->said == SAID_ASK) {
        broker_read(broker, &report->job, report->loop);
    } else {
        broker_write(broker, &report->job, report->loop);
    }
}
