/* The audit: written in the job of the change it tells of, so that there is
 * never the one without the other. Rows are only added. */
#include <stddef.h>

#include "store/query.h"
#include "store/rows.h"
#include "store/store.h"

static const char ADD_SQL[] = "INSERT INTO audit (at_ms, business, actor, action, subject, detail)"
                              " VALUES (?1, ?2, ?3, ?4, ?5, ?6)";

void audit_row(struct query *query, struct audit *out)
{
    out->id = query_integer(query, 0);
    out->at_ms = query_integer(query, 1);
    out->business = query_integer(query, 2);
    query_text(query, 3, out->actor, sizeof(out->actor));
    query_text(query, 4, out->action, sizeof(out->action));
    query_text(query, 5, out->subject, sizeof(out->subject));
    query_text(query, 6, out->detail, sizeof(out->detail));
}

enum fail store_audit_add(struct store_tx *tx, const struct store_audit *audit)
{
    struct query query;

    query_begin(&query, tx, ADD_SQL);
    query_bind_integer(&query, 1, audit->at_ms);
    query_bind_id(&query, 2, audit->business);
    query_bind_text(&query, 3, audit->actor);
    query_bind_text(&query, 4, audit->action);
    query_bind_text(&query, 5, audit->subject);
    query_bind_text(&query, 6, audit->detail);
    return query_run(&query);
}
