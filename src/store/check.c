/* Three looks: SQLite's own at pages, indexes and references; one at the
 * tables and indexes themselves, which must be those that the schema steps make;
 * and one at our own rules, in case a constraint was lost together with the
 * rows that broke it.
 *
 * A database that cannot be read to the end is not a check that failed, but
 * a trouble that was found. */
#include "store/check.h"

#include <assert.h>
#include <string.h>

#include "store/facts.h"
#include "store/query.h"
#include "store/rule.h"
#include "store/schema.h"
#include "store/sqlite.h"

enum { SENTENCE_SIZE = 512, OPERATIONS_BETWEEN_QUESTIONS = 100000, TROUBLES_MAX = 100 };

struct checking {
    const struct store_check *check;
    struct store_tx tx;   /* of the database */
    struct store_tx made; /* in memory: a new database of the same version */
    unsigned troubles;    /* of the present look */
    bool stopped;
};

static void tell(struct checking *checking, const char *sentence)
{
    /* A thousand broken rows tell no more than a hundred. */
    if (checking->troubles++ < TROUBLES_MAX) {
        checking->check->on_trouble(checking->check->context, sentence);
    }
}

/* SQLite asks on its way through long statements. */
static int on_progress(void *context)
{
    struct checking *checking = context;

    if (!progress_go_on(checking->check->progress, 0, 0)) {
        checking->stopped = true;
    }
    return checking->stopped;
}

/* What is no trouble of the database but of the moment goes up. */
static enum fail end_look(struct checking *checking, struct query *query, const char *where)
{
    char reason[SENTENCE_SIZE];
    char sentence[SENTENCE_SIZE];
    enum fail fail;

    /* Before the end, which overwrites it. */
    (void)text_format(reason, sizeof(reason), "%s", sqlite3_errmsg(query->tx->handle));
    fail = query_end(query);
    if (checking->stopped) {
        return FAIL_CLOSED;
    }
    if (fail == FAIL_NONE || fail == FAIL_MEMORY) {
        return fail;
    }
    (void)text_format(sentence, sizeof(sentence), "%s could not be read to the end: %s", where,
                      reason);
    tell(checking, sentence);
    return FAIL_NONE;
}

/* --- SQLite's own look ------------------------------------------------------ */

static enum fail look_at_pages(struct checking *checking)
{
    char sentence[SENTENCE_SIZE];
    struct query query;

    query_begin(&query, &checking->tx, "PRAGMA integrity_check");
    while (query_next(&query)) {
        const char *row = (const char *)sqlite3_column_text(query.statement, 0);

        if (row != NULL && strcmp(row, "ok") != 0) {
            (void)text_format(sentence, sizeof(sentence), "the database is damaged: %s", row);
            tell(checking, sentence);
        }
    }
    return end_look(checking, &query, "the database");
}

static enum fail look_at_references(struct checking *checking)
{
    char sentence[SENTENCE_SIZE];
    struct query query;

    query_begin(&query, &checking->tx, "PRAGMA foreign_key_check");
    while (query_next(&query)) {
        const char *table = (const char *)sqlite3_column_text(query.statement, 0);
        const char *parent = (const char *)sqlite3_column_text(query.statement, 2);

        (void)text_format(sentence, sizeof(sentence),
                          "row %lld of the table %s belongs to a row of %s that is not there",
                          (long long)query_integer(&query, 1), table, parent);
        tell(checking, sentence);
    }
    return end_look(checking, &query, "the tables");
}

/* --- The tables themselves -------------------------------------------------- */

/* Says what has become of the thing that the row of `made` is about. */
static enum fail look_for(struct checking *checking, const struct query *made)
{
    static const char FIND[] = "SELECT sql IS ?3 FROM sqlite_schema WHERE type = ?1 AND name = ?2";
    const char *type = (const char *)sqlite3_column_text(made->statement, 0);
    const char *name = (const char *)sqlite3_column_text(made->statement, 1);
    const char *sql = (const char *)sqlite3_column_text(made->statement, 2);
    char sentence[SENTENCE_SIZE];
    struct query query;
    bool is_same = false;
    bool is_there;

