/* One row a name: what was given last.
 *
 * A job that fails gives its numbers back with all else that it did, so events
 * have no gaps. Ids have gaps on purpose: whoever makes two payments a day
 * cannot count those of all others between them. */
#include "store/number.h"

#include "base/id.h"
#include "store/query.h"

enum { ID_FIRST = 19000000, ID_FIRST_SPREAD = 2000000, ID_GAP_MAX = 64 };
#define ID_END (INT64_C(1) << 53) /* JSON's numbers are exact up to here */

static const char NEXT_SQL[] =
    "INSERT INTO counter (business, name, last) VALUES (?1, ?2, ?3)"
    " ON CONFLICT (business, name) DO UPDATE SET last = last + ?4 RETURNING last";

enum fail number_next(struct store_tx *tx, const struct number *number, int64_t *out)
{
    struct query query;

    query_begin(&query, tx, NEXT_SQL);
    query_bind_integer(&query, 1, number->business);
    query_bind_text(&query, 2, number->name);
    query_bind_integer(&query, 3, number->first);
    query_bind_integer(&query, 4, number->step);
    return query_run_id(&query, out);
}

enum fail number_id(struct store_tx *tx, const char *name, int64_t *out)
{
    struct number number = {.name = name,
                            .first = ID_FIRST + id_random_below(ID_FIRST_SPREAD),
                            .step = 1 + id_random_below(ID_GAP_MAX)};
    int64_t id = 0;
    enum fail fail = number_next(tx, &number, &id);

    if (fail == FAIL_NONE && id >= ID_END) {
        return FAIL_LIMIT;
    }
    if (fail == FAIL_NONE) {
        *out = id;
    }
    return fail;
}
