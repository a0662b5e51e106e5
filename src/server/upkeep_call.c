/* The server begins the work and answers at once, so that its other callers do
 * not wait; here it is asked again and again how far it is. */
#include "server/upkeep_call.h"

#include <string.h>
#include <time.h>

#include "base/buf.h"
#include "base/lock.h"
#include "net/local.h"
#include "server/backup.h"
#include "server/check.h"
#include "server/restore.h"
#include "wire/json.h"
#include "wire/json_write.h"

enum { ASK_AGAIN_MIN_MS = 20, ASK_AGAIN_MAX_MS = 500, REQUEST_MAX = 16 * 1024 };

/* --- Here -------------------------------------------------------------------- */

static void tell_progress(const struct upkeep_call *call, int64_t done_bytes, int64_t total_bytes)
{
    if (call->on_progress != NULL) {
        call->on_progress(call->context, done_bytes, total_bytes);
    }
}

static bool go_on(void *context, int64_t done_bytes, int64_t total_bytes)
{
    tell_progress(context, done_bytes, total_bytes);
    return true;
}

static enum fail run_here(const struct upkeep_call *call, struct upkeep_answer *answer,
                          char problem[DATA_PROBLEM_SIZE])
{
    struct upkeep_call watched = *call;
    struct progress progress = {.go_on = go_on, .context = &watched};
    struct check_report report = {.on_trouble = call->on_trouble, .context = call->context};
    struct manifest manifest = {.file_count = 0};
    enum fail fail =
        call->work == ADMIN_BACKUP
            ? backup_make(call->directory, call->to, &progress, &manifest, problem)
            : check_data(call->directory, &progress, &report, &manifest.facts, problem);

    if (fail == FAIL_NONE) {
        *answer = (struct upkeep_answer){.files = (int64_t)manifest.file_count,
                                         .bytes = manifest_bytes(&manifest),
                                         .facts = manifest.facts};
        memcpy(answer->made, manifest.made, sizeof(answer->made));
        memcpy(answer->program, manifest.program, sizeof(answer->program));
    }
    return fail;
}

/* --- By the server ------------------------------------------------------------- */

/* A reply; its texts point into `bytes`. */
struct asked {
    struct buf bytes;
    struct json_document document;
    const struct json_value *ok;
};

static void asked_finish(struct asked *asked)
{
    json_document_finish(&asked->document);
    buf_finish(&asked->bytes);
}

static int64_t number_in(const struct asked *asked, const char *name)
{
    const struct json_value *value = json_member(&asked->document, asked->ok, name);
    int64_t number = 0;

    if (value == NULL || json_to_integer(value, 0, INT64_MAX, &number) != FAIL_NONE) {
        return 0;
    }
    return number;
}

/* Cut where it does not fit: it is for people. */
static void text_in(const struct asked *asked, const struct json_value *object, const char *name,
                    char *out, size_t size)
{
    const struct json_value *value = json_member(&asked->document, object, name);

    out[0] = '\0';
    if (value != NULL && value->type == JSON_STRING) {
        (void)text_format(out, size, "%.*s", (int)value->text.length, value->text.bytes);
    }
}

static enum fail explain_silence(const struct upkeep_call *call, enum fail fail,
                                 char problem[DATA_PROBLEM_SIZE])
{
    (void)text_format(problem, DATA_PROBLEM_SIZE,
                      fail == FAIL_CLOSED || fail == FAIL_TIMEOUT
                          ? "the data in %s are in use by a program that does not answer"
                          : "the program that uses the data in %s cannot be asked",
                      call->directory);
    return FAIL_BUSY;
}

/* On failure nothing is to be finished. */
static enum fail ask(const struct upkeep_call *call, const char *verb, struct asked *asked,
                     char problem[DATA_PROBLEM_SIZE])
{
    struct buf request;
    enum fail fail;

    buf_init(&request, REQUEST_MAX);
    json_open_object(&request, NULL);
    json_add_text(&request, "noun", "data");
    json_add_text(&request, "verb", verb);
    json_open_object(&request, "options");
    if (strcmp(verb, "backup") == 0) {
        json_add_text(&request, "to", call->to);
    }
    json_close_object(&request);
    json_close_object(&request);
    buf_init(&asked->bytes, LOCAL_REPLY_MAX);
    json_document_init(&asked->document);
    fail = buf_fail(&request);
    if (fail == FAIL_NONE) {
        fail = local_call(call->directory, buf_view(&request), &asked->bytes);
    }
    buf_finish(&request);
    if (fail == FAIL_NONE) {
        fail = json_read(&asked->document, buf_view(&asked->bytes));
    }
    if (fail != FAIL_NONE) {
        asked_finish(asked);
        return explain_silence(call, fail, problem);
    }
    asked->ok = json_member(&asked->document, json_root(&asked->document), "ok");
    if (asked->ok == NULL) {
        text_in(asked, json_root(&asked->document), "error", problem, DATA_PROBLEM_SIZE);
        asked_finish(asked);
        return FAIL_DENIED;
    }
    return FAIL_NONE;
}

