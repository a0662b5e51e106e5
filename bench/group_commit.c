/* What durability costs: the rows of purchases written to SQLite by nothing but
 * SQLite, as the bench of purchases compares itself with (bench/README.md).
 *
 * The same tables and indexes, the same write-ahead log with synchronous=FULL,
 * the same three commits from the POS's call to the row of the webhook, each of
 * 64 purchases at once. No network, no threads, no rules, nothing read. */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include <sqlite3.h>

#include "store/schema.h"

enum { BATCH = 64, PATH_SIZE = 4096, NS_PER_S = 1000000000, COMMITS_A_PURCHASE = 3 };

static const char SHOP_SQL[] =
    "INSERT INTO business (id, name, currency, api_mode, created_ms) VALUES (1, 'B', 'CAD', 1, 0);"
    "INSERT INTO webhook VALUES (1, 'https://shop.example', 3, zeroblob(32), NULL, NULL, 0);"
    "INSERT INTO counter VALUES (0, 'payment', 0), (0, 'transaction', 0), (1, 'event', 0);"
    "INSERT INTO card VALUES (1, 'cardofada', 'ABCDEFGHIJKLMNOP');"
    "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 64)"
    " INSERT INTO device (id, business, serial, created_ms, credential_ms) SELECT i, 1, 'S' || i,"
    " 0, 0 FROM n;"
    "INSERT INTO card_batch (business, device, currency, opened_ms) SELECT 1, id, 'CAD', 0"
    " FROM device;";

/* ?1: the purchase's number, ?2: its device. One list for each commit. */
static const char *const COMMITS[COMMITS_A_PURCHASE][8] = {
    {"UPDATE counter SET last = ?1 + 0 * ?2 WHERE business = 0 AND name = 'payment'",
     "INSERT INTO payment (id, business, device, token, kind, authority, state, reason, attempt,"
     " declined, reverse, reversed, cancel_asked, currency, amount, invoice, customer, key,"
     " created_ms, deadline_ms) VALUES (?1, 1, ?2, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 'CAD', 1234,"
     " 'INV' || ?1, 'CST' || ?2, 'a-key-of-a-purchase-' || ?1, ?1, ?1)"},
    {"UPDATE payment SET state = 1, deadline_ms = ?1 + 0 * ?2 WHERE id = ?1"},
    {"UPDATE counter SET last = ?1 + 0 * ?2 WHERE business = 0 AND name = 'transaction'",
     "UPDATE counter SET last = ?1 + 0 * ?2 WHERE business = 1 AND name = 'event'",
     "INSERT INTO card_transaction VALUES (?1, 1, ?1, 1, ?2, ?1, ?2, 1, 0, 'Ada', 1234, 'CAD', 0,"
     " 0, 'T4E5S6', 'ABCDEFGHIJKLMNOP', '412493', '9990', 'ADA LOVELACE', 'CST' || ?2,"
     " 'INV' || ?1, '')",
     "INSERT INTO attempt VALUES (1, ?1, 1, ?1, ?1, ?1, 1, 0, 0, 1, '412493', '9990',"
     " 'ADA LOVELACE', 'cardofada', 0 * ?2, '', 'T4E5S6', ?1)",
     "UPDATE payment SET state = 5, attempt = 1, approved = ?1, deadline_ms = 0 * ?2,"
     " ended_ms = ?1 WHERE id = ?1",
     "INSERT INTO event VALUES (1, ?1, ?1, 0 * ?2, ?1, ?1)",
     "INSERT INTO delivery (business, event, payment, message_id, state, attempts, next_ms,"
     " created_ms) VALUES (1, ?1, ?1, 'msg_' || hex(randomblob(14)), 0 * ?2, 0, ?1, ?1)"},
};

static void check(sqlite3 *handle, int code)
{
    if (code != SQLITE_OK && code != SQLITE_DONE) {
        (void)fprintf(stderr, "group_commit: SQLite says: %s\n", sqlite3_errmsg(handle));
        exit(1);
    }
}

