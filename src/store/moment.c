/* The latest moment that the database knows of: a clock that is far before it
 * was set back. Set to what the clock says, not to the greatest: a clock that
 * was once wrong by years must not be told for years. */
#include <stddef.h>

#include "store/query.h"
#include "store/store.h"

static const char FIND_SQL[] = "SELECT wall_ms FROM moment WHERE id = 1";
static const char SET_SQL[] = "INSERT INTO moment (id, wall_ms) VALUES (1, ?1)"
                              " ON CONFLICT (id) DO UPDATE SET wall_ms = excluded.wall_ms";

enum fail store_moment(struct store_tx *tx, int64_t *wall_ms)
{
    struct query query;
    int64_t value = 0;
    enum fail fail;

    query_begin(&query, tx, FIND_SQL);
    if (query_next(&query)) {
        value = query_integer(&query, 0);
    }
    fail = query_end(&query);
    if (fail == FAIL_NONE) {
        *wall_ms = value;
    }
    return fail;
}

enum fail store_moment_set(struct store_tx *tx, int64_t wall_ms)
{
    struct query query;

    query_begin(&query, tx, SET_SQL);
    query_bind_integer(&query, 1, wall_ms);
    return query_run(&query);
}
