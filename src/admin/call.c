/* Helpers of the verbs. */
#include "admin/call.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/log.h"
#include "broker/usage.h"
#include "store/read.h"

bool admin_refuse(struct admin_call *call, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    (void)vsnprintf(call->problem, ADMIN_PROBLEM_SIZE, format, arguments);
    va_end(arguments);
    return false;
}

bool admin_refuse_fail(struct admin_call *call, enum fail fail)
{
    switch ((int)fail) {
    case FAIL_FULL:
        return admin_refuse(call, "there is no room left on the disk; nothing was changed");
    case FAIL_LIMIT:
        return admin_refuse(call, "the server has too much to do; try again in a moment");
    default:
        return admin_refuse(call, "the database could not do it: %s; nothing was changed",
                            fail_text(fail));
    }
}

struct slice admin_option(const struct admin_call *call, const char *name)
{
    size_t i;

    for (i = 0; i < call->request->option_count; i++) {
        if (slice_is(call->request->options[i].name, name)) {
            return call->request->options[i].value;
        }
    }
    return slice_make(NULL, 0);
}

bool admin_given(const struct admin_call *call, const char *name)
{
    return admin_option(call, name).bytes != NULL;
}

bool admin_text(struct admin_call *call, const char *name, const char *(*check)(struct slice text),
                char *out, size_t size)
{
    struct slice value = admin_option(call, name);
    const char *problem;

    if (value.bytes == NULL) {
        return admin_refuse(call, "--%s is missing", name);
    }
    problem = check == NULL ? NULL : check(value);
    if (problem == NULL && slice_copy(value, out, size) == FAIL_NONE) {
        return true;
    }
    return admin_refuse(call, "--%s: %s", name, problem != NULL ? problem : "it is too long");
}

bool admin_limit(struct admin_call *call, int64_t usual, int64_t most, int64_t *limit)
{
    uint64_t number = (uint64_t)usual;

    if (admin_given(call, "limit") &&
        (slice_to_unsigned(admin_option(call, "limit"), (uint64_t)most, &number) != FAIL_NONE ||
         number == 0)) {
        return admin_refuse(call, "--limit is a number from 1 to %lld", (long long)most);
    }
    *limit = (int64_t)number;
    return true;
}

enum { GRACE_HOURS = 24, GRACE_HOURS_MAX = 24 * 365, MS_PER_HOUR = 60 * 60 * 1000 };

bool admin_grace(struct admin_call *call, const char *what, int64_t *until_ms)
{
    uint64_t hours = GRACE_HOURS;

    if (!admin_given(call, "grace")) {
        (void)text_format(call->note, sizeof(call->note), "grace %d", GRACE_HOURS);
    } else if (slice_to_unsigned(admin_option(call, "grace"), GRACE_HOURS_MAX, &hours) !=
               FAIL_NONE) {
        return admin_refuse(call,
                            "--grace is a number of hours from 0 to %d: for so long the old %s is "
                            "good beside the new one",
                            GRACE_HOURS_MAX, what);
    }
    *until_ms = hours == 0 ? 0 : clock_wall_ms() + (int64_t)hours * MS_PER_HOUR;
    return true;
}

/* --- The audit ------------------------------------------------------------ */

/* Where a thing stands is no change of it. */
static bool is_place(struct slice name)
{
    return slice_is(name, "business") || slice_is(name, "id") || slice_is(name, "code");
}

/* Of these the audit has the value; of all others, such as a password, only
 * that it was given. */
static bool is_public(struct slice name)
{
    static const char *const NAMES[] = {
        "name",    "currency", "api-mode", "preset",      "email",     "role",
        "general", "settings", "expires",  "rate-limits", "grace",     "processing",
        "with",    "serial",   "to",       "events",      "processor", "as"};
    size_t i;

    for (i = 0; i < sizeof(NAMES) / sizeof(NAMES[0]); i++) {
        if (slice_is(name, NAMES[i])) {
            return true;
        }
    }
    return false;
}