static void run(sqlite3 *handle, const char *sql)
{
    check(handle, sqlite3_exec(handle, sql, NULL, NULL, NULL));
}

static double clock_s(clockid_t clock)
{
    struct timespec now;

    (void)clock_gettime(clock, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / NS_PER_S;
}

static sqlite3 *database_make(const char *path)
{
    sqlite3 *handle;
    unsigned i;

    if (access(path, F_OK) == 0) {
        (void)fprintf(stderr, "group_commit: %s is there already: name an empty folder\n", path);
        exit(2);
    }
    check(NULL, sqlite3_open(path, &handle));
    run(handle, "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;"
                "PRAGMA cache_size = -32768; PRAGMA wal_autocheckpoint = 1000");
    for (i = 0; i < schema_step_count; i++) {
        run(handle, schema_steps[i].sql);
    }
    run(handle, SHOP_SQL);
    return handle;
}

/* One statement for each of a batch. */
static void step_all(sqlite3 *handle, sqlite3_stmt *statement, sqlite3_int64 first)
{
    int i;

    for (i = 0; i < BATCH; i++) {
        check(handle, sqlite3_bind_int64(statement, 1, first + i));
        check(handle, sqlite3_bind_int64(statement, 2, 1 + i));
        check(handle, sqlite3_step(statement));
        check(handle, sqlite3_reset(statement));
    }
}

static void batch_sell(sqlite3 *handle, sqlite3_stmt *statements[COMMITS_A_PURCHASE][8],
                       sqlite3_int64 first)
{
    size_t commit;
    size_t i;

    for (commit = 0; commit < COMMITS_A_PURCHASE; commit++) {
        run(handle, "BEGIN IMMEDIATE");
        for (i = 0; statements[commit][i] != NULL; i++) {
            step_all(handle, statements[commit][i], first);
        }
        run(handle, "COMMIT");
    }
}

int main(int argc, char **argv)
{
    sqlite3_stmt *statements[COMMITS_A_PURCHASE][8] = {{NULL}};
    char path[PATH_SIZE];
    double seconds = argc > 2 ? strtod(argv[2], NULL) : 3;
    sqlite3_int64 sold = 0;
    sqlite3 *handle;
    double began_s;
    double cpu_s;
    double took_s;
    size_t commit;
    size_t i;

    if (argc < 2 || argc > 3 || !(seconds > 0) ||
        snprintf(path, sizeof(path), "%s/group_commit.db", argv[1]) >= (int)sizeof(path)) {
        (void)fprintf(stderr, "usage: group_commit DIRECTORY [SECONDS]\n");
        return 2;
    }
    handle = database_make(path);
    for (commit = 0; commit < COMMITS_A_PURCHASE; commit++) {
        for (i = 0; COMMITS[commit][i] != NULL; i++) {
            check(handle,
                  sqlite3_prepare_v3(handle, COMMITS[commit][i], -1, SQLITE_PREPARE_PERSISTENT,
                                     &statements[commit][i], NULL));
        }
    }
    cpu_s = clock_s(CLOCK_PROCESS_CPUTIME_ID);
    began_s = clock_s(CLOCK_MONOTONIC);
    do {
        batch_sell(handle, statements, sold + 1);
        sold += BATCH;
        took_s = clock_s(CLOCK_MONOTONIC) - began_s;
    } while (took_s < seconds);
    cpu_s = clock_s(CLOCK_PROCESS_CPUTIME_ID) - cpu_s;
    (void)printf("{\"purchasesPerSecond\":%.0f,\"cpuMicroseconds\":%.2f,\"commitsPerSecond\":%.0f,"
                 "\"batch\":%d}\n",
                 (double)sold / took_s, cpu_s * 1e6 / (double)sold,
                 (double)sold * COMMITS_A_PURCHASE / BATCH / took_s, BATCH);
    for (commit = 0; commit < COMMITS_A_PURCHASE; commit++) {
        for (i = 0; i < 8; i++) {
            (void)sqlite3_finalize(statements[commit][i]);
        }
    }
    check(handle, sqlite3_close(handle));
    return 0;
}
