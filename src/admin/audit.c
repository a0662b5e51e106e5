/* admin audit: who changed what. Only read here; each change writes its own. */
#include "admin/newest.h"
#include "store/read.h"

enum { ROWS_USUAL = 100, ROWS_MAX = 10000 };

static void row_keep(void *context, const struct audit *row)
{
    newest_keep(context, row);
}

static enum fail list_run(struct admin_call *call, void *argument, struct store_tx *tx)
{
    struct newest *newest = argument;

    return call->business == 0 ? read_audit(tx, newest->limit, row_keep, newest)
                               : read_audit_of(tx, call->business, newest->limit, row_keep, newest);
}

static void row_show(struct admin_call *call, const void *shown)
{
    const struct audit *row = shown;

    admin_show_time(call, "at", row->at_ms);
    admin_show_number_or_none(call, "business", row->business);
    admin_show_text(call, "actor", row->actor);
    admin_show_text(call, "action", row->action);
    admin_show_text(call, "subject", row->subject);
    admin_show_text(call, "detail", row->detail);
}

/* Unlike elsewhere every business is meant when none is named, also removed ones. */
static bool list(struct admin_call *call)
{
    struct newest newest = {.size = sizeof(struct audit)};

    if (!admin_limit(call, ROWS_USUAL, ROWS_MAX, &newest.limit)) {
        return false;
    }
    if (admin_given(call, "business")) {
        uint64_t number;

        if (slice_to_unsigned(admin_option(call, "business"), INT64_MAX, &number) != FAIL_NONE ||
            number == 0) {
            return admin_refuse(call, "business must be a number, as 'list' shows it");
        }
        call->business = (int64_t)number;
    }
    return newest_list(call, &newest, list_run, &newest, row_show);
}

const struct admin_noun audit_noun = {"audit", {{"list", list}}};