/* "name Front counter, role cashier, pin". */
static void detail_write(const struct admin_call *call, char out[AUDIT_DETAIL_SIZE])
{
    struct buf detail;
    size_t i;

    buf_init(&detail, AUDIT_DETAIL_SIZE - 1);
    for (i = 0; i < call->request->option_count; i++) {
        const struct admin_option *option = &call->request->options[i];

        if (is_place(option->name)) {
            continue;
        }
        buf_format(&detail, "%s%.*s", detail.length == 0 ? "" : ", ", (int)option->name.length,
                   option->name.bytes);
        if (is_public(option->name)) {
            buf_format(&detail, " %.*s", (int)option->value.length, option->value.bytes);
        }
    }
    if (call->note[0] != '\0') {
        buf_format(&detail, "%s%s", detail.length == 0 ? "" : ", ", call->note);
    }
    if (buf_fail(&detail) != FAIL_NONE ||
        slice_copy(buf_view(&detail), out, AUDIT_DETAIL_SIZE) != FAIL_NONE) {
        (void)text_format(out, AUDIT_DETAIL_SIZE, "(too long to be kept)");
    }
    buf_finish(&detail);
}

static enum fail change_audit(const struct admin_call *call, struct store_tx *tx)
{
    char action[AUDIT_ACTION_SIZE];
    char subject[AUDIT_WORDS_SIZE];
    char detail[AUDIT_DETAIL_SIZE];
    struct slice noun = call->request->noun;
    struct slice verb = call->request->verb;
    bool is_business = slice_is(noun, "business");
    struct store_audit audit = {.at_ms = clock_wall_ms(),
                                .business = is_business ? call->id : call->business,
                                .actor = call->admin->actor,
                                .action = action,
                                .subject = call->subject[0] != '\0' ? call->subject : subject,
                                .detail = detail};

    (void)text_format(action, sizeof(action), "%.*s.%.*s", (int)noun.length, noun.bytes,
                      (int)verb.length, verb.bytes);
    (void)text_format(subject, sizeof(subject), "%.*s %lld", (int)noun.length, noun.bytes,
                      (long long)call->id);
    detail_write(call, detail);
    return store_audit_add(tx, &audit);
}

/* --- The store ----------------------------------------------------------- */

struct waiting_job {
    struct store_job job;
    struct admin_call *call;
    admin_job *run;
    void *argument;
};

static enum fail run_reading(struct store_job *job, struct store_tx *tx)
{
    struct waiting_job *waiting = LIST_ITEM(job, struct waiting_job, job);

    return waiting->run(waiting->call, waiting->argument, tx);
}

static enum fail run_writing(struct store_job *job, struct store_tx *tx)
{
    struct waiting_job *waiting = LIST_ITEM(job, struct waiting_job, job);
    enum fail fail = waiting->run(waiting->call, waiting->argument, tx);

    return fail == FAIL_NONE ? change_audit(waiting->call, tx) : fail;
}

enum fail admin_write(struct admin_call *call, admin_job *run, void *argument)
{
    struct waiting_job waiting = {
        .job.run = run_writing, .call = call, .run = run, .argument = argument};

    return store_write_wait(call->admin->store, &waiting.job);
}

enum fail admin_read(struct admin_call *call, admin_job *run, void *argument)
{
    struct waiting_job waiting = {
        .job.run = run_reading, .call = call, .run = run, .argument = argument};

    return store_read_wait(call->admin->store, &waiting.job);
}

void admin_refresh(struct admin_call *call)
{
    if (call->admin->broker != NULL && usage_write(call->admin->broker) != FAIL_NONE) {
        log_event(LOG_WARNING, "usage.lost", log_text("where", "admin"));
    }
}

bool admin_list(struct admin_call *call, admin_job *run)
{
    enum fail fail;

    admin_open_list(call);
    fail = admin_read(call, run, NULL);
    admin_close_list(call);
    return fail == FAIL_NONE || admin_refuse_fail(call, fail);
}

