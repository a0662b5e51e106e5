/* What must hold of the rows, beyond what SQLite itself looks at. Private to
 * store/. */
#ifndef STORE_RULE_H
#define STORE_RULE_H

#include <stddef.h>
#include <stdint.h>

struct store_rule {
    int64_t since;   /* the schema that has the columns */
    const char *sql; /* each row is a sentence about one trouble; no rows: it holds */
};
extern const struct store_rule store_rules[];
extern const size_t store_rule_count;

#endif
