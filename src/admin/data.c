/* admin data. */
#include "admin/data.h"

#include <limits.h>

#include "admin/call.h"

static bool has_upkeep(struct admin_call *call)
{
    return call->admin->upkeep != NULL ||
           admin_refuse(call, "only a running server does this beside its work");
}

static bool begin(struct admin_call *call, enum admin_work work, const char *to)
{
    const struct admin_upkeep *upkeep = call->admin->upkeep;
    int64_t job;

    if (!upkeep->start(upkeep->context, work, to, &job, call->problem)) {
        return false;
    }
    admin_show_id(call, "job", job);
    return true;
}

/* A backup carries everything away: the audit says who asked for it. */
static enum fail audit_alone(struct admin_call *call, void *argument, struct store_tx *tx)
{
    (void)call;
    (void)argument;
    (void)tx;
    return FAIL_NONE;
}

static const char *path_problem(struct slice path)
{
    return path.length > 0 && path.bytes[0] == '/' ? NULL : "it must be an absolute path";
}

static bool backup(struct admin_call *call)
{
    char to[PATH_MAX];
    enum fail fail;

    if (!has_upkeep(call) || !admin_text(call, "to", path_problem, to, sizeof(to))) {
        return false;
    }
    (void)text_format(call->subject, sizeof(call->subject), "all data");
    fail = admin_write(call, audit_alone, NULL);
    if (fail != FAIL_NONE) {
        return admin_refuse_fail(call, fail);
    }
    return begin(call, ADMIN_BACKUP, to);
}

static bool check(struct admin_call *call)
{
    return has_upkeep(call) && begin(call, ADMIN_CHECK, "");
}

static bool progress(struct admin_call *call)
{
    if (!has_upkeep(call)) {
        return false;
    }
    call->admin->upkeep->show(call->admin->upkeep->context, call->sink);
    return true;
}

static bool troubles(struct admin_call *call)
{
    if (!has_upkeep(call)) {
        return false;
    }
    call->admin->upkeep->list_troubles(call->admin->upkeep->context, call->sink);
    return true;
}

const struct admin_noun data_noun = {
    .name = "data",
    .verbs = {{"backup", backup}, {"check", check}, {"progress", progress}, {"troubles", troubles}},
};