/* --- Which business, which one of it -------------------------------------- */

static bool number_read(struct admin_call *call, const char *name, int64_t *out)
{
    struct slice value = admin_option(call, name);
    uint64_t number;

    if (slice_to_unsigned(value, INT64_MAX, &number) != FAIL_NONE) {
        return admin_refuse(call, "%s must be a number, as 'list' shows it", name);
    }
    *out = (int64_t)number;
    return true;
}

bool admin_id(struct admin_call *call)
{
    return number_read(call, "id", &call->id);
}

struct business_count {
    int64_t last;
    int64_t count;
};

static void count_business(void *context, const struct business *business)
{
    struct business_count *count = context;

    count->last = business->id;
    count->count++;
}

static enum fail count_run(struct admin_call *call, void *argument, struct store_tx *tx)
{
    (void)call;
    return read_businesses(tx, count_business, argument);
}

static enum fail exists_run(struct admin_call *call, void *argument, struct store_tx *tx)
{
    return store_business_find(tx, call->business, argument);
}

bool admin_business(struct admin_call *call)
{
    struct business_count count = {0};
    struct business business;
    enum fail fail;

    if (admin_given(call, "business")) {
        if (!number_read(call, "business", &call->business)) {
            return false;
        }
        fail = admin_read(call, exists_run, &business);
        if (fail == FAIL_NOT_FOUND) {
            return admin_refuse(call, "there is no business %lld", (long long)call->business);
        }
        return fail == FAIL_NONE || admin_refuse_fail(call, fail);
    }
    fail = admin_read(call, count_run, &count);
    if (fail != FAIL_NONE) {
        return admin_refuse_fail(call, fail);
    }
    if (count.count == 0) {
        return admin_refuse(call, "there is no business yet; add one with 'business add'");
    }
    if (count.count > 1) {
        return admin_refuse(call, "there are %lld businesses; say which one with --business ID",
                            (long long)count.count);
    }
    call->business = count.last;
    return true;
}

/* --- The answer ----------------------------------------------------------- */

void admin_open_list(struct admin_call *call)
{
    call->sink->open_list(call->sink->context, NULL);
}

void admin_open_list_of(struct admin_call *call, const char *name)
{
    call->sink->open_list(call->sink->context, name);
}

void admin_close_list(struct admin_call *call)
{
    call->sink->close_list(call->sink->context);
}

void admin_open_row(struct admin_call *call)
{
    call->sink->open_row(call->sink->context);
}

void admin_close_row(struct admin_call *call)
{
    call->sink->close_row(call->sink->context);
}

void admin_show_text(struct admin_call *call, const char *name, const char *text)
{
    call->sink->text(call->sink->context, name, text);
}

void admin_show_number(struct admin_call *call, const char *name, int64_t number)
{
    call->sink->number(call->sink->context, name, number);
}

void admin_show_number_or_none(struct admin_call *call, const char *name, int64_t number)
{
    if (number == 0) {
        admin_show_text(call, name, NULL);
    } else {
        admin_show_number(call, name, number);
    }
}

void admin_show_words(struct admin_call *call, const char *name, const char *words)
{
    admin_show_text(call, name, words[0] == '\0' ? NULL : words);
}

void admin_show_flag(struct admin_call *call, const char *name, bool flag)
{
    call->sink->flag(call->sink->context, name, flag);
}

void admin_show_time(struct admin_call *call, const char *name, int64_t wall_ms)
{
    char text[CLOCK_UTC_SIZE];

    clock_utc_text(wall_ms, text);
    admin_show_text(call, name, wall_ms == 0 ? NULL : text);
}

void admin_show_id(struct admin_call *call, const char *name, int64_t id)
{
    admin_open_row(call);
    admin_show_number(call, name, id);
    admin_close_row(call);
}
