/* admin audit: who changed what. Only read here; each change writes its own. */
#include <stdlib.h>

#include "admin/call.h"
#include "store/read.h"

enum { ROWS_USUAL = 100, ROWS_MAX = 10000 };

/* Gathered newest first, shown newest last, where people look. */
struct rows {
    struct audit *rows; /* owned */
    size_t count;
    size_t room;
    int64_t limit;
    enum fail fail;
};

static void row_keep(void *context, const struct audit *row)
{
    struct rows *rows = context;

    if (rows->count == rows->room && rows->fail == FAIL_NONE) {
        size_t room = rows->room == 0 ? ROWS_USUAL : rows->room * 2;
        struct audit *more = realloc(rows->rows, room * sizeof(*more));

        if (more == NULL) {
            rows->fail = FAIL_MEMORY;
        } else {
            rows->rows = more;
            rows->room = room;
        }
    }
    if (rows->fail == FAIL_NONE) {
        rows->rows[rows->count++] = *row;
    }
}

static enum fail list_run(struct admin_call *call, void *argument, struct store_tx *tx)
{
    struct rows *rows = argument;
    enum fail fail = call->business == 0
                         ? read_audit(tx, rows->limit, row_keep, rows)
                         : read_audit_of(tx, call->business, rows->limit, row_keep, rows);

    return fail == FAIL_NONE ? rows->fail : fail;
}

static void row_show(struct admin_call *call, const struct audit *row)
{
    admin_open_row(call);
    admin_show_time(call, "at", row->at_ms);
    if (row->business == 0) {
        admin_show_text(call, "business", NULL);
    } else {
        admin_show_number(call, "business", row->business);
    }
    admin_show_text(call, "actor", row->actor);
    admin_show_text(call, "action", row->action);
    admin_show_text(call, "subject", row->subject);
    admin_show_text(call, "detail", row->detail);
    admin_close_row(call);
}

/* Unlike elsewhere every business is meant when none is named, also removed ones. */
static bool list(struct admin_call *call)
{
    struct rows rows = {0};
    enum fail fail;

    if (!admin_limit(call, ROWS_USUAL, ROWS_MAX, &rows.limit)) {
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
    fail = admin_read(call, list_run, &rows);
    admin_open_list(call);
    while (rows.count > 0) {
        row_show(call, &rows.rows[--rows.count]);
    }
    admin_close_list(call);
    free(rows.rows);
    return fail == FAIL_NONE || admin_refuse_fail(call, fail);
}

const struct admin_noun audit_noun = {"audit", {{"list", list}}};