static enum fail ask_troubles(const struct upkeep_call *call, char problem[DATA_PROBLEM_SIZE])
{
    char sentence[DATA_PROBLEM_SIZE];
    const struct json_value *each;
    struct asked asked;
    enum fail fail = ask(call, "troubles", &asked, problem);

    if (fail != FAIL_NONE) {
        return fail;
    }
    for (each = json_first(&asked.document, asked.ok); each != NULL;
         each = json_next(&asked.document, each)) {
        text_in(&asked, each, "trouble", sentence, sizeof(sentence));
        call->on_trouble(call->context, sentence);
    }
    asked_finish(&asked);
    return FAIL_NONE;
}

static void answer_take(const struct asked *asked, struct upkeep_answer *answer)
{
    *answer = (struct upkeep_answer){.by_server = true,
                                     .files = number_in(asked, "files"),
                                     .bytes = number_in(asked, "bytes"),
                                     .facts = {.schema = number_in(asked, "schema"),
                                               .businesses = number_in(asked, "businesses"),
                                               .devices = number_in(asked, "devices")}};
    text_in(asked, asked->ok, "made", answer->made, sizeof(answer->made));
    text_in(asked, asked->ok, "program", answer->program, sizeof(answer->program));
}

/* `*is_done` once there is no more to wait for. */
static enum fail look(const struct upkeep_call *call, int64_t job, struct upkeep_answer *answer,
                      bool *is_done, char problem[DATA_PROBLEM_SIZE])
{
    char state[16];
    struct asked asked;
    enum fail fail = ask(call, "progress", &asked, problem);

    if (fail != FAIL_NONE) {
        return fail;
    }
    text_in(&asked, asked.ok, "state", state, sizeof(state));
    *is_done = true;
    if (number_in(&asked, "job") != job) {
        (void)text_format(problem, DATA_PROBLEM_SIZE,
                          "the server was started again, or has begun another: what came of this "
                          "one is not known");
        fail = FAIL_CLOSED;
    } else if (strcmp(state, "done") == 0) {
        answer_take(&asked, answer);
    } else if (strcmp(state, "failed") == 0) {
        text_in(&asked, asked.ok, "problem", problem, DATA_PROBLEM_SIZE);
        fail = FAIL_DENIED;
    } else {
        *is_done = false;
        tell_progress(call, number_in(&asked, "doneBytes"), number_in(&asked, "totalBytes"));
    }
    asked_finish(&asked);
    return fail;
}

static void wait_ms(int64_t ms)
{
    struct timespec rest = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};

    (void)nanosleep(&rest, NULL);
}

static enum fail run_by_server(const struct upkeep_call *call, struct upkeep_answer *answer,
                               char problem[DATA_PROBLEM_SIZE])
{
    int64_t rest_ms = ASK_AGAIN_MIN_MS;
    bool is_done = false;
    struct asked asked;
    int64_t job;
    enum fail fail = ask(call, call->work == ADMIN_BACKUP ? "backup" : "check", &asked, problem);

    if (fail != FAIL_NONE) {
        return fail;
    }
    job = number_in(&asked, "job");
    asked_finish(&asked);
    while (fail == FAIL_NONE && !is_done) {
        wait_ms(rest_ms);
        rest_ms = rest_ms * 2 > ASK_AGAIN_MAX_MS ? ASK_AGAIN_MAX_MS : rest_ms * 2;
        fail = look(call, job, answer, &is_done, problem);
    }
    if (fail == FAIL_NONE && call->work == ADMIN_CHECK) {
        fail = ask_troubles(call, problem);
    }
    return fail;
}

enum fail upkeep_call(const struct upkeep_call *call, struct upkeep_answer *answer,
                      char problem[DATA_PROBLEM_SIZE])
{
    struct lock *lock = NULL;
    long holder;
    enum fail fail;

    if (!data_exists(call->directory)) {
        (void)text_format(problem, DATA_PROBLEM_SIZE, "there is no Tillwire data in %s",
                          call->directory);
        return FAIL_NOT_FOUND;
    }
    fail = data_lock(call->directory, false, &lock, &holder, problem);
    if (fail == FAIL_BUSY) {
        return run_by_server(call, answer, problem);
    }
    if (fail == FAIL_NONE) {
        fail = restore_settle(call->directory, problem);
    }
    if (fail == FAIL_NONE) {
        fail = run_here(call, answer, problem);
    }
    lock_release(&lock);
    return fail;
}