    if (type == NULL || name == NULL || sql == NULL) {
        return FAIL_MEMORY;
    }
    query_begin(&query, &checking->tx, FIND);
    query_bind_text(&query, 1, type);
    query_bind_text(&query, 2, name);
    query_bind_text(&query, 3, sql);
    is_there = query_next(&query);
    if (is_there) {
        is_same = query_boolean(&query, 0);
    }
    if (query.fail == FAIL_NONE && !is_same) {
        (void)text_format(sentence, sizeof(sentence), "the %s %s is %s", type, name,
                          is_there ? "not as this version of the schema makes it" : "missing");
        tell(checking, sentence);
    }
    return end_look(checking, &query, "the schema");
}

static enum fail look_at_schema(struct checking *checking, int64_t version)
{
    char problem[STORE_PROBLEM_SIZE];
    struct query made;
    enum fail end_fail;
    enum fail fail = sqlite_open(&checking->made, ":memory:", SQLITE_WRITER);

    assert(version > 0 && version <= (int64_t)schema_step_count);
    if (fail == FAIL_NONE) {
        fail = schema_update(&checking->made, schema_steps, (unsigned)version, problem);
    }
    if (fail != FAIL_NONE) {
        return fail;
    }
    query_begin(&made, &checking->made,
                "SELECT type, name, sql FROM sqlite_schema WHERE sql IS NOT NULL"
                " AND name NOT LIKE 'sqlite~_%' ESCAPE '~'");
    while (fail == FAIL_NONE && query_next(&made)) {
        fail = look_for(checking, &made);
    }
    end_fail = query_end(&made);
    return fail == FAIL_NONE ? end_fail : fail;
}

/* --- Our own rules ---------------------------------------------------------- */

static enum fail look_at_rule(struct checking *checking, const char *rule)
{
    struct query query;

    query_begin(&query, &checking->tx, rule);
    while (query_next(&query)) {
        const char *sentence = (const char *)sqlite3_column_text(query.statement, 0);

        if (sentence != NULL) {
            tell(checking, sentence);
        }
    }
    return end_look(checking, &query, "the rows");
}

static enum fail look_at_rules(struct checking *checking, int64_t version)
{
    enum fail fail = FAIL_NONE;
    size_t i;

    for (i = 0; i < store_rule_count && fail == FAIL_NONE; i++) {
        checking->troubles = 0;
        if (store_rules[i].since <= version) {
            fail = look_at_rule(checking, store_rules[i].sql);
        }
    }
    return fail;
}

/* --- All of it -------------------------------------------------------------- */

static enum fail look_at_all(struct checking *checking, int64_t version)
{
    enum fail fail;

    sqlite3_progress_handler(checking->tx.handle, OPERATIONS_BETWEEN_QUESTIONS, on_progress,
                             checking);
    fail = look_at_pages(checking);
    checking->troubles = 0;
    if (fail == FAIL_NONE) {
        fail = look_at_references(checking);
    }
    checking->troubles = 0;
    if (fail == FAIL_NONE) {
        fail = look_at_schema(checking, version);
    }
    return fail == FAIL_NONE ? look_at_rules(checking, version) : fail;
}

enum fail store_check(const struct store_check *check, struct store_facts *facts,
                      char problem[STORE_PROBLEM_SIZE])
{
    struct checking checking = {.check = check};
    struct store_facts found = {0};
    enum fail fail = facts_open(&checking.tx, check->path,
                                check->at_rest ? SQLITE_AT_REST : SQLITE_CHECKER, &found, problem);

    *facts = found;
    if (fail == FAIL_IO || fail == FAIL_INVALID) {
        check->on_trouble(check->context, problem); /* no database, or too broken to be opened */
        return FAIL_NONE;
    }
    if (fail != FAIL_NONE) {
        return fail;
    }
    fail = look_at_all(&checking, found.schema);
    sqlite_close(&checking.tx, true);
    sqlite_close(&checking.made, true);
    if (fail != FAIL_NONE) {
        (void)text_format(problem, STORE_PROBLEM_SIZE, "the database could not be checked: %s",
                          fail == FAIL_CLOSED ? "it was stopped" : fail_text(fail));
    }
    return fail;
}
